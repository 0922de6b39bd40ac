"""What stands in front of a page: CloudFront."""

from __future__ import annotations

from typing import Any

from tests.local.lives.life import Life, Stack, attribute, tags


def controlling(name: str) -> dict[str, Any]:
    signs = {"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
    return {"OriginAccessControlConfig": {"Name": name, **signs}}


CONTROL = {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": controlling("a-needed-control")}
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def distributing(comment: str, root: str, **more: Any) -> dict[str, Any]:
    origin = {
        "Id": "site",
        "DomainName": attribute("Bucket", "RegionalDomainName"),
        "OriginAccessControlId": attribute("Control", "Id"),
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
        "CachedMethods": ["GET", "HEAD"],
    }
    config = {
        "Enabled": "true",
        "Comment": comment,
        "DefaultRootObject": root,
        "Origins": [origin],
        "DefaultCacheBehavior": behavior,
    }
    return {"DistributionConfig": config, **more}


def distribution(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    cloudfront = stack.client("cloudfront")
    found = cloudfront.get_distribution(Id=outputs["Ref"])["Distribution"]
    config = found["DistributionConfig"]
    assert found["Status"] == "Deployed"
    assert config["DefaultCacheBehavior"]["AllowedMethods"]["CachedMethods"]["Items"] == ["GET", "HEAD"]
    known = cloudfront.list_tags_for_resource(Resource=found["ARN"])["Tags"]["Items"]
    return config["Comment"], config["DefaultRootObject"], tags(known)


def control(stack: Stack, outputs: dict[str, str]) -> str:
    found = stack.client("cloudfront").get_origin_access_control(Id=outputs["Ref"])["OriginAccessControl"]
    name: str = found["OriginAccessControlConfig"]["Name"]
    return name


def cache_policy(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = stack.client("cloudfront").get_cache_policy(Id=outputs["Ref"])["CachePolicy"]["CachePolicyConfig"]
    return found["Name"], found["DefaultTTL"], found["MaxTTL"]


def headers_policy(stack: Stack, outputs: dict[str, str]) -> list[tuple[str, str]]:
    found = stack.client("cloudfront").get_response_headers_policy(Id=outputs["Ref"])["ResponseHeadersPolicy"]
    custom = found["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    return [(each["Header"], each["Value"]) for each in custom]


def caching(seconds: int | str) -> dict[str, Any]:
    parameters = {
        "EnableAcceptEncodingGzip": True,
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    whole = {"Name": "a-life-of-caching", "MinTTL": 0, "DefaultTTL": seconds, "MaxTTL": 3600}
    return {"CachePolicyConfig": {**whole, "ParametersInCacheKeyAndForwardedToOrigin": parameters}}


def adding(value: str) -> dict[str, Any]:
    custom = {"Items": [{"Header": "X-Own", "Value": value, "Override": True}]}
    return {"ResponseHeadersPolicyConfig": {"Name": "a-life-of-headers", "CustomHeadersConfig": custom}}


LIVES = [
    Life(
        type_name="AWS::CloudFront::Distribution",
        needs={"Bucket": {"Type": "AWS::S3::Bucket"}, "Control": CONTROL},
        first=distributing("one", "index.html", Tags=[{"Key": "team", "Value": "a"}]),
        then=distributing("two", "home.html"),
        look=distribution,
        at_first=("one", "index.html", {"team": "a"}),
        later=("two", "home.html", {}),
        attributes=("Id", "DomainName"),
    ),
    Life(
        type_name="AWS::CloudFront::OriginAccessControl",
        first=controlling("first-control"),
        then=controlling("second-control"),
        look=control,
        at_first="first-control",
        later="second-control",
        attributes=("Id",),
    ),
    Life(
        type_name="AWS::CloudFront::CachePolicy",
        first=caching(60),
        then=caching("90"),
        look=cache_policy,
        at_first=("a-life-of-caching", 60, 3600),
        later=("a-life-of-caching", 90, 3600),
        attributes=("Id", "LastModifiedTime"),
    ),
    Life(
        type_name="AWS::CloudFront::ResponseHeadersPolicy",
        first=adding("one"),
        then=adding("two"),
        look=headers_policy,
        at_first=[("X-Own", "one")],
        later=[("X-Own", "two")],
        attributes=("Id", "LastModifiedTime"),
    ),
]
