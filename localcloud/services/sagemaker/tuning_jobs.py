"""Hyperparameter tuning jobs: many training jobs, each with hyperparameters that a strategy chose."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, EngineError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.sagemaker.announcements import announce_tuning_jobs
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.tags import forget_tags, put_tags
from localcloud.services.sagemaker.training_jobs import TrainingJobs, check_training_job
from localcloud.services.sagemaker.tuning_parents import earlier_trials, parents_of
from localcloud.services.sagemaker.tuning_plan import Objective, plan_of
from localcloud.services.sagemaker.tuning_results import best, counters, not_improving, summaries, value_of
from localcloud.services.sagemaker.tuning_run import TuningRun

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_CUT_OFF = "InternalServerError: The local cloud ended while this job ran. Please try again."
_UNDER_WAY = frozenset({"InProgress", "Stopping"})
_SUMMARY = (
    *("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "Strategy"),
    *("CreationTime", "HyperParameterTuningEndTime", "LastModifiedTime", "TrainingJobStatusCounters"),
    *("ObjectiveStatusCounters", "ResourceLimits"),
)
_JOB_SUMMARY = (
    *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
    *("TrainingJobStatus", "TunedHyperParameters", "FailureReason", "ObjectiveStatus"),
    "FinalHyperParameterTuningJobObjectiveMetric",
)

log = logging.getLogger("localcloud.sagemaker.tuning")


class TrainingAndTuning(TrainingJobs):
    """All operations on training jobs, and on the tuning jobs that start some themselves."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._tuning = cloud.store.table("sagemaker.tuning_jobs")
        self._at_work: dict[str, tuple[threading.Event, threading.Thread]] = {}
        self._creating = threading.Lock()

    def start(self) -> None:
        """Ends the jobs that an earlier run left, as training jobs are."""
        super().start()
        announce_tuning_jobs(self.cloud)
        for name, job in self._tuning.items():
            if job["HyperParameterTuningJobStatus"] == "Stopping":
                self._end(name, "Stopped")
            elif job["HyperParameterTuningJobStatus"] == "InProgress":
                self._end(name, "Failed", FailureReason=_CUT_OFF)

    def stop(self) -> None:
        for event, _ in list(self._at_work.values()):
            event.set()
        super().stop()

    @operation("CreateHyperParameterTuningJob")
    def create_tuning_job(self, _: Call, params: Params) -> Params:
        name = params["HyperParameterTuningJobName"]
        arn = self.cloud.arn("sagemaker", f"hyper-parameter-tuning-job/{name}")
        plan = plan_of(params, arn)
        check_training_job(plan.training_job(name, {}))
        parents = parents_of(plan, self._tuning)
        now = datetime.now(UTC)
        document = {
            **{key: value for key, value in params.items() if key != "Tags"},
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
            "_trials": [],
        }
        stop = threading.Event()
        run = TuningRun(self.cloud, plan, self, earlier_trials(plan, parents), stop)
        with self._creating:
            if name in self._tuning:
                raise AwsError(
                    "ResourceInUse",
                    "Job name must be unique within an AWS account and region, and a job with this name already "
                    f"exists ({arn})",
                )
            self._tuning.put(name, document)
            thread = threading.Thread(target=self._tune, args=(name, run), daemon=True, name=f"tuning-{name}")
            self._at_work[name] = (stop, thread)
        put_tags(self.cloud, arn, params.get("Tags"))
        thread.start()
        return {"HyperParameterTuningJobArn": arn}

    @operation("DescribeHyperParameterTuningJob")
    def describe_tuning_job(self, _: Call, params: Params) -> Params:
        job = self._tuning_job(params["HyperParameterTuningJobName"])
        objective, listed = _objective(job), self._summaries(job)
        found = best(listed, objective)
        end = job.get("HyperParameterTuningEndTime", datetime.now(UTC))
        return {
            **job,
            **counters(listed),
            **({"BestTrainingJob": found} if found else {}),
            **self._overall_best(job, found, objective),
            "TuningJobCompletionDetails": {
                "NumberOfTrainingJobsObjectiveNotImproving": not_improving(listed, objective)
            },
            "ConsumedResources": {"RuntimeInSeconds": int((end - job["CreationTime"]).total_seconds())},
        }

    @operation("ListHyperParameterTuningJobs")
    def list_tuning_jobs(self, _: Call, params: Params) -> Params:
        return page(
            (self._listed(job) for _, job in self._tuning.items()),
            {"SortBy": "Name", **params},
            name="HyperParameterTuningJobName",
            status="HyperParameterTuningJobStatus",
            answer="HyperParameterTuningJobSummaries",
            fields=_SUMMARY,
            descending=False,
        )

    @operation("ListTrainingJobsForHyperParameterTuningJob")
    def list_jobs_of_tuning_job(self, _: Call, params: Params) -> Params:
        job = self._tuning_job(params["HyperParameterTuningJobName"])
        listed = [{**each, "FinalObjectiveMetricValue": value_of(each)} for each in self._summaries(job)]
        if params.get("SortBy") == "FinalObjectiveMetricValue":
            listed = [each for each in listed if each["FinalObjectiveMetricValue"] is not None]
        return page(
            listed,
            {"SortBy": "Name", **params},
            name="TrainingJobName",
            status="TrainingJobStatus",
            answer="TrainingJobSummaries",
            fields=_JOB_SUMMARY,
            descending=False,
        )

    @operation("StopHyperParameterTuningJob")
    def stop_tuning_job(self, _: Call, params: Params) -> Params:
        name = params["HyperParameterTuningJobName"]
        status = self._tuning_job(name)["HyperParameterTuningJobStatus"]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise AwsError(
                "ValidationException",
                f"The request was rejected because the hyperparameter tuning job is in status {status}.",
            )
        self._change(name, HyperParameterTuningJobStatus="Stopping")
        at_work = self._at_work.get(name)
        if at_work:
            at_work[0].set()
        return {}

    @operation("DeleteHyperParameterTuningJob")
    def delete_tuning_job(self, _: Call, params: Params) -> Params:
        """Its training jobs stay."""
        job = self._tuning_job(params["HyperParameterTuningJobName"])
        if job["HyperParameterTuningJobStatus"] in _UNDER_WAY:
            raise AwsError(
                "ResourceInUse",
                f"Hyperparameter tuning job {job['HyperParameterTuningJobArn']} is "
                f"{job['HyperParameterTuningJobStatus']}; stop it first.",
            )
        self._tuning.delete(job["HyperParameterTuningJobName"])
        forget_tags(self.cloud, job["HyperParameterTuningJobArn"])
        return {}

    def _tuning_job(self, name: str) -> Document:
        found = self._tuning.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", "Requested resource not found.")
        return found

    def _summaries(self, job: Document) -> list[dict[str, Any]]:
        return summaries(job, self.cloud.store.table("sagemaker.training_jobs"), _objective(job))

    def _listed(self, job: Document) -> Document:
        config = job["HyperParameterTuningJobConfig"]
        kept = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        return {**job, **kept, **counters(self._summaries(job))}

    def _overall_best(self, job: Document, own: dict[str, Any] | None, objective: Objective) -> dict[str, Any]:
        """The best of this job and its parents, where they had the same data."""
        warm_start = job.get("WarmStartConfig") or {}
        if warm_start.get("WarmStartType") != "IdenticalDataAndAlgorithm":
            return {}
        found = [own | {"TuningJobName": job["HyperParameterTuningJobName"]}] if own else []
        for entry in warm_start["ParentHyperParameterTuningJobs"]:
            parent = self._tuning.get(entry["HyperParameterTuningJobName"])
            theirs = best(self._summaries(parent), objective) if parent else None
            if parent and theirs:
                found.append(theirs | {"TuningJobName": parent["HyperParameterTuningJobName"]})
        overall = best(found, objective)
        return {"OverallBestTrainingJob": overall} if overall else {}

    def _tune(self, name: str, run: TuningRun) -> None:
        try:
            self._end(name, run.run())
        except (EngineError, AwsError) as error:
            self._end(name, "Failed", FailureReason=str(error)[:1024])
        except Exception as error:
            log.exception("tuning job %s", name)
            self._end(name, "Failed", FailureReason=f"InternalServerError: {type(error).__name__}: {error}"[:1024])
        finally:
            self._at_work.pop(name, None)

    def _end(self, name: str, status: str, **changes: object) -> None:
        now = datetime.now(UTC)
        self._change(name, HyperParameterTuningJobStatus=status, HyperParameterTuningEndTime=now, **changes)

    def _change(self, name: str, **changes: object) -> None:
        self._tuning.update(name, lambda job: job.update(changes, LastModifiedTime=datetime.now(UTC)))


def _objective(job: Document) -> Objective:
    config, definition = job["HyperParameterTuningJobConfig"], job["TrainingJobDefinition"]
    given = config.get("HyperParameterTuningJobObjective") or definition["TuningObjective"]
    return Objective(metric=given["MetricName"], maximize=given["Type"] == "Maximize")
