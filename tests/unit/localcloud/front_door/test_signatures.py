"""Requests signed by botocore's own signers, and what is done to them on the way."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.front_door.refusals import refusal
from localcloud.front_door.signatures import Fault, SignatureError, read_claim, verify
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest

KEY, SECRET, TOKEN = "AKIATEST", "secret/of+key", "token=="
SKEW = timedelta(minutes=5)
HOST = "127.0.0.1:4566"


def signed(
    service: str = "glue", *, path: str = "/", body: bytes = b"{}", method: str = "POST", token: str | None = None
) -> HttpRequest:
    """A request as botocore signs it."""
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    request = AWSRequest(method=method, url=f"http://{HOST}{path}", data=body, headers={"X-Amz-Target": "A.B"})
    kind(Credentials(KEY, SECRET, token), service, "us-east-1").add_auth(request)
    return received(request, body)


def presigned(*, path: str = "/bucket/a%20key", expires: int = 60) -> HttpRequest:
    request = AWSRequest(method="GET", url=f"http://{HOST}{path}")
    S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", "us-east-1", expires=expires).add_auth(request)
    return received(request, b"")


def received(request: AWSRequest, body: bytes) -> HttpRequest:
    address = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": HOST}
    return HttpRequest(method=request.method, path=address.path, query=address.query, headers=headers, body=body)


def check(request: HttpRequest, *, secret: str = SECRET, after: timedelta = timedelta()) -> None:
    verify(request, read_claim(request), secret, now=datetime.now(UTC) + after, skew=SKEW)


@pytest.mark.parametrize("service", ["glue", "s3", "sts", "iam"])
@pytest.mark.parametrize("path", ["/", "/bucket/a%20key%3D%2B/x", "/bucket?list-type=2&prefix=a%2Fb&empty="])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_botocores_own_signature_holds(service: str, path: str, token: str | None) -> None:
    """Headers, query strings, escaped paths and session tokens hold, for services that escape once and twice."""
    check(signed(service, path=path, token=token))


@pytest.mark.parametrize("path", ["/bucket/key", "/bucket/a%20key?versionId=1"])
def test_a_presigned_url_holds(path: str) -> None:
    """A URL that somebody signed for others is good."""
    check(presigned(path=path))


Change = Callable[[HttpRequest], HttpRequest]


def with_header(name: str, value: str) -> Change:
    return lambda request: replace(request, headers={**request.headers, name: value})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: replace(r, body=b'{"JobName": "another"}'), Fault.WRONG_SIGNATURE),
        (lambda r: replace(r, path="/elsewhere"), Fault.WRONG_SIGNATURE),
        (lambda r: replace(r, query="Action=Other"), Fault.WRONG_SIGNATURE),
        (lambda r: replace(r, method="PUT"), Fault.WRONG_SIGNATURE),
        (with_header("x-amz-target", "A.C"), Fault.WRONG_SIGNATURE),
        (with_header("host", "other:4566"), Fault.WRONG_SIGNATURE),
        (with_header("authorization", ""), Fault.UNSIGNED),
        (with_header("x-amz-date", "20200101T000000Z"), Fault.WRONG_SCOPE),
        (with_header("x-amz-date", "yesterday"), Fault.INCOMPLETE),
    ],
)
def test_a_changed_request_is_refused(change: Change, fault: Fault) -> None:
    """A request is refused that differs in anything from what was signed."""
    with pytest.raises(SignatureError) as refused:
        check(change(signed()))
    assert refused.value.fault is fault


def test_another_secret_is_refused() -> None:
    """A signature is refused that was made with another secret of a known key."""
    with pytest.raises(SignatureError) as refused:
        check(signed(), secret="guess")
    assert refused.value.fault is Fault.WRONG_SIGNATURE


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_skewed_clock_is_refused(minutes: int) -> None:
    """A time is refused that is later or earlier than the service allows, and the detail says by how much."""
    with pytest.raises(SignatureError, match=r"now earlier than|still later than") as refused:
        check(signed(), after=timedelta(minutes=minutes))
    assert refused.value.fault is Fault.SKEWED


def test_an_s3_body_is_held_against_its_hash() -> None:
    """A body is refused that is not the one whose hash was signed."""
    request = signed("s3", path="/bucket/key", body=b"one", method="PUT")
    with pytest.raises(SignatureError) as refused:
        check(replace(request, body=b"two"))
    assert refused.value.fault is Fault.WRONG_PAYLOAD


def test_an_expired_url_is_refused() -> None:
    """A URL that is good for a minute is refused two minutes later."""
    with pytest.raises(SignatureError) as refused:
        check(presigned(expires=60), after=timedelta(minutes=2))
    assert refused.value.fault is Fault.EXPIRED_URL


@pytest.mark.parametrize(
    ("old", "new"), [("Expires=60", "Expires=6000"), ("us-east-1", "eu-west-1"), ("host", "host%3Bx")]
)
def test_a_tampered_url_is_refused(old: str, new: str) -> None:
    """A URL is refused with a longer life, another region or another list of headers than was signed."""
    request = presigned(expires=60)
    assert old in request.query
    with pytest.raises(SignatureError) as refused:
        check(replace(request, query=request.query.replace(old, new)))
    assert refused.value.fault is Fault.WRONG_SIGNATURE


def chunked(chunks: list[bytes]) -> HttpRequest:
    """As AWS's Java SDK streams: each chunk's signature carries the one before it."""
    request = AWSRequest(method="PUT", url=f"http://{HOST}/bucket/key", headers={"X-Amz-Date": ""})
    auth = S3SigV4Auth(Credentials(KEY, SECRET), "s3", "us-east-1")
    auth.payload = lambda _: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    auth.add_auth(request)
    claim = read_claim(received(request, b""))
    key = f"AWS4{SECRET}".encode()
    for part in (claim.date, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    previous, body = claim.signature, b""
    for chunk in [*chunks, b""]:
        empty = hashlib.sha256(b"").hexdigest()
        text = "\n".join(
            (
                *("AWS4-HMAC-SHA256-PAYLOAD", claim.timestamp, claim.scope, previous, empty),
                hashlib.sha256(chunk).hexdigest(),
            )
        )
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        body += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + b"\r\n"
    return received(request, body)


def test_signed_chunks_hold() -> None:
    """A stream in two signed chunks is good."""
    check(chunked([b"one", b"two" * 1000]))


@pytest.mark.parametrize(("old", "new"), [(b"one", b"two"), (b"3;", b"2;"), (b"\r\n0;", b"\r\n1;")])
def test_a_changed_chunk_is_refused(old: bytes, new: bytes) -> None:
    """Chunks are refused that have other bytes, another length, or no end."""
    request = chunked([b"one"])
    assert old in request.body
    with pytest.raises(SignatureError):
        check(replace(request, body=request.body.replace(old, new)))


@pytest.mark.parametrize(
    ("service", "fault", "code"),
    [
        ("s3", Fault.UNKNOWN_KEY, "InvalidAccessKeyId"),
        ("sts", Fault.UNKNOWN_KEY, "InvalidClientTokenId"),
        ("glue", Fault.UNKNOWN_KEY, "UnrecognizedClientException"),
        ("s3", Fault.WRONG_SIGNATURE, "SignatureDoesNotMatch"),
        ("iam", Fault.WRONG_SIGNATURE, "SignatureDoesNotMatch"),
        ("sagemaker", Fault.WRONG_SIGNATURE, "InvalidSignatureException"),
        ("s3", Fault.SKEWED, "RequestTimeTooSkewed"),
        ("sts", Fault.SKEWED, "SignatureDoesNotMatch"),
        ("s3", Fault.EXPIRED_TOKEN, "ExpiredToken"),
        ("glue", Fault.EXPIRED_TOKEN, "ExpiredTokenException"),
        ("s3", Fault.EXPIRED_URL, "AccessDenied"),
    ],
)
def test_each_service_has_its_words(service: str, fault: Fault, code: str) -> None:
    """Each service refuses with the code that its clients match on."""
    error = refusal(service, SignatureError(fault, "detail"), KEY)
    assert isinstance(error, AwsError)
    assert error.code == code
