"""Refuses, by name, the parameters that an operation does not understand. Ignoring them would be a lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.platform.service import Params


def accept_only(params: Params, known: Collection[str], what: str) -> None:
    """Raises UnsupportedError such as ``cloudwatch:PutMetricAlarm with Metrics``. Empty values ask nothing and pass."""
    for name, value in params.items():
        if name not in known and value not in (None, {}, [], False):
            raise UnsupportedError(f"{what} with {name}")
