"""Warm start: what a tuning job learns from earlier ones."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.sagemaker.tuning_plan import plan_of
from localcloud.services.sagemaker.tuning_strategies import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localcloud.platform.store import Document, Table
    from localcloud.services.sagemaker.tuning_plan import TuningPlan

_ENDED = {"Completed", "Stopped", "Failed"}
#: AWS: "The maximum number of changes that can be made from static to tunable, and vice versa, is 10".
_MOST_CHANGES = 10


def parents_of(plan: TuningPlan, table: Table) -> list[Document]:
    """The documents of the parents; raises AwsError for those that a warm start cannot use."""
    names = [
        entry["HyperParameterTuningJobName"] for entry in plan.warm_start.get("ParentHyperParameterTuningJobs", [])
    ]
    found = [_parent(name, table) for name in names]
    for parent in found:
        _check(plan, plan_of(_request(parent), parent["HyperParameterTuningJobArn"]))
    return found


def earlier_trials(plan: TuningPlan, parents: Sequence[Document]) -> list[Trial]:
    """What the parents tried, with their static hyperparameters beside the tuned ones.

    Other data have other objectives: for a transfer, each parent's are standardized, for only their order counts.
    """
    transfer = plan.warm_start.get("WarmStartType") == "TransferLearning"
    found: list[Trial] = []
    for parent in parents:
        static = parent["TrainingJobDefinition"].get("StaticHyperParameters") or {}
        summaries = [trial["summary"] for trial in parent["_trials"] if trial.get("summary")]
        scored = [(each, _objective(each)) for each in summaries]
        known = [(each, plan.objective.signed(value)) for each, value in scored if value is not None]
        values = _standardized([value for _, value in known]) if transfer else [value for _, value in known]
        found += [
            Trial(values={**static, **each["TunedHyperParameters"]}, objective=value)
            for (each, _), value in zip(known, values, strict=True)
        ]
    return found


def _objective(summary: Mapping[str, Any]) -> float | None:
    found: float | None = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
    return found


def _standardized(values: list[float]) -> list[float]:
    spread = statistics.pstdev(values) if values else 0.0
    return [(value - statistics.fmean(values)) / spread if spread else 0.0 for value in values]


def _parent(name: str, table: Table) -> Document:
    found = table.get(name)
    if found is None:
        raise AwsError("ValidationException", f"The parent hyperparameter tuning job [{name}] does not exist.")
    if found["HyperParameterTuningJobStatus"] not in _ENDED:
        raise AwsError(
            "ValidationException",
            f"The parent hyperparameter tuning job [{name}] is {found['HyperParameterTuningJobStatus']}. Parents must "
            "have ended.",
        )
    return found


def _request(parent: Document) -> dict[str, Any]:
    wanted = ("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition")
    return {key: parent[key] for key in wanted}


def _check(plan: TuningPlan, parent: TuningPlan) -> None:
    """Raises AwsError for a parent that differs in what must be the same ("Warm Start Tuning Job Restrictions")."""
    if plan.objective != parent.objective:
        raise _differs(parent, "the objective metric", parent.objective.metric, plan.objective.metric)
    ours, theirs = ({each.name: each for each in one.parameters} for one in (plan, parent))
    for name in sorted(ours.keys() & theirs.keys()):
        if ours[name].kind != theirs[name].kind:
            raise _differs(parent, f"the type of the hyperparameter {name}", theirs[name].kind, ours[name].kind)
    counts = [len(one.static) + len(one.parameters) for one in (parent, plan)]
    if counts[0] != counts[1]:
        raise _differs(parent, "the number of static and tunable hyperparameters", str(counts[0]), str(counts[1]))
    changes = len(ours.keys() ^ theirs.keys())
    if changes > _MOST_CHANGES:
        raise _differs(parent, "which hyperparameters are tunable", f"{changes} changes", f"{_MOST_CHANGES} allowed")
    if plan.warm_start["WarmStartType"] == "IdenticalDataAndAlgorithm":
        _check_identical(plan, parent)


def _check_identical(plan: TuningPlan, parent: TuningPlan) -> None:
    images = [one.definition["AlgorithmSpecification"]["TrainingImage"] for one in (parent, plan)]
    if images[0] != images[1]:
        raise _differs(parent, "the training image", *images)
    data = [one.definition.get("InputDataConfig") for one in (parent, plan)]
    if data[0] != data[1]:
        raise _differs(parent, "the input data", str(data[0]), str(data[1]))


def _differs(parent: TuningPlan, what: str, theirs: str, ours: str) -> AwsError:
    return AwsError(
        "ValidationException",
        f"A warm start needs {what} to be the same as in its parent [{parent.name}]: {theirs} there, {ours} here.",
    )
