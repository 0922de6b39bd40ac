"""Job runs: StartJobRun starts a real Spark driver, and the run's state follows its work."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue import job_arguments, security_configurations
from localcloud.services.glue.answers import given, invalid, not_found, page, refuse
from localcloud.services.glue.jobs import capacity, job_id
from localcloud.services.glue.run_engine import RUNNING_SINCE, Run, RunEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: The states in which a run counts against MaxConcurrentRuns and can be stopped.
ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING"})


class JobRuns(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._jobs = cloud.store.table("glue.jobs")
        self._runs = cloud.store.table("glue.job_runs")
        self._engine = RunEngine(cloud)
        self._starting = threading.Lock()

    @operation("StartJobRun")
    def start_job_run(self, _: Call, params: Params) -> Params:
        refuse("glue:StartJobRun", params, ("JobRunQueuingEnabled", "ExecutionRoleSessionPolicy", "JobRunId"))
        job = self._job(params["JobName"])
        document = self._new_run(job, params)
        with self._starting:
            limit = job["ExecutionProperty"].get("MaxConcurrentRuns", 1)
            if sum(run["JobRunState"] in ACTIVE for run in self._runs_of(job["Name"])) >= limit:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}")
            self._runs.put(_key(document), document)
        self._engine.start(self._run(job, document), self._ended(job, document))
        return {"JobRunId": document["Id"]}

    @operation("GetJobRun")
    def get_job_run(self, _: Call, params: Params) -> Params:
        self._job(params["JobName"])
        found = self._runs.get(f"{params['JobName']}/{params['RunId']}")
        if found is None:
            raise not_found(f"Job Run {params['RunId']} of job {params['JobName']} not found.")
        return {"JobRun": _shown(found)}

    @operation("GetJobRuns")
    def get_job_runs(self, _: Call, params: Params) -> Params:
        job = self._job(params["JobName"])
        return page(params, "JobRuns", [_shown(run) for run in self._runs_of(job["Name"])][::-1])

    @operation("BatchStopJobRun")
    def batch_stop_job_run(self, _: Call, params: Params) -> Params:
        job = self._job(params["JobName"])["Name"]
        submitted, errors = [], []
        for identifier in params["JobRunIds"]:
            named = {"JobName": job, "JobRunId": identifier}
            problem = self._stop(f"{job}/{identifier}")
            if problem is None:
                submitted.append(named)
            else:
                errors.append(named | {"ErrorDetail": {"ErrorCode": problem.code, "ErrorMessage": problem.message}})
        return {"SuccessfulSubmissions": submitted, "Errors": errors}

    def start(self) -> None:
        """Ends the runs that an earlier local cloud left."""
        for key, run in self._runs.items():
            if run["JobRunState"] in ACTIVE:
                self._engine.cut_off(key, stopping=run["JobRunState"] == "STOPPING")
        self._engine.watch_jobs()

    def stop(self) -> None:
        self._engine.stop()

    def _job(self, name: str) -> Document:
        found = self._jobs.get(name)
        if found is None:
            raise not_found(f"Failed to start job run due to missing metadata: job {name} not found.")
        return found

    def _runs_of(self, job: str) -> list[Document]:
        return [run for _, run in self._runs.items(f"{job}/")]

    def _new_run(self, job: Document, params: Params) -> Document:
        arguments = job_arguments.merged(None, params.get("Arguments"), None)
        security_configurations.require(self.cloud, params.get("SecurityConfiguration"))
        sizes = ("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity")
        own_size = {key: params[key] for key in sizes if params.get(key)}
        now = datetime.now(UTC)
        run: Document = {
            "Id": f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}",
            "Attempt": 0,
            "JobName": job["Name"],
            "JobMode": "SCRIPT",
            "StartedOn": now,
            "LastModifiedOn": now,
            "JobRunState": "STARTING",
            "Arguments": arguments,
            "PredecessorRuns": [],
            "ExecutionTime": 0,
            "GlueVersion": job["GlueVersion"],
            "ExecutionClass": params.get("ExecutionClass", job["ExecutionClass"]),
            "Timeout": job["Timeout"],
            **(capacity(own_size) if own_size else given(job, sizes)),
            **given(job, ("SecurityConfiguration",)),
            **given(params, ("Timeout", "SecurityConfiguration", "NotificationProperty")),
        }
        # Refuses arguments that cannot be honoured before there is a run.
        return run | {"LogGroupName": self._run(job, run).arguments.log_prefix}

    def _run(self, job: Document, document: Document) -> Run:
        arguments = job_arguments.merged(
            job.get("DefaultArguments"), document["Arguments"], job.get("NonOverridableArguments")
        )
        parsed = job_arguments.parse(arguments, job_name=job["Name"], job_id=job_id(job["Name"]), run_id=document["Id"])
        if document["Timeout"] < 1:
            raise invalid(f"Timeout is in minutes and at least 1, not {document['Timeout']}.")
        role = job["Role"]
        return Run(
            key=_key(document),
            run_id=document["Id"],
            job_name=job["Name"],
            role_arn=role if role.startswith("arn:") else f"arn:aws:iam::{self.cloud.settings.account_id}:role/{role}",
            script_location=arguments.get("--scriptLocation", job["Command"]["ScriptLocation"]),
            arguments=parsed,
            timeout_seconds=document["Timeout"] * 60,
        )

    def _stop(self, key: str) -> AwsError | None:
        """Asks a run to stop; returns an error where it cannot be stopped."""
        found = self._runs.get(key)
        if found is None:
            return not_found(f"Job run {key} not found.")
        if found["JobRunState"] not in ACTIVE or not self._engine.request_stop(key):
            return invalid(f"Job run {found['Id']} is {found['JobRunState']} and cannot be stopped.")
        return None

    def _ended(self, job: Document, document: Document) -> Callable[[], None]:
        """Tries a failed run again, as often as the job's MaxRetries says."""

        def follow_up() -> None:
            run = self._runs.get(_key(document))
            if run is None or run["JobRunState"] != "FAILED" or run["Attempt"] >= job["MaxRetries"]:
                return
            attempt = run["Attempt"] + 1
            kept = {key: value for key, value in document.items() if key != "PreviousRunId"}
            again = kept | {
                "Id": f"{document['Id'].partition('_attempt_')[0]}_attempt_{attempt}",
                "Attempt": attempt,
                "PreviousRunId": document["Id"],
                "StartedOn": datetime.now(UTC),
                "LastModifiedOn": datetime.now(UTC),
            }
            self._runs.put(_key(again), again)
            self._engine.start(self._run(job, again), self._ended(job, again))

        return follow_up


def _key(document: Document) -> str:
    return f"{document['JobName']}/{document['Id']}"


def _shown(run: Document) -> Document:
    """The run in GetJobRun's form. A running one shows its seconds so far."""
    since = run.pop(RUNNING_SINCE, None)
    if since and "CompletedOn" not in run:
        run["ExecutionTime"] = round((datetime.now(UTC) - since).total_seconds())
    return run
