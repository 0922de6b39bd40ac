"""Parameters that an operation understands. What it does not know it refuses by name: to ignore it would be a lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.platform.service import Params


def accept_only(params: Params, known: Collection[str], what: str) -> None:
    """Raises UnsupportedError such as ``cloudwatch:PutMetricAlarm with Metrics``; an empty value asks for nothing."""
    for name, value in params.items():
        if name not in known and value not in (None, {}, [], False):
            raise UnsupportedError(f"{what} with {name}")
