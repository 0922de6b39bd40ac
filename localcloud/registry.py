"""Every group of operations that is ours, by name. What is not here is moto's or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.service import Operations


def operation_groups() -> tuple[type[Operations], ...]:
    return ()
