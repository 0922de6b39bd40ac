"""Templates as the CDK's own constructs synthesize them, for the services behind a page."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito


def template_of(build: Any, **options: Any) -> dict[str, Any]:
    """The template of a stack that ``build(stack, …)`` fills, without the bootstrap's version check."""
    app = cdk.App(analytics_reporting=False)
    synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    stack = cdk.Stack(app, "Stack", synthesizer=synthesizer)
    build(stack, **options)
    found: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
    return found


def people(stack: cdk.Stack, *, domain: str, callback: str, minutes: int) -> None:
    """A pool without sign-up, its domain, and a page's client."""
    pool = cognito.UserPool(
        stack,
        "People",
        self_sign_up_enabled=False,
        sign_in_aliases=cognito.SignInAliases(username=True, email=True),
        password_policy=cognito.PasswordPolicy(min_length=12),
        account_recovery=cognito.AccountRecovery.NONE,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    site = pool.add_domain("Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=domain))
    client = pool.add_client(
        "Page",
        generate_secret=False,
        prevent_user_existence_errors=True,
        id_token_validity=cdk.Duration.minutes(minutes),
        o_auth=cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
            callback_urls=[callback],
            logout_urls=[callback],
        ),
    )
    outputs = {
        "Pool": pool.user_pool_id,
        "Issuer": pool.user_pool_provider_url,
        "Client": client.user_pool_client_id,
        "Site": site.base_url(),
    }
    for name, value in outputs.items():
        cdk.CfnOutput(stack, name, value=value)
