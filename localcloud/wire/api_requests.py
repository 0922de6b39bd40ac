"""Reads operation and parameters from an HTTP request, for the services that moto answers and parses itself.

The checks and moto must read the same. So parameters that the operation's model does not have are left out here, and
moto is given what was read (``moto_services/rebuilding.py``), not what came.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.wire import known_members, protocol, s3_documents, s3_requests, written
from localcloud.wire.heads import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.service import HttpRequest, Params
    from localcloud.wire.written import Pairs, Written

#: Signing name → botocore's name of the service, where they differ.
_MODEL_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
_INDEX = re.compile(r"^\d+$")
#: The path of a queue's address, to which older clients send their calls.
_QUEUE_PATH = re.compile(r"/[0-9]{12}/[A-Za-z0-9_.-]+")
#: What conditions of policies see besides the headers of the operation.
_OF_CONDITIONS = ("user-agent", "referer")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiRequest:
    service: str
    """The signing name."""
    operation: str
    params: Params
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A request as it was read, and in the one spelling in which it is passed on."""

    call: ApiRequest
    request: HttpRequest
    """Without signature."""


def read(service: str, request: HttpRequest) -> Spoken:
    """Raises AwsError for a request that names no operation of the service, or two."""
    return _read_s3(request) if service == "s3" else _read_action(service, request)


def _read_action(service: str, request: HttpRequest) -> Spoken:
    model = _MODEL_NAMES.get(service, service)
    found = written.read(request)
    if found is None or found.operation not in _operations(model):
        raise protocol.unsupported(service, found.operation if found else None, request)
    wire = _wire(model, found.protocol)
    if wire is None or (found.protocol == "json" and found.target_prefix != wire.target_prefix):
        # As AWS does where X-Amz-Target belongs to another service than the signature.
        raise AwsError("UnknownOperationException", f"{service} has no operation {request.headers.get('x-amz-target')}")
    found = _known(wire, found, _check_path(service, request))
    wire.parse(request, found)  # moto would end with an error of Python's where a type is another
    params = nested(found.pairs) if found.protocol == "query" else found.document
    call = ApiRequest(service=service, operation=found.operation, params=params, headers=_of_conditions(request))
    return Spoken(call=call, request=wire.write(request, found))


def _check_path(service: str, request: HttpRequest) -> str:
    """The queue's address where the path is one, otherwise nothing. Raises UnreadableError for any other path."""
    if service == "sqs" and _QUEUE_PATH.fullmatch(request.path):
        return f"http://{request.headers.get('host', '')}{request.path}"
    if request.path != "/":
        raise UnreadableError(f"The path of a call to {service} is /, not {request.path}")
    return ""


def _known(wire: protocol.Protocol, found: Written, queue: str) -> Written:
    """What the operation's model has. Raises AwsError for another version of the API."""
    from dataclasses import replace

    shape = wire.input_shape(found.operation)
    if found.protocol == "json":
        document = known_members.of_document(shape, found.document) if shape is not None else {}
        return replace(found, document=document)
    pairs = known_members.of_pairs(shape, found.pairs)
    versions = {value for name, value in pairs if name == "Version"}
    if versions - {wire.api_version}:
        raise AwsError(
            "InvalidAction", f"Could not find operation {found.operation} for version {', '.join(sorted(versions))}"
        )
    if queue and "QueueUrl" not in dict(pairs) and shape is not None and "QueueUrl" in shape.members:
        pairs = [*pairs, ("QueueUrl", queue)]
    return replace(found, pairs=pairs)


def _of_conditions(request: HttpRequest) -> dict[str, str]:
    return {name: request.headers[name] for name in _OF_CONDITIONS if name in request.headers}


@functools.cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(protocol.operations_of(service))


@functools.cache
def _wire(service: str, name: str) -> protocol.Protocol | None:
    return protocol.Protocol.all_of(service).get(name)


def nested(pairs: Pairs) -> Params:
    """Turns ``Names.member.1=a`` into ``{"Names": ["a"]}``; structures likewise."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        place = tree
        *parents, last = name.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise AwsError("MalformedQueryString", f"{name} is both a value and a structure")
        if last in place:
            raise AwsError("MalformedQueryString", f"{name} is given twice")
        place[last] = value
    return {name: _unwrapped(value) for name, value in tree.items()}


def _unwrapped(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = value.get("member", value.get("entry", value)) if len(value) == 1 else value
    if isinstance(inner, dict) and inner and all(_INDEX.match(key) for key in inner):
        return [_unwrapped(inner[key]) for key in sorted(inner, key=int)]
    return {key: _unwrapped(item) for key, item in value.items()}


def _read_s3(request: HttpRequest) -> Spoken:
    from dataclasses import replace

    found = s3_requests.read(request)
    params: Params = {"Bucket": found.bucket, "Key": found.key, "query": found.query, "body": request.body}
    body = request.body
    if found.operation == "DeleteObjects":
        params["deletions"] = s3_documents.deletions(body)
        body = params["deletions"].write(list(params["deletions"].objects))
    elif found.operation == "PutObjectTagging":
        params["tags"] = s3_documents.tags(body)
        body = s3_documents.tagging(params["tags"])
    # The payload was held against its hash, and is no longer encoded.
    headers = {name: value for name, value in found.headers.items() if name != "x-amz-content-sha256"}
    return Spoken(
        call=ApiRequest(
            service="s3",
            operation=found.operation,
            params=params,
            headers=found.headers | _of_conditions(request),
        ),
        request=replace(request, path=found.path, query=written.address(found.query), headers=headers, body=body),
    )
