"""Runs a tuning job through the sagemaker SDK's HyperparameterTuner, and waits for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from handover.names import tuning_job_base
from ml_steps.objects import put_once
from ml_steps.running import StepError, polls, say
from ml_training.script_job import model_trainer
from ml_training.training_job import REPORT_EVERY_SECONDS, TrainedModel, described_model, inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import boto3

    from ml_training.training import Objective
    from ml_training.training_job import TrainingJob
    from ml_training.tuning import Tuning


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One training job of a tuning job. ``objective``: None if it reported none."""

    job_name: str
    values: Mapping[str, str]
    status: str
    objective: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuned:
    """What a tuning job found. ``trials``: in the order in which they began."""

    job_name: str
    metric: str
    minimize: bool
    trials: Sequence[Trial]
    best: TrainedModel
    #: The tuned hyperparameters of the best trial.
    values: Mapping[str, str]


def tune(job: TrainingJob, tuning: Tuning, objective: Objective, session: boto3.Session) -> Tuned:
    """Tune to the end. StepError with the job's failure reason; stopping the step stops the job and all its trials.

    What is best is measured by the objective, on the validation rows.
    """
    client = session.client("sagemaker")
    name = f"{tuning_job_base(job.base_name)}-{uuid.uuid4().hex[:10]}"
    _start(job, tuning, objective, session, name)
    say(f"  tuning job {name}: {tuning.search.strategy} over {', '.join(tuning.ranges)}")
    try:
        described = _wait(client, name)
    except (KeyboardInterrupt, SystemExit):
        client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        say(f"  stopped tuning job {name}")
        raise
    best = described.get("BestTrainingJob")
    if best is None:
        raise StepError(f"The tuning job {name} ended {described['HyperParameterTuningJobStatus']} without a best job.")
    model = described_model(client.describe_training_job(TrainingJobName=best["TrainingJobName"]))
    return Tuned(
        job_name=name,
        metric=objective.metric,
        minimize=objective.direction == "minimize",
        trials=_trials(client, name),
        best=model,
        values=best["TunedHyperParameters"],
    )


def _start(job: TrainingJob, tuning: Tuning, objective: Objective, session: boto3.Session, name: str) -> None:
    trainer = model_trainer(job, session)
    search = tuning.search
    options: dict[str, Any] = {"strategy_config": _hyperband(search.epochs)} if search.epochs else {}
    tuner = _tuner(job.key_arn)(
        model_trainer=trainer,
        objective_metric_name=objective.metric,
        objective_type="Minimize" if objective.direction == "minimize" else "Maximize",
        hyperparameter_ranges={each: kind.parameter() for each, kind in tuning.ranges.items()},
        strategy=search.strategy,
        max_jobs=search.jobs,
        max_parallel_jobs=search.parallel,
        early_stopping_type="Auto" if search.early_stopping else "Off",
        random_seed=search.seed,
        metric_definitions=[{"Name": each, "Regex": regex} for each, regex in job.metrics.items()] or None,
        **options,
    )
    if job.source is not None:
        trainer.base_job_name = job.code.rstrip("/")  # under which the SDK puts the program and its drivers
    tuner.tune(inputs=[_channel(*each) for each in inputs(job)], job_name=name, wait=False)


def _channel(name: str, prefix: str, content_type: str) -> Any:
    from sagemaker.core.shapes import Channel, DataSource, S3DataSource

    source = S3DataSource(s3_data_type="S3Prefix", s3_uri=prefix, s3_data_distribution_type="FullyReplicated")
    return Channel(channel_name=name, content_type=content_type, data_source=DataSource(s3_data_source=source))


def _tuner(key_arn: str | None) -> Any:
    """The SDK's tuner. Version 3.27 leaves out the key of the trainer's volumes, which would then be AWS's own."""
    from sagemaker.train.tuner import HyperparameterTuner

    class Tuner(HyperparameterTuner):  # type: ignore[misc]  # the SDK is installed only where the step runs
        def _build_training_job_definition(self, inputs: Any) -> Any:
            definition = super()._build_training_job_definition(inputs)
            if key_arn:
                definition.resource_config.volume_kms_key_id = key_arn
            return definition

        @classmethod
        def _build_driver_and_code_channels(cls, model_trainer: Any) -> None:
            sdk = model_trainer.sagemaker_session
            session, sdk.boto_session = sdk.boto_session, _WriteOnce(sdk.boto_session)
            try:
                super()._build_driver_and_code_channels(model_trainer)
            finally:
                sdk.boto_session = session

    return Tuner


class _WriteOnce:
    """In the place of boto's session while the SDK uploads a program: the step's role may overwrite no object."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def client(self, service: str, **_: Any) -> _WriteOnceClient:
        return _WriteOnceClient(self._session.client(service))


class _WriteOnceClient:
    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        target = S3Address(bucket=bucket, key=key)
        if not put_once(self._s3, target, Path(path).read_bytes()):
            raise StepError(f"{target} is there already: another job has brought it.")


def _hyperband(epochs: int) -> Any:
    from sagemaker.core.shapes import HyperbandStrategyConfig, HyperParameterTuningJobStrategyConfig

    config = HyperbandStrategyConfig(min_resource=1, max_resource=epochs)
    return HyperParameterTuningJobStrategyConfig(hyperband_strategy_config=config)


def _wait(client: Any, name: str) -> dict[str, Any]:
    said, said_at = "", 0.0
    for elapsed in polls():
        described: dict[str, Any] = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        status = described["HyperParameterTuningJobStatus"]
        state = f"{status}: {_counted(described['TrainingJobStatusCounters'])}"
        if state != said or elapsed - said_at > REPORT_EVERY_SECONDS:
            say(f"  {elapsed:6.1f} s {state}")
            said, said_at = state, elapsed
        if status == "Completed":
            break
        if status in {"Failed", "Stopped"}:
            reason = described.get("FailureReason", "it gave no reason; look at its training jobs")
            raise StepError(f"The tuning job {name} ended {status}: {reason}")
    return described


def _counted(counters: Mapping[str, int]) -> str:
    failed = counters["RetryableError"] + counters["NonRetryableError"]
    parts = {"completed": counters["Completed"], "running": counters["InProgress"]}
    parts |= {"stopped early": counters["Stopped"], "failed": failed}
    return ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "no training job yet"


def _trials(client: Any, name: str) -> list[Trial]:
    pages = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [
        Trial(
            job_name=entry["TrainingJobName"],
            values=entry["TunedHyperParameters"],
            status=entry["TrainingJobStatus"],
            objective=entry.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
        )
        for page in pages
        for entry in page["TrainingJobSummaries"]
    ]
