"""What a request for a tuning job asks for, checked as AWS checks it, in AWS's words where they are known."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.images.registry import image_of
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.tuning_ranges import Categorical, read_ranges
from localcloud.services.sagemaker.tuning_strategies import grid_size

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.services.sagemaker.tuning_ranges import Parameter

_OPERATION = "CreateHyperParameterTuningJob"
_KNOWN = {
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "WarmStartConfig",
    "Tags",
}
_CONFIG = {
    *("Strategy", "StrategyConfig", "HyperParameterTuningJobObjective", "ResourceLimits", "ParameterRanges"),
    *("TrainingJobEarlyStoppingType", "TuningJobCompletionCriteria", "RandomSeed"),
}
_CRITERIA = {"TargetObjectiveMetricValue", "BestObjectiveNotImproving"}
#: Members of a definition that a training job has under the same name.
_OF_JOBS = (
    *("AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig"),
    *("StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
    *("EnableManagedSpotTraining", "CheckpointConfig", "RetryStrategy", "Environment"),
)
_DEFINITION = {*_OF_JOBS, "StaticHyperParameters", "HyperParameterRanges", "TuningObjective"}
#: The hyperparameter that tells a job's program which metric counts.
OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
#: AWS's quotas for a new account.
_MOST_JOBS, _MOST_PARALLEL, _MOST_PARAMETERS = 750, 10, 30
#: Where Hyperband finds a job's epochs if it is not told.
_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
_MOST_EPOCHS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    metric: str
    maximize: bool

    def signed(self, value: float) -> float:
        """The value so that less is better."""
        return -value if self.maximize else value


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningPlan:
    name: str
    arn: str
    strategy: str
    objective: Objective
    parameters: tuple[Parameter, ...]
    definition: Params
    most_jobs: int
    most_parallel: int
    most_seconds: int | None
    early_stopping: bool
    #: The least and the most epochs of Hyperband.
    epochs: tuple[int, int]
    target: float | None
    most_not_improving: int | None
    seed: int
    warm_start: Params
    tags: list[dict[str, str]]

    @property
    def static(self) -> dict[str, str]:
        return dict(self.definition.get("StaticHyperParameters") or {})

    def training_job(self, name: str, values: dict[str, str]) -> Params:
        """The parameters of CreateTrainingJob for a combination of hyperparameters."""
        return {
            **{key: self.definition[key] for key in _OF_JOBS if self.definition.get(key) is not None},
            "TrainingJobName": name,
            "HyperParameters": {**self.static, **values, OBJECTIVE_HYPERPARAMETER: self.objective.metric},
            "Tags": self.tags,
        }


def plan_of(params: Params, arn: str) -> TuningPlan:
    """Raises AwsError for what AWS refuses, UnsupportedError for what only SageMaker can do."""
    accept_only(params, _KNOWN, _OPERATION)
    config = params["HyperParameterTuningJobConfig"]
    accept_only(config, _CONFIG, f"{_OPERATION} with a HyperParameterTuningJobConfig that has")
    criteria = config.get("TuningJobCompletionCriteria") or {}
    accept_only(criteria, _CRITERIA, f"{_OPERATION} with TuningJobCompletionCriteria that have")
    definition = params.get("TrainingJobDefinition")
    if definition is None:
        raise AwsError("ValidationException", "A hyperparameter tuning job needs a TrainingJobDefinition.")
    accept_only(definition, _DEFINITION, f"{_OPERATION} with a TrainingJobDefinition that has")
    parameters = read_ranges(config.get("ParameterRanges") or definition.get("HyperParameterRanges") or {})
    _check_parameters(parameters, definition)
    strategy = config["Strategy"]
    return TuningPlan(
        name=params["HyperParameterTuningJobName"],
        arn=arn,
        strategy=strategy,
        objective=_objective(config, definition),
        parameters=parameters,
        definition=definition,
        most_jobs=_most_jobs(config, parameters),
        most_parallel=_most_parallel(config["ResourceLimits"]),
        most_seconds=config["ResourceLimits"].get("MaxRuntimeInSeconds"),
        early_stopping=_early_stopping(config),
        epochs=_epochs(config, definition) if strategy == "Hyperband" else (1, 1),
        target=criteria.get("TargetObjectiveMetricValue"),
        most_not_improving=(criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving"),
        seed=config.get("RandomSeed", secrets.randbelow(2**31)),
        warm_start=_warm_start(params.get("WarmStartConfig") or {}, strategy),
        tags=params.get("Tags") or [],
    )


def _check_parameters(parameters: tuple[Parameter, ...], definition: Params) -> None:
    if not parameters:
        raise AwsError(
            "ValidationException", "A hyperparameter tuning job needs a range for at least one hyperparameter."
        )
    if len(parameters) > _MOST_PARAMETERS:
        raise _limit("Number of hyperparameters that can be searched", _MOST_PARAMETERS, len(parameters))
    static = definition.get("StaticHyperParameters") or {}
    both = sorted(parameter.name for parameter in parameters if parameter.name in static)
    if both:
        raise AwsError(
            "ValidationException",
            f"Hyperparameters cannot be both static and tunable: {', '.join(both)} stand in StaticHyperParameters and "
            "in the parameter ranges.",
        )


def _objective(config: Params, definition: Params) -> Objective:
    given = config.get("HyperParameterTuningJobObjective") or definition.get("TuningObjective")
    if not given:
        raise AwsError("ValidationException", "A metric is required for this hyperparameter tuning job objective.")
    algorithm = definition["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        raise AwsError("ValidationException", "AlgorithmSpecification needs a TrainingImage.")
    training = image_of(algorithm["TrainingImage"]).description.training
    own = [name for name, _ in training.metrics] if training else []
    defined = [item["Name"] for item in algorithm.get("MetricDefinitions") or ()]
    name = given["MetricName"]
    if own and defined:
        raise AwsError(
            "ValidationException",
            "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request "
            "without specifying metric definitions.",
        )
    if own and name not in own:
        raise AwsError(
            "ValidationException",
            f"The objective metric for the hyperparameter tuning job, [{name}], isn't valid for the "
            f"[{algorithm['TrainingImage']}] algorithm. Choose a valid objective metric.",
        )
    if not own and name not in defined:
        raise AwsError(
            "ValidationException",
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions.",
        )
    return Objective(metric=name, maximize=given["Type"] == "Maximize")


def _most_jobs(config: Params, parameters: tuple[Parameter, ...]) -> int:
    most: int | None = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if config["Strategy"] == "Grid":
        categorical = [parameter for parameter in parameters if isinstance(parameter, Categorical)]
        if len(categorical) < len(parameters):
            raise AwsError(
                "ValidationException", "Only categorical parameters are supported when using the grid search strategy."
            )
        size = grid_size(categorical)
        if most not in (None, size):
            raise AwsError(
                "ValidationException",
                f"With the strategy Grid, MaxNumberOfTrainingJobs [{most}] should equal the total number of distinct "
                f"categorical combinations possible [{size}].",
            )
        most = size
    if most is None:
        raise AwsError("ValidationException", "ResourceLimits needs MaxNumberOfTrainingJobs.")
    if most > _MOST_JOBS:
        raise _limit("Maximum number of training jobs per hyperparameter tuning job", _MOST_JOBS, most)
    return most


def _most_parallel(limits: Params) -> int:
    parallel: int = limits["MaxParallelTrainingJobs"]
    if parallel > _MOST_PARALLEL:
        name = "Maximum number of parallel training jobs per hyperparameter tuning job"
        raise _limit(name, _MOST_PARALLEL, parallel)
    return parallel


def _early_stopping(config: Params) -> bool:
    wanted: bool = config.get("TrainingJobEarlyStoppingType", "Off") == "Auto"
    if wanted and config["Strategy"] == "Hyperband":
        raise AwsError("ValidationException", "TrainingJobEarlyStoppingType must be OFF to use Hyperband.")
    if config.get("StrategyConfig") and config["Strategy"] != "Hyperband":
        raise AwsError("ValidationException", "StrategyConfig is only for the strategy Hyperband.")
    return wanted


def _epochs(config: Params, definition: Params) -> tuple[int, int]:
    given = (config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig") or {}
    static: dict[str, Any] = definition.get("StaticHyperParameters") or {}
    found = next((static[name] for name in _EPOCHS if str(static.get(name, "")).isdigit()), None)
    most = given.get("MaxResource", found)
    if most is None:
        raise AwsError(
            "ValidationException",
            "HyperbandStrategyConfig is unable to infer a value for MaxResource: give it, or one of the static "
            f"hyperparameters {', '.join(_EPOCHS)}.",
        )
    least = int(given.get("MinResource", 1))
    if not least <= int(most) <= _MOST_EPOCHS:
        raise AwsError(
            "ValidationException",
            f"MaxResource [{most}] has to be at least MinResource [{least}] and at most {_MOST_EPOCHS}.",
        )
    return least, int(most)


def _warm_start(given: Params, strategy: str) -> Params:
    if given and strategy not in ("Bayesian", "Random"):
        raise UnsupportedError(f"sagemaker:{_OPERATION} with a WarmStartConfig and the strategy {strategy}")
    return given


def _limit(name: str, most: int, wanted: int) -> AwsError:
    return AwsError(
        "ResourceLimitExceeded", f"The account-level service limit '{name}' is {most}, and {wanted} were asked for."
    )
