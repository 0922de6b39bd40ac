"""Verifies AWS's Signature Version 4: what a request claims, against what the key's secret would give.

The canonical form and the signature are botocore's. Our part is to read the claim (header or presigned URL), the time
limits, and the signatures of streamed chunks.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from http.client import HTTPMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from botocore.auth import EMPTY_SHA256_HASH, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.moto_services.rebuilding import Signer
from localcloud.wire import aws_chunked

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_LONGEST_PRESIGNED_SECONDS = 604_800
_FIELDS = ("Credential", "SignedHeaders", "Signature")
#: Says which program asks, and changes nothing.
_MAY_BE_UNSIGNED = frozenset({"x-amz-user-agent"})
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_HEX_HASH = re.compile(r"[0-9a-f]{64}")
#: The payloads whose chunks carry signatures; in the second, the trailers do too.
_SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
#: Only the head is signed.
_UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


class Fault(Enum):
    """What can be wrong with a signed request. ``refusals.py`` has each service's words for it."""

    UNSIGNED = "unsigned"
    OTHER_VERSION = "another version of signatures"
    INCOMPLETE = "incomplete"
    INCOMPLETE_URL = "incomplete URL"
    UNKNOWN_KEY = "unknown key"
    WRONG_TOKEN = "wrong token"  # noqa: S105  (a fault's name)
    EXPIRED_TOKEN = "expired token"  # noqa: S105  (a fault's name)
    TWO_SIGNATURES = "two signatures"
    HEADER_NOT_SIGNED = "header not signed"
    WRONG_SIGNATURE = "wrong signature"
    WRONG_SCOPE = "wrong scope"
    SKEWED = "skewed"
    EXPIRED_URL = "expired URL"
    WRONG_PAYLOAD = "wrong payload"


class SignatureError(Exception):
    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a request says about its signature."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str
    presigned: bool = False
    expires_seconds: int = 0
    query: tuple[tuple[str, str], ...] = ()
    """The signed part of the query string."""

    @property
    def moment(self) -> datetime:
        return _moment(self.timestamp)

    @property
    def signer(self) -> Signer:
        return Signer(access_key_id=self.access_key_id, date=self.date, region=self.region, service=self.service)

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def unsigned_claim(service: str, region: str) -> Claim:
    """For a request that nobody has to sign: it says nothing but where it goes."""
    return Claim(
        service=service,
        region=region,
        access_key_id="",
        date="",
        signed_headers=(),
        signature="",
        timestamp="",
        token="",
    )


@functools.lru_cache(maxsize=256)
def _moment(timestamp: str) -> datetime:
    """Raises ValueError."""
    return datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=UTC)


def read_claim(request: HttpRequest) -> Claim:
    """Raises SignatureError where the request is not signed, where its signature is incomplete, or where it has two."""
    query = _pairs(request.query)
    authorization = request.headers.get("authorization", "")
    in_query = [name for name, _ in query if name.startswith("X-Amz-")]
    by_url = "X-Amz-Credential" in in_query or "X-Amz-Signature" in in_query or "X-Amz-Algorithm" in in_query
    if authorization and (by_url or "Signature" in dict(query)):
        raise SignatureError(Fault.TWO_SIGNATURES)
    if authorization.split(" ", 1)[0] == _ALGORITHM:
        signed = _of_header(authorization.removeprefix(_ALGORITHM)) | {
            "Date": _timestamp(request),
            "Security-Token": request.headers.get("x-amz-security-token", ""),
        }
    elif by_url:
        if len(set(in_query)) < len(in_query):
            raise SignatureError(Fault.INCOMPLETE_URL, "it has a parameter more than once")
        signed = {name.removeprefix("X-Amz-"): value for name, value in query if name.startswith("X-Amz-")}
        if signed.get("Algorithm", _ALGORITHM) != _ALGORITHM:
            raise SignatureError(Fault.OTHER_VERSION)
        query = tuple(pair for pair in query if pair[0] != "X-Amz-Signature")
    elif authorization or "Signature" in dict(query):  # such as version 2's, which boto3 presigns S3's URLs with
        raise SignatureError(Fault.OTHER_VERSION)
    else:
        raise SignatureError(Fault.UNSIGNED)
    claim = _claim(signed, query, presigned=by_url)
    _check_signed_headers(request, claim)
    return claim


def _of_header(text: str) -> dict[str, str]:
    """The three fields of the header Authorization. Raises SignatureError where it has others, or one of them twice."""
    fields = [part.strip().partition("=")[::2] for part in text.split(",")]
    names = [name for name, _ in fields]
    for name in dict.fromkeys(names):
        if name not in _FIELDS or names.count(name) > 1:
            raise SignatureError(Fault.INCOMPLETE, f"its field {name!r} is unknown, or given more than once")
    return dict(fields)


def _check_signed_headers(request: HttpRequest, claim: Claim) -> None:
    """Each header that is AWS's own must be signed: whoever carries a request could add it otherwise."""
    if len(set(claim.signed_headers)) < len(claim.signed_headers):
        raise SignatureError(Fault.INCOMPLETE, "a header is signed twice")
    for name in request.headers:
        if name.startswith("x-amz-") and name not in claim.signed_headers and name not in _MAY_BE_UNSIGNED:
            raise SignatureError(Fault.HEADER_NOT_SIGNED, name)
    for name in claim.signed_headers:
        if name not in request.headers:
            raise SignatureError(Fault.WRONG_SIGNATURE, f"The request does not have the header {name!r} that it signs.")


def _claim(signed: dict[str, str], query: tuple[tuple[str, str], ...], *, presigned: bool) -> Claim:
    incomplete = Fault.INCOMPLETE_URL if presigned else Fault.INCOMPLETE
    for name in ("Credential", "SignedHeaders", "Signature", "Date", *(("Expires",) if presigned else ())):
        if not signed.get(name):
            raise SignatureError(incomplete, f"it has no {name}")
    scope = signed["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise SignatureError(incomplete, f"its Credential is {signed['Credential']!r}")
    headers = tuple(signed["SignedHeaders"].split(";"))
    if "host" not in headers:
        raise SignatureError(incomplete, "the header Host is not signed")
    if not _REGION.fullmatch(scope[2]):
        raise SignatureError(Fault.WRONG_SCOPE, f"Credential should be scoped to a valid region, not {scope[2]!r}.")
    try:
        claim = Claim(
            access_key_id=scope[0],
            date=scope[1],
            region=scope[2],
            service=scope[3].lower(),
            signed_headers=headers,
            signature=signed["Signature"],
            timestamp=signed["Date"],
            token=signed.get("Security-Token", ""),
            presigned=presigned,
            expires_seconds=int(signed.get("Expires", "0")),
            query=query,
        )
        begun = claim.moment
    except ValueError as error:
        raise SignatureError(incomplete, str(error)) from error
    if begun.strftime("%Y%m%d") != claim.date:
        raise SignatureError(
            Fault.WRONG_SCOPE,
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.date}' != '{begun:%Y%m%d}', from '{claim.timestamp}'.",
        )
    if not 0 <= claim.expires_seconds <= _LONGEST_PRESIGNED_SECONDS:
        raise SignatureError(incomplete, f"X-Amz-Expires is up to {_LONGEST_PRESIGNED_SECONDS} seconds")
    return claim


def verify(request: HttpRequest, claim: Claim, secret: str, *, now: datetime, skew: timedelta) -> HttpRequest:
    """The request with its content as it was before it was encoded for the wire.

    Raises SignatureError where the signature is not the key's, the time is over, or the payload is another.
    """
    verification = Verification(request, claim, secret, now=now, skew=skew)
    content = verification.feed(request.body)
    return replace(request, headers=verification.finish(), body=content)


class Verification:
    """Holds a request against its signature: its head at once, where that names the payload's hash, then its body.

    All methods raise SignatureError, and AwsError where the body's encoding is broken.
    """

    def __init__(self, head: HttpRequest, claim: Claim, secret: str, *, now: datetime, skew: timedelta) -> None:
        self._head = head
        self._claim = claim
        self._secret = secret
        self._declared = _declared_hash(head, claim)
        self._hash = None if self._declared and not _HEX_HASH.fullmatch(self._declared) else hashlib.sha256()
        self._previous = claim.signature
        signed = self._declared in _SIGNED_CHUNKS
        encoded = signed or self._declared == _UNSIGNED_CHUNKS
        self._decoder = aws_chunked.Decoder(self._check_chunk if signed else None) if encoded else None
        if self._declared is not None:
            self._check_signature(self._declared)
        _check_time(claim, now, skew)

    def feed(self, data: bytes) -> bytes:
        """The content among these bytes of the body."""
        if self._hash is not None:
            self._hash.update(data)
        return self._decoder.feed(data) if self._decoder is not None else data

    def finish(self) -> dict[str, str]:
        """The headers of the content, once the whole body was fed."""
        if self._hash is not None:
            found = self._hash.hexdigest()
            if self._declared is None:
                self._check_signature(found)
            elif self._declared != found:
                raise SignatureError(Fault.WRONG_PAYLOAD)
        return self._head.headers if self._decoder is None else self._headers_of_content(self._decoder)

    def _headers_of_content(self, decoder: aws_chunked.Decoder) -> dict[str, str]:
        """With the checksum that came as a trailer, without what was said about the encoding."""
        decoder.finish()
        announced = {name.strip().lower() for name in self._head.headers.get("x-amz-trailer", "").split(",")}
        trailers = dict(decoder.trailers)
        signature = trailers.pop("x-amz-trailer-signature", "")
        if self._declared == _SIGNED_CHUNKS[1]:
            self._check_trailers(trailers, signature)
        if not trailers.keys() <= announced:
            raise aws_chunked.incomplete("it has a trailer that the header x-amz-trailer does not name")
        codings = self._head.headers.get("content-encoding", "").split(",")
        left = ",".join(coding.strip() for coding in codings if coding.strip().lower() not in ("aws-chunked", ""))
        headers = {name: value for name, value in self._head.headers.items() if name != "content-encoding"}
        return headers | trailers | ({"content-encoding": left} if left else {})

    def _check_signature(self, body_hash: str) -> None:
        expected = _signer(self._head, self._claim, self._secret, body_hash)
        if not hmac.compare_digest(expected.encode(), self._claim.signature.encode()):
            raise SignatureError(Fault.WRONG_SIGNATURE)

    def _check_chunk(self, chunk_hash: str, given: str) -> None:
        """Each chunk's signature covers the one before it; the first covers the request's."""
        self._previous = self._chained("PAYLOAD", given, EMPTY_SHA256_HASH, chunk_hash)

    def _check_trailers(self, trailers: dict[str, str], given: str) -> None:
        canonical = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        self._chained("TRAILER", given, hashlib.sha256(canonical.encode()).hexdigest())

    def _chained(self, kind: str, given: str, *hashes: str) -> str:
        claim = self._claim
        text = "\n".join((f"{_ALGORITHM}-{kind}", claim.timestamp, claim.scope, self._previous, *hashes))
        key = _signing_key(self._secret, claim.date, claim.region, claim.service)
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise SignatureError(Fault.WRONG_SIGNATURE, "a chunk's signature is not the key's")
        return expected


def _check_time(claim: Claim, now: datetime, skew: timedelta) -> None:
    if claim.presigned:
        if claim.moment + timedelta(seconds=claim.expires_seconds) < now:
            raise SignatureError(Fault.EXPIRED_URL)
        if claim.moment > now + skew:
            raise SignatureError(Fault.SKEWED, _skew_sentence(claim, now, skew))
    elif abs(claim.moment - now) > skew:
        raise SignatureError(Fault.SKEWED, _skew_sentence(claim, now, skew))


def _skew_sentence(claim: Claim, now: datetime, skew: timedelta) -> str:
    minutes = int(skew.total_seconds() // 60)
    if claim.moment < now:
        limit = now - skew
        return (
            f"Signature expired: {claim.timestamp} is now earlier than {limit:{_TIMESTAMP}} "
            f"({now:{_TIMESTAMP}} - {minutes} min.)"
        )
    limit = now + skew
    return (
        f"Signature not yet current: {claim.timestamp} is still later than {limit:{_TIMESTAMP}} "
        f"({now:{_TIMESTAMP}} + {minutes} min.)"
    )


class _Signer(SigV4Auth):
    """Signs exactly the headers that the client signed, even those that botocore would leave out."""

    payload_hash = ""

    def headers_to_sign(self, request: Any) -> HTTPMessage:
        found = HTTPMessage()
        for name, value in request.headers.items():
            found[name.lower()] = value
        return found

    def payload(self, _: Any) -> str:
        return self.payload_hash


class _S3Signer(_Signer, S3SigV4Auth):
    def _normalize_url_path(self, path: str) -> str:
        # Clients escape differently on the wire. The canonical path is escaped once, in one way.
        return quote(unquote(path), safe="/-_.~")


def _signer(request: HttpRequest, claim: Claim, secret: str, body_hash: str) -> str:
    """The signature that the holder of the secret gives."""
    kind = _S3Signer if claim.service == "s3" else _Signer
    auth = kind(Credentials(claim.access_key_id, secret), claim.service, claim.region)
    auth.payload_hash = body_hash
    headers = {name: request.headers[name] for name in claim.signed_headers}
    to_sign = AWSRequest(
        method=request.method,
        url=f"http://localhost{request.path}",
        headers=headers,
        params=list(claim.query),  # type: ignore[arg-type]
    )
    to_sign.context["timestamp"] = claim.timestamp
    text = auth.string_to_sign(to_sign, auth.canonical_request(to_sign))
    return hmac.new(
        _signing_key(secret, claim.date, claim.region, claim.service), text.encode(), hashlib.sha256
    ).hexdigest()


@functools.lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _declared_hash(head: HttpRequest, claim: Claim) -> str | None:
    """The payload's part of the signature where the head has it; None where it is the hash of the body."""
    if claim.service != "s3":
        return None
    declared = head.headers.get("x-amz-content-sha256")
    if declared is None:
        return UNSIGNED_PAYLOAD if claim.presigned else None
    if declared not in (UNSIGNED_PAYLOAD, _UNSIGNED_CHUNKS, *_SIGNED_CHUNKS) and not _HEX_HASH.fullmatch(declared):
        raise SignatureError(Fault.WRONG_PAYLOAD)
    return declared


def _timestamp(request: HttpRequest) -> str:
    given = request.headers.get("x-amz-date", "")
    if given or "date" not in request.headers:
        return given
    date = request.headers["date"]
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime(_TIMESTAMP)
    except ValueError:
        return date


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    """Names and values of a query string, decoded once. A plus sign stands for itself in SigV4."""
    return tuple(
        (unquote(name), unquote(value)) for name, _, value in (part.partition("=") for part in query.split("&") if part)
    )
