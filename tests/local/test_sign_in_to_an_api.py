"""Cognito and API Gateway together: who signed in at the page may call an API behind the CDK's authorizer."""

from __future__ import annotations

import uuid
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito

from tests.clouds import LocalCloud
from tests.local.cdk_stacks import template_of
from tests.local.cognito_lab import Answer, Pool, ask
from tests.local.lives.life import Stack

pytestmark = pytest.mark.local


def guarded(stack: cdk.Stack, *, pool_id: str) -> None:
    """An API whose root answers 200 to people of the pool."""
    pool = cognito.UserPool.from_user_pool_id(stack, "Pool", pool_id)
    api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
    api.root.add_method(
        "GET",
        apigateway.MockIntegration(
            request_templates={"application/json": '{"statusCode": 200}'},
            integration_responses=[apigateway.IntegrationResponse(status_code="200")],
        ),
        method_responses=[apigateway.MethodResponse(status_code="200")],
        authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "People", cognito_user_pools=[pool]),
    )
    cdk.CfnOutput(stack, "Id", value=api.rest_api_id)


def test_a_token_of_the_page_opens_the_api_and_no_other_does(local_cloud: LocalCloud) -> None:
    """The ID token of a sign-in is let in; a tampered one, an access token and another pool's are Unauthorized."""
    pool, other = Pool(local_cloud), Pool(local_cloud)
    for each in (pool, other):
        each.add_user("ann")
    stack = Stack(cloud=local_cloud, name=f"guarded-{uuid.uuid4().hex[:8]}")
    api = stack.deploy(template_of(guarded, pool_id=pool.id))["Id"]

    def call(**headers: Any) -> Answer:
        return ask(local_cloud, "GET", f"{api}.execute-api.localhost", "/prod/", headers=headers)

    tokens = pool.browser().tokens("ann")
    assert call(Authorization=tokens["id_token"]).status == 200
    assert call(Authorization=f"Bearer {tokens['id_token']}").status == 200
    head, body, signature = tokens["id_token"].split(".")
    foreign = other.browser().tokens("ann")["id_token"]
    for token in (f"{head}.{body}.{signature[::-1]}", tokens["access_token"], foreign, "none"):
        refusal = call(Authorization=token)
        assert (refusal.status, refusal.json) == (401, {"message": "Unauthorized"}), token
    assert call().status == 401
    stack.delete()
