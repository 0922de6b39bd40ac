"""Templates as the CDK's own constructs synthesize them, for the services behind a page."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_s3 as s3


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


def site(stack: cdk.Stack, *, policy: str) -> None:
    """A private bucket behind a distribution; ``policy`` is the page's Content-Security-Policy."""
    bucket = s3.Bucket(
        stack,
        "Site",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    headers = cloudfront.ResponseHeadersPolicy(
        stack,
        "Headers",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=cdk.Duration.days(365), include_subdomains=True, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header="Permissions-Policy", value="camera=()", override=True)
            ]
        ),
    )
    distribution = cloudfront.Distribution(
        stack,
        "Page",
        default_root_object="index.html",
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        default_behavior=cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            response_headers_policy=headers,
        ),
        error_responses=[
            cloudfront.ErrorResponse(
                http_status=403,
                response_http_status=404,
                response_page_path="/missing.html",
                ttl=cdk.Duration.seconds(0),
            )
        ],
    )
    for name, value in {
        "Bucket": bucket.bucket_name,
        "Id": distribution.distribution_id,
        "Domain": distribution.distribution_domain_name,
    }.items():
        cdk.CfnOutput(stack, name, value=value)
