"""The variables of the functions that events and deployments call."""

from __future__ import annotations

from dataclasses import dataclass

from handover.variables import Variables, optional, variable


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerShareVariables(Variables):
    #: The label whose share is counted.
    answer: str = variable("ANSWER")
    #: A captured file with fewer answers says nothing about a share.
    least_answers: int = variable("LEAST_ANSWERS")
    #: The endpoint answers with a probability, which counts as the label from this value on. None: it answers labels.
    threshold: float | None = optional("THRESHOLD")
    #: How the endpoint is invoked, and so how its answers are read. None: an answer is a line.
    invocation: str | None = optional("INVOCATION")


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedReleaseVariables(Variables):
    bucket: str = variable("DATA_BUCKET")
    topic_arn: str = variable("NOTIFICATION_TOPIC_ARN")


@dataclass(frozen=True, kw_only=True, slots=True)
class QaCleanUpVariables(Variables):
    pipeline: str = variable("PIPELINE_NAME")
    stack: str = variable("QA_STACK_NAME")
    time_to_live_hours: int = variable("TIME_TO_LIVE_HOURS")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledScoresVariables(Variables):
    workload: str = variable("WORKLOAD")
    #: What the names of its jobs, and of their models, begin with.
    job_prefix: str = variable("JOB_PREFIX")
    bucket: str = variable("DATA_BUCKET")
    endpoint: str = variable("ENDPOINT_NAME")
    invocation: str = variable("INVOCATION")
    instance_type: str = variable("INSTANCE_TYPE")
    #: The role of the jobs.
    role_arn: str = variable("BATCH_ROLE_ARN")
    topic_arn: str = variable("NOTIFICATION_TOPIC_ARN")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishPageVariables(Variables):
    site_bucket: str = variable("SITE_BUCKET")
    #: The id of CloudFront's distribution.
    distribution: str = variable("DISTRIBUTION_ID")
    #: Where pages to publish stand: no other object is read.
    assets_bucket: str = variable("ASSETS_BUCKET")
    assets_prefix: str = variable("ASSETS_PREFIX")
    #: The text of config.json, by which a page knows API and sign-in.
    configuration: str = variable("PAGE_CONFIGURATION")
