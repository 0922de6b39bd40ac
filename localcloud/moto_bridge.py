"""moto's WSGI application, called in process: it keeps the state of the services that it does well."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.moto_state.bodies import Bodies, ObjectBody
from localcloud.moto_state.circumstances import Circumstances, StandIn, World
from localcloud.moto_state.journal import Entry, Journal
from localcloud.moto_state.snapshot import put_back, take
from localcloud.service import HttpRequest, HttpResponse
from localcloud.state_file import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.settings import Settings

#: Signing names of the services that moto answers for us, and moto's. Anything else is refused by name.
_BACKENDS = {
    "application-autoscaling": "applicationautoscaling",
    "ecr": "ecr",
    "iam": "iam",
    "kms": "kms",
    "logs": "logs",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}
MOTO_SERVICES = frozenset(_BACKENDS)
#: Imports all of EC2, which takes a second: when it is first asked for, and not before.
_LATE = "applicationautoscaling"


#: A snapshot is taken after so many entries of the journal: replaying that many takes a second or two.
SNAPSHOT_ENTRIES = 500

#: What is written down of a call in which moto broke.
_BROKEN = HttpResponse(status=500, headers={})
_DELIVERY_SECONDS = 30

Changes = Callable[[HttpResponse], bool]

log = logging.getLogger("localcloud.moto")


class MotoBridge:
    """moto, with a memory that outlives this process: what changed it is written down before it is answered."""

    def __init__(self, settings: Settings) -> None:
        """Raises StateError where the state of an earlier run cannot be brought back."""
        os.environ["MOTO_ACCOUNT_ID"] = settings.account_id
        # No page in a browser has business with these APIs, whatever its origin.
        os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
        # AWS's own policies, such as the AdministratorAccess that a bootstrapped account's deploying role is given.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        import moto
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        self._account_id = settings.account_id
        self._application = DomainDispatcherApplication(create_backend_app)
        # moto's backends are plain dictionaries: one call at a time is what keeps them whole.
        self._lock = threading.Lock()
        self._bodies = Bodies(settings.home / "state" / "bodies")
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
        _import_backends()
        _leave_bucket_policies_to_us()
        _keep_objects_in(self._bodies)
        _post_after_the_answer()
        self._world = World()
        self._modules = 0
        self._show_world()
        self._restore(settings)

    def answer(self, request: HttpRequest, changes: Changes) -> HttpResponse:
        """``changes`` is asked of the answer whether the call may have changed something."""
        circumstances = Circumstances()
        with self._lock, self._world.under(circumstances):
            try:
                answer = self._ask(request)
            except Exception:
                # It may have got half of it done, and a replay has to as well.
                self._write_down(request, circumstances, _BROKEN, changes)
                raise
            self._write_down(request, circumstances, answer, changes)
        return answer

    def _write_down(
        self, request: HttpRequest, circumstances: Circumstances, answer: HttpResponse, changes: Changes
    ) -> None:
        if changes(answer):
            self._journal.append(request, circumstances, answer.status)
            if self._journal.length >= SNAPSHOT_ENTRIES:
                self._take_snapshot()

    @property
    def journal_length(self) -> int:
        """What a start after a crash would have to replay."""
        return self._journal.length

    def close(self) -> None:
        """The next start has nothing to replay. A home that was deleted under us has no next start."""
        with self._lock:
            if self._journal.length and self._journal.path.exists():
                self._take_snapshot()
            self._journal.close()

    def _restore(self, settings: Settings) -> None:
        snapshot = self._journal.snapshot()
        if snapshot is None:
            _make_what_is_there_from_the_start(settings)
            self._take_snapshot()
            return
        put_back(snapshot, self._bodies)
        with _nobody_told():
            for entry in self._journal.entries():
                self._replay(entry)

    def _replay(self, entry: Entry) -> None:
        """Raises StateError where what was acknowledged then fails now."""
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
        state, needed = take(name for name in _BACKENDS.values() if f"moto.{name}.models" in sys.modules)
        self._journal.replace_by(state)
        self._bodies.forget_all_but(needed)

    def _show_world(self) -> None:
        """Before what has been imported since, too."""
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

        application = self._application.get_application(environ)
        self._show_world()
        chunks = application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()
        headers = {name.lower(): value for name, value in started["headers"]}
        return HttpResponse(status=started["status"], headers=headers, body=body)


def _import_backends() -> None:
    """What moto would import later, so that its clock is ours from the start."""
    from moto.backends import get_backend

    for name in set(_BACKENDS.values()) - {_LATE}:
        get_backend(name)  # type: ignore[call-overload]


def _make_what_is_there_from_the_start(settings: Settings) -> None:
    """AWS's own policies and keys have random ids, and moto would make them at a first look, which nobody writes down.

    Only this region's: another one's are made when they are looked for, and have new ids after a crash.
    """
    from moto.backends import get_backend
    from moto.kms.models import kms_backends
    from moto.kms.utils import RESERVED_ALIASES

    for name in set(_BACKENDS.values()) - {_LATE}:
        regions = get_backend(name)[settings.account_id]  # type: ignore[call-overload]
        _ = regions[settings.region if settings.region in regions else "aws"]
    for alias in RESERVED_ALIASES:
        kms_backends[settings.account_id][settings.region].get_key_id_from_alias(alias)


def _keep_objects_in(bodies: Bodies) -> None:
    import tempfile

    from moto.s3 import models

    vars(models)["tempfile"] = StandIn(tempfile, SpooledTemporaryFile=lambda *_, **__: ObjectBody(bodies))


def _post_after_the_answer() -> None:
    """A topic's subscribers over HTTP are told as AWS tells them: who publishes does not wait for them.

    Nor does moto, which answers nobody meanwhile, not even the subscriber.
    """
    import requests
    from moto.sns import models

    def deliver(*arguments: Any, **named: Any) -> None:
        try:
            requests.post(*arguments, **named, timeout=_DELIVERY_SECONDS)
        except requests.RequestException as error:
            log.warning("a topic's message was not delivered: %s", error)

    def post(*arguments: Any, **named: Any) -> None:
        threading.Thread(target=deliver, args=arguments, kwargs=named, daemon=True, name="sns-delivery").start()

    vars(models)["requests"] = StandIn(requests, post=post)


@contextlib.contextmanager
def _nobody_told() -> Iterator[None]:
    """Subscribers got their messages when they were published: a replay posts nothing."""
    from moto.sns import models

    posting = vars(models)["requests"]
    vars(models)["requests"] = StandIn(posting, post=lambda *_, **__: None)
    try:
        yield
    finally:
        vars(models)["requests"] = posting


def _leave_bucket_policies_to_us() -> None:
    """Moto reads a bucket policy's Deny without its Condition: "deny what comes without TLS" would lock all out."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]


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
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        if name not in {"content-type", "content-length", "transfer-encoding"}:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ
