"""AWS::CloudFront::ResponseHeadersPolicy."""

from __future__ import annotations

from localcloud.resources.cloudfront_policy import CloudFrontPolicy


class ResponseHeadersPolicy(CloudFrontPolicy):
    type_name = "AWS::CloudFront::ResponseHeadersPolicy"
    noun = "ResponseHeadersPolicy"
