"""A login by an identity provider is refused as what it is, not for want of a signature."""

import pytest

from localcloud.front_door import federation
from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import HttpRequest


def call(operation: str, **headers: str) -> HttpRequest:
    form = {"content-type": "application/x-www-form-urlencoded", **headers}
    body = f"Action={operation}&Version=2011-06-15&RoleSessionName=x".encode()
    return HttpRequest(method="POST", path="/", query="", headers=form, body=body)


@pytest.mark.parametrize("operation", ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])
def test_an_unsigned_login_is_refused_by_name(operation: str) -> None:
    """AWS asks no signature of it."""
    with pytest.raises(UnsupportedError, match=f"sts:{operation}"):
        federation.refuse_unsigned(call(operation))


def test_other_calls_are_left_to_the_signature() -> None:
    """A signed login, too: its policies are asked first."""
    federation.refuse_unsigned(call("GetCallerIdentity"))
    signed = "AWS4-HMAC-SHA256 Credential=AKIA/20261127/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"
    federation.refuse_unsigned(call("AssumeRoleWithWebIdentity", authorization=signed))
