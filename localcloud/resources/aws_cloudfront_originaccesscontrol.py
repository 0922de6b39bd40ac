"""AWS::CloudFront::OriginAccessControl."""

from __future__ import annotations

from localcloud.resources.cloudfront_policy import CloudFrontPolicy


class OriginAccessControl(CloudFrontPolicy):
    type_name = "AWS::CloudFront::OriginAccessControl"
    noun = "OriginAccessControl"
