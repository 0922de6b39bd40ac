"""Verifies AWS's Signature Version 4: what a request claims, against what the key's secret would give.

The canonical form and the signature are botocore's. Our part is to read the claim (header or presigned URL), the time
limits, and the signatures of streamed chunks.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from http.client import HTTPMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from botocore.auth import EMPTY_SHA256_HASH, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_LONGEST_PRESIGNED_SECONDS = 604_800
_HEX_HASH = re.compile(r"[0-9a-f]{64}")
#: The payloads whose chunks carry signatures. In other streams only the headers are signed.
_SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")


class Fault(Enum):
    """What can be wrong with a signed request. ``refusals.py`` has each service's words for it."""

    UNSIGNED = "unsigned"
    OTHER_VERSION = "another version of signatures"
    INCOMPLETE = "incomplete"
    INCOMPLETE_URL = "incomplete URL"
    UNKNOWN_KEY = "unknown key"
    WRONG_TOKEN = "wrong token"  # noqa: S105  (a fault's name)
    EXPIRED_TOKEN = "expired token"  # noqa: S105  (a fault's name)
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
        return datetime.strptime(self.timestamp, _TIMESTAMP).replace(tzinfo=UTC)

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read_claim(request: HttpRequest) -> Claim:
    """Raises SignatureError where the request is not signed, or where its signature is incomplete."""
    query = _pairs(request.query)
    authorization = request.headers.get("authorization", "")
    presigned = {name: value for name, value in query if name.startswith("X-Amz-")}
    if authorization.startswith(_ALGORITHM):
        parts = dict(
            part.strip().partition("=")[::2] for part in authorization.removeprefix(_ALGORITHM).strip().split(",")
        )
        signed = {
            "Credential": parts.get("Credential", ""),
            "SignedHeaders": parts.get("SignedHeaders", ""),
            "Signature": parts.get("Signature", ""),
            "Date": _timestamp(request),
            "Security-Token": request.headers.get("x-amz-security-token", ""),
        }
    elif "X-Amz-Credential" in presigned or "X-Amz-Signature" in presigned:
        signed = {name.removeprefix("X-Amz-"): value for name, value in presigned.items()}
        query = tuple(pair for pair in query if pair[0] != "X-Amz-Signature")
    elif authorization or "Signature" in dict(query):  # such as version 2's, which boto3 presigns S3's URLs with
        raise SignatureError(Fault.OTHER_VERSION)
    else:
        raise SignatureError(Fault.UNSIGNED)
    return _claim(signed, query, presigned=not authorization.startswith(_ALGORITHM))


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


def verify(request: HttpRequest, claim: Claim, secret: str, *, now: datetime, skew: timedelta) -> None:
    """Raises SignatureError where the signature is not the key's, the time is over, or the payload is another."""
    body_hash = _payload_hash(request, claim)
    signer = _signer(request, claim, secret, body_hash)
    if not hmac.compare_digest(signer.encode(), claim.signature.encode()):
        raise SignatureError(Fault.WRONG_SIGNATURE)
    if claim.presigned:
        if claim.moment + timedelta(seconds=claim.expires_seconds) < now:
            raise SignatureError(Fault.EXPIRED_URL)
        if claim.moment > now + skew:
            raise SignatureError(Fault.SKEWED, _skew_sentence(claim, now, skew))
    elif abs(claim.moment - now) > skew:
        raise SignatureError(Fault.SKEWED, _skew_sentence(claim, now, skew))
    if body_hash in _SIGNED_CHUNKS:
        _verify_chunks(request.body, claim, secret)


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
    headers = {name: request.headers.get(name, "") for name in claim.signed_headers if name != "x-amz-content-sha256"}
    if "x-amz-content-sha256" in claim.signed_headers:
        headers["x-amz-content-sha256"] = request.headers.get("x-amz-content-sha256", "")
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


def _payload_hash(request: HttpRequest, claim: Claim) -> str:
    """The payload's part of the signature; raises SignatureError where a hash is not the body's."""
    declared = request.headers.get("x-amz-content-sha256")
    if claim.service != "s3":
        return hashlib.sha256(request.body).hexdigest()
    if declared is None:
        return UNSIGNED_PAYLOAD if claim.presigned else hashlib.sha256(request.body).hexdigest()
    if _HEX_HASH.fullmatch(declared) and hashlib.sha256(request.body).hexdigest() != declared:
        raise SignatureError(Fault.WRONG_PAYLOAD)
    return declared


def _verify_chunks(body: bytes, claim: Claim, secret: str) -> None:
    """Each chunk's signature covers the one before it; the first covers the request's."""
    key = _signing_key(secret, claim.date, claim.region, claim.service)
    previous, position = claim.signature, 0
    while True:
        end = body.find(b"\r\n", position)
        size, _, extension = body[position:end].partition(b";")
        try:
            length = int(size, 16)
        except ValueError as error:
            raise SignatureError(Fault.WRONG_SIGNATURE, "a chunk's head is broken") from error
        chunk = body[end + 2 : end + 2 + length]
        text = "\n".join(
            (
                f"{_ALGORITHM}-PAYLOAD",
                *(claim.timestamp, claim.scope, previous, EMPTY_SHA256_HASH),
                hashlib.sha256(chunk).hexdigest(),
            )
        )
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        given = extension.partition(b"chunk-signature=")[2].decode("ascii", "replace")
        if end < 0 or len(chunk) != length or not hmac.compare_digest(expected.encode(), given.encode()):
            raise SignatureError(Fault.WRONG_SIGNATURE, "a chunk's signature is not the key's")
        if not length:
            return
        previous, position = expected, end + 2 + length + 2


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
