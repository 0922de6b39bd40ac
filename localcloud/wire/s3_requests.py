"""Reads a request to S3: the operation by path, query and headers, as botocore's model of the service describes them.

Of query and headers, only what the operation's model has is kept. What would name a second operation is refused.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from localcloud.platform.errors import AwsError
from localcloud.wire import protocol
from localcloud.wire.written import address_pairs, form_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.service import HttpRequest

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
#: Headers that no operation's model has, and that every operation may have.
_OF_EVERY_CALL = frozenset({"content-type", "content-md5", "host", "x-amz-content-sha256"})
#: Directory buckets, and what a browser asks without a signature.
_NOT_HERE = frozenset({"BucketCORSPreflightCheck", "ListDirectoryBuckets", "ObjectCORSPreflightCheck", "PostObject"})
_METADATA = "x-amz-meta-"
_OF_UPLOADS = frozenset({"partNumber", "uploadId", "x-id"})
_COPY_SOURCE = "x-amz-copy-source"
_TAGGING = "x-amz-tagging"


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Request:
    operation: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The path in its one spelling."""
        place = f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}"
        return quote(place, safe="/-_.~")


@dataclass(frozen=True, kw_only=True, slots=True)
class CopySource:
    """The object that a copy reads."""

    bucket: str
    key: str
    version: str = ""

    def __str__(self) -> str:
        """As the header has it, in its one spelling."""
        version = f"?versionId={quote(self.version, safe='')}" if self.version else ""
        return f"/{quote(f'{self.bucket}/{self.key}', safe='/-_.~')}{version}"


def read(request: HttpRequest) -> S3Request:
    """Raises AwsError for a request that names no operation, or two."""
    bucket, key = _place(request.path)
    kind = "key" if key else "bucket" if bucket else "service"
    query = _query(request)
    for operation in _operations().get((request.method, kind), ()):
        if operation.fits(query, request.headers):
            others = (query.keys() & _subresources()) - operation.arguments
            if others:
                named = ", ".join(sorted({*others, *(name for name, _ in operation.literals)}))
                raise AwsError("InvalidArgument", f"Conflicting query string parameters: {named}")
            kept = {name: value for name, value in request.headers.items() if operation.has_header(name)}
            return S3Request(
                operation=operation.name,
                bucket=bucket,
                key=key,
                query={name: value for name, value in query.items() if name in operation.arguments},
                headers=kept | _in_one_spelling(kept),
            )
    raise protocol.unsupported("s3", None, request)


def is_upload(service: str, head: HttpRequest) -> bool:
    """Whether the body of a request is an object's content, or a part's."""
    if service != "s3" or head.method != "PUT" or _COPY_SOURCE in head.headers:
        return False
    names = {name for name, _ in address_pairs(head.query) if not name.startswith("X-Amz-")}
    return bool(_place(head.path)[1]) and names <= _OF_UPLOADS


def copy_source(headers: Mapping[str, str]) -> CopySource | None:
    """What the request copies from. Raises AwsError where the header names no object."""
    text = headers.get(_COPY_SOURCE)
    if text is None:
        return None
    path, _, query = text.partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    name, _, version = query.partition("=")
    if not (_BUCKET.fullmatch(bucket) and key) or (query and (name != "versionId" or not version or "&" in version)):
        raise AwsError("InvalidArgument", "Invalid copy source object key")
    return CopySource(bucket=bucket, key=key, version=unquote(version))


def _place(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("/").partition("/")
    bucket = unquote(bucket)
    if bucket and not _BUCKET.fullmatch(bucket):
        raise AwsError("InvalidBucketName", f"The specified bucket is not valid: {bucket!r}")
    if not bucket and key:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.")
    return bucket, unquote(key)


def _query(request: HttpRequest) -> dict[str, str]:
    pairs = address_pairs(request.query)
    found = dict(pairs)
    if len(found) < len(pairs):
        raise AwsError("InvalidArgument", "A query string parameter is given more than once")
    return found


def _in_one_spelling(headers: dict[str, str]) -> dict[str, str]:
    """The headers that have an inner form, written anew from what was read."""
    found = {}
    source = copy_source(headers)
    if source is not None:
        found[_COPY_SOURCE] = str(source)
    if headers.get(_TAGGING):
        tags = form_pairs(headers[_TAGGING].encode("latin-1", "replace"))
        if len(dict(tags)) < len(tags):
            raise AwsError("InvalidArgument", "The header 'x-amz-tagging' has a tag more than once.")
        found[_TAGGING] = urlencode(tags)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Operation:
    name: str
    literals: tuple[tuple[str, str], ...]
    """The query's fixed part, such as ``tagging`` or ``list-type=2``."""
    required: frozenset[str]
    required_headers: frozenset[str]
    arguments: frozenset[str]
    """All that the query may have."""
    headers: frozenset[str]

    def fits(self, query: dict[str, str], headers: dict[str, str]) -> bool:
        return (
            all(name in query and value in ("", query[name]) for name, value in self.literals)
            and self.required <= query.keys()
            and self.required_headers <= headers.keys()
        )

    def has_header(self, name: str) -> bool:
        return name in self.headers or name in _OF_EVERY_CALL or name.startswith(_METADATA)


@functools.cache
def _subresources() -> frozenset[str]:
    """The names in a query that choose an operation."""
    every = [operation for operations in _operations().values() for operation in operations]
    return frozenset(name for operation in every for name in (*dict(operation.literals), *operation.required)) - {
        "x-id"
    }


@functools.cache
def _operations() -> dict[tuple[str, str], list[_Operation]]:
    """(method, what the path names) → operations, the more specific ones first."""
    from moto.core.utils import get_service_model

    model = get_service_model("s3")
    found: dict[tuple[str, str], list[_Operation]] = {}
    for name in sorted(set(model.operation_names) - _NOT_HERE):
        operation = model.operation_model(name)
        trait, shape = operation.http_trait, operation.input_shape
        kind = "key" if "{Key" in trait.path else "bucket" if "{Bucket" in trait.path else "service"
        literals = tuple((query, value or "") for query, value in trait.query_args.items())
        members = list(shape.members.values()) if shape else []
        found.setdefault((trait.method, kind), []).append(
            _Operation(
                name=name,
                literals=literals,
                required=frozenset(shape.required_query_args) if shape else frozenset(),
                required_headers=frozenset(h.lower() for h in shape.required_headers) if shape else frozenset(),
                arguments=frozenset((*dict(literals), *_located(members, "querystring"))),
                headers=frozenset(header.lower() for header in _located(members, "header")),
            )
        )
    for operations in found.values():
        operations.sort(
            key=lambda each: (-len(each.literals) - len(each.required) - len(each.required_headers), -len(each.name))
        )
    return found


def _located(members: list[Any], location: str) -> list[str]:
    """The names under which a request has the members of this location."""
    serializations = [member.serialization for member in members]
    return [each["name"] for each in serializations if each.get("location") == location]
