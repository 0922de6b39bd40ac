"""Job definitions: CreateJob's parameters with Glue's defaults."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue import job_arguments, security_configurations, tags
from localcloud.services.glue.answers import already_exists, given, invalid, not_found, page, refuse

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: Glue version → the versions that run here.
GLUE_VERSIONS = {"5.1": "Spark 3.5.6, Python 3.11, Java 17"}
DPU_OF_WORKER = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
DEFAULT_TIMEOUT_MINUTES = 480
FIELDS = (
    "Description",
    "LogUri",
    "Role",
    "ExecutionProperty",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "MaxRetries",
    "Timeout",
    "WorkerType",
    "NumberOfWorkers",
    "MaxCapacity",
    "SecurityConfiguration",
    "NotificationProperty",
    "GlueVersion",
    "ExecutionClass",
)
REFUSED = (
    "Connections",
    "CodeGenConfigurationNodes",
    "SourceControlDetails",
    "MaintenanceWindow",
    "JobRunQueuingEnabled",
)


class Jobs(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._jobs = cloud.store.table("glue.jobs")

    @operation("CreateJob")
    def create_job(self, _: Call, params: Params) -> Params:
        name = params["Name"]
        document = self._defined("glue:CreateJob", name, params)
        if name in self._jobs:
            raise already_exists(f"Job with name: {name} already submitted with different configuration.")
        now = datetime.now(UTC)
        self._jobs.put(name, document | {"CreatedOn": now, "LastModifiedOn": now})
        tags.put(self.cloud, self.cloud.arn("glue", f"job/{name}"), params.get("Tags"))
        return {"Name": name}

    @operation("UpdateJob")
    def update_job(self, _: Call, params: Params) -> Params:
        """The update replaces the definition: settings that it leaves out go back to their defaults."""
        before = self._job(params["JobName"])
        document = self._defined("glue:UpdateJob", before["Name"], params["JobUpdate"])
        self._jobs.put(
            before["Name"], document | {"CreatedOn": before["CreatedOn"], "LastModifiedOn": datetime.now(UTC)}
        )
        return {"JobName": before["Name"]}

    @operation("DeleteJob")
    def delete_job(self, _: Call, params: Params) -> Params:
        """Deletes a job. As on AWS, a job that does not exist is no error."""
        self._jobs.delete(params["JobName"])
        tags.forget(self.cloud, self.cloud.arn("glue", f"job/{params['JobName']}"))
        return {"JobName": params["JobName"]}

    @operation("GetJob")
    def get_job(self, _: Call, params: Params) -> Params:
        return {"Job": self._job(params["JobName"])}

    @operation("GetJobs")
    def get_jobs(self, _: Call, params: Params) -> Params:
        return page(params, "Jobs", [document for _, document in self._jobs.items()])

    @operation("ListJobs")
    def list_jobs(self, _: Call, params: Params) -> Params:
        asked = params.get("Tags") or {}
        all_tags = self.cloud.store.table("glue.tags")
        names = [
            name
            for name, _ in self._jobs.items()
            if asked.items() <= (all_tags.get(self.cloud.arn("glue", f"job/{name}")) or {}).items()
        ]
        return page(params, "JobNames", names)

    @operation("BatchGetJobs")
    def batch_get_jobs(self, _: Call, params: Params) -> Params:
        found = [(name, self._jobs.get(name)) for name in params["JobNames"]]
        return {
            "Jobs": [document for _, document in found if document],
            "JobsNotFound": [name for name, document in found if document is None],
        }

    def _job(self, name: str) -> Document:
        found = self._jobs.get(name)
        if found is None:
            raise not_found(f"Job {name} not found.")
        return found

    def _defined(self, what: str, name: str, params: Params) -> Document:
        """The definition with Glue's defaults; raises where Glue or the local cloud refuses it."""
        refuse(what, params, REFUSED)
        if params.get("JobMode", "SCRIPT") != "SCRIPT":
            raise UnsupportedError(f"{what} with JobMode {params['JobMode']}")
        _check_command(what, params)
        security_configurations.require(self.cloud, params.get("SecurityConfiguration"))
        arguments = job_arguments.merged(params.get("DefaultArguments"), None, params.get("NonOverridableArguments"))
        job_arguments.parse(arguments, job_name=name, job_id="", run_id="")
        return {
            "Name": name,
            "JobMode": "SCRIPT",
            "ExecutionProperty": {"MaxConcurrentRuns": 1},
            "MaxRetries": 0,
            "Timeout": DEFAULT_TIMEOUT_MINUTES,
            "ExecutionClass": "STANDARD",
            **given(params, FIELDS),
            "Command": {"PythonVersion": "3", **params["Command"]},
            **capacity(params),
        }


def _check_command(what: str, params: Params) -> None:
    if not params.get("Role"):
        raise invalid("A job needs a Role.")
    command = params.get("Command") or {}
    if command.get("Name", "glueetl") != "glueetl":
        raise UnsupportedError(f"{what} with Command.Name {command['Name']!r} (only glueetl)")
    if not command.get("Name") or not str(command.get("ScriptLocation", "")).startswith("s3://"):
        raise invalid(f"A job's Command needs Name and an s3:// ScriptLocation: {command!r}.")
    if command.get("PythonVersion", "3") != "3":
        raise UnsupportedError(f"{what} with Command.PythonVersion {command['PythonVersion']!r} (only 3)")
    refuse(what, command, ("Runtime",))
    version = params.get("GlueVersion")
    if version not in GLUE_VERSIONS:
        supported = ", ".join(f"{number} ({parts})" for number, parts in GLUE_VERSIONS.items())
        raise UnsupportedError(f"{what} with GlueVersion {version or 'left out'} (only {supported})")


def capacity(params: Params) -> Params:
    """Workers and capacity units in Glue's form; raises where they contradict each other."""
    worker, number, units = (params.get(key) for key in ("WorkerType", "NumberOfWorkers", "MaxCapacity"))
    units = units or params.get("AllocatedCapacity")
    if units and (worker or number):
        raise invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if bool(worker) != bool(number):
        raise invalid("Worker Type and Number of Workers are set together or not at all.")
    if units:
        return {"MaxCapacity": float(units), "AllocatedCapacity": int(units)}
    worker, number = worker or "G.1X", number or 10
    if worker not in DPU_OF_WORKER:
        raise UnsupportedError(f"glue WorkerType {worker} (only {', '.join(DPU_OF_WORKER)})")
    units = DPU_OF_WORKER[worker] * number
    return {"WorkerType": worker, "NumberOfWorkers": number, "MaxCapacity": float(units), "AllocatedCapacity": units}


def job_id(name: str) -> str:
    """The id that a script gets as --JOB_ID."""
    return f"j_{hashlib.sha256(name.encode()).hexdigest()}"
