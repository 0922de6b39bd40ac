"""AWS's managed policies, by the ids that templates name. Those that are not here are refused by their name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from localcloud.platform.store import Document

_YEAR = 31_536_000
_NONE = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def _caching(name: str, least: int, default: int, most: int, *, compressed: bool) -> dict[str, Any]:
    encodings = {"EnableAcceptEncodingGzip": compressed, "EnableAcceptEncodingBrotli": compressed}
    return {
        "Name": name,
        "MinTTL": least,
        "DefaultTTL": default,
        "MaxTTL": most,
        "ParametersInCacheKeyAndForwardedToOrigin": {**encodings, **_NONE},
    }


_CORS = {
    "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
    "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
    "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
    "AccessControlAllowCredentials": False,
    "OriginOverride": False,
}
_SECURITY = {
    "ContentTypeOptions": {"Override": True},
    "FrameOptions": {"FrameOption": "SAMEORIGIN", "Override": False},
    "ReferrerPolicy": {"ReferrerPolicy": "strict-origin-when-cross-origin", "Override": False},
    "StrictTransportSecurity": {"AccessControlMaxAgeSec": _YEAR, "Override": False},
    "XSSProtection": {"Protection": True, "ModeBlock": True, "Override": False},
}
_POLICIES: dict[str, dict[str, dict[str, Any]]] = {
    "CachePolicy": {
        "658327ea-f89d-4fab-a63d-7e88639e58f6": _caching("Managed-CachingOptimized", 1, 86_400, _YEAR, compressed=True),
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _caching(
            "Managed-CachingOptimizedForUncompressedObjects", 1, 86_400, _YEAR, compressed=False
        ),
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _caching("Managed-CachingDisabled", 0, 0, 0, compressed=False),
    },
    "ResponseHeadersPolicy": {
        "60669652-455b-4ae9-85a4-c4c02393f86c": {"Name": "Managed-SimpleCORS", "CorsConfig": _CORS},
        "67f7725c-6f97-4210-82d7-5512b31e9d03": {
            "Name": "Managed-SecurityHeadersPolicy",
            "SecurityHeadersConfig": _SECURITY,
        },
        "e61eb60c-9c35-4d20-a928-2b84e02af89c": {
            "Name": "Managed-CORS-and-SecurityHeadersPolicy",
            "CorsConfig": _CORS,
            "SecurityHeadersConfig": _SECURITY,
        },
    },
}
#: Known by name, and not carried.
_OTHERS = {
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": "Managed-Elemental-MediaPackage",
    "2e54312d-136d-493c-8eb9-b001f22f67d2": "Managed-Amplify",
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": "Managed-UseOriginCacheControlHeaders",
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": "Managed-UseOriginCacheControlHeaders-QueryStrings",
    "216adef6-5c7f-47e4-b989-5492eafa07d3": "Managed-AllViewer",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "Managed-AllViewerExceptHostHeader",
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": "Managed-CORS-S3Origin",
    "59781a5b-3903-41f3-afcb-af62929ccde1": "Managed-CORS-CustomOrigin",
    "acba4595-bd28-49b8-b9fe-13317c0390fa": "Managed-UserAgentRefererHeaders",
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": "Managed-CORS-With-Preflight",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
}
_SINCE = datetime(2020, 7, 22, tzinfo=UTC)


def find(kind: str, policy_id: str) -> Document | None:
    """Raises UnsupportedError for one of AWS's that the local cloud does not carry."""
    if policy_id in _OTHERS:
        raise UnsupportedError(f"cloudfront: the policy {_OTHERS[policy_id]}")
    config = _POLICIES.get(kind, {}).get(policy_id)
    return _document(policy_id, config) if config is not None else None


def name_of(policy_id: str) -> str:
    """The name of a managed policy; the id itself where it is none."""
    return _OTHERS.get(policy_id, policy_id)


def of(kind: str) -> list[Document]:
    return [_document(policy_id, config) for policy_id, config in _POLICIES.get(kind, {}).items()]


def _document(policy_id: str, config: dict[str, Any]) -> Document:
    return {"Id": policy_id, "ETag": "E23ZP02F085DFQ", "LastModifiedTime": _SINCE, "config": config}
