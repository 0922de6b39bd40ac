"""The child process of one job run: Spark's driver, in the image's own environment.

The process starts without a job (see ``images/glue_spark/driver.py``) and gets it through a named pipe, so it can start
before there is a job. It serves one job run only.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.environments import PythonEnvironment
    from localcloud.platform.java_archives import JavaArchive
    from localcloud.platform.processes import Exit

IMAGE = Path(__file__).parents[2] / "images" / "glue_spark"
CONF = IMAGE / "conf"
#: The heap of the driver's Java process. A G.1X worker has 10 GB.
DRIVER_MEMORY = "1g"
#: Most jobs are short, and Java's second compiler takes longer for them than it saves. It begins where code has run
#: forty times as often as Java would wait for: a million rows then take half of the time.
JAVA_OPTIONS = " ".join(
    f"-XX:Tier4{name}={times}"
    for name, times in {
        "InvocationThreshold": 200_000,
        "MinInvocationThreshold": 24_000,
        "CompileThreshold": 600_000,
        "BackEdgeThreshold": 1_600_000,
    }.items()
)
#: How many of the lines from before the job are kept.
EARLY_LINES = 200
#: How long a driver may take to start.
START_SECONDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class SparkJob:
    """The job that a driver gets."""

    script: Path
    arguments: tuple[str, ...]
    #: The script's variables, with the role's credentials.
    environment: dict[str, str]
    #: Spark's configuration.
    properties: dict[str, str]
    python_path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    exit: Exit
    #: The script's failure in Glue's words; None where the process reported none.
    error_message: str | None


def environment(cloud: Cloud, modules: tuple[str, ...]) -> PythonEnvironment:
    """The image's environment with these additional modules (``name==version``), made once for each list.

    Raises EngineError where a module cannot be installed.
    """
    lock = IMAGE / "requirements.lock"
    if not modules:
        return cloud.environments.python(lock)
    requirements = cloud.settings.home / "work" / "glue" / f"modules-{uuid.uuid4().hex}.txt"
    requirements.parent.mkdir(parents=True, exist_ok=True)
    requirements.write_text("".join(f"{module}\n" for module in modules))
    try:
        return cloud.environments.python(lock, requirements)
    finally:
        requirements.unlink()


class SparkDriver:
    """A driver process and its folder."""

    def __init__(self, cloud: Cloud, modules: tuple[str, ...], *, ahead: bool = False) -> None:
        """Starts the process. If it is ahead of its job, it warms itself up while it waits."""
        self.modules = modules
        self._processes = cloud.processes
        self._output = _Lines()
        self._error = _Lines()
        python = environment(cloud, modules)
        jars = cloud.environments.jars(IMAGE / "jars.lock")
        self.folder = cloud.work_folder("glue", f"driver-{uuid.uuid4().hex}")
        self._archive = cloud.environments.java_archive(python, jars)
        self._pipe = self.folder / "job"
        self._result = self.folder / "result.json"
        os.mkfifo(self._pipe, 0o600)
        (self.folder / "tmp").mkdir()
        self._child = cloud.processes.start(
            [
                str(python.python),
                str(IMAGE / "driver.py"),
                str(self._pipe),
                str(self._result),
                *(["--warm"] if ahead else []),
            ],
            cwd=self.folder,
            environment=_environment(python, jars, self.folder, self._archive),
            on_line=self._output,
            on_error_line=self._error,
        )

    def running(self) -> bool:
        return self._child.running()

    def keep_classes(self) -> None:
        """Once it is warm: begins to keep its classes for later drivers, unless that is done."""
        self._archive.make_of(self.folder, self._processes)

    def hand_over(
        self, job: SparkJob, *, output: Callable[[str], None], error: Callable[[str], None], stop: threading.Event
    ) -> None:
        """Gives the process its job. From then on its lines go to ``output`` and ``error``.

        Raises EngineError where the process ended before it could take the job.
        """
        self._output.follow(output)
        self._error.follow(error)
        document = {
            "script": str(job.script),
            "arguments": job.arguments,
            "environment": job.environment,
            "properties": {**job.properties, **_places(self.folder)},
            "python_path": job.python_path,
        }
        deadline = time.monotonic() + START_SECONDS
        while not stop.is_set():
            try:
                descriptor = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as problem:  # nobody reads yet
                if not self._child.running() or time.monotonic() > deadline:
                    self._error.tell_early(error)
                    raise EngineError(
                        f"Spark's driver did not start (return code {self._child.returncode()}); "
                        "its last lines are in the error log."
                    ) from problem
                time.sleep(0.02)
                continue
            os.set_blocking(descriptor, True)
            self._pipe.unlink()  # without the pipe, the process has its job
            with os.fdopen(descriptor, "w") as pipe:
                json.dump(document, pipe)
            return

    def finish(self, *, timeout_seconds: float, stop: threading.Event) -> Outcome:
        """Waits for the process. At the time-out, or when ``stop`` is set, ends it with all its children."""
        ended = self._processes.finish(self._child, timeout_seconds=timeout_seconds, stop=stop)
        message: str | None = None
        if self._result.exists():
            message = json.loads(self._result.read_text())["ErrorMessage"]
        return Outcome(exit=ended, error_message=message)

    def close(self) -> None:
        """Ends the process if it is running, and removes its folder."""
        if self._child.running():
            self._child.stop(grace_seconds=0)
        shutil.rmtree(self.folder, ignore_errors=True)


class _Lines:
    """One stream of the process. Java's lines from the start belong to no job. They are kept for a failure."""

    def __init__(self) -> None:
        self._early: deque[str] = deque(maxlen=EARLY_LINES)
        self._listener: Callable[[str], None] | None = None
        self._lock = threading.Lock()

    def __call__(self, line: str) -> None:
        with self._lock:
            (self._listener or self._early.append)(line)

    def follow(self, listener: Callable[[str], None]) -> None:
        with self._lock:
            self._listener = listener

    def tell_early(self, listener: Callable[[str], None]) -> None:
        with self._lock:
            for line in self._early:
                listener(line)


def _environment(python: PythonEnvironment, jars: Path, folder: Path, archive: JavaArchive) -> dict[str, str]:
    """The variables of the process: none from this machine, the user or a role.

    Spark's settings are no folder on the class path: Java keeps no archive of the classes of such a path.
    """
    options = f'-Djava.io.tmpdir="{folder / "tmp"}" -Dlog4j2.configurationFile="{CONF / "log4j2.properties"}"'
    options = f'{options} "{archive.option(folder)}" {JAVA_OPTIONS}'
    return {
        "PATH": f"{python.root / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(IMAGE / "library"),
        "JAVA_HOME": str(python.java_home),
        "PYSPARK_PYTHON": str(python.python),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "PYSPARK_SUBMIT_ARGS": (
            # Split as a shell does, and Java's options once more: either folder may have a space in its path.
            f"--driver-memory {DRIVER_MEMORY} --driver-class-path '{jars}/*' "
            f"--properties-file '{CONF / 'spark-defaults.conf'}' --driver-java-options '{options}' pyspark-shell"
        ),
    }


def _places(folder: Path) -> dict[str, Any]:
    return {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.fs.s3a.buffer.dir": str(folder / "tmp"),
        "spark.hadoop.hadoop.tmp.dir": str(folder / "tmp"),
    }
