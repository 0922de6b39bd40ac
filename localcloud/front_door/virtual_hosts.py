"""Host names beside the local cloud's own: an API's, a sign-in page's, a distribution's.

What stands at ``http://<name>.<suffix>:PORT/…`` stands at ``http://127.0.0.1:PORT<prefix>/<name>/…`` as well, for
clients that cannot resolve names under ``localhost``.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.front_door.receiving import too_large
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpResponse, Visit
from localcloud.platform.settings import LOOPBACK
from localcloud.wire import heads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.front_door.receiving import Body
    from localcloud.platform.service import Guard, HttpRequest, VirtualHost
    from localcloud.wire.addresses import Addresses

#: Of a body that is too large, this much is taken before the refusal.
_MOST_DISCARDED_BYTES = 64 * 1024 * 1024
#: Headers in which a browser says an address, beside the Host.
_ASKED_WITH = ("origin", "referer")
#: Headers in which an answer says one.
_ANSWERED_WITH = ("location", "access-control-allow-origin", "content-security-policy")


class VirtualHosts:
    def __init__(self, hosts: Iterable[VirtualHost], addresses: Addresses, guard: Guard) -> None:
        """Raises ValueError where two hosts have one suffix or prefix."""
        self._hosts = sorted(hosts, key=lambda host: len(host.suffix), reverse=True)
        self._addresses = addresses
        self._guard = guard
        taken = [each for host in self._hosts for each in (host.suffix, host.prefix)]
        twice = {each for each in taken if taken.count(each) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} has two virtual hosts")

    @property
    def prefixes(self) -> list[str]:
        return [f"{host.prefix}/" for host in self._hosts]

    def find(self, head: HttpRequest) -> tuple[VirtualHost, Visit] | None:
        """The host that a request's Host or path names, and what it is asked for; None where they name none."""
        named = head.headers.get("host", "")
        host_name, is_own = heads.host_name(named), heads.is_own_host(named)
        for host in self._hosts:
            found = _by_name(host, host_name, head) if host_name else None
            found = found or (_by_path(host, head) if is_own else None)
            if found is not None:
                name, base, path = found
                headers, guard = self._as_aws(head, f"{name}." * host.named + host.suffix), self._guard
                return host, Visit(name=name, path=path, base=base, request=head, headers=headers, guard=guard)
        return None

    async def answer(self, host: VirtualHost, visit: Visit, body: Body) -> HttpResponse:
        """Raises HungUpError, and AwsError for a body that comes too slowly."""
        too_long = too_large("", host.largest_bytes)
        try:
            content = await body.read(host.largest_bytes, too_long)
            visit = replace(visit, request=replace(visit.request, body=content))
        except AwsError as error:
            if error is not too_long:
                raise
            with contextlib.suppress(TimeoutError):
                await body.discard(_MOST_DISCARDED_BYTES)
            visit = replace(visit, refused=error)
        response = await host.answer(visit)
        return replace(response, headers=self._as_local(response.headers))

    def _as_aws(self, head: HttpRequest, host_name: str) -> dict[str, str]:
        """The headers as AWS would see them; the Host is the virtual host's, even where a path stands for it."""
        changed = {name: self._addresses.aws(head.headers[name]) for name in _ASKED_WITH if name in head.headers}
        return head.headers | changed | {"host": self._addresses.aws(host_name)}

    def _as_local(self, headers: dict[str, str]) -> dict[str, str]:
        return headers | {name: self._addresses.local(headers[name]) for name in _ANSWERED_WITH if name in headers}


def _by_name(host: VirtualHost, host_name: str, head: HttpRequest) -> tuple[str, str, str] | None:
    name = host_name.removesuffix(host.suffix)
    if not host.named:
        return ("", "", head.path) if not name else None
    label = name.removesuffix(".")
    return (label, "", head.path) if name != host_name and name == f"{label}." and "." not in label else None


def _by_path(host: VirtualHost, head: HttpRequest) -> tuple[str, str, str] | None:
    if not head.path.startswith(f"{host.prefix}/"):
        return None
    rest = head.path.removeprefix(host.prefix)
    if not host.named:
        return "", host.prefix, rest
    name, _, path = rest[1:].partition("/")
    return name, f"{host.prefix}/{name}", f"/{path}"


def refuse_foreign_host(request: HttpRequest) -> HttpResponse:
    """Refuses a web page whose name was rebound to this machine: its browser sends that name as Host."""
    host = request.headers.get("host", "")
    problem = f"The local cloud answers {LOOPBACK}, localhost and its virtual hosts, not Host: {host}.\n"
    return HttpResponse(status=421, headers={"content-type": "text/plain"}, body=problem.encode())
