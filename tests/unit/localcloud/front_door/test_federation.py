"""A login by an identity provider needs no signature: its token says who calls."""

import pytest

from localcloud.front_door import federation
from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import HttpRequest


def call(operation: str, **headers: str) -> HttpRequest:
    form = {"content-type": "application/x-www-form-urlencoded", **headers}
    body = f"Action={operation}&Version=2011-06-15&RoleSessionName=x".encode()
    return HttpRequest(method="POST", path="/", query="", headers=form, body=body)


def test_a_login_by_token_is_taken_without_a_signature() -> None:
    """AWS asks none, and takes any other call of nobody for one that lacks its signature."""
    assert federation.is_login(call("AssumeRoleWithWebIdentity"))
    in_address = HttpRequest(method="GET", path="/", query="Action=AssumeRoleWithWebIdentity", headers={}, body=b"")
    assert federation.is_login(in_address)
    assert not federation.is_login(call("GetCallerIdentity"))
    signed = "AWS4-HMAC-SHA256 Credential=AKIA/20261127/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"
    assert not federation.is_login(call("AssumeRoleWithWebIdentity", authorization=signed))


def test_a_login_by_saml_is_refused_by_name() -> None:
    """The refusal says what is lacking, which is not a signature of the request."""
    with pytest.raises(UnsupportedError, match=r"sts:AssumeRoleWithSAML \(nothing here verifies the signature"):
        federation.is_login(call("AssumeRoleWithSAML"))
