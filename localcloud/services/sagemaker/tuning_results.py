"""What a tuning job says of its training jobs: summaries, counters, the best one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localcloud.platform.store import Document, Table
    from localcloud.services.sagemaker.tuning_plan import Objective

ENDED = frozenset({"Completed", "Failed", "Stopped"})
_COPIED = (
    *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
    *("TrainingJobStatus", "FailureReason"),
)
#: What a failure reason begins with if the same job might succeed another time.
_RETRYABLE = "InternalServerError"


def summary_of(job: Document, tuned: dict[str, str], objective: Objective) -> dict[str, Any]:
    """A training job's summary: its state, its tuned hyperparameters and its last value of the objective."""
    status = job["TrainingJobStatus"]
    found = {key: job[key] for key in _COPIED if key in job} | {"TunedHyperParameters": tuned}
    metrics = {entry["MetricName"]: entry["Value"] for entry in job.get("FinalMetricDataList", [])}
    if status not in ENDED:
        return found | {"ObjectiveStatus": "Pending"}
    if objective.metric not in metrics or status == "Failed":
        return found | {"ObjectiveStatus": "Failed"}
    return found | {
        "ObjectiveStatus": "Succeeded",
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "Type": "Maximize" if objective.maximize else "Minimize",
            "MetricName": objective.metric,
            "Value": metrics[objective.metric],
        },
    }


def summaries(tuning: Document, jobs: Table, objective: Objective) -> list[dict[str, Any]]:
    """Of all training jobs that were started. A job that was deleted since keeps its last summary."""
    found = []
    for trial in tuning["_trials"]:
        job = jobs.get(trial["name"])
        if job is not None:
            found.append(summary_of(job, trial["tuned"], objective))
        elif trial.get("summary"):
            found.append(trial["summary"])
    return found


def counters(listed: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """TrainingJobStatusCounters and ObjectiveStatusCounters."""
    states = [each["TrainingJobStatus"] for each in listed]
    failed = [each for each in listed if each["TrainingJobStatus"] == "Failed"]
    again = sum(str(each.get("FailureReason", "")).startswith(_RETRYABLE) for each in failed)
    objectives = [each["ObjectiveStatus"] for each in listed]
    return {
        "TrainingJobStatusCounters": {
            "Completed": states.count("Completed"),
            "InProgress": sum(state not in ENDED for state in states),
            "RetryableError": again,
            "NonRetryableError": len(failed) - again,
            "Stopped": states.count("Stopped"),
        },
        "ObjectiveStatusCounters": {name: objectives.count(name) for name in ("Succeeded", "Pending", "Failed")},
    }


def value_of(summary: dict[str, Any]) -> float | None:
    found: float | None = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
    return found


def best(listed: Iterable[dict[str, Any]], objective: Objective) -> dict[str, Any] | None:
    """The completed job with the best objective; None if none has one."""
    scored = [each for each in listed if each["TrainingJobStatus"] == "Completed" and value_of(each) is not None]
    return min(scored, key=lambda each: objective.signed(value_of(each) or 0.0), default=None)


def not_improving(listed: Sequence[dict[str, Any]], objective: Objective) -> int:
    """How many jobs have ended, in the order of their ends, since the best objective so far."""
    ended = sorted((each for each in listed if value_of(each) is not None), key=lambda each: each["TrainingEndTime"])
    values = [objective.signed(value_of(each) or 0.0) for each in ended]
    return len(values) - 1 - values.index(min(values)) if values else 0
