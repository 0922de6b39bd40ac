"""Work that waits for its time."""

import threading
from pathlib import Path

from localcloud.platform.agenda import Again, Agenda
from localcloud.platform.store import Document, Store
from tests.waiting import until


def test_an_entry_comes_up_at_its_time_and_is_done_then(tmp_path: Path) -> None:
    """A later entry comes up later, and an entry that is done leaves the table."""
    store, order, all_done = Store(tmp_path / "s"), list[str](), threading.Event()

    def carry_out(_: str, document: Document) -> None:
        order.append(document["name"])
        if len(order) == 2:
            all_done.set()

    agenda = Agenda(store.table("a"), carry_out)
    agenda.start()
    agenda.put({"name": "later"}, after_seconds=0.2)
    agenda.put({"name": "now"})
    until(all_done.is_set, what="both entries")
    agenda.stop()
    assert order == ["now", "later"]


def test_what_is_not_done_comes_up_again_with_what_it_has_learned(tmp_path: Path) -> None:
    """An entry that asks for another try comes up again with its changed document."""
    store, tries, done = Store(tmp_path / "s"), list[int](), threading.Event()

    def carry_out(_: str, document: Document) -> Again | None:
        tries.append(document["n"])
        if document["n"] < 2:
            document["n"] += 1
            return Again(after_seconds=0.01, document=document)
        done.set()
        return None

    agenda = Agenda(store.table("a"), carry_out)
    agenda.start()
    agenda.put({"n": 0})
    until(done.is_set, what="the third try")
    until(lambda: store.table("a").names() == [], what="a table without entries")
    agenda.stop()
    assert tries == [0, 1, 2]


def test_entries_of_an_earlier_life_come_up_at_the_next_start(tmp_path: Path) -> None:
    """An agenda that was never started leaves its entries on disk; another one finds them."""
    store = Store(tmp_path / "s")
    Agenda(store.table("a"), lambda *_: None).put({"name": "kept"})
    store.close()
    found, done = list[str](), threading.Event()

    def carry_out(_: str, document: Document) -> None:
        found.append(document["name"])
        done.set()

    agenda = Agenda(Store(tmp_path / "s").table("a"), carry_out)
    agenda.start()
    until(done.is_set, what="the entry of the earlier life")
    agenda.stop()
    assert found == ["kept"]
