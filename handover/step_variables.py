"""The variables of the pipeline's steps."""

from __future__ import annotations

from dataclasses import dataclass

from handover.variables import Variables, optional, variable


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthVariables(Variables):
    """The synthesis reads only the commit; the pipeline's own stack is compared with it afterwards."""

    workload: str = variable("WORKLOAD")
    stack: str = variable("PIPELINE_STACK_NAME")
    #: The manifest of the assets that are published, as the synthesis names the file. None: the stacks have none.
    assets: str | None = optional("ASSETS_MANIFEST")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataVariables(Variables):
    workload: str = variable("WORKLOAD")
    bucket: str = variable("DATA_BUCKET")
    #: How a row is written for training: the name of a kind in ``ml_init/training_rows.py``.
    training_rows: str = variable("TRAINING_ROWS")
    commit: str = variable("COMMIT_ID", of_execution=True)
    #: All four, or none if the step makes the features itself.
    glue_job: str | None = optional("GLUE_JOB_NAME")
    glue_crawler: str | None = optional("GLUE_CRAWLER")
    glue_database: str | None = optional("GLUE_DATABASE")
    glue_script_key: str | None = optional("GLUE_SCRIPT_KEY")
    #: The data set that gatehouse.toml chooses (``handover/datasets.py``); None: the workload's own.
    dataset: str | None = optional("DATASET")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainVariables(Variables):
    workload: str = variable("WORKLOAD")
    bucket: str = variable("DATA_BUCKET")
    package_group: str = variable("MODEL_PACKAGE_GROUP")
    role_arn: str = variable("TRAINING_ROLE_ARN")
    #: How the endpoint is invoked: the name of a kind in ``handover/invocations.py``.
    invocation: str = variable("INVOCATION")
    commit: str = variable("COMMIT_ID", of_execution=True)
    execution: str = variable("PIPELINE_EXECUTION_ID", of_execution=True)
    #: None unless gatehouse.toml has pushes tuned.
    tuning: bool | None = optional("TUNING")
    #: None unless gatehouse.toml asks for the workload's own key.
    key_arn: str | None = optional("ENCRYPTION_KEY_ARN")


@dataclass(frozen=True, kw_only=True, slots=True)
class GateVariables(Variables):
    workload: str = variable("WORKLOAD")
    bucket: str = variable("DATA_BUCKET")
    invocation: str = variable("INVOCATION")
    #: How a row is written for training: the name of a kind in ``ml_init/training_rows.py``.
    training_rows: str = variable("TRAINING_ROWS")
    #: The endpoint under test, in QA.
    endpoint: str = variable("ENDPOINT_NAME")
    #: The endpoint and the stack of PROD, which serves the model to compare with.
    champion: str = variable("CHAMPION_ENDPOINT")
    champion_stack: str = variable("CHAMPION_STACK_NAME")
    signing_key_arn: str = variable("SIGNING_KEY_ARN")
    topic_arn: str = variable("NOTIFICATION_TOPIC_ARN")
    #: The URIs of the workload's images, separated by commas: no package may name another one.
    images: str = variable("IMAGES")
    #: Whether a person approves each release, even one that the gate promotes.
    approval: bool = variable("APPROVAL")
    #: As for the data step: a person has deployed it, so a push cannot choose other data for the gate.
    dataset: str | None = optional("DATASET")
    #: ``owner/name`` of the repository on GitHub, for the report's link to the commit.
    repository: str | None = optional("REPOSITORY")
    #: What started the build: CodeBuild's own variable, ``codepipeline/<name>``.
    initiator: str | None = optional("CODEBUILD_INITIATOR", of_execution=True)
    commit: str = variable("COMMIT_ID", of_execution=True)
    execution: str = variable("PIPELINE_EXECUTION_ID", of_execution=True)
    package_arn: str = variable("MODEL_PACKAGE_ARN", of_execution=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproveVariables(Variables):
    bucket: str = variable("DATA_BUCKET")
    topic_arn: str = variable("NOTIFICATION_TOPIC_ARN")
    execution: str = variable("PIPELINE_EXECUTION_ID", of_execution=True)
    package_arn: str = variable("MODEL_PACKAGE_ARN", of_execution=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyVariables(Variables):
    bucket: str = variable("DATA_BUCKET")
    invocation: str = variable("INVOCATION")
    endpoint: str = variable("ENDPOINT_NAME")
    topic_arn: str = variable("NOTIFICATION_TOPIC_ARN")
    package_arn: str = variable("MODEL_PACKAGE_ARN", of_execution=True)
    #: None if releases do not compete.
    champion_arn: str | None = optional("CHAMPION_PACKAGE_ARN", of_execution=True)
