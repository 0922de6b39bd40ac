"""What is counted and recorded about calls never fails one."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.iam.cost import Cost
from localcloud.iam.records import AccessRecords
from localcloud.platform.state_file import NotWrittenError
from localcloud.platform.store import Store


def test_a_full_disk_fails_no_call_for_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Denied calls, used permissions and costs that cannot be written are left out, and written when they can."""
    store = Store(tmp_path / "s")
    records, cost = AccessRecords(store), Cost(store)
    monkeypatch.setattr(cost, "_written", -10.0)

    def full(*_: object) -> None:
        raise NotWrittenError(tmp_path, OSError("No space left on device"))

    with monkeypatch.context() as on_a_full_disk:
        on_a_full_disk.setattr(store, "write", full)
        records.denied("arn", "s3:GetObject", "*", "no")
        records.used("role", "s3:GetObject", "*")
        with cost.measured(calls=1):
            pass
    assert store.table("iam.used").names() == []
    records.used("role", "s3:GetObject", "*")
    assert store.table("iam.used").names() == ["role s3:GetObject *"]
