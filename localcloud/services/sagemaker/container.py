"""One container that serves: a folder for its root, the image's serve program in it, and a loopback port."""

from __future__ import annotations

import http.client
import shutil
import socket
import threading
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING

from localcloud.images.container_environment import base_environment
from localcloud.images.registry import image_of
from localcloud.platform.errors import EngineError, UnsupportedError
from localcloud.platform.settings import LOOPBACK
from localcloud.services.sagemaker.execution_role import ExecutionLog, pull
from localcloud.services.sagemaker.s3_data import S3Data

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.processes import Child
    from localcloud.platform.role_session import RoleSession
    from localcloud.services.sagemaker.models import ContainerSpec
    from localcloud.services.sagemaker.place import Place

PING_SECONDS = 0.05
#: SageMaker's time-out for an answer to /ping.
PING_TIMEOUT_SECONDS = 2.0
#: How many of the last lines of a container's log a failure reason quotes.
_REMEMBERED_LINES = 20


class Container:
    """The constructor starts it. ``stop`` frees process, port and folder."""

    def __init__(self, cloud: Cloud, spec: ContainerSpec, place: Place, role: RoleSession, *, isolated: bool) -> None:
        image = image_of(spec.image)
        program = image.program("serve")
        if program is None:
            raise UnsupportedError(f"Serving with the image {spec.image}")
        self.spec = spec
        self._archive, self._processes = image.java_archive(cloud.environments), cloud.processes
        self.port = free_port()
        self._place = place
        self._last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._child: Child | None = None
        self._stopped = threading.Event()
        self._root = cloud.work_folder("sagemaker-containers", f"{place.owner}-{spec.name}-{uuid.uuid4().hex[:12]}")
        self._log: ExecutionLog | None = None
        try:
            model = self._root / "opt" / "ml" / "model"
            model.mkdir(parents=True)
            pull(role, spec.image)
            if spec.model_data_url:
                S3Data(role).unpack(spec.model_data_url, model)
            self._log = ExecutionLog(role, place.log_group, place.log_stream)
            self._child = cloud.processes.start(
                image.command(cloud.environments, program),
                cwd=self._root,
                environment={
                    **base_environment(self._root),
                    **({} if isolated else cloud.clients.environment(role.credentials)),
                    **spec.environment,
                    **image.environment(cloud.environments),
                    **({"LOCALCLOUD_JAVA_CLASSES": self._archive.option(self._root)} if self._archive else {}),
                    "SAGEMAKER_BIND_TO_PORT": str(self.port),
                },
                on_line=self._on_line,
            )
        except BaseException:
            self.stop()
            raise

    def wait_until_healthy(self, timeout_seconds: float, cancelled: threading.Event) -> None:
        """Returns when /ping answers 200; raises EngineError in AWS's words, with the cause, if it does not."""
        deadline = time.monotonic() + timeout_seconds
        while not self._answers_ping():
            if cancelled.is_set():
                raise EngineError("The deployment was cancelled.")
            if not self.running():
                raise EngineError(self._unhealthy(self.last_words() or f"it ended with code {self._code()}"))
            if time.monotonic() > deadline:
                raise EngineError(self._unhealthy(f"no answer within {timeout_seconds:g} s; {self.last_words()}"))
            cancelled.wait(PING_SECONDS)
        if self._archive is not None:
            self._archive.make_of(self._root, self._processes)

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    def last_words(self) -> str:
        """The last line that the container wrote."""
        return next((line for line in reversed(self._last_lines) if line.strip()), "")

    def stop(self) -> None:
        if self._stopped.is_set():
            return
        self._stopped.set()
        if self._child is not None:
            self._child.stop(0.5)
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self._root, ignore_errors=True)

    def _on_line(self, line: str) -> None:
        self._last_lines.append(line)
        if self._log is not None:
            self._log.write(line)

    def _code(self) -> int | None:
        return self._child.returncode() if self._child else None

    def _unhealthy(self, cause: str) -> str:
        return (
            f"The {self.spec.name} container for {self._place.described} did not pass the ping health check. Please "
            f"check CloudWatch logs for this {self._place.kind}. Cause: {cause}"
        )

    def _answers_ping(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PING_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
