"""Where the page stands: a private bucket behind CloudFront."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import CfnOutput, CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from handover.names import Output

from constructs import Construct
from stacks.constructs.permissions import allow, explain

_NO_DEVICES = "camera=(), geolocation=(), microphone=()"
_READ = "CloudFront shows whatever the page consists of; its condition names this one distribution"
_FILES = "which files a page consists of, its own release says: the bucket holds nothing else"


class PageSite(Construct):
    """CloudFront alone reads the bucket, and people reach the page by HTTPS alone.

    The headers are part of this stack, which a person deploys: no push sends a page's visitors' tokens elsewhere.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Files",
            # CloudFront reads with its own identity, which no key of ours knows. Everybody may see what is here.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="tidy",
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(30),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        # CloudFront requires a name, and it is the account's.
        self._name = f"{Stack.of(self).stack_name}-{construct_id}"
        self._headers = cloudfront.CfnResponseHeadersPolicy(
            self, "Headers", response_headers_policy_config=_headers_config(self._name, ())
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=cloudfront.ResponseHeadersPolicy.from_response_headers_policy_id(
                    self, "Sent", self._headers.ref
                ),
                compress=True,
            ),
            default_root_object="index.html",
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )
        policy = cast("s3.BucketPolicy", self.bucket.policy).node.default_child
        explain(cast("CfnResource", policy), [self.bucket.arn_for_objects("*")], _READ)
        self.origin = f"https://{self.distribution.domain_name}"
        CfnOutput(self, "Address", value=self.address).override_logical_id(Output.PAGE)

    @property
    def address(self) -> str:
        return f"{self.origin}/"

    def speak_to(self, *callable_origins: str) -> None:
        """The page may call these and no others: the API, and the sign-in."""
        self._headers.response_headers_policy_config = _headers_config(self._name, callable_origins)

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Write, list and delete the page's files, and have CloudFront forget what it keeps of them."""
        files = [self.bucket.arn_for_objects("*")]
        allow(grantee, ["s3:PutObject", "s3:DeleteObject"], files, because=_FILES)
        allow(grantee, ["s3:ListBucket"], [self.bucket.bucket_arn])
        allow(grantee, ["cloudfront:CreateInvalidation"], [self.distribution.distribution_arn])


def _headers_config(
    name: str, callable_origins: Sequence[str]
) -> cloudfront.CfnResponseHeadersPolicy.ResponseHeadersPolicyConfigProperty:
    """Nothing of a third party, no inline script or style, and in nobody's frame."""
    sources = " ".join(("'self'", *callable_origins))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
        f" manifest-src 'self'; connect-src {sources}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    of = cloudfront.CfnResponseHeadersPolicy
    return of.ResponseHeadersPolicyConfigProperty(
        name=name,
        security_headers_config=of.SecurityHeadersConfigProperty(
            content_security_policy=of.ContentSecurityPolicyProperty(content_security_policy=policy, override=True),
            content_type_options=of.ContentTypeOptionsProperty(override=True),
            frame_options=of.FrameOptionsProperty(frame_option="DENY", override=True),
            referrer_policy=of.ReferrerPolicyProperty(referrer_policy="no-referrer", override=True),
            strict_transport_security=of.StrictTransportSecurityProperty(
                access_control_max_age_sec=31_536_000, include_subdomains=True, override=True
            ),
        ),
        custom_headers_config=of.CustomHeadersConfigProperty(
            items=[
                of.CustomHeaderProperty(header="Cross-Origin-Opener-Policy", value="same-origin", override=True),
                of.CustomHeaderProperty(header="Permissions-Policy", value=_NO_DEVICES, override=True),
            ]
        ),
    )
