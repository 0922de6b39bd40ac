"""Cognito by CloudFormation, from the template that the CDK's constructs synthesize."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.cdk_stacks import people, template_of
from tests.local.cognito_lab import CALLBACK, PASSWORD, Pool
from tests.local.lives.life import Stack

pytestmark = pytest.mark.local


class Deployed(Pool):
    """A pool that a stack made."""

    def __init__(self, cloud: LocalCloud, domain: str, outputs: dict[str, str]) -> None:
        self.cloud, self.api = cloud, cloud.client("cognito-idp")
        self.id, self.client_id, self.domain = outputs["Pool"], outputs["Client"], domain


def test_the_cdks_template_makes_a_pool_in_which_people_sign_in(local_cloud: LocalCloud) -> None:
    """Deployed, changed in place and deleted: the outputs are AWS's addresses, and tokens follow the client."""
    name = f"people-{uuid.uuid4().hex[:8]}"
    stack = Stack(cloud=local_cloud, name=name)
    outputs = stack.deploy(template_of(people, domain=name, callback=CALLBACK, minutes=30))
    assert outputs["Site"] == f"https://{name}.auth.us-east-1.amazoncognito.com"
    assert outputs["Issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{outputs['Pool']}"
    pool = Deployed(local_cloud, name, outputs)
    pool.add_user("ann", email="ann@example.com", email_verified="true")
    with pytest.raises(ClientError, match="Password not long enough"):
        pool.add_user("bob", password="short-1A")
    claims = pool.claims(pool.browser().tokens("ann@example.com", PASSWORD)["id_token"])
    assert (claims["iss"], claims["exp"] - claims["iat"]) == (outputs["Issuer"], 1800)
    changed = stack.deploy(template_of(people, domain=name, callback=CALLBACK, minutes=10), update=True)
    assert changed == outputs
    claims = pool.claims(pool.browser().tokens("ann")["id_token"])
    assert claims["exp"] - claims["iat"] == 600
    stack.delete()
    with pytest.raises(ClientError, match=f"User pool {outputs['Pool']} does not exist"):
        pool.api.describe_user_pool(UserPoolId=outputs["Pool"])
    assert pool.browser().authorize().status == 404
