"""A steady load on an endpoint, whose rate can change: so many requests a second, and what became of them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from bench.lab.guarded_endpoint import ROW

if TYPE_CHECKING:
    from types import TracebackType

    from bench.lab.clouds import LocalCloud

_CALLERS = 16


class Load:
    """A context: the load ends with it, and every request has been answered then."""

    def __init__(self, cloud: LocalCloud, endpoint: str, *, per_second: float) -> None:
        self.per_second = per_second
        self.answered = 0
        self.errors: list[str] = []
        self._runtime = cloud.client("sagemaker-runtime", max_pool_connections=_CALLERS)
        self._endpoint = endpoint
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._callers = ThreadPoolExecutor(max_workers=_CALLERS)
        self._sender = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._sender.join()
        self._callers.shutdown(wait=True)

    def _send(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            self._callers.submit(self._call)
            due = max(due, time.monotonic() - 1) + 1 / self.per_second

    def _call(self) -> None:
        try:
            answer = self._runtime.invoke_endpoint(EndpointName=self._endpoint, Body=ROW, ContentType="text/csv")
            answer["Body"].read()
        except (BotoCoreError, ClientError) as error:
            with self._lock:
                self.errors.append(str(error))
        else:
            with self._lock:
                self.answered += 1
