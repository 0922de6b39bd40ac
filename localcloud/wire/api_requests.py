"""Reads operation and parameters from an HTTP request, for the services that moto answers and parses itself."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from localcloud.platform.errors import AwsError
from localcloud.wire import protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.service import HttpRequest, Params

#: Signing name → botocore's name of the service, where they differ.
_MODEL_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
_INDEX = re.compile(r"^\d+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiRequest:
    service: str
    """The signing name."""
    operation: str
    params: Params
    headers: Mapping[str, str] = field(default_factory=dict)


def read(service: str, request: HttpRequest) -> ApiRequest:
    """Raises AwsError for a request that names no operation of the service, or two."""
    if service == "s3":
        operation, params = _read_s3(request)
        return ApiRequest(service=service, operation=operation, params=params, headers=request.headers)
    operation, params = _read_action(service, request)
    if operation not in _operations(_MODEL_NAMES.get(service, service)):
        raise protocol.unsupported(service, operation, request)
    return ApiRequest(service=service, operation=operation, params=params, headers=request.headers)


@functools.cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(protocol.operations_of(service))


def _read_action(service: str, request: HttpRequest) -> tuple[str, Params]:
    target = request.headers.get("x-amz-target")
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if form and target is None:
        pairs += parse_qsl(protocol.plain_body(request).decode("utf-8", "replace"), keep_blank_values=True)
    names = [value for name, value in pairs if name == "Action"]
    if target is not None and not names:
        try:
            params = json.loads(protocol.plain_body(request) or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", f"The request body is not JSON: {error}") from error
        if not isinstance(params, dict):
            raise AwsError("SerializationException", "The request body is not a JSON object")
        return target.rsplit(".", 1)[-1], params
    if target is not None or len(names) != 1:
        raise protocol.unsupported(service, None, request)
    return names[0], nested(pairs)


def nested(pairs: list[tuple[str, str]]) -> Params:
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


def _read_s3(request: HttpRequest) -> tuple[str, Params]:
    """Tells S3's operations apart by path, query and headers, as botocore's model of the service describes them."""
    bucket, _, key = request.path.lstrip("/").partition("/")
    kind = "key" if key else "bucket" if bucket else "service"
    pairs = [(unquote(n), unquote(v)) for n, _, v in (p.partition("=") for p in request.query.split("&") if p)]
    query = dict(pairs)
    for operation, literals, arguments, headers in _s3_operations().get((request.method, kind), ()):
        if (
            all(name in query and value in ("", query[name]) for name, value in literals)
            and arguments <= query.keys()
            and headers <= request.headers.keys()
        ):
            found: Params = {"Bucket": unquote(bucket), "Key": unquote(key)}
            return operation, found | {"query": query, "body": request.body}
    raise protocol.unsupported("s3", None, request)


_S3Operation = tuple[str, tuple[tuple[str, str], ...], frozenset[str], frozenset[str]]


@functools.cache
def _s3_operations() -> dict[tuple[str, str], list[_S3Operation]]:
    """(method, what the path names) → operations, the more specific ones first."""
    from moto.core.utils import get_service_model

    model = get_service_model("s3")
    found: dict[tuple[str, str], list[_S3Operation]] = {}
    for name in sorted(set(model.operation_names) - {"ListDirectoryBuckets"}):
        operation = model.operation_model(name)
        trait, shape = operation.http_trait, operation.input_shape
        kind = "key" if "{Key" in trait.path else "bucket" if "{Bucket" in trait.path else "service"
        literals = tuple((query, value or "") for query, value in trait.query_args.items())
        arguments = frozenset(shape.required_query_args) if shape else frozenset()
        headers = frozenset(header.lower() for header in shape.required_headers) if shape else frozenset()
        found.setdefault((trait.method, kind), []).append((name, literals, arguments, headers))
    for operations in found.values():
        operations.sort(key=lambda entry: (-len(entry[1]) - len(entry[2]) - len(entry[3]), -len(entry[0])))
    return found
