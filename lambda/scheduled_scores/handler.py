"""Scores the files under ``incoming/`` by a schedule, with the model that PROD serves when it begins.

EventBridge calls it twice for each job: the schedule, to begin one, and SageMaker's event at its end. A model of the
approved package exists as long as the job runs; PROD's endpoint is not asked. Whoever follows the workload's topic is
told of a job that failed, and of one that could not begin.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from handover.function_variables import ScheduledScoresVariables
from handover.invocations import invocation
from handover.notifications import publish
from handover.places import incoming, scheduled_folder
from handover.serving import serving
from handover.transforms import transform_job

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotServingError(Exception):
    """PROD serves nothing that could score."""


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Returns what was done: the job, and how it began or ended."""
    variables = ScheduledScoresVariables.read()
    outcome = begun(event, variables) if event["source"] == "aws.events" else ended(event, variables)
    print(json.dumps(outcome))
    return outcome


def begun(event: Mapping[str, Any], variables: ScheduledScoresVariables) -> dict[str, Any]:
    """Begins the job of this time. It begins once, even if the event comes twice. Any failure is told, and raised."""
    moment = datetime.fromisoformat(event["time"])
    name = f"{variables.job_prefix}{moment:%Y%m%d-%H%M%S}"
    try:
        began = _begin(name, moment, variables)
    except Exception as error:
        _tell(variables, f"{name} could not begin", [f"{type(error).__name__}: {error}"])
        raise
    return {"job": name, "began": began}


def _begin(name: str, moment: datetime, variables: ScheduledScoresVariables) -> str:
    source = incoming(variables.bucket)
    found = boto3.client("s3").list_objects_v2(Bucket=source.bucket, Prefix=source.key, MaxKeys=1)
    if not found.get("Contents"):
        return f"no: there is nothing under {source}"
    sagemaker = boto3.client("sagemaker")
    if _exists(sagemaker, name):
        return "no: it has begun already"
    package = _champion(sagemaker, variables.endpoint)
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=variables.role_arn, Containers=[{"ModelPackageName": package}]
    )
    target = scheduled_folder(variables.bucket, moment, name)
    job = transform_job(
        name,
        source=source,
        target=target,
        invocation=invocation(variables.invocation),
        instance_type=variables.instance_type,
    )
    try:
        sagemaker.create_transform_job(**job)
    except ClientError:
        sagemaker.delete_model(ModelName=name)
        raise
    return f"with {package}, into {target}"


def _champion(sagemaker: Any, endpoint: str) -> str:
    """The package that PROD serves; the champion's, while another one competes with it."""
    try:
        package = serving(sagemaker, endpoint).champion.package_arn
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        raise NotServingError(f"There is no endpoint {endpoint}: nothing was released to PROD yet.") from error
    if package is None:
        raise NotServingError(f"The endpoint {endpoint} serves a model of no package, so nobody has approved it.")
    return package


def ended(event: Mapping[str, Any], variables: ScheduledScoresVariables) -> dict[str, Any]:
    """Deletes the job's model, and tells of a job that did not complete."""
    detail = event["detail"]
    name, status = detail["TransformJobName"], detail["TransformJobStatus"]
    try:
        boto3.client("sagemaker").delete_model(ModelName=name)
    except ClientError as error:
        if "Could not find" not in str(error):  # an earlier delivery of the event has deleted it
            raise
    if status != "Completed":
        reason = detail.get("FailureReason", "it gave no reason")
        log = f"Its log: /aws/sagemaker/TransformJobs, streams {name}/…"
        _tell(variables, f"{name} ended {status}", [reason, log])
    return {"job": name, "ended": status}


def _exists(sagemaker: Any, name: str) -> bool:
    try:
        sagemaker.describe_transform_job(TransformJobName=name)
    except ClientError as error:
        if "not found" not in str(error).lower() and "could not find" not in str(error).lower():
            raise
        return False
    return True


def _tell(variables: ScheduledScoresVariables, subject: str, lines: list[str]) -> None:
    """Publish to the workload's topic."""
    publish(
        boto3.client("sns"),
        variables.topic_arn,
        f"{variables.workload}: {subject}",
        [f"The scheduled scoring of {variables.workload}: {subject}.", *lines],
    )
