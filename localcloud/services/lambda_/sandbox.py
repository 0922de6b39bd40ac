"""One execution environment of a function: a child process with AWS's runtime client, used again while warm."""

from __future__ import annotations

import base64
import json
import logging
import shutil
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.images.container_environment import base_environment
from localcloud.images.registry import IMAGES
from localcloud.platform.log_stream import LogStream
from localcloud.services.lambda_.configuration import python_minor
from localcloud.services.lambda_.runtime_api import Answer, Event, Incoming, RuntimeApi
from localcloud.services.lambda_.versions import content

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.environments import PythonEnvironment
    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.lambda")

LOCK = IMAGES / "lambda_python" / "requirements.lock"
#: AWS's limit for a function's initialization, before its own time-out begins to count.
INIT_SECONDS = 10.0
#: A sandbox that is older than this takes no more events, because its role's session ends after an hour.
OLDEST_SECONDS = 2400.0
_TAIL_BYTES = 4096
#: How often one looks whether a process that says nothing is still there.
_LOOK_SECONDS = 0.05


def runtime(cloud: Cloud, configuration: Document) -> PythonEnvironment:
    """The environment of a function's runtime: its Python, with AWS's runtime client; made once for each runtime.

    It has bytecode, as AWS's runtimes have: without, half of an initialisation would be compiling boto3.
    """
    return cloud.environments.python(LOCK, minor=python_minor(configuration["Runtime"]), compiled=True)


def version_of(configuration: Document) -> str:
    """The version that a configuration describes, as ``<function>:<version>``."""
    return f"{configuration['FunctionName']}:{configuration['Version']}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    payload: bytes
    #: Empty for success, otherwise AWS's word for the error.
    function_error: str = ""
    #: The last 4 KB of this invocation's log.
    log_tail: bytes = b""
    #: How long the handler ran.
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """What a sandbox runs in, and shares with others: AWS's ``/var/task`` and ``/opt``."""

    code: Path
    opt: Path | None = None
    """None where the function has no layers."""


class Sandbox:
    """The constructor starts it. Only one thread at a time may call ``invoke``. ``stop`` frees everything."""

    def __init__(
        self,
        cloud: Cloud,
        configuration: Document,
        folders: Folders,
        credentials: dict[str, str],
        *,
        provisioned: bool = False,
    ) -> None:
        """``provisioned``: it is initialised before an event comes, by :meth:`initialize`."""
        self.version = version_of(configuration)
        self.used = time.monotonic()
        #: By the clock on the wall, as the session of its role.
        self.assumed = time.time()
        self.usable = True
        self._configuration = configuration
        self._lines: list[str] = []
        self._provisioned = provisioned
        self._init_seconds: float | None = None
        self._init_told = False
        self._root = cloud.work_folder("lambda-sandboxes", f"{configuration['FunctionName']}-{uuid.uuid4().hex}")
        self._api = RuntimeApi()
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{configuration['Version']}]{uuid.uuid4().hex}"
        group = configuration["LoggingConfig"]["LogGroup"]
        self._log = _log_stream(cloud, credentials, group, stream)
        environment = {
            **_with_layers(base_environment(self._root), configuration, folders.opt),
            **configuration.get("Environment", {}).get("Variables", {}),
            **cloud.clients.environment(credentials),
            **_lambda_variables(configuration, folders.code, self._api.address, stream),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if provisioned else "on-demand",
        }
        python = runtime(cloud, configuration).python
        self._on_line(f"INIT_START Runtime Version: {configuration['Runtime'].replace('python', 'python:')}")
        self.born = time.monotonic()
        self._child = cloud.processes.start(
            [str(python), "-m", "awslambdaric", configuration["Handler"]],
            cwd=folders.code,
            environment=environment,
            on_line=self._on_line,
        )

    def runs(self, configuration: Document) -> bool:
        """Whether it has the code and the settings of this configuration."""
        return content(self._configuration) == content(configuration)

    def invoke(self, incoming: Incoming) -> Outcome:
        """Runs the handler on one event. Its failures are outcomes too."""
        request_id = incoming.request_id
        self._lines = []
        answer = self.initialize(INIT_SECONDS) if self._init_seconds is None else None
        self._on_line(f"START RequestId: {request_id} Version: {self._configuration['Version']}")
        begun = time.monotonic()
        if answer is None:
            timeout: float = self._configuration["Timeout"]
            deadline_ms = int((time.time() + timeout) * 1000)
            self._api.give(Event(incoming=incoming, deadline_ms=deadline_ms))
            answer = self._await(begun + timeout, request_id)
        seconds = time.monotonic() - begun
        self._report(request_id, seconds, None if self._init_told else self._init_seconds)
        self._init_told = True
        error = "" if answer.kind == "response" else "Unhandled"
        tail = "".join(f"{line}\n" for line in self._lines).encode()[-_TAIL_BYTES:]
        self.used = time.monotonic()
        return Outcome(payload=answer.payload, function_error=error, log_tail=tail, seconds=seconds)

    def stop(self) -> None:
        self.usable = False
        self._api.close()
        self._child.stop(0)
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self._root, ignore_errors=True)

    @property
    def alive(self) -> bool:
        return self._child.running()

    @property
    def age_seconds(self) -> float:
        """Since the session of its role began. A clock that was set back makes it old."""
        age = time.time() - self.assumed
        return age if age >= 0 else OLDEST_SECONDS

    @property
    def young(self) -> bool:
        """Whether it may take an event."""
        return self.age_seconds < OLDEST_SECONDS

    def initialize(self, seconds: float) -> Answer | None:
        """Waits until the runtime asks for its first event; returns the failure if it never does."""
        deadline = self.born + seconds
        while self._api.first_asked is None:
            failed = self._api.wait(_LOOK_SECONDS)
            if failed is not None:
                self.usable = False
                return failed
            broken = self._broken("")
            if broken is not None:
                return broken
            if time.monotonic() > deadline:
                self.usable = False
                message = f"Error: Initialization timed out after {seconds:.2f} seconds"
                return _failure("Sandbox.Timedout", message, "")
        self._init_seconds = self._api.first_asked - self.born
        return None

    def _await(self, deadline: float, request_id: str) -> Answer:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                timeout = self._configuration["Timeout"]
                self.usable = False
                message = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
                self._on_line(
                    f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
                    + f"Z {request_id} {message.partition('Error: ')[2]}"
                )
                return _failure("Sandbox.Timedout", message, request_id)
            answer = self._api.wait(min(left, _LOOK_SECONDS))
            if answer is not None and (answer.request_id == request_id or answer.kind == "init error"):
                return answer
            broken = self._broken(request_id)
            if broken is not None:
                return broken

    def _broken(self, request_id: str) -> Answer | None:
        """The failure of a process that has ended, from the runtime or from the system; None while it runs."""
        if self._child.running():
            return None
        self.usable = False
        code = self._child.wait()
        said = self._api.wait(0)
        if said is not None:
            return said
        how = f"exit status {code}" if code >= 0 else f"signal: {-code}"
        prefix = f"RequestId: {request_id} " if request_id else ""
        return _failure("Runtime.ExitError", f"{prefix}Error: Runtime exited with error: {how}", request_id)

    def _report(self, request_id: str, seconds: float, init_seconds: float | None) -> None:
        """Writes AWS's last two lines of an invocation, after all of the handler's lines."""
        if self.usable:
            self._child.settle()
        else:
            self._child.stop(0)
        milliseconds = seconds * 1000
        initialized = 0 if self._provisioned else init_seconds or 0  # billed by the hour where it is provisioned
        billed = int(milliseconds + initialized * 1000) + 1
        init = f"\tInit Duration: {init_seconds * 1000:.2f} ms" if init_seconds is not None else ""
        self._on_line(f"END RequestId: {request_id}")
        self._on_line(
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\tBilled Duration: {billed} ms\t"
            f"Memory Size: {self._configuration['MemorySize']} MB\tMax Memory Used: {self._memory_mb()} MB{init}"
        )

    def _memory_mb(self) -> int:
        """The peak memory of the process, by Linux's count; 0 where it is gone."""
        try:
            lines = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)

    def _on_line(self, line: str) -> None:
        self._lines.append(line)
        if self._log is not None:
            self._log.write(line)


def _failure(kind: str, message: str, request_id: str) -> Answer:
    payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Answer(kind="error", payload=payload, request_id=request_id)


def _log_stream(cloud: Cloud, credentials: dict[str, str], group: str, stream: str) -> LogStream | None:
    """The function's log; None where its role may not write one, as on AWS."""
    from botocore.exceptions import ClientError

    try:
        return LogStream(cloud.clients.for_credentials("logs", credentials), group, stream)
    except ClientError as error:
        log.warning("a function writes no log to %s: %s", group, error)
        return None


def _lambda_variables(configuration: Document, code: Path, api: str, stream: str) -> dict[str, str]:
    return {
        "_HANDLER": configuration["Handler"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration["LoggingConfig"]["LogGroup"],
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": ":UTC",
    }


def _with_layers(environment: dict[str, str], configuration: Document, opt: Path | None) -> dict[str, str]:
    """The variables by which programs and modules of layers are found, in the order of AWS's Python runtimes.

    The function's own code comes first. The function's settings may name other paths.
    """
    if opt is None:
        return environment
    site_packages = opt / "python" / "lib" / configuration["Runtime"] / "site-packages"
    return environment | {
        "PATH": f"{environment['PATH']}:{opt / 'bin'}",
        "LD_LIBRARY_PATH": str(opt / "lib"),
        "PYTHONPATH": f"{site_packages}:{opt / 'python'}",
    }


def encoded_tail(outcome: Outcome) -> str:
    return base64.b64encode(outcome.log_tail).decode()
