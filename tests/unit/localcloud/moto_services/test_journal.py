"""What is written down of moto's calls, and how it is read again."""

import errno
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.moto_services.state.bodies import SMALL_BYTES, Bodies, ObjectBody
from localcloud.moto_services.state.changes import changes
from localcloud.moto_services.state.circumstances import Circumstances
from localcloud.moto_services.state.journal import Journal
from localcloud.platform.service import Caller, HttpRequest, HttpResponse
from localcloud.platform.state_file import NotWrittenError, StateError
from localcloud.wire.api_requests import ApiRequest
from tests.alone import run_alone

ABOUT = {"account": "123456789012", "moto": "1"}
USER = Caller(account_id="123456789012", access_key_id="A", arn="arn:aws:iam::123456789012:root")
SERVICE = Caller(account_id="123456789012", access_key_id="S", arn="glue.amazonaws.com", service="glue.amazonaws.com")


@pytest.fixture
def bodies(tmp_path: Path) -> Bodies:
    return Bodies(tmp_path / "bodies")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "moto.sqlite"


def request(body: bytes) -> HttpRequest:
    return HttpRequest(method="PUT", path="/b/k", query="x=1", headers={"host": "h", "user-agent": "u"}, body=body)


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES - 1, SMALL_BYTES, 5 * SMALL_BYTES])
def test_an_entry_is_read_as_it_was_written(path: Path, bodies: Bodies, size: int) -> None:
    """Request, time, seed and keys come back to the bit after a crash, whatever the size of the body."""
    circumstances = Circumstances(time=1763728000.123457, seed=b"\x00\xff" * 16, private_keys=[b"one", b"two"])
    Journal(path, bodies, ABOUT).append(request(b"x" * size), circumstances, 200)  # not closed: as after a crash

    (entry,) = Journal(path, bodies, ABOUT).entries()

    assert entry.circumstances == circumstances
    assert (entry.status, entry.request.body) == (200, b"x" * size)
    assert (entry.request.method, entry.request.path, entry.request.query) == ("PUT", "/b/k", "x=1")
    assert entry.request.headers == {"host": "h"}


def test_entries_keep_their_order_and_a_snapshot_takes_their_place(path: Path, bodies: Bodies) -> None:
    """Only what came after a snapshot is replayed."""
    journal = Journal(path, bodies, ABOUT)
    for number in range(20):
        journal.append(request(bytes([number])), Circumstances(), 200)
    assert [entry.request.body[0] for entry in journal.entries()] == list(range(20))
    journal.replace_by(b"all of it")
    journal.append(request(b"later"), Circumstances(), 200)

    again = Journal(path, bodies, ABOUT)

    assert (again.snapshot(), again.length) == (b"all of it", 1)
    assert [entry.request.body for entry in again.entries()] == [b"later"]


def test_a_torn_last_record_is_dropped(path: Path, bodies: Bodies) -> None:
    """What was being written at a kill was never acknowledged and is dropped; what came before is whole."""
    journal = Journal(path, bodies, ABOUT)
    journal.append(request(b"first"), Circumstances(), 200)
    whole = path.with_name("moto.sqlite-wal").stat().st_size
    journal.append(request(b"second"), Circumstances(), 200)
    torn = path.parent / "torn.sqlite"
    torn.write_bytes(path.read_bytes())
    log = path.with_name("moto.sqlite-wal").read_bytes()
    torn.with_name("torn.sqlite-wal").write_bytes(log[: whole + (len(log) - whole) // 2])

    assert [entry.request.body for entry in Journal(torn, bodies, ABOUT).entries()] == [b"first"]


def test_a_file_of_another_account_or_version_is_refused(path: Path, bodies: Bodies) -> None:
    """The error names what the file was written with and what is seen now, and the file stays as it is."""
    Journal(path, bodies, ABOUT).close()
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"written with moto 1, and this is moto 2\. Install moto 1 again, or .*reset"):
        Journal(path, bodies, ABOUT | {"moto": "2"})
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused(path: Path, bodies: Bodies) -> None:
    """Neither garbage nor an earlier version's file is taken for state, and neither is deleted."""
    path.write_bytes(b"not a database at all, whatever it may be" * 100)
    with pytest.raises(StateError, match="is damaged"):
        Journal(path, bodies, ABOUT)
    assert path.exists()
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE documents (kind TEXT)")
    connection.close()
    with pytest.raises(StateError, match="earlier version"):
        Journal(path, bodies, ABOUT)


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path: Path, bodies: Bodies) -> None:
    """The error says what is in the way, and does not advise a reset, which would mend nothing."""
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StateError, match=r"folder\.sqlite cannot be opened .*Check the space on the disk"):
        Journal(tmp_path / "folder.sqlite", bodies, ABOUT)


def test_an_entry_that_the_disk_has_no_space_for_is_an_error(path: Path, bodies: Bodies) -> None:
    """The error names the file, is AWS's ServiceUnavailable, and leaves the earlier entries as they were."""
    journal = Journal(path, bodies, ABOUT)
    journal.append(request(b"first"), Circumstances(), 200)
    fill_disk(journal)
    with pytest.raises(NotWrittenError, match=r"cannot write .*moto\.sqlite \(database or disk is full\)") as refused:
        journal.append(request(b"x" * (SMALL_BYTES - 1)), Circumstances(), 200)
    assert (refused.value.code, refused.value.status) == ("ServiceUnavailable", 503)
    for _ in range(2):  # the second finds no transaction that the first has left open
        with pytest.raises(NotWrittenError, match="database or disk is full"):
            journal.replace_by(b"x" * 10**6)
    again = Journal(path, bodies, ABOUT)
    assert again.snapshot() is None
    assert [entry.request.body for entry in again.entries()] == [b"first"]


def fill_disk(journal: Journal) -> None:
    """From now on SQLite finds no page more than it has, as on a disk that is full."""
    connection = journal._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_body_that_cannot_be_written_leaves_nothing_behind(
    bodies: Bodies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of a body stays on a disk that is full."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        bodies.keep(b"x" * SMALL_BYTES)
    assert list((tmp_path / "bodies").iterdir()) == []


_KILLED_IN_A_SNAPSHOT = """
import os, signal, sys
from pathlib import Path
from localcloud.moto_services.state.bodies import Bodies
from localcloud.moto_services.state.circumstances import Circumstances
from localcloud.moto_services.state.journal import Journal
from localcloud.platform.service import HttpRequest

path, statement = Path(sys.argv[1]), sys.argv[2]
journal = Journal(path, Bodies(path.parent / "bodies"), {"account": "123456789012", "moto": "1"})
journal.append(HttpRequest(method="PUT", path="/", query="", headers={}, body=b"one"), Circumstances(), 200)
journal.replace_by(b"first snapshot")
journal.append(HttpRequest(method="PUT", path="/", query="", headers={}, body=b"two"), Circumstances(), 200)

def kill(about_to: str) -> None:
    if about_to.startswith(statement):
        os.kill(os.getpid(), signal.SIGKILL)

journal._connection.set_trace_callback(kill)
journal.replace_by(b"second snapshot" * 10_000)
raise AssertionError("not killed")
"""


@pytest.mark.parametrize("statement", ["BEGIN", "DELETE FROM snapshot", "INSERT", "DELETE FROM entries", "COMMIT"])
def test_a_snapshot_that_was_cut_off_has_changed_nothing(path: Path, bodies: Bodies, statement: str) -> None:
    """After a kill at any statement the earlier snapshot and the entries after it are there, and no half."""
    killed = subprocess.run([sys.executable, "-c", _KILLED_IN_A_SNAPSHOT, str(path), statement], check=False)
    assert killed.returncode == -signal.SIGKILL

    again = Journal(path, bodies, ABOUT)

    assert again.snapshot() == b"first snapshot"
    assert [entry.request.body for entry in again.entries()] == [b"two"]


_RESIDENT = """
import os, sys
from pathlib import Path
from localcloud.moto_services.state.bodies import Bodies
from localcloud.moto_services.state.journal import Journal

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

journal = Journal(Path(sys.argv[1]) / "moto.sqlite", Bodies(Path(sys.argv[1]) / "bodies"), {})
journal.replace_by(b"x")
before = resident()
journal.replace_by(b"x" * (64 << 20))
kept = resident() - before
print(kept, len(journal.snapshot()))
"""


def test_a_snapshot_is_not_kept_in_memory(tmp_path: Path) -> None:
    """When 64 MiB have been written down, the process is as large as before, but for SQLite's cache."""
    kept, written = run_alone(_RESIDENT, tmp_path).stdout.split()
    assert int(kept) < 16 << 20
    assert int(written) == 64 << 20


def test_a_body_that_is_gone_is_named(path: Path, bodies: Bodies, tmp_path: Path) -> None:
    """An entry without its body is an error, never an empty object."""
    journal = Journal(path, bodies, ABOUT)
    journal.append(request(b"x" * SMALL_BYTES), Circumstances(), 200)
    for file in (tmp_path / "bodies").iterdir():
        file.unlink()
    with pytest.raises(StateError, match=r"lacks the body .* of entry 1, PUT /b/k"):
        list(journal.entries())


@pytest.mark.parametrize("size", [10, SMALL_BYTES + 10])
def test_an_object_body_is_a_file(bodies: Bodies, size: int) -> None:
    """A body is written, read from anywhere, truncated, rewritten and closed as moto does it, in memory or on disk."""
    body = ObjectBody(bodies)
    body.write(b"ab" * size)
    assert bool(body.name) is (size > 10)
    body.seek(1)
    assert (body.read(3), body.read(2)) == (b"bab", b"ab")
    body.seek(0)
    assert body.read() == b"ab" * size
    body.seek(0)
    body.truncate()
    body.write(b"new")
    body.seek(0)
    assert (body.read(), body.name) == (b"new", "")
    body.close()
    with pytest.raises(ValueError, match="closed"):
        body.read()


def test_bodies_that_nothing_needs_are_forgotten(bodies: Bodies) -> None:
    """A body without an entry is deleted, and the others stay."""
    kept, gone = bodies.keep(b"kept"), bodies.keep(b"gone")
    bodies.forget_all_but({kept})
    assert bodies.read(kept) == b"kept"
    assert not bodies.has(gone)


@pytest.mark.parametrize(
    ("service", "operation", "caller", "body", "expected"),
    [
        ("s3", "PutObject", USER, b"", True),
        ("s3", "GetObject", USER, b"", False),
        ("s3", "HeadBucket", USER, b"", False),
        ("iam", "SimulatePrincipalPolicy", USER, b"", False),
        ("kms", "Decrypt", USER, b"", False),
        ("kms", "DescribeKey", USER, b"", False),
        ("sts", "GetSessionToken", USER, b"", True),
        ("logs", "FilterLogEvents", USER, b"", False),
        ("logs", "PutLogEvents", USER, b"", True),
        ("sts", "AssumeRole", USER, b"", True),
        ("sts", "AssumeRole", SERVICE, b"", False),
        ("sqs", "ReceiveMessage", USER, b"{}", False),
        ("sqs", "ReceiveMessage", USER, b'{"Messages":[{"ReceiptHandle":"r"}]}', True),
    ],
)
def test_what_changes_nothing_is_not_written_down(
    service: str, operation: str, caller: Caller, body: bytes, expected: bool
) -> None:
    """Reads and sessions of AWS's own services are not written down; a call in doubt is."""
    call = ApiRequest(service=service, operation=operation, params={})
    assert changes(call, caller, HttpResponse(status=200, headers={}, body=body)) is expected
