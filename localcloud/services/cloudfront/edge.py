"""Answers viewers: which behavior a path has, from the cache or from the bucket, with the policy's headers.

The local cloud speaks HTTP on the loopback alone. As for a bucket's ``aws:SecureTransport``, that counts as secure: a
behavior that redirects to HTTPS or refuses HTTP serves what it has.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from localcloud.platform.service import HttpResponse
from localcloud.services.cloudfront import origin, response_headers, viewer
from localcloud.services.cloudfront.cache import Cache, Fetched, Key
from localcloud.services.cloudfront.configuration import Behavior, behaviors, items
from localcloud.services.cloudfront.configurations import reachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.clients import Clients
    from localcloud.platform.service import Visit
    from localcloud.platform.store import Document
    from localcloud.services.cloudfront.configuration import Config
    from localcloud.services.cloudfront.entities import Entities
    from localcloud.wire.addresses import Addresses

_VIA = "1.1 localcloud.cloudfront.net (CloudFront)"
_ERROR_SECONDS = 10
_AGE = re.compile(r"(?:^|[,\s])(s-maxage|max-age)\s*=\s*\"?(\d+)")
_NOT_STORED = re.compile(r"(?:^|[,\s])(?:no-cache|no-store|private)(?:$|[,\s=])")
_METHOD_REFUSED = (
    "This distribution is not configured to allow the HTTP request method that was used for this request. "
    "The distribution supports only cachable requests."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    fetched: Fetched
    said: str
    """For ``x-cache``."""
    age_seconds: int = 0


class Edge:
    def __init__(self, entities: Entities, cache: Cache, clients: Clients, addresses: Addresses) -> None:
        self._entities = entities
        self._cache = cache
        self._clients = clients
        self._addresses = addresses

    async def answer(self, visit: Visit) -> HttpResponse:
        return await asyncio.get_running_loop().run_in_executor(None, self._answer, visit)

    def _answer(self, visit: Visit) -> HttpResponse:
        distribution = self._entities.at(visit.name)
        if distribution is None or not distribution["config"]["Enabled"]:
            return _own_page(404, f"There is no enabled distribution {visit.name}.cloudfront.net here.", {}, visit)
        path = _path(visit.path, distribution["config"].get("DefaultRootObject", ""))
        behavior = self._behavior(distribution, path)
        method = visit.request.method
        if method not in behavior.methods or visit.refused is not None:
            return _own_page(403, _METHOD_REFUSED, behavior.headers_policy, visit)
        if method == "OPTIONS":
            return _options(behavior, visit)
        found = self._found(distribution, behavior, path, visit.request.query)
        if found.fetched.status >= 400:
            found = self._custom_error(distribution, found)
        return _shown(found, behavior, visit)

    def _behavior(self, distribution: Document, path: str) -> Behavior:
        known = behaviors(distribution["config"], self._entities)
        return next(each for each in known if fnmatchcase(path.removeprefix("/"), _glob(each.pattern)))

    def _found(self, distribution: Document, behavior: Behavior, path: str, query: str) -> _Found:
        key = Key(
            distribution_id=distribution["Id"],
            version=distribution["ETag"],
            path=path,
            query=query if _keeps_query(behavior.cache_policy) else "",
        )
        hit = self._cache.find(key)
        if hit is not None:
            said = "Hit" if hit.fetched.status < 400 else "Error"
            return _Found(fetched=hit.fetched, said=f"{said} from cloudfront", age_seconds=hit.age_seconds)
        epoch = self._cache.epoch
        fetched = reachable(origin.fetch(self._clients, distribution["ARN"], behavior, path), self._addresses)
        if fetched.status >= 400:
            seconds, said = _error_seconds(distribution["config"], fetched.status), "Error"
        else:
            seconds, said = _seconds(behavior.cache_policy, fetched.headers), "Miss"
        self._cache.store(key, fetched, seconds, epoch=epoch)
        return _Found(fetched=fetched, said=f"{said} from cloudfront")

    def _custom_error(self, distribution: Document, found: _Found) -> _Found:
        """The page that the distribution shows in the place of an error, if it has one and can read it."""
        entry = _error_entry(distribution["config"], found.fetched.status)
        path = entry.get("ResponsePagePath", "")
        if not path:
            return found
        page = self._found(distribution, self._behavior(distribution, path), path, "")
        if page.fetched.status >= 400:
            return found
        status = int(entry["ResponseCode"])
        shown = Fetched(status=status, headers=page.fetched.headers, body=page.fetched.body)
        return _Found(fetched=shown, said="Error from cloudfront", age_seconds=page.age_seconds)


def _path(sent: str, root: str) -> str:
    """The default root object stands for the root alone, as on AWS."""
    return f"/{root}" if sent == "/" and root else sent


def _glob(pattern: str) -> str:
    """CloudFront knows * and ? alone, and a leading slash says nothing."""
    return pattern.removeprefix("/").replace("[", "[[]")


def _keeps_query(policy: Config) -> bool:
    parameters = policy.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    return bool(parameters.get("QueryStringsConfig", {}).get("QueryStringBehavior") == "all")


def _seconds(policy: Config, headers: Mapping[str, str]) -> float:
    """For how long an object is fresh: what it says itself, within the policy's limits."""
    least, most = policy.get("MinTTL", 0), policy.get("MaxTTL", 31_536_000)
    said = headers.get("cache-control", "").lower()
    if _NOT_STORED.search(said):
        return float(least)
    ages = dict(_AGE.findall(said))
    wanted = int(ages.get("s-maxage") or ages.get("max-age") or policy.get("DefaultTTL", 86_400))
    return float(min(max(wanted, least), most))


def _error_entry(config: Config, status: int) -> Config:
    entries = items(config.get("CustomErrorResponses"))
    return next((dict(entry) for entry in entries if entry["ErrorCode"] == status), {})


def _error_seconds(config: Config, status: int) -> float:
    return float(_error_entry(config, status).get("ErrorCachingMinTTL", _ERROR_SECONDS))


def _compresses(behavior: Behavior) -> bool:
    parameters = behavior.cache_policy.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    return behavior.compress and bool(parameters.get("EnableAcceptEncodingGzip"))


def _shown(found: _Found, behavior: Behavior, visit: Visit) -> HttpResponse:
    fetched, asked = found.fetched, visit.headers
    if _compresses(behavior):
        fetched = viewer.compressed(fetched, asked)
    fetched = viewer.as_asked(fetched, asked)
    age = {"age": str(found.age_seconds)} if found.said.startswith("Hit") else {}
    headers = fetched.headers | _own(found.said) | age
    headers = response_headers.applied(behavior.headers_policy, headers, asked, method=visit.request.method)
    return HttpResponse(status=fetched.status, headers=headers, body=fetched.body)


def _options(behavior: Behavior, visit: Visit) -> HttpResponse:
    """A preflight, which the response headers policy answers. Without its CORS it is S3 that refuses."""
    if "CorsConfig" not in behavior.headers_policy:
        return _own_page(403, "This CORS request is not allowed.", behavior.headers_policy, visit)
    headers = response_headers.applied(
        behavior.headers_policy, _own("Miss from cloudfront"), visit.headers, method="OPTIONS"
    )
    return HttpResponse(status=200, headers=headers)


def _own(said: str) -> dict[str, str]:
    return {
        "via": _VIA,
        "x-cache": said,
        "x-amz-cf-pop": "LOCAL1",
        "x-amz-cf-id": secrets.token_urlsafe(42),
    }


def _own_page(status: int, text: str, policy: Config, visit: Visit) -> HttpResponse:
    headers = {"content-type": "text/plain; charset=utf-8", "server": "CloudFront", **_own("Error from cloudfront")}
    headers = response_headers.applied(policy, headers, visit.headers, method=visit.request.method)
    return HttpResponse(status=status, headers=headers, body=f"{text}\n".encode())
