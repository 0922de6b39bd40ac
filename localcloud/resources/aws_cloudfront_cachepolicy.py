"""AWS::CloudFront::CachePolicy."""

from __future__ import annotations

from localcloud.resources.cloudfront_policy import CloudFrontPolicy


class CachePolicy(CloudFrontPolicy):
    type_name = "AWS::CloudFront::CachePolicy"
    noun = "CachePolicy"
