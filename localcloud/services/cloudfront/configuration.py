"""What a distribution's configuration may ask for. All else is refused by name when it is made or changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudfront import managed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcloud.services.cloudfront.entities import Entities

Config = dict[str, Any]

#: Facts about AWS's network, which a laptop has none of: price class, versions of HTTP and TLS, IPv6.
_CONFIG = (
    *("CallerReference", "Comment", "Enabled", "DefaultRootObject", "Origins", "DefaultCacheBehavior"),
    *("CacheBehaviors", "CustomErrorResponses", "PriceClass", "HttpVersion", "IsIPV6Enabled", "ViewerCertificate"),
)
_ORIGIN = (
    *("Id", "DomainName", "OriginPath", "S3OriginConfig", "OriginAccessControlId"),
    *("ConnectionAttempts", "ConnectionTimeout"),
)
_BEHAVIOR = (
    *("PathPattern", "TargetOriginId", "ViewerProtocolPolicy", "AllowedMethods", "Compress", "CachePolicyId"),
    "ResponseHeadersPolicyId",
)
_CERTIFICATE = ("CloudFrontDefaultCertificate", "MinimumProtocolVersion", "CertificateSource", "SSLSupportMethod")
_BUCKET = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, kw_only=True, slots=True)
class Behavior:
    """How requests for some paths are answered."""

    pattern: str
    bucket: str
    origin_path: str
    methods: tuple[str, ...]
    compress: bool
    cache_policy: Config
    headers_policy: Config


def items(value: Mapping[str, Any] | None) -> list[Any]:
    """The items of one of CloudFront's lists, ``{"Quantity": 1, "Items": […]}``."""
    return list((value or {}).get("Items") or [])


def check(config: Config, entities: Entities) -> None:
    """Raises UnsupportedError, and AwsError where the configuration names what is not there."""
    _refuse_others(config, _CONFIG, "a distribution")
    _refuse_others(config.get("ViewerCertificate", {}), _CERTIFICATE, "a viewer certificate")
    if not items(config["Origins"]):
        raise AwsError("InvalidArgument", "A distribution needs an origin.")
    for origin in items(config["Origins"]):
        _check_origin(origin, entities)
    behaviors(config, entities)
    for entry in items(config.get("CustomErrorResponses")):
        if bool(entry.get("ResponsePagePath")) != bool(entry.get("ResponseCode")):
            raise AwsError(
                "InvalidErrorCode", "A custom error response needs both ResponsePagePath and ResponseCode, or neither."
            )


def behaviors(config: Config, entities: Entities) -> list[Behavior]:
    """The behaviors in their order, the default last."""
    default = {**config["DefaultCacheBehavior"], "PathPattern": "*"}
    origins = {origin["Id"]: origin for origin in items(config["Origins"])}
    return [_behavior(entry, origins, entities) for entry in [*items(config.get("CacheBehaviors")), default]]


def _behavior(entry: Config, origins: Mapping[str, Config], entities: Entities) -> Behavior:
    request_policy = entry.get("OriginRequestPolicyId")
    if request_policy:
        raise UnsupportedError(f"cloudfront: the origin request policy {managed.name_of(request_policy)}")
    _refuse_others(entry, _BEHAVIOR, "a cache behavior")
    if not entry.get("CachePolicyId"):
        raise UnsupportedError("cloudfront: a cache behavior without CachePolicyId (legacy settings)")
    origin = origins.get(entry["TargetOriginId"])
    if origin is None:
        raise AwsError("NoSuchOrigin", f"There is no origin {entry['TargetOriginId']}.", status=404)
    methods = tuple(items(entry.get("AllowedMethods"))) or ("GET", "HEAD")
    others = [method for method in methods if method not in _METHODS]
    if others:
        raise UnsupportedError(f"cloudfront: the methods {', '.join(others)} ({', '.join(_METHODS)} are)")
    headers_policy = entry.get("ResponseHeadersPolicyId")
    return Behavior(
        pattern=entry["PathPattern"],
        bucket=bucket_of(origin),
        origin_path=origin.get("OriginPath", ""),
        methods=methods,
        compress=bool(entry.get("Compress", False)),
        cache_policy=entities.cache_policies.get(entry["CachePolicyId"])["config"],
        headers_policy=entities.headers_policies.get(headers_policy)["config"] if headers_policy else {},
    )


def bucket_of(origin: Config) -> str:
    found = _BUCKET.fullmatch(origin["DomainName"])
    if found is None:
        raise UnsupportedError(f"cloudfront: the origin {origin['DomainName']} (buckets of S3 are)")
    return found[1]


def _check_origin(origin: Config, entities: Entities) -> None:
    if "CustomOriginConfig" in origin or "VpcOriginConfig" in origin:
        raise UnsupportedError(f"cloudfront: a custom origin ({origin['DomainName']}; buckets of S3 are)")
    bucket_of(origin)
    _refuse_others(origin, _ORIGIN, "an origin")
    if origin.get("S3OriginConfig", {}).get("OriginAccessIdentity"):
        raise UnsupportedError("cloudfront: OriginAccessIdentity (OriginAccessControlId is)")
    control = origin.get("OriginAccessControlId")
    if not control:
        raise UnsupportedError(
            f"cloudfront: the origin {origin['Id']} without OriginAccessControlId (nobody reads a bucket unsigned)"
        )
    entities.access_controls.get(control)


def _refuse_others(given: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    found = [name for name, value in given.items() if name not in known and _asks(value)]
    if found:
        raise UnsupportedError(f"cloudfront: {', '.join(found)} of {what}")


def _asks(value: Any) -> bool:
    """Whether a member asks for something: lists without items and switches that are off do not."""
    if isinstance(value, dict):
        if "Quantity" in value and not value.get("Enabled"):
            return bool(value["Quantity"])
        if "GeoRestriction" in value:
            return bool(value["GeoRestriction"]["RestrictionType"] != "none")
        return bool(value.get("Enabled", value and "Enabled" not in value))
    return value not in (None, False, "", 0)
