"""Calls moto's WSGI application in this process, and writes down what changes its state."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.moto_services import adaptation
from localcloud.moto_services.bucket_tags import keep_system_tags
from localcloud.moto_services.state.bodies import Bodies
from localcloud.moto_services.state.circumstances import Circumstances, World
from localcloud.moto_services.state.journal import Entry, Journal
from localcloud.moto_services.state.large_objects import StoredContent, Whole
from localcloud.moto_services.state.snapshot import put_back, take
from localcloud.moto_services.state.uploads import Uploads
from localcloud.platform.reserve import Reserve
from localcloud.platform.service import HttpRequest, HttpResponse
from localcloud.platform.state_file import SEE_TO_THE_DISK, NotWrittenError, StateError, writing
from localcloud.wire import protocol

if TYPE_CHECKING:
    from localcloud.platform.settings import Settings

#: A snapshot is taken after this many entries of the journal. Replaying them takes a second or two.
SNAPSHOT_ENTRIES = 500
#: It is taken after more entries where its cost, spread over these calls, would exceed this.
SNAPSHOT_SECONDS_A_CALL = 0.0005

#: What a snapshot of a large state may need when the disk is full.
_RESERVE_BYTES = 16 * 1024 * 1024

#: The answer that is written down for a call in which moto broke.
_BROKEN = HttpResponse(status=500, headers={})

MOTO_SERVICES = frozenset(adaptation.BACKENDS)

Changes = Callable[[HttpResponse], bool]

log = logging.getLogger("localcloud.moto")


class MotoBridge:
    """moto, with a memory that outlives this process: a change is written down before it is answered."""

    def __init__(self, settings: Settings) -> None:
        """Raises StateError where the state of an earlier run cannot be brought back."""
        os.environ["MOTO_ACCOUNT_ID"] = settings.account_id
        # No page in a browser may call these APIs, whatever its origin.
        os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
        # AWS's own policies, such as AdministratorAccess, which the deploying role of a bootstrapped account has.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        import moto

        #: The application of each service that was asked, by its name in the signature.
        self._applications: dict[str, Any] = {}
        # moto's backends are plain dictionaries, so only one call at a time is safe.
        self._lock = threading.Lock()
        self._bodies = Bodies(settings.home / "state" / "bodies")
        #: Where large objects come in.
        self.uploads = Uploads(settings.home / "state" / "uploads")
        self._journal = Journal(
            settings.home / "state" / "moto.sqlite",
            self._bodies,
            about={
                "format": "1",
                "account": settings.account_id,
                "region": settings.region,
                "moto": moto.__version__,
                "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            },
        )
        self._reserve = Reserve(settings.home / "state" / "moto.reserve", _RESERVE_BYTES)
        adaptation.adapt(self._bodies, settings.region)
        keep_system_tags()
        self._world = World()
        self._modules = 0
        #: Whether moto's memory may hold changes that the journal lacks.
        self._ahead = False
        self._snapshot_due = SNAPSHOT_ENTRIES
        self._show_world()
        self._restore(settings)

    def answer(self, request: HttpRequest, changes: Changes, *, frees: bool = False) -> HttpResponse:
        """``changes`` says, from the answer, whether the call may have changed something. ``frees``: it deletes.

        Raises NotWrittenError where a change cannot be written down. moto's memory is ahead of the disk then, and no
        other change is made until a snapshot has been written. Reads go on, and so do deletions, by the reserve.
        """
        with self._lock:
            if self._ahead:
                self._catch_up(reads=not changes(_BROKEN), frees=frees)
            request = self._with_stored_body(request)
            circumstances = Circumstances()  # under the lock, so that moto's time never goes back between calls
            with self._world.under(circumstances):
                answer = self._ask_and_write_down(request, circumstances, changes, frees=frees)
            if self._journal.length >= self._snapshot_due:
                self._take_snapshot_if_possible()
        return answer

    def _with_stored_body(self, request: HttpRequest) -> HttpRequest:
        """The request with the name of its body, which from now on is among the others."""
        stored = request.stored
        if stored is None:
            return request
        with writing(self._journal.path.parent):
            name = self._bodies.adopt(stored.path, stored.sha256)
        return replace(request, stored=None, body=StoredContent(self._bodies, name, stored.size, stored.md5))

    def _catch_up(self, *, reads: bool, frees: bool) -> None:
        """Writes down what the journal lacks. Raises NotWrittenError unless the call only reads."""
        try:
            self._take_snapshot()
        except NotWrittenError:
            if frees and self._reserve.release():
                self._take_snapshot()
            elif not reads:
                raise

    def _ask_and_write_down(
        self, request: HttpRequest, circumstances: Circumstances, changes: Changes, *, frees: bool
    ) -> HttpResponse:
        lacked, self._ahead = self._ahead, True  # until the change is written down, or there is none
        try:
            answer = self._ask(request)
        except Exception as error:
            # moto may have done half of it, and a replay must do the same half. It does not see today's full disk.
            if changes(_BROKEN):
                if isinstance(error, OSError):
                    raise NotWrittenError(self._journal.path.parent, error) from error
                self._journal.append(request, circumstances, _BROKEN.status)
            self._ahead = lacked
            raise
        if changes(answer):
            try:
                if lacked:  # the journal goes on from a snapshot, which has everything
                    self._take_snapshot()
                else:
                    self._journal.append(request, circumstances, answer.status)
            except NotWrittenError:
                if not (frees and self._reserve.release()):
                    raise
                self._take_snapshot()
            lacked = False
        self._ahead = lacked
        return answer

    def close(self) -> None:
        """Takes a last snapshot, so that the next start replays nothing; not where the home was deleted."""
        with self._lock:
            if self._journal.length and self._journal.path.exists():
                self._take_snapshot_if_possible()
            self._journal.close()

    def _restore(self, settings: Settings) -> None:
        snapshot = self._journal.snapshot()
        if snapshot is None:
            adaptation.make_what_is_there_from_the_start(settings)
            self._take_first_snapshot()
            return
        try:
            put_back(snapshot, self._bodies)
        except Exception as error:
            raise StateError(self._journal.path, f"holds a snapshot that cannot be read ({error!r})") from error
        with adaptation.nobody_told():
            for entry in self._journal.entries():
                self._replay(entry)

    def _replay(self, entry: Entry) -> None:
        """Raises StateError where a call fails that was acknowledged.

        An earlier version's call to a service that moto answered then and does not now changes nothing any more.
        """
        signed = protocol.signature(entry.request)
        if signed is not None and signed.service not in adaptation.BACKENDS:
            return
        try:
            with self._world.under(entry.circumstances):
                status = self._ask(entry.request).status
        except Exception as error:  # noqa: BLE001  (as moto broke then, or else it is told below)
            log.info("replay of entry %d: %r", entry.number, error)
            status = _BROKEN.status
        if entry.status < HTTPStatus.BAD_REQUEST and status != entry.status:
            asked = f"{entry.request.method} {entry.request.path} {entry.request.headers.get('x-amz-target', '')}"
            raise StateError(
                self._journal.path,
                f"does not add up: entry {entry.number}, {asked.strip()}, was answered {entry.status} then and "
                f"{status} now",
            )

    def _take_snapshot(self) -> None:
        """Raises NotWrittenError; the journal then stays as it was."""
        begun = time.thread_time()
        state, needed = take(adaptation.BACKENDS.values())
        self._journal.replace_by(state)
        self._bodies.forget_all_but(needed)
        self._ahead = False
        self._reserve.hold()
        self._snapshot_due = max(SNAPSHOT_ENTRIES, int((time.thread_time() - begun) / SNAPSHOT_SECONDS_A_CALL))

    def _take_first_snapshot(self) -> None:
        try:
            self._take_snapshot()
        except NotWrittenError as error:
            raise StateError(self._journal.path, f"cannot be written ({error.__cause__})", SEE_TO_THE_DISK) from error

    def _take_snapshot_if_possible(self) -> None:
        """Logs a failure only: the journal has every change, so no call fails for want of a snapshot."""
        try:
            self._take_snapshot()
        except Exception:
            self._snapshot_due = self._journal.length + SNAPSHOT_ENTRIES
            log.exception("no snapshot was taken; the journal goes on")

    def _show_world(self) -> None:
        """Replaces the clock and the rest in modules that were imported since."""
        if len(sys.modules) != self._modules:
            self._world.show()
            self._modules = len(sys.modules)

    def _ask(self, request: HttpRequest) -> HttpResponse:
        environ = _environ(request)
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None, /
        ) -> Callable[[bytes], object]:
            started["status"] = int(status.split(" ", 1)[0])
            started["headers"] = headers
            return io.BytesIO().write  # WSGI's old way to write, which Flask does not use

        application = self._application(request)
        self._show_world()
        self._bodies.by_name = not request.query.startswith("select&")
        chunks = application(environ, start_response)
        try:
            pieces = list(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()
        headers = {name.lower(): value for name, value in started["headers"]}
        if len(pieces) == 1 and isinstance(pieces[0], StoredContent):
            # Opened under the lock: what is deleted later is still read to its end.
            return HttpResponse(status=started["status"], headers=headers, file=self._bodies.open(pieces[0].name))
        return HttpResponse(status=started["status"], headers=headers, body=b"".join(pieces))

    def _application(self, request: HttpRequest) -> Any:
        """The service that the request is signed for. moto itself would let path, host and body have their say."""
        from moto.moto_server.werkzeug_app import create_backend_app

        signed = protocol.signature(request)
        service = signed.service if signed else "s3"
        if service not in self._applications:
            self._applications[service] = create_backend_app(adaptation.BACKENDS[service])  # type: ignore[arg-type]
        return self._applications[service]


def _environ(request: HttpRequest) -> dict[str, Any]:
    headers = request.headers
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path).encode().decode("latin-1"),
        "RAW_URI": request.path + (f"?{request.query}" if request.query else ""),
        "REQUEST_URI": request.path + (f"?{request.query}" if request.query else ""),
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": headers.get("host", "127.0.0.1").split(":")[0],
        "SERVER_PORT": headers.get("host", ":80").rpartition(":")[2],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": Whole(request.body) if isinstance(request.body, StoredContent) else io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    spelled = {}
    for name, value in headers.items():
        if name not in {"content-type", "content-length", "transfer-encoding"}:
            key = f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = value
            if "_" in name:
                spelled[key] = name
    environ["moto.preserved_header_names"] = spelled
    return environ
