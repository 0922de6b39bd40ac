"""Fetches an image from an address that a caller names, and lets nobody use this function to reach anything else.

- https alone, port 443, a host that the stack allows, written in letters: no number can be such a host.
- The name is resolved once; if any of its addresses is not a public one, nothing is fetched. The connection goes to an
  address that was checked, so that a second answer of the name server changes nothing; the certificate is the name's.
- No redirect is followed. The body has a limit in bytes and in time, however slowly it comes.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws import left_until, whole
from refusals import bad_request

from handover.door_schema import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from refusals import RefusedError

#: For all of it: resolving, connecting, the whole body.
SECONDS = 5.0
_PORT = 443
#: Host, port, and path with query, of printable ASCII. No user, no fragment, no backslash, nothing that two programs
#: could read in two ways.
_ADDRESS = re.compile(r"https://([a-z0-9.-]+)(?::443)?(/[!$-\[\]-~]*)?", re.IGNORECASE)
#: Addresses of version 6 that contain one of version 4, which is where a gateway would send the packets.
_NAT64, _NAT64_LOCAL = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")


def resolved(host: str) -> list[str]:
    """The addresses of a host's name."""
    found = socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def dialled(address: str, seconds: float) -> socket.socket:
    """A connection to an address that was checked."""
    return socket.create_connection((address, _PORT), timeout=seconds)


@contextlib.contextmanager
def _ended_at(deadline: float, channel: socket.socket) -> Iterator[None]:
    """Ends the connection at the deadline, even while a handshake or a header comes byte by byte."""
    descriptor = socket.socket(fileno=os.dup(channel.fileno()))  # the channel's own is TLS's by then
    timer = threading.Timer(left_until(deadline), descriptor.shutdown, (socket.SHUT_RDWR,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        descriptor.close()


@functools.cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """hosts: those that are allowed, in lower case. most_bytes: of an image."""

    hosts: Collection[str]
    most_bytes: int
    resolve: Callable[[str], Sequence[str]] = resolved
    dial: Callable[[str, float], socket.socket] = dialled
    trust: Callable[[], ssl.SSLContext] = _trust
    seconds: float = SECONDS

    def fetch(self, address: str, deadline: float) -> bytes:
        """RefusedError that says what is wrong with the address, or with what stands there."""
        host, path = self._read(address)
        deadline = min(deadline, time.monotonic() + self.seconds)
        checked = self._checked(host)
        try:
            plain = self.dial(checked, left_until(deadline))
            with plain, _ended_at(deadline, plain):
                return self._body(plain, host, path, deadline)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                message = f"{host} did not send the image within {self.seconds:g} s."
            elif isinstance(error, ssl.SSLError):
                message = f"{host} has no certificate that can be trusted: {error.reason}."
            else:
                message = f"{host} did not send the image: {type(error).__name__}."
            raise _refused(message) from None

    def _read(self, address: str) -> tuple[str, str]:
        """Host and path with query."""
        found = _ADDRESS.fullmatch(address)
        if found is None or found[1].lower() not in self.hosts:
            allowed = ", ".join(sorted(self.hosts)) or "none"
            raise _refused(
                f"An image is fetched by https alone, without user or fragment, from an allowed host: {allowed}.",
                enum=[f"https://{each}/…" for each in sorted(self.hosts)],
            )
        return found[1].lower(), found[2] or "/"

    def _checked(self, host: str) -> str:
        """An address of the host, all of whose addresses are public."""
        try:
            found = self.resolve(host)
        except OSError:
            raise _refused(f"The name {host} is not known.") from None
        if not found or not all(is_public(each) for each in found):
            raise _refused(f"{host} is no public host.")
        return found[0]

    def _body(self, plain: socket.socket, host: str, path: str, deadline: float) -> bytes:
        plain.settimeout(left_until(deadline))
        connection = http.client.HTTPConnection(host)
        with self.trust().wrap_socket(plain, server_hostname=host) as channel:
            connection.sock = channel
            connection.request(
                "GET", path, headers={"accept": "image/*", "connection": "close", "user-agent": "gatehouse"}
            )
            answer = connection.getresponse()
            if answer.status != 200:
                redirected = ", and redirects are not followed" if 300 <= answer.status < 400 else ""
                raise _refused(f"{host} answered {answer.status}{redirected}.")
            if (answer.length or 0) > self.most_bytes:
                raise self._too_long(host)
            try:
                return whole(answer, channel, deadline, self.most_bytes)
            except ValueError:
                raise self._too_long(host) from None

    def _too_long(self, host: str) -> RefusedError:
        return _refused(f"What {host} sends is larger than {self.most_bytes} bytes.", maxLength=self.most_bytes)


def is_public(text: str) -> bool:
    """Whether the address is one of the public Internet, and so is the one of version 4 inside it, if there is one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in (_NAT64, _NAT64_LOCAL, _COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _refused(message: str, **allowed: Any) -> RefusedError:
    return bad_request(message, field=ADDRESS, allowed=allowed or None)
