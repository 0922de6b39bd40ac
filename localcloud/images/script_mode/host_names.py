"""Lets every Python of a job's container find the job's hosts by their names, ``algo-1`` and so on.

The hosts share this machine, whose own resolver does not know the names. Each host has a loopback address, which the
variable LOCALCLOUD_HOSTS tells. Python's ``socket`` learns the names here. PyTorch's store is C++ and would ask the
machine, so it gets addresses. By itself it listens on all addresses; here on its host's alone, because all jobs use the
same port, and nobody but the job may reach it. This module is copied into the container's packages and imported at
each start of a Python, so it must be light.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import socket
import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_BY_NAME = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_BY_ADDRESS = ("connect", "connect_ex", "bind")
_STORES = "torch.distributed"


class Hosts:
    def __init__(self, current: str, addresses: Mapping[str, str]) -> None:
        self._current = current
        self._addresses = addresses

    def address(self, name: Any) -> Any:
        """The address of a host; anything else as it is."""
        return self._addresses.get(name, name) if isinstance(name, str) else name

    def known_to_python(self) -> None:
        for name in _BY_NAME:
            setattr(socket, name, self._asked_by_name(getattr(socket, name)))
        for name in _BY_ADDRESS:
            setattr(socket.socket, name, self._asked_by_address(getattr(socket.socket, name)))
        socket.gethostname = lambda: self._current
        socket.gethostbyaddr = self._described(socket.gethostbyaddr)

    def known_to_torch(self) -> None:
        """From the import of its distributed package on."""
        sys.meta_path.insert(0, _AfterImport(_STORES, self._wrap_stores))

    def _asked_by_name(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def asked(host: Any, *arguments: Any, **named: Any) -> Any:
            return function(self.address(host), *arguments, **named)

        return asked

    def _asked_by_address(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def asked(own: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple):
                address = (self.address(address[0]), *address[1:])
            return method(own, address)

        return asked

    def _described(self, function: Callable[[str], Any]) -> Callable[[str], Any]:
        @functools.wraps(function)
        def described(name: str) -> Any:
            for host, address in self._addresses.items():
                if name in {host, address}:
                    return host, [], [address]
            return function(name)

        return described

    def _wrap_stores(self) -> None:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        stores = sys.modules[_STORES]
        original = stores.TCPStore
        resolving = self._resolving(original)
        for name, module in list(sys.modules.items()):
            if name.startswith(_STORES) and getattr(module, "TCPStore", None) is original:
                module.TCPStore = resolving  # type: ignore[attr-defined]

    def _resolving(self, store: Any) -> Any:
        hosts = self

        class TCPStore(store):  # type: ignore[misc]
            def __init__(
                self,
                host_name: str,
                port: int,
                world_size: int | None = None,
                is_master: bool = False,
                *more: Any,
                **named: Any,
            ) -> None:
                address = hosts.address(host_name)
                if is_master and address != host_name and not more and "master_listen_fd" not in named:
                    with contextlib.suppress(OSError):  # in use: by a store of this process, or torch says so itself
                        named["master_listen_fd"] = socket.create_server((address, port), backlog=1024).detach()
                super().__init__(address, port, world_size, is_master, *more, **named)

        return TCPStore


class _AfterImport(MetaPathFinder):
    """Does something once, after the import of one module."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_then(module: ModuleType) -> None:
            execute(module)
            self._then()

        spec.loader.exec_module = execute_then  # type: ignore[method-assign]
        return spec


def begin() -> None:
    """Does nothing outside of a job."""
    if "LOCALCLOUD_HOSTS" not in os.environ:
        return
    hosts = Hosts(os.environ["LOCALCLOUD_HOST"], json.loads(os.environ["LOCALCLOUD_HOSTS"]))
    hosts.known_to_python()
    hosts.known_to_torch()
