"""A response headers policy, by what a viewer's answer has before and after it."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.services.cloudfront.response_headers import applied


def listed(*items: Any) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": list(items)}


def cors(*origins: str, override: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "CorsConfig": {
            "AccessControlAllowOrigins": listed(*origins),
            "AccessControlAllowHeaders": listed("x-own"),
            "AccessControlAllowMethods": listed("GET", "POST"),
            "AccessControlAllowCredentials": False,
            "OriginOverride": override,
            **more,
        }
    }


TRANSPORT = {"StrictTransportSecurity": {"AccessControlMaxAgeSec": 1, "Preload": True}}


@pytest.mark.parametrize(
    ("given", "header", "value"),
    [
        (TRANSPORT, "strict-transport-security", "max-age=1; preload"),
        ({"XSSProtection": {"Protection": False}}, "x-xss-protection", "0"),
        ({"XSSProtection": {"Protection": True, "ModeBlock": True}}, "x-xss-protection", "1; mode=block"),
        ({"XSSProtection": {"Protection": True, "ReportUri": "u"}}, "x-xss-protection", "1; report=u"),
        ({"ReferrerPolicy": {"ReferrerPolicy": "no-referrer"}}, "referrer-policy", "no-referrer"),
    ],
)
def test_a_security_header_is_written_as_cloudfront_writes_it(given: dict[str, Any], header: str, value: str) -> None:
    """Each part of the policy is one header with its flags in AWS's order."""
    (name,) = given
    policy = {"SecurityHeadersConfig": {name: {"Override": True, **given[name]}}}
    assert applied(policy, {}, {}, method="GET") == {header: value}


@pytest.mark.parametrize(("override", "value"), [(True, "ours"), (False, "the origin's")])
def test_override_says_who_wins(override: bool, value: str) -> None:
    """A header that the origin set is replaced only where the policy says so."""
    custom = {"Header": "X-Own", "Value": "ours", "Override": override}
    found = applied({"CustomHeadersConfig": listed(custom)}, {"x-own": "the origin's"}, {}, method="GET")
    assert found == {"x-own": value}


def test_removed_headers_are_gone() -> None:
    """RemoveHeadersConfig takes the origin's headers away, whatever their case."""
    policy = {"RemoveHeadersConfig": listed({"Header": "Server"})}
    assert applied(policy, {"server": "AmazonS3", "etag": "e"}, {}, method="GET") == {"etag": "e"}


@pytest.mark.parametrize(
    ("allowed", "origin", "answered"),
    [
        ("*", "https://a.example", "*"),
        ("https://a.example", "https://a.example", "https://a.example"),
        ("https://*.example", "https://b.example", "https://b.example"),
        ("https://a.example", "https://evil.example", None),
        ("https://a.example", "https://a.example.evil", None),
    ],
)
def test_an_origin_is_allowed_or_gets_no_header(allowed: str, origin: str, answered: str | None) -> None:
    """CORS headers come for allowed origins alone, and vary with the origin unless all are allowed."""
    found = applied(cors(allowed), {}, {"origin": origin}, method="GET")
    assert found.get("access-control-allow-origin") == answered
    assert ("vary" in found) == (answered not in (None, "*"))


def test_a_request_without_an_origin_gets_no_cors() -> None:
    """Whoever is no page of another origin sees nothing of CORS."""
    assert applied(cors("*"), {"etag": "e"}, {}, method="GET") == {"etag": "e"}


def test_a_preflight_learns_methods_headers_and_age() -> None:
    """OPTIONS is answered with what the policy lists."""
    found = applied(cors("*", AccessControlMaxAgeSec=5), {}, {"origin": "https://a.example"}, method="OPTIONS")
    assert found["access-control-allow-methods"] == "GET, POST"
    assert found["access-control-allow-headers"] == "x-own"
    assert found["access-control-max-age"] == "5"
