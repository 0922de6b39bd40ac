"""Turns an HTTP request into the AWS operation that it asks for, and a result into HTTP.

Names and shapes come from botocore's models; moto's parsers and serializers handle the wire formats.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import HttpRequest, HttpResponse, Params
from localcloud.wire import cbor, json_types, parsers, rpc_v2, s3_documents, written
from localcloud.wire.bodies import plain_body
from localcloud.wire.constraints import Constraints
from localcloud.wire.rest_paths import RestPaths
from localcloud.wire.written import Written

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("localcloud.wire")

_SPOKEN = ("json", "query", "rest-json", "rest-xml", rpc_v2.NAME)
_CREDENTIAL = re.compile(r"Credential=([^/\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """The credential scope of a signed request."""

    access_key_id: str
    region: str
    service: str


def signature(request: HttpRequest) -> Signature | None:
    """The credential scope in the Authorization header or in a presigned URL; None for an unsigned request."""
    text = request.headers.get("authorization", "")
    found = _CREDENTIAL.search(text)
    if not found and "X-Amz-Credential" in request.query:
        credential = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
        found = _CREDENTIAL.search(f"Credential={credential}")
    if not found:
        return None
    return Signature(access_key_id=found[1], region=found[3], service=found[4].lower())


def spoken_service(request: HttpRequest) -> str:
    """The service that a request is signed for. An unsigned request's form decides in whose words it is refused."""
    signed = signature(request)
    if signed is not None:
        return signed.service
    if "x-amz-target" in request.headers:
        return "json"
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return "sts" if form and request.method == "POST" else "s3"


def wire_of(wires: Mapping[str, Protocol], request: HttpRequest) -> Protocol | None:
    """The one of a service's protocols that the request is written in."""
    if rpc_v2.is_spoken(request):
        return wires.get(rpc_v2.NAME)
    rest = wires.get("rest-json") or wires.get("rest-xml")
    return rest or wires.get("json" if "x-amz-target" in request.headers else "query")


@functools.cache
def _service_model(service: str) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model(service)


#: botocore's name → the name that requests are signed for, where they differ. To ask a model would mean to read it.
_SIGNED_FOR = {"cloudwatch": "monitoring"}


def signing_name(service: str) -> str:
    """The name that requests to a service are signed for: ``monitoring`` for botocore's ``cloudwatch``."""
    return _SIGNED_FOR.get(service, service)


def operations_of(service: str) -> list[str]:
    """The names of all operations in AWS's model of the service."""
    return list(_service_model(service).operation_names)


class Protocol:
    """Parses and answers the calls of one service in one of its protocols."""

    def __init__(self, service: str, protocol: str) -> None:
        self._service = service
        self._model = _service_model(service)
        self._protocol = protocol
        self._constraints = Constraints(service, protocol)
        self._paths = RestPaths(self._model) if protocol in ("rest-json", "rest-xml") else None

    @classmethod
    @functools.cache
    def all_of(cls, service: str) -> Mapping[str, Protocol]:
        """The service's protocols by name: ``json``, ``query``, CBOR, or several; or ``rest-json``, or ``rest-xml``.

        The first call reads the service's model: a service that nobody calls costs neither time nor memory.
        """
        metadata = _service_model(service).metadata
        spoken = metadata.get("protocols") or [metadata["protocol"]]
        return {name: cls(service, name) for name in _SPOKEN if name in spoken}

    @property
    def target_prefix(self) -> str:
        """What stands before the operation in ``X-Amz-Target``."""
        return str(self._model.metadata.get("targetPrefix", ""))

    @property
    def api_version(self) -> str:
        return str(self._model.metadata["apiVersion"])

    def input_shape(self, operation: str) -> Any | None:
        return self._operation(operation).input_shape

    def output_shape(self, operation: str) -> Any | None:
        return self._operation(operation).output_shape

    def check_answer(self, operation: str, document: Params) -> None:
        """Raises AwsError for what the operation could not answer with: it has other types or values than the model."""
        shape = self.output_shape(operation)
        json_types.check(shape, document)
        self._constraints.check(shape, document)

    def read(self, request: HttpRequest) -> Written | None:
        """What a request asks for, None where it asks for no operation. Raises AwsError where it asks for two."""
        if self._paths is not None:
            found = self._paths.find(request.method, request.path, request.query)
            return Written(protocol=self._protocol, operation=found.operation) if found else None
        if self._protocol == rpc_v2.NAME:
            named = rpc_v2.operation(request, self.target_prefix)
            return Written(protocol=self._protocol, operation=named) if named else None
        asked = written.read(request)
        if asked is None or asked.protocol != self._protocol:
            return None
        if self._protocol == "json" and asked.target_prefix != self.target_prefix:
            target = request.headers["x-amz-target"]
            raise AwsError("UnknownOperationException", f"{self._service} has no operation {target}.")
        return asked

    def parse(self, request: HttpRequest, asked: Written) -> Params:
        """The call's parameters, validated against AWS's model; raises AwsError where they do not fit it."""
        model = self._operation(asked.operation)
        try:
            params = self._parsed(model, request, asked)
            self._constraints.check(model.input_shape, params)
        except AwsError:
            raise
        except RecursionError as error:
            raise AwsError("SerializationException", "The request's parameters are nested too deep") from error
        except Exception as error:  # a parser meets a value of another type than the model has
            log.info("%s:%s cannot be read: %r", self._service, asked.operation, error)
            raise AwsError(
                "MalformedQueryString" if self._protocol == "query" else "SerializationException",
                f"{self._service}:{asked.operation}: a parameter has another type than the operation's model",
            ) from error
        return params

    def _parsed(self, model: Any, request: HttpRequest, asked: Written) -> Params:
        from werkzeug.datastructures import Headers, MultiDict

        body = self._body(model, request, asked)
        found = self._paths.find(request.method, request.path, request.query) if self._paths else None
        params: Params = parsers.of("json" if self._protocol == rpc_v2.NAME else self._protocol)(model).parse(
            {
                "values": MultiDict(asked.pairs or written.address_pairs(request.query)),
                "headers": Headers(list(request.headers.items())),
                "body": body,
                "method": request.method,
                "url_path": request.path,
                "url_params": found.labels if found else {},
            }
        )
        if found is not None and model.input_shape is not None:
            for name, member in model.input_shape.members.items():
                # moto's parsers find an empty list in an address that has none.
                if member.serialization.get("location") == "querystring" and params.get(name) == []:
                    del params[name]
        return params

    def _body(self, model: Any, request: HttpRequest, asked: Written) -> Any:
        """What moto's parser reads as the body; raises AwsError where it is of other types than the model."""
        body: Any = b""
        if self._protocol in ("json", rpc_v2.NAME):
            is_json = self._protocol == "json"
            document = asked.document if is_json else rpc_v2.as_json(cbor.decoded(plain_body(request)))
            if model.input_shape is not None:
                json_types.check(model.input_shape, document)
            body = json.dumps(document)
        elif self._protocol == "rest-xml":
            body = plain_body(request)
            if body:
                s3_documents.document(body)  # refuses what declares entities
        elif self._paths is not None:
            body, verbatim = plain_body(request), _body_is_payload(model)
            if not verbatim:
                body = body or b"{}"
                _check_body(model.input_shape, written.json_of(body))
        return body

    def write(self, request: HttpRequest, asked: Written) -> HttpRequest:
        """The request in its one spelling: nothing but what was read is in it."""
        host = {"host": request.headers.get("host", "")}
        if asked.protocol == "json":
            headers = host | {
                "content-type": f"application/x-amz-json-{self._model.metadata['jsonVersion']}",
                "x-amz-target": f"{self.target_prefix}.{asked.operation}",
            }
            body = json.dumps(asked.document).encode()
        else:
            headers = host | {"content-type": f"{written.FORM}; charset=utf-8"}
            body = urlencode(asked.pairs).encode()
        return HttpRequest(method="POST", path="/", query="", headers=headers, body=body)

    def answer(self, operation: str, result: Params | None, request_id: str) -> HttpResponse:
        model, result = self._operation(operation), result or {}
        if self._protocol == rpc_v2.NAME:
            return rpc_v2.answer(model.output_shape, result, request_id)
        serialized = self._serializer(model, request_id).serialize(result)
        if model.output_shape is not None:
            for name, member in model.output_shape.members.items():
                # moto's serializer leaves out the member that holds the answer's status.
                if member.serialization.get("location") == "statusCode" and name in result:
                    serialized["status_code"] = result[name]
        return _http(serialized, request_id)

    def refuse(self, error: AwsError, request_id: str) -> HttpResponse:
        """An error in this service's wire format, with the code that was raised."""
        if self._protocol in ("query", "rest-xml"):
            return _query_error(error, request_id)
        if self._protocol == rpc_v2.NAME:
            shape = self._model.shape_for_error_code(error.code)
            kind = str(shape.name) if shape is not None else error.code
            return rpc_v2.error(kind, error.code, error.message, error.status, request_id)
        return json_error(error, request_id, type_of_fault=self._type_of_fault(error))

    def _type_of_fault(self, error: AwsError) -> str:
        """Whose fault an error is, where the model's error has a member for it, as Lambda's have."""
        shape = self._model.shape_for_error_code(error.code)
        if shape is None or "Type" not in shape.members:
            return ""
        return "Service" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "User"

    def _operation(self, operation: str) -> Any:
        if operation not in self._model.operation_names:
            raise AwsError("UnknownOperationException", f"{self._service} has no operation {operation}.")
        return self._model.operation_model(operation)

    def _serializer(self, model: Any, request_id: str) -> Any:
        from moto.core.serialize import SERIALIZERS, SerializationContext

        return SERIALIZERS[self._protocol](model, context=SerializationContext(request_id=request_id))


def _body_is_payload(model: Any) -> bool:
    """Whether the body of a request is itself one parameter, such as the event of a function's invocation."""
    shape = model.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name in {"blob", "string"}


def _check_body(shape: Any | None, document: Any) -> None:
    """Raises SerializationException where the JSON in the body of a call to a REST service is of other types."""
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None and shape is not None:
        json_types.check(shape.members[payload], document)
    elif shape is not None:
        json_types.check(shape, document, body_only=True)
    if not isinstance(document, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object")


def json_error(error: AwsError, request_id: str, *, type_of_fault: str = "") -> HttpResponse:
    return HttpResponse(
        status=error.status,
        headers={
            "content-type": "application/x-amz-json-1.1",
            "x-amzn-errortype": error.code,
            "x-amzn-requestid": request_id,
        },
        body=json.dumps(
            {
                "__type": error.code,
                "message": error.message,
                "Message": error.message,
                **({"Type": type_of_fault} if type_of_fault else {}),
                **error.members,
            }
        ).encode(),
    )


def refuse_for(signing_service: str, error: AwsError, request_id: str) -> HttpResponse:
    """An error for a service that moto answers, such as S3 and the other XML services."""
    if signing_service == "s3":
        body = f"<Error><Code>{_xml(error.code)}</Code><Message>{_xml(error.message)}</Message></Error>"
        return HttpResponse(status=error.status, headers={"content-type": "text/xml"}, body=body.encode())
    if signing_service in {"sts", "iam", "sns", "cloudformation", "cloudfront", "ec2"}:
        return _query_error(error, request_id)
    return json_error(error, request_id)


def unsupported(service: str, operation: str | None, request: HttpRequest) -> UnsupportedError:
    """The refusal of an operation by its name, or of a request without one by its method and path."""
    return UnsupportedError(f"{service}:{operation or f'{request.method} {request.path}'}")


def _http(serialized: Mapping[str, Any], request_id: str) -> HttpResponse:
    # A client would read a body after "no content" as the beginning of the next answer.
    body = b"" if serialized["status_code"] == HTTPStatus.NO_CONTENT else serialized["body"]
    headers = {str(name).lower(): str(value) for name, value in serialized["headers"].items()}
    return HttpResponse(
        status=serialized["status_code"],
        headers=headers | {"x-amzn-requestid": request_id},
        body=body.encode() if isinstance(body, str) else body,
    )


def _query_error(error: AwsError, request_id: str) -> HttpResponse:
    return HttpResponse(
        status=error.status,
        headers={"content-type": "text/xml", "x-amzn-requestid": request_id},
        body=(
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{_xml(error.code)}</Code>"
            f"<Message>{_xml(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode(),
    )


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
