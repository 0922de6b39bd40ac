"""The circumstances of a call to moto: its time, its randomness, and the keys that were made for it.

Under the same circumstances a call has the same outcome, down to identifiers and microseconds. moto's modules reach the
clock, ``os.urandom`` and the cryptography library by names of their own, which are replaced here.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_SEED_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    time: float = field(default_factory=time.time)
    """Seconds since the epoch; moto's clock stands still during a call."""
    seed: bytes = field(default_factory=lambda: os.urandom(_SEED_BYTES))
    private_keys: list[bytes] = field(default_factory=list)
    """The RSA and elliptic-curve keys that were made, in order, as DER. No seed makes them again."""


class World:
    """The outside world as moto sees it."""

    def __init__(self) -> None:
        from moto.moto_api._internal import mock_random

        self._random = mock_random
        self._now: float | None = None
        self._made: list[bytes] = []
        self._given: deque[bytes] = deque()
        self._stand_ins = self._make_stand_ins()

    def show(self) -> None:
        """Replaces the names in all modules of moto that are imported by now."""
        for name, module in list(sys.modules.items()):
            if name.startswith("moto.") and module is not None:
                for attribute, value in list(vars(module).items()):
                    stand_in = self._stand_ins.get(id(value))
                    if stand_in is not None:
                        setattr(module, attribute, stand_in)

    @contextlib.contextmanager
    def under(self, circumstances: Circumstances) -> Iterator[None]:
        """Not reentrant: one call at a time. Keys that the circumstances lack are made and added to them."""
        self._now = circumstances.time
        self._random.seed(int.from_bytes(circumstances.seed, "big"))
        self._made, self._given = circumstances.private_keys, deque(circumstances.private_keys)
        try:
            yield
        finally:
            self._now = None

    def now(self) -> float:
        return time.time() if self._now is None else self._now

    def private_key(self, make: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if self._given:
            return key_of(self._given.popleft())
        key = make(*arguments, **named)
        self._made.append(der(key))
        return key

    def _make_stand_ins(self) -> dict[int, object]:
        """Stand-ins by the identity of what they replace."""
        import datetime as dt

        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        clock = _clock_class(self)
        replaced: list[tuple[object, object]] = [
            (datetime, clock),
            (dt, StandIn(dt, datetime=clock)),
            (time, StandIn(time, time=self.now)),
            (os, StandIn(os, urandom=self._random.randbytes)),
            (uuid, StandIn(uuid, uuid1=self._random.uuid1, uuid4=self._random.uuid4)),
            (uuid.uuid4, self._random.uuid4),
        ]
        for module in (rsa, ec):
            make = module.generate_private_key
            replaced.append((module, StandIn(module, generate_private_key=_partly(self.private_key, make))))
        return {id(real): stand_in for real, stand_in in replaced}


def der(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    encoded: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return encoded


def key_of(encoded: bytes) -> Any:
    """The key that :func:`der` encoded. It is not validated again, which takes longer than making one."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(encoded, password=None, unsafe_skip_rsa_key_validation=True)


class StandIn:
    """A module with some of its names replaced."""

    def __init__(self, module: ModuleType, **replaced: object) -> None:
        self._module = module
        vars(self).update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _partly(function: Callable[..., Any], first: object) -> Callable[..., Any]:
    return lambda *arguments, **named: function(first, *arguments, **named)


def _clock_class(world: World) -> type[datetime]:
    """A datetime class with moto's time. Its instances are plain datetimes."""

    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, datetime)

    class Clock(datetime, metaclass=Kind):
        def __new__(cls, *arguments: Any, **named: Any) -> datetime:  # type: ignore[misc]
            return datetime(*arguments, **named)  # noqa: DTZ001  (with the time zone that moto gives, or none)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(world.now(), tz)

        @classmethod
        def utcnow(cls) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(world.now(), UTC).replace(tzinfo=None)

    return Clock
