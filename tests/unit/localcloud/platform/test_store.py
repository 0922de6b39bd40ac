"""The store's promises."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.platform.reserve import Reserve
from localcloud.platform.state_file import NotWrittenError
from localcloud.platform.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "documents.sqlite"


def test_what_was_put_is_there_after_a_restart(path: Path) -> None:
    """A document that was put is read back by a new store, datetimes included, in the order of the first put."""
    document = {"name": "a", "at": datetime(2026, 1, 2, tzinfo=UTC), "list": [{"at": datetime(2026, 1, 3, tzinfo=UTC)}]}
    first = Store(path)
    first.table("t").put("b", {"n": 1})
    first.table("t").put("a", document)
    first.table("t").put("b", {"n": 2})
    # not closed: as after a crash

    again = Store(path).table("t")

    assert list(again.items()) == [("b", {"n": 2}), ("a", document)]


def test_a_document_is_a_copy(path: Path) -> None:
    """Changing what was read or given changes nothing in the store."""
    table = Store(path).table("t")
    given = {"list": [1]}
    table.put("a", given)
    given["list"].append(2)
    read = table.get("a")
    assert read == {"list": [1]}
    read["list"].append(3)
    assert table.get("a") == {"list": [1]}


def test_delete_and_update(path: Path) -> None:
    """A deleted document is gone; an update of what is not there raises KeyError and writes nothing."""
    table = Store(path).table("t")
    table.put("a", {"n": 1})
    assert table.update("a", lambda document: document.update(n=2)) == {"n": 2}
    table.delete("a")
    assert table.get("a") is None
    with pytest.raises(KeyError):
        table.update("a", lambda document: document.update(n=3))
    assert list(Store(path).table("t").items()) == []


def test_the_state_file_is_the_owners_alone(path: Path) -> None:
    """Nobody but its owner may read the state file."""
    Store(path).table("t").put("a", {})
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_no_document_is_refused_by_name(path: Path) -> None:
    """A value that JSON does not have is named in the error, and the old document stays."""
    table = Store(path).table("t")
    table.put("a", {"n": 1})
    with pytest.raises(TypeError, match="not set"):
        table.put("a", {"n": {1}})
    assert table.get("a") == {"n": 1}


def test_a_document_that_cannot_be_written_is_an_error_and_memory_stays_as_the_disk_is(path: Path) -> None:
    """The error names the file, and a read gives what a restart would find."""
    store = Store(path)
    table = store.table("t")
    table.put("a", {"n": 1})
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NotWrittenError, match=r"documents\.sqlite \(database or disk is full\)"):
        table.put("a", {"n": "x" * 100_000})
    assert table.get("a") == {"n": 1}
    assert Store(path).table("t").get("a") == {"n": 1}


def test_threads_that_ask_for_a_table_at_once_get_the_same_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread sees what the others put."""
    store = Store(path)
    load = store.load

    def slow_load(kind: str) -> dict[str, dict[str, object]]:
        threading.Event().wait(0.01)  # so that the others come in meanwhile
        return load(kind)

    monkeypatch.setattr(store, "load", slow_load)
    with ThreadPoolExecutor(max_workers=8) as threads:
        tables = list(threads.map(lambda _: store.table("t"), range(8)))
    assert len({id(table) for table in tables}) == 1


def test_a_watcher_is_told_of_each_change_in_its_order(tmp_path: Path) -> None:
    """A watcher is told of each later change with the document before and now, and of nothing earlier."""
    table = Store(tmp_path / "s").table("t")
    table.put("a", {"n": 1})
    told = []
    table.watch(lambda key, before, after: told.append((key, before, after)))
    table.update("a", lambda document: document.update(n=2))
    table.put("b", {"n": 3})
    table.delete("a")
    assert told == [("a", {"n": 1}, {"n": 2}), ("b", None, {"n": 3}), ("a", {"n": 2}, None)]


def test_a_full_disk_still_takes_deletions(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The space that was kept for it is given back for a deletion, and for nothing else."""
    store = Store(path)
    table, reserve = store.table("t"), path.with_suffix(".reserve")
    for key in "abc":
        table.put(key, {"n": 1})
    executed = store._execute

    def execute(statement: str, rows: list[tuple[object, ...]]) -> None:
        if reserve.exists():
            raise NotWrittenError(path, OSError("No space left on device"))
        executed(statement, rows)

    monkeypatch.setattr(store, "_execute", execute)
    monkeypatch.setattr(Reserve, "hold", lambda _: None)
    with pytest.raises(NotWrittenError):
        table.put("d", {})
    assert reserve.exists()
    table.delete("a")
    assert Store(path).table("t").names() == ["b", "c"]


def test_a_timeline_is_read_by_series_and_time(path: Path) -> None:
    """What was appended is read from the start until before the end, in the order of time, also after a restart."""
    first = Store(path).timeline("t")
    first.append([("b", 2.0, {"n": 1}), ("a", 3.0, {"n": 2}), ("a", 1.0, {"n": 3}), ("a", 1.0, {"n": 4})])
    # not closed: as after a crash

    again = Store(path).timeline("t")

    assert again.between("a", 1.0, 3.0) == [(1.0, {"n": 3}), (1.0, {"n": 4})]
    assert again.between("a", 1.5, 9.0) == [(3.0, {"n": 2})]
    assert sorted(again.series()) == ["a", "b"]
    again.forget_before(2.0)
    assert (again.between("a", 0.0, 9.0), again.between("b", 0.0, 9.0)) == ([(3.0, {"n": 2})], [(2.0, {"n": 1})])
    assert Store(path).timeline("other").series() == []


def test_documents_are_appended_to_a_timeline_together_or_not_at_all(path: Path) -> None:
    """Where the last of several documents has no room, none is there."""
    store = Store(path)
    timeline = store.timeline("t")
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NotWrittenError, match="full"):
        timeline.append([("a", 1.0, {"n": 1}), ("a", 2.0, {"n": "x" * 100_000})])
    assert timeline.between("a", 0.0, 9.0) == []


def test_a_timeline_takes_no_memory(path: Path) -> None:
    """Ten thousand documents leave no object in memory each, and all of them are read back."""
    timeline = Store(path).timeline("t")
    timeline.append([("a", 0.0, {"n": [0]})])
    before = sys.getallocatedblocks()
    for second in range(1, 101):
        timeline.append([("a", second + part / 100, {"n": [part]}) for part in range(100)])
    assert sys.getallocatedblocks() - before < 1_000
    assert len(timeline.between("a", 0.0, 1_000.0)) == 10_001
