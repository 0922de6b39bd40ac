"""A response headers policy, applied to an answer: what it adds, what it replaces, what it takes away."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from localcloud.services.cloudfront.configuration import items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localcloud.services.cloudfront.configuration import Config

#: Header, value, whether it replaces the origin's.
_Wanted = tuple[str, str, bool]
_ALL_METHODS = ("GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def applied(policy: Config, headers: Mapping[str, str], asked: Mapping[str, str], *, method: str) -> dict[str, str]:
    """``asked``: the viewer's headers. Names are in lower case."""
    found = dict(headers)
    for name in items(policy.get("RemoveHeadersConfig")):
        found.pop(name["Header"].lower(), None)
    wanted = [*_security(policy.get("SecurityHeadersConfig", {})), *_custom(policy)]
    for header, value, replaces in wanted:
        if replaces or header not in found:
            found[header] = value
    return _with_cors(policy.get("CorsConfig"), found, asked, method=method)


def _custom(policy: Config) -> Iterator[_Wanted]:
    for entry in items(policy.get("CustomHeadersConfig")):
        yield entry["Header"].lower(), entry.get("Value", ""), bool(entry["Override"])


def _security(given: Config) -> Iterator[_Wanted]:
    for name, (header, value) in _SECURITY.items():
        if name in given:
            yield header, value(given[name]), bool(given[name]["Override"])


def _transport_security(entry: Config) -> str:
    flags = (("IncludeSubdomains", "; includeSubDomains"), ("Preload", "; preload"))
    return f"max-age={entry['AccessControlMaxAgeSec']}" + "".join(text for name, text in flags if entry.get(name))


def _xss_protection(entry: Config) -> str:
    if not entry["Protection"]:
        return "0"
    report = f"; report={entry['ReportUri']}" if entry.get("ReportUri") else ""
    return f"1{'; mode=block' if entry.get('ModeBlock') else ''}{report}"


#: Part of the policy → its header, and what it says.
_SECURITY: dict[str, tuple[str, Callable[[Config], str]]] = {
    "ContentSecurityPolicy": ("content-security-policy", lambda entry: str(entry["ContentSecurityPolicy"])),
    "ContentTypeOptions": ("x-content-type-options", lambda _: "nosniff"),
    "FrameOptions": ("x-frame-options", lambda entry: str(entry["FrameOption"])),
    "ReferrerPolicy": ("referrer-policy", lambda entry: str(entry["ReferrerPolicy"])),
    "StrictTransportSecurity": ("strict-transport-security", _transport_security),
    "XSSProtection": ("x-xss-protection", _xss_protection),
}


def _with_cors(
    cors: Config | None, headers: dict[str, str], asked: Mapping[str, str], *, method: str
) -> dict[str, str]:
    """CORS headers for a viewer that says its origin, if the policy allows it."""
    origin = asked.get("origin", "")
    if not cors or not origin:
        return headers
    allowed = items(cors["AccessControlAllowOrigins"])
    if not any(fnmatchcase(origin, pattern) for pattern in allowed):
        return headers
    ours = {"access-control-allow-origin": "*" if "*" in allowed else origin}
    if cors["AccessControlAllowCredentials"]:
        ours["access-control-allow-credentials"] = "true"
    exposed = items(cors.get("AccessControlExposeHeaders"))
    if exposed:
        ours["access-control-expose-headers"] = ", ".join(exposed)
    if method == "OPTIONS":
        ours |= _preflight(cors)
    if "*" not in allowed:
        ours["vary"] = ", ".join(dict.fromkeys([*filter(None, [headers.get("vary", "")]), "Origin"]))
    return headers | ours if cors["OriginOverride"] else ours | headers


def _preflight(cors: Config) -> dict[str, Any]:
    methods = items(cors["AccessControlAllowMethods"])
    found = {
        "access-control-allow-methods": ", ".join(_ALL_METHODS if "ALL" in methods else methods),
        "access-control-allow-headers": ", ".join(items(cors["AccessControlAllowHeaders"])),
    }
    seconds = cors.get("AccessControlMaxAgeSec")
    return found | ({"access-control-max-age": str(seconds)} if seconds is not None else {})
