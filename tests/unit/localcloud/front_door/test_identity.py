"""Whose keys are good: sessions until they end, services with the resource for which they ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.sts.models import AssumedRole, sts_backends

from localcloud.front_door.identity import Identity
from localcloud.platform.clients import FORWARD_ACCESS_SESSION, SERVICE_KEY_PREFIX, Clients
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
from localcloud.platform.settings import Settings

ACCOUNT = "123456789012"
HOST = "127.0.0.1:4566"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def session() -> Iterator[AssumedRole]:
    """A session of an hour, which moto keeps."""
    sts = sts_backends[ACCOUNT]["aws"]
    yield sts.assume_role("us-east-1", "run", f"arn:aws:iam::{ACCOUNT}:role/r", "", 3600, "")
    sts.reset()


def request(service: str, *credentials: str) -> HttpRequest:
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    made = AWSRequest(method="POST", url=f"http://{HOST}/", data=b"{}", headers={"X-Amz-Target": "A.B"})
    kind(Credentials(*credentials), service, "us-east-1").add_auth(made)
    headers = {name.lower(): value for name, value in made.headers.items()} | {"host": HOST}
    return HttpRequest(method="POST", path=urlsplit(made.url).path, query="", headers=headers, body=b"{}")


@pytest.mark.parametrize(
    ("service", "code"), [("s3", "ExpiredToken"), ("sts", "ExpiredToken"), ("glue", "ExpiredTokenException")]
)
def test_a_session_ends(settings: Settings, session: AssumedRole, service: str, code: str) -> None:
    """A session's key is good until its time, and is known to have expired after it."""
    identity = Identity(settings, Clients(settings))
    signed = request(service, session.access_key_id, session.secret_access_key, session.session_token)
    assert identity.authenticate(signed).caller.role_arn == f"arn:aws:iam::{ACCOUNT}:role/r"
    session.expiration = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None)
    with pytest.raises(AwsError) as error:
        Identity(settings, Clients(settings)).authenticate(signed)
    assert error.value.code == code
    assert "expired" in error.value.message


def test_a_service_asks_for_one_of_its_resources(settings: Settings) -> None:
    """A service's key is this process's own, and names in place of a token the resource for which it asks."""
    clients = Clients(settings)
    alarm = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a"
    key = f"{SERVICE_KEY_PREFIX}cloudwatch.amazonaws.com"
    caller = Identity(settings, clients).authenticate(request("sns", key, clients.inner_secret, alarm)).caller
    assert (caller.service, caller.source_arn) == ("cloudwatch.amazonaws.com", alarm)
    with pytest.raises(AwsError, match="does not match"):
        Identity(settings, clients).authenticate(request("sns", key, "guessed", alarm))


def test_a_forwarded_session_says_which_services_forward_it(settings: Settings, session: AssumedRole) -> None:
    """The caller stays who it was, and the services that go on for it are listed in the order of their calls."""
    clients = Clients(settings)
    for via in (("lambda.amazonaws.com",), ("cloudformation.amazonaws.com", "lambda.amazonaws.com")):
        signer = clients.forwarding("sts", session.access_key_id, via=via)._request_signer
        given = signer._credentials
        signed = request("sts", given.access_key, given.secret_key, given.token)
        caller = Identity(settings, clients).authenticate(signed).caller
        assert (caller.role_arn, caller.via) == (f"arn:aws:iam::{ACCOUNT}:role/r", via)


def test_nobody_else_forwards_a_session(settings: Settings, session: AssumedRole) -> None:
    """A session's own secret does not sign what only a service may say."""
    forged = f"{FORWARD_ACCESS_SESSION}lambda.amazonaws.com"
    signed = request("sts", session.access_key_id, session.secret_access_key, forged)
    with pytest.raises(AwsError, match="does not match"):
        Identity(settings, Clients(settings)).authenticate(signed)
