"""The training step of every workload: train, check that the model was validated, register it.

A workload's own part is ``ml_training/<workload>/training.toml``. The step exports the package's ARN.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import boto3

from handover.data import DATA_FILE, TRAIN, VALIDATION, Data
from handover.invocations import invocation
from handover.names import Artifact, dashed
from handover.packages import Training as Lineage
from handover.places import jobs_code, models, training_curve, training_metrics, tuning_report
from handover.step_variables import TrainVariables
from ml_steps.artifacts import read_input, write_variables
from ml_steps.objects import put_once
from ml_steps.running import StepError, run, say, timed
from ml_training.containers import Made
from ml_training.curve import of_job_if_readable
from ml_training.model_package import Registration, register
from ml_training.training import FOLDER, Training
from ml_training.training_job import TrainedModel, TrainingJob, train
from ml_training.tuning_job import tune
from ml_training.tuning_report import page, table_lines

if TYPE_CHECKING:
    from ml_training.training import Objective
    from ml_training.tuning import Tuning
    from ml_training.tuning_job import Tuned


def main() -> None:
    variables = TrainVariables.read()
    data = Data.parse(read_input(Artifact.DATA, DATA_FILE))
    training = Training.of_workload(variables.workload, data.features)
    session = boto3.Session()
    image = training.algorithm.image(session.region_name, training.job.instance_type)
    job = training_job(training, data, variables, image)
    tuned = None
    if variables.tuning:
        with timed("tuned"):
            tuned = tune(job, tuning_of(training, variables.workload), training.objective, session)
        for line in table_lines(tuned):
            say(f"  {line}")
        model = tuned.best
    else:
        with timed("trained"):
            model = train(job, session)
    for name, value in model.metrics.items():
        say(f"  {name} = {value:.5f}")
    check_metrics(model, training.objective)
    store_curve(session, model, training.objective, variables)
    with timed("registered"):
        made = Made(
            region=session.region_name,
            image=image,
            instance_type=training.job.instance_type,
            model_data=model.model_data,
            features=data.features,
            invocation=invocation(variables.invocation),
        )
        address = training_metrics(variables.bucket, model.job_name)
        registration = registration_of(training, model, data, variables, made, tuned.job_name if tuned else None)
        arn = register(session.client("sagemaker"), session.client("s3"), registration, address)
    if tuned is not None:
        store_report(session.client("s3"), tuned, variables)
    say(f"  {arn}")
    write_variables({"MODEL_PACKAGE_ARN": arn})


def training_job(training: Training, data: Data, variables: TrainVariables, image: str) -> TrainingJob:
    """The plan of the job: some hyperparameters come from the data, all other values from training.toml."""
    return TrainingJob(
        base_name=dashed(variables.workload),
        image=image,
        role_arn=variables.role_arn,
        hyperparameters=training.hyperparameters_for(data.features),
        channels={training.channels.get(name, name): data.features.splits[name] for name in (TRAIN, VALIDATION)},
        content_type=data.features.content_type,
        side_channels=data.features.side_channels,
        bucket=variables.bucket,
        output=str(models(variables.bucket)),
        key_arn=variables.key_arn,
        source=training.algorithm.source(FOLDER / variables.workload),
        code=jobs_code(variables.workload),
        metrics={metric.name: metric.regex for metric in training.metrics},
        **asdict(training.job),
    )


def tuning_of(training: Training, workload: str) -> Tuning:
    """StepError if the workload says nothing of what is tuned."""
    if training.tuning is None:
        raise StepError(
            f"gatehouse.toml has {workload} tuned ([training.tuning]), but its training.toml has no [tuning]: add it "
            "(docs/tuning.md), or switch tuning off for this workload."
        )
    return training.tuning


def store_report(s3: Any, tuned: Tuned, variables: TrainVariables) -> None:
    """Store the report on a tuning beside the metrics of its best model."""
    address = tuning_report(variables.bucket, tuned.best.job_name)
    put_once(s3, address, page(tuned, variables.workload).encode(), "text/html; charset=utf-8")
    say(f"  report: {address}")


def store_curve(session: boto3.Session, model: TrainedModel, objective: Objective, variables: TrainVariables) -> None:
    """Store what the job has reported over time beside its metrics, if its log can be read."""
    with timed("read the training curve"):
        found = of_job_if_readable(session.client("logs"), model, objective.metric)
    if found is not None:
        address = training_curve(variables.bucket, model.job_name)
        put_once(session.client("s3"), address, found.json().encode(), "application/json")
        say(f"  curve: {address}")


def check_metrics(model: TrainedModel, objective: Objective) -> None:
    """A model without its validation metric was not validated, so early stopping did not work either."""
    if objective.metric not in model.metrics:
        raise StepError(
            f"The training job {model.job_name} reports no {objective.metric}, only {sorted(model.metrics)}. "
            "Check [objective] in training.toml, what the algorithm measures, and the validation channel."
        )
    better = "less" if objective.direction == "minimize" else "more"
    say(f"  the objective is {objective.metric}: {better} is better")


def registration_of(
    training: Training,
    model: TrainedModel,
    data: Data,
    variables: TrainVariables,
    made: Made,
    tuning_job: str | None = None,
) -> Registration:
    return Registration(
        group=variables.package_group,
        description=f"{variables.workload} of commit {variables.commit}",
        containers=[kind.container(made) for kind in training.containers],
        invocation=made.invocation,
        instance_type=training.job.instance_type,
        lineage=Lineage(
            commit=variables.commit,
            data_sha256=data.data_sha256,
            pipeline_execution=variables.execution,
            training_job=model.job_name,
            metrics=model.metrics,
            tuning_job=tuning_job,
        ),
    )


if __name__ == "__main__":
    run(main)
