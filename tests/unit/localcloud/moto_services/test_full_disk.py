"""A disk that is full, in a process of its own, for moto is changed by its import: reads and deletions go on."""

from pathlib import Path

from tests.alone import run_alone

_FULL = """
import json, sys
from pathlib import Path
from localcloud.moto_services import adaptation
from localcloud.moto_services.bridge import MotoBridge
from localcloud.platform.service import HttpRequest
from localcloud.platform.settings import Settings
from localcloud.platform.state_file import NotWrittenError

home = Path(sys.argv[1])
moto = MotoBridge(Settings(home=home))
reserve = home / "state" / "moto.reserve"
connection = moto._journal._connection

def full(full):
    pages = connection.execute("PRAGMA page_count").fetchone()[0] if full else 2**31 - 2
    connection.execute(f"PRAGMA max_page_count = {pages}")

def released(release=type(moto._reserve).release):
    # The space of the reserve is what a disk then has again.
    def of(held):
        had = release(held)
        full(full=not had)
        return had
    return of

type(moto._reserve).release = released()
type(moto._reserve).hold = lambda held: None

def ask(method, path, body=b""):
    scope = "Credential=A/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"host": "127.0.0.1", "authorization": f"AWS4-HMAC-SHA256 {scope}"}
    request = HttpRequest(method=method, path=path, query="", headers=headers, body=body)
    try:
        answer = moto.answer(request, lambda _: method not in ("GET", "HEAD"), frees=method == "DELETE")
        return answer.status
    except NotWrittenError:
        return "not written"

print(ask("PUT", "/bucket"), ask("PUT", "/bucket/old", b"x" * 100), reserve.exists())
full(True)
print(ask("PUT", "/bucket/new", b"y" * 10_000), ask("GET", "/bucket/old"), ask("PUT", "/bucket/more", b"z" * 10_000))
print(ask("DELETE", "/bucket/old"), ask("GET", "/bucket/old"), reserve.exists())
full(False)
moto.close()
"""


def test_reads_and_deletions_go_on(tmp_path: Path) -> None:
    """What cannot be written down is refused; reads are answered, and a deletion takes the space kept for it."""
    done = run_alone(_FULL, tmp_path)
    assert done.stdout.splitlines() == [
        "200 200 True",
        "not written 200 not written",
        "204 404 False",
    ], done.stderr


_LOGGED = """
import sys
from pathlib import Path
from localcloud.moto_services import adaptation
from localcloud.moto_services.state.bodies import Bodies
adaptation.adapt(Bodies(Path(sys.argv[1]) / "bodies"), "us-east-1")
from moto.logs.models import logs_backends
logs = logs_backends["123456789012"]["us-east-1"]
logs.create_log_group("g", {})
logs.create_log_stream("g", "s")
stream = logs.groups["g"].streams["s"]
for batch in range(100):
    stream.put_log_events([{"timestamp": batch, "message": f"{batch} " + "x" * 1000}] * 1000)
messages = [event.message for event in stream.events]
kept = sum(len(message) + 400 for message in messages)
print(kept <= adaptation.STREAM_BYTES, messages[0], messages[-1].split()[0], stream.stored_bytes > 10**8)
"""


def test_a_log_stream_keeps_its_end(tmp_path: Path) -> None:
    """The latest 32 MiB of 100 MB of events stay in memory, and the first event says so."""
    done = run_alone(_LOGGED, tmp_path)
    assert done.stdout.strip() == ("True [local cloud] Of this stream only the latest 32 MiB are kept. 99 True"), (
        done.stderr
    )
