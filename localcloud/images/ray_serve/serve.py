"""Serves PyTorch like AWS's image of Ray Serve: /ping and /invocations before the application of the model's archive.

Ray itself, with its daemons, is replaced by one replica in this process.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from container import opt_ml
from http_server import Request, Response, serve

sys.path.insert(0, str(Path(__file__).parent / "library"))
from application import Replica, load

#: The adapter's own limit for an answer.
_SECONDS = 300.0
_REQUIREMENTS = "code/requirements.txt"
_OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")


class Adapter:
    """AWS's adapter: 503 until the application is there, its answers from then on."""

    def __init__(self) -> None:
        self._replica: Replica | None = None
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replica")

    def start(self, model: Path) -> None:
        """Loads the application beside the requests. If that fails, the process ends with the reason in its log."""
        threading.Thread(target=self._load, args=(model,), daemon=True).start()

    def handle(self, request: Request) -> Response:
        if request.path == "/ping":
            return Response(status=200 if self._replica else 503)
        if request.path != "/invocations":
            return _json(404, {"detail": "Not Found"})
        if request.method != "POST":
            return _json(405, {"detail": "Method Not Allowed"})
        if self._replica is None:
            return _json(503, {"error": "Service unavailable"})
        content_type = request.headers.get("content-type", "application/json")
        headers = {"content-type": content_type, "accept": request.headers.get("accept", "application/json")}
        return self._answered(self._replica, request.body, headers)

    def _answered(self, replica: Replica, body: bytes, headers: dict[str, str]) -> Response:
        try:
            status, answer, found = self._work.submit(replica.answer, body, headers).result(timeout=_SECONDS)
        except TimeoutError:
            return _json(504, {"error": "Request timeout"})
        except Exception:  # noqa: BLE001  (the deployment's own fault; the log has its traceback)
            traceback.print_exc()
            return Response(status=500, body=b"Internal Server Error")
        return Response(status=status, body=answer, content_type=found or headers["accept"])

    def _load(self, model: Path) -> None:
        try:
            if (model / _REQUIREMENTS).exists():
                raise RuntimeError(f"The local cloud installs nothing into a serving container: {_REQUIREMENTS}")
            self._replica = self._work.submit(load, model, os.environ).result()
        except BaseException:  # noqa: BLE001  (whatever it is, the container cannot serve)
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)


def _json(status: int, content: dict[str, str]) -> Response:
    return Response(status=status, body=json.dumps(content).encode(), content_type="application/json")


def map_paths(model: Path) -> None:
    """Puts the container's root before /opt/ml in the archive's programs, for there are no mounts."""
    for path in (*model.rglob("*.py"), model / "config.yaml"):
        if path.is_file():
            path.write_text(_OPT_ML.sub(lambda _: str(opt_ml()), path.read_text()))


def main() -> None:
    model = opt_ml() / "model"
    map_paths(model)
    os.chdir(model)
    sys.path.insert(0, str(model))
    adapter = Adapter()
    adapter.start(model)
    serve(adapter.handle)


if __name__ == "__main__":
    main()
