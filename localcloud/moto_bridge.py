"""moto's WSGI application, called in process: it keeps the state of the services that it does well."""

from __future__ import annotations

import io
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.service import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

#: Signing names of the services that moto answers for us. Anything else is refused by name.
MOTO_SERVICES = frozenset(
    {
        "application-autoscaling",
        "ecr",
        "iam",
        "kms",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "sts",
        "tagging",
    }
)


class MotoBridge:
    def __init__(self, account_id: str) -> None:
        import os

        os.environ["MOTO_ACCOUNT_ID"] = account_id
        # No page in a browser has business with these APIs, whatever its origin.
        os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
        # AWS's own policies, such as the AdministratorAccess that a bootstrapped account's deploying role is given.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        _leave_bucket_policies_to_us()
        self._application = DomainDispatcherApplication(create_backend_app)
        # moto's backends are plain dictionaries: one call at a time is what keeps them whole.
        self._lock = threading.Lock()

    def answer(self, request: HttpRequest) -> HttpResponse:
        environ = _environ(request)
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None, /
        ) -> Callable[[bytes], object]:
            started["status"] = int(status.split(" ", 1)[0])
            started["headers"] = headers
            return io.BytesIO().write  # WSGI's old way to write, which Flask does not use

        with self._lock:
            application = self._application.get_application(environ)
            chunks = application(environ, start_response)
            try:
                body = b"".join(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close:
                    close()
        headers = {name.lower(): value for name, value in started["headers"]}
        return HttpResponse(status=started["status"], headers=headers, body=body)


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
