"""The counts of used quotas, and that none of them is lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.services.apigateway.serving.quotas import Quotas

QUOTA = {"limit": 3, "period": "MONTH"}
NOW = datetime(2026, 11, 27, tzinfo=UTC)


class Table:
    """A table whose writes wait until they may go on, and then end as they are told."""

    def __init__(self) -> None:
        self.written: dict[str, dict[str, Any]] = {}
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.fault: Exception | None = None

    def items(self) -> list[tuple[str, dict[str, Any]]]:
        return []

    def put(self, name: str, document: dict[str, Any]) -> None:
        self.begun.set()
        self.may_go_on.wait()
        if self.fault:
            raise self.fault
        self.written[name] = document


def used() -> tuple[Quotas, Table]:
    table: Any = Table()
    quotas = Quotas(table)
    assert quotas.admit("plan", "key", QUOTA, NOW)
    return quotas, table


def test_saving_waits_for_what_another_thread_is_writing() -> None:
    """The local cloud ends after its last save: a count that another thread has taken must be written by then."""
    quotas, table = used()
    each_second = threading.Thread(target=quotas.save, daemon=True)
    each_second.start()
    table.begun.wait()
    threading.Timer(0.05, table.may_go_on.set).start()
    quotas.save()
    assert table.written["plan/key"]["used"] == 1
    each_second.join()


def test_a_count_that_could_not_be_written_is_written_next_time() -> None:
    """A full disk loses no count."""
    quotas, table = used()
    table.may_go_on.set()
    table.fault = OSError("no space")
    with pytest.raises(OSError, match="no space"):
        quotas.save()
    table.fault = None
    quotas.save()
    assert table.written["plan/key"]["used"] == 1
