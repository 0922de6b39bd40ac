"""CBOR as newer SDKs speak it: botocore's own writer and reader are the other side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest, HttpResponse
from localcloud.wire import cbor, protocol, rpc_v2
from localcloud.wire.protocol import Protocol

MOMENT = datetime(2026, 11, 27, 21, 40, 30, 250_000, tzinfo=UTC)
MODEL = botocore.session.get_session().get_service_model("cloudwatch")


def call(operation: str, params: dict[str, Any]) -> HttpRequest:
    """As botocore writes it."""
    made = create_serializer(rpc_v2.NAME, include_validation=False).serialize_to_request(
        params, MODEL.operation_model(operation)
    )
    headers = {name.lower(): value for name, value in made["headers"].items()}
    return HttpRequest(method="POST", path=made["url_path"], query="", headers=headers, body=bytes(made["body"]))


def parsed(request: HttpRequest) -> dict[str, Any]:
    wire = protocol.wire_of(Protocol.all_of("cloudwatch"), request)
    assert wire is not None
    asked = wire.read(request)
    assert asked is not None
    return wire.parse(request, asked)


def read(operation: str, response: HttpResponse) -> dict[str, Any]:
    """As botocore reads it."""
    told = {"status_code": response.status, "headers": response.headers, "body": response.body}
    found: dict[str, Any] = create_parser(rpc_v2.NAME).parse(told, MODEL.operation_model(operation).output_shape)
    return found


def test_a_call_is_read_by_its_path() -> None:
    """Moments, numbers, lists and structures arrive as the other protocols bring them."""
    data = [{"MetricName": "m", "Value": 1.5, "Timestamp": MOMENT, "Dimensions": [{"Name": "a", "Value": "ä"}]}]
    found = parsed(call("PutMetricData", {"Namespace": "N", "MetricData": data}))
    assert found["Namespace"] == "N"
    (datum,) = found["MetricData"]
    assert (datum["Value"], datum["Dimensions"]) == (1.5, [{"Name": "a", "Value": "ä"}])
    assert datum["Timestamp"].replace(tzinfo=UTC) == MOMENT


def test_answers_are_typed() -> None:
    """Whole numbers in a double's place are doubles; what the model does not have is left out."""
    result = {"Label": "m", "Datapoints": [{"Timestamp": MOMENT, "Sum": 3, "Unit": "Count", "Colour": "red"}]}
    answer = Protocol.all_of("cloudwatch")[rpc_v2.NAME].answer("GetMetricStatistics", result, "r")
    assert answer.headers["content-type"] == "application/cbor"
    found = read("GetMetricStatistics", answer)
    assert found["Label"] == "m"
    assert found["Datapoints"] == [{"Timestamp": MOMENT, "Sum": 3.0, "Unit": "Count"}]


def test_errors_have_the_models_name_and_the_older_code() -> None:
    """The one for the new SDKs, the other for code that was written for the query protocol."""
    wire = Protocol.all_of("cloudwatch")[rpc_v2.NAME]
    refusal = wire.refuse(AwsError("InvalidParameterValue", "no"), "r")
    assert cbor.decoded(refusal.body) == {"__type": "InvalidParameterValueException", "message": "no"}
    assert read("ListMetrics", refusal)["Error"]["Code"] == "InvalidParameterValue"


def test_a_call_is_held_against_the_model() -> None:
    """Types and constraints are those of the JSON protocol."""
    request = call("ListMetrics", {"Namespace": "N"})
    with pytest.raises(AwsError, match="NUMBER_VALUE can not be converted to a String"):
        parsed(
            HttpRequest(method="POST", path=request.path, query="", headers=request.headers, body=b"\xa1iNamespace\x07")
        )
    with pytest.raises(AwsError, match="at 'namespace' failed to satisfy constraint"):
        parsed(call("ListMetrics", {"Namespace": ""}))


def test_refusals_from_before_the_service_are_in_cbor_too() -> None:
    """A caller that reads nothing else is told what is wrong with its signature."""
    head = call("ListMetrics", {})
    early = protocol.json_error(AwsError("InvalidSignatureException", "no match"), "r")
    answer = rpc_v2.in_its_words(head, early)
    assert cbor.decoded(answer.body) == {"__type": "InvalidSignatureException", "message": "no match"}
    other = HttpRequest(method="POST", path="/", query="", headers={}, body=b"")
    assert rpc_v2.in_its_words(other, early) is early


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "ä" * 300,
        b"\x00" * 70_000,
        0,
        23,
        24,
        255,
        65_536,
        -1,
        -(2**40),
        1.5,
        True,
        None,
        {"a": [{"b": MOMENT}]},
    ],
)
def test_what_is_written_is_read(value: Any) -> None:
    """Every type, at the borders of its lengths."""
    assert cbor.decoded(cbor.encoded(value)) == value


def test_indefinite_lengths_are_read() -> None:
    """SDKs that stream write maps, lists and texts without a length."""
    assert cbor.decoded(b"\xbf\xff") == {}
    assert cbor.decoded(b"\xbfaa\x9f\x01\x7faxay\xff\xff\xff") == {"a": [1, "xy"]}
    assert cbor.decoded(b"\xf9\x3e\x00") == 1.5


@pytest.mark.parametrize(
    "body",
    [b"\xa1", b"\x81" * 100_000, b"\x9b" + b"\x7f" * 8, b"\xff", b"\x01\x01", b"\xa1\x01\x02", b"\xc2\x41a", b"\x1f",
     b"\xf8\x20", b"\x61\xff", b"\xc1\xf5", b"\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"],
)  # fmt: skip
def test_what_is_no_cbor_is_refused(body: bytes) -> None:
    """Cut off, too deep, too long, of other tags or keys, or more than one value."""
    with pytest.raises(AwsError) as refused:
        cbor.decoded(body)
    assert refused.value.code == "SerializationException"
