"""Carries out job runs, each on a thread of its own: credentials, script, Spark driver, logs and state."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localcloud.platform.errors import EngineError
from localcloud.platform.log_stream import LogStream
from localcloud.platform.processes import Ended
from localcloud.services.glue.spark_driver import Outcome, SparkJob
from localcloud.services.glue.standby import Standby

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.services.glue.job_arguments import RunArguments

#: Field of a run's document that answers leave out: when Spark got the script.
RUNNING_SINCE = "RunningSince"
CUT_OFF = "InternalServiceException: The local cloud ended while this run was under way."
#: How long the local cloud waits for the threads of stopped runs when it goes down.
STOP_SECONDS = 4.0

log = logging.getLogger("localcloud.glue")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The engine's view of one job run."""

    #: The key of the document in the table ``glue.job_runs``.
    key: str
    run_id: str
    job_name: str
    role_arn: str
    script_location: str
    arguments: RunArguments
    timeout_seconds: float


class RunEngine:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._runs = cloud.store.table("glue.job_runs")
        self._lock = threading.Lock()
        self._active: dict[str, tuple[threading.Event, threading.Thread]] = {}
        self._down = threading.Event()
        self._standby = Standby(cloud, busy=lambda: bool(self._active))

    def watch_jobs(self) -> None:
        """Starts drivers ahead from now on, while there are jobs."""
        self._standby.start()

    def start(self, run: Run, on_end: Callable[[], None]) -> None:
        """Starts a run and returns. ``on_end`` is called when the run's document has its last state."""
        stop = threading.Event()

        def work() -> None:
            try:
                self._work(run, stop)
            finally:
                with self._lock:
                    self._active.pop(run.key, None)
            if not self._down.is_set():
                on_end()

        thread = threading.Thread(target=work, daemon=True, name=f"glue-{run.run_id[:12]}")
        with self._lock:
            self._active[run.key] = (stop, thread)
        thread.start()

    def cut_off(self, key: str, *, stopping: bool) -> None:
        """Ends a run that was cut off. It is not tried again, because it may have written part of its output."""
        final = {"JobRunState": "STOPPED"} if stopping else {"JobRunState": "FAILED", "ErrorMessage": CUT_OFF}
        self._change(key, CompletedOn=datetime.now(UTC), **final)

    def request_stop(self, key: str) -> bool:
        """Stops a run; False where it is not at work."""
        with self._lock:
            found = self._active.get(key)
            if found is None:
                return False
            self._change(key, JobRunState="STOPPING")
            found[0].set()
        return True

    def stop(self) -> None:
        """Stops every run and waits until their states are final."""
        self._down.set()
        with self._lock:
            active = list(self._active.values())
        self._standby.stop()
        for stop, _ in active:
            stop.set()
        for _, thread in active:
            thread.join(STOP_SECONDS)

    def _work(self, run: Run, stop: threading.Event) -> None:
        try:
            outcome = self._driven(run, stop)
        except (ClientError, EngineError) as error:
            final = {"JobRunState": "STOPPED" if stop.is_set() else "FAILED", "ErrorMessage": f"LAUNCH ERROR | {error}"}
        except Exception as error:
            log.exception("job run %s", run.key)
            final = {"JobRunState": "FAILED", "ErrorMessage": f"InternalServiceException: {error}"}
        else:
            final = _final_state(outcome, run)
        self._change(run.key, CompletedOn=datetime.now(UTC), **final)

    def _driven(self, run: Run, stop: threading.Event) -> Outcome:
        clients = self._cloud.clients
        credentials = clients.assume_role(
            run.role_arn,
            session_name=f"GlueJobRunnerSession-{run.run_id[:16]}",
            service_principal="glue.amazonaws.com",
            source_arn=self._cloud.arn("glue", f"job/{run.job_name}"),
        )
        # Logs are written with the job's role, as AWS's own policy for such roles allows.
        logs = clients.for_credentials("logs", credentials)
        groups = (f"{run.arguments.log_prefix}/{kind}" for kind in ("output", "error"))
        output, error = (LogStream(logs, group, run.run_id) for group in groups)
        driver = None
        try:
            driver = self._standby.take(run.arguments.modules)
            job = self._spark_job(run, driver.folder, clients.environment(credentials), credentials)
            driver.hand_over(job, output=output.write, error=error.write, stop=stop)
            if not stop.is_set():
                self._change(run.key, JobRunState="RUNNING", **{RUNNING_SINCE: datetime.now(UTC)})
            return driver.finish(timeout_seconds=run.timeout_seconds, stop=stop)
        except (ClientError, EngineError) as problem:
            error.write(f"LAUNCH ERROR | {problem}")
            raise
        finally:
            if driver is not None:
                driver.close()
            output.close()
            error.close()

    def _spark_job(self, run: Run, folder: Path, variables: dict[str, str], credentials: dict[str, str]) -> SparkJob:
        s3 = self._cloud.clients.for_credentials("s3", credentials)
        script = _downloaded(s3, run.script_location, folder / "script")
        libraries = [_downloaded(s3, address, folder / "extra") for address in run.arguments.extra_py_files]
        return SparkJob(
            script=script,
            arguments=run.arguments.script,
            environment=variables,
            properties={
                **run.arguments.properties,
                "spark.hadoop.fs.s3a.endpoint": self._cloud.settings.endpoint_url,
                "spark.hadoop.fs.s3a.endpoint.region": self._cloud.settings.region,
                "spark.hadoop.fs.s3a.access.key": credentials["aws_access_key_id"],
                "spark.hadoop.fs.s3a.secret.key": credentials["aws_secret_access_key"],
                "spark.hadoop.fs.s3a.session.token": credentials["aws_session_token"],
                # Spark's Python workers act as the same role.
                **{f"spark.executorEnv.{name}": value for name, value in variables.items()},
            },
            # An archive itself goes onto the path; for a single module, its folder does.
            python_path=tuple(str(file.parent if file.suffix == ".py" else file) for file in libraries),
        )

    def _change(self, key: str, **changes: Any) -> None:
        def change(document: Params) -> None:
            if "CompletedOn" in document:
                return
            document.update(changes, LastModifiedOn=datetime.now(UTC))
            if RUNNING_SINCE in document and "CompletedOn" in document:
                seconds = (document["CompletedOn"] - document[RUNNING_SINCE]).total_seconds()
                document["ExecutionTime"] = max(1, round(seconds))

        self._runs.update(key, change)


def _final_state(outcome: Outcome, run: Run) -> Params:
    how = outcome.exit.how
    if how is Ended.STOPPED:
        return {"JobRunState": "STOPPED"}
    if how is Ended.TIMED_OUT:
        return {
            "JobRunState": "TIMEOUT",
            "ErrorMessage": f"Job run timed out after {run.timeout_seconds / 60:g} minutes.",
        }
    if outcome.exit.ok and outcome.error_message is None:
        return {"JobRunState": "SUCCEEDED"}
    reason = outcome.error_message or f"Spark's driver ended: {outcome.exit}. The end of the error log may say why."
    return {"JobRunState": "FAILED", "ErrorMessage": reason}


def _downloaded(s3: Any, address: str, folder: Path) -> Path:
    """Downloads the object at an s3:// address to a file with its name; raises EngineError with the address."""
    parts = urlsplit(address)
    name = PurePosixPath(parts.path).name
    if parts.scheme != "s3" or not parts.netloc or not name:
        raise EngineError(f"{address!r} is not the s3:// address of an object.")
    folder.mkdir(exist_ok=True)
    try:
        s3.download_file(parts.netloc, parts.path.lstrip("/"), str(folder / name))
    except ClientError as error:
        raise EngineError(f"{address} cannot be read as the job's role: {error}") from error
    return folder / name
