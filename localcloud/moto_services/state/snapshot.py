"""Turns moto's memory into bytes and back: the backends of all services that it answers, in one pickle.

It is a pickle because moto's state is Python objects that refer to each other. Only the same versions of moto and
Python read it again, which the journal checks, and only from this local cloud's own home.
"""

from __future__ import annotations

import io
import marshal
import pickle
import sys
import threading
import types
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.moto_services.object_lists import IN_ORDER
from localcloud.moto_services.state.bodies import Bodies, ObjectBody
from localcloud.moto_services.state.circumstances import der, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: service → account → region → backend
State = dict[str, dict[str, dict[str, Any]]]

#: The earlier name of this module. Snapshots from then name the functions that read them by it.
_EARLIER_NAME = "localcloud.moto_state.snapshot"

_LOCK_TYPES = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


def take(services: Iterable[str]) -> tuple[bytes, set[str]]:
    """The pickled state of these services, and the names of the bodies that it needs."""
    state = {service: {account: dict(regions) for account, regions in _backends(service)} for service in services}
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(state)
    return file.getvalue(), pickler.bodies


def put_back(pickled: bytes, bodies: Bodies) -> None:
    state: State = _Unpickler(io.BytesIO(pickled), bodies).load()
    for service, accounts in state.items():
        from moto.backends import get_backend

        for account, regions in accounts.items():
            for region, backend in regions.items():
                get_backend(service)[account][region] = backend  # type: ignore[call-overload]


def _backends(service: str) -> Iterable[tuple[str, Any]]:
    from moto.backends import get_backend

    return list(get_backend(service).items())  # type: ignore[call-overload]


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.bodies: set[str] = set()

    def reducer_override(self, found: Any) -> Any:
        kind = type(found)
        if kind is ObjectBody:
            self.bodies.add(found.name)
            return _object_body, (b"" if found.name else found.content, found.name)
        if kind in _LOCK_TYPES:
            return _LOCK_TYPES[kind], ()
        if kind is threading.Condition:
            return threading.Condition, ()
        if kind is types.FunctionType and "<" in found.__qualname__ and not found.__closure__:
            return _function, (found.__module__, found.__name__, marshal.dumps(found.__code__))
        if isinstance(found, dict) and kind.__module__.startswith("moto."):
            attributes = {name: each for name, each in vars(found).items() if name != IN_ORDER}
            state = dict(dict.items(found)), getattr(found, "default_factory", None), attributes
            return _unfilled, (kind,), state, None, None, _set_items
        if kind.__module__ == "moto.s3.models" and kind.__name__ == "FakeKey":
            return _unfilled, (kind,), dict(vars(found)), None, None, _set_state
        if hasattr(found, "private_bytes"):
            return _private_key, (der(found),)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, bodies: Bodies) -> None:
        super().__init__(file)
        self._bodies = bodies

    def find_class(self, module: str, name: str) -> Any:
        module = __name__ if module == _EARLIER_NAME else module
        found = super().find_class(module, name)
        return partial(ObjectBody, self._bodies) if found is _object_body else found


def _object_body(content: bytes, name: str) -> ObjectBody:
    """Stands for an object's bytes in a pickle. The reader knows the folder of the bodies, and makes an ObjectBody."""
    raise NotImplementedError(f"{name or content!r} is read by _Unpickler alone")


def _unfilled(kind: Any) -> Any:
    return kind.__new__(kind)


def _set_state(found: Any, state: dict[str, Any]) -> None:
    """Sets the attributes directly: FakeKey's own method would read all bytes of the object."""
    vars(found).update(state)


def _set_items(found: dict[Any, Any], state: tuple[dict[Any, Any], Any, dict[str, Any]]) -> None:
    """Sets items directly: moto's own dictionaries did their work when the items were first assigned."""
    items, factory, attributes = state
    dict.update(found, items)
    if isinstance(found, defaultdict):
        found.default_factory = factory
    vars(found).update(attributes)


def _private_key(encoded: bytes) -> Any:
    return key_of(encoded)


def _function(module: str, name: str, code: bytes) -> types.FunctionType:
    """A function that was defined inside another, such as a defaultdict's factory."""
    return types.FunctionType(marshal.loads(code), vars(sys.modules[module]), name)  # noqa: S302  (of this home's own file)
