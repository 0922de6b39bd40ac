"""The environment variables of each step and function: the stack sets them, the step or the function reads them.

One class per reader, one field per variable. The pipeline's action sets the variables that are known only at run time
(``#{Source.CommitId}``); the build project sets the others. Both kinds are fields. A field that may be None is a
variable that may be absent.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, get_type_hints

from handover.errors import HandOverError
from handover.plain_text import number

if TYPE_CHECKING:
    from collections.abc import Mapping


def variable(name: str, *, of_execution: bool = False) -> Any:
    """A required field, and the environment variable that carries it."""
    return field(metadata={"name": name, "of_execution": of_execution})


def optional(name: str, *, of_execution: bool = False) -> Any:
    """A field that may be None: then the variable is not set."""
    return field(default=None, metadata={"name": name, "of_execution": of_execution})


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """The methods that all classes of variables share."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """From the environment. Raises HandOverError for a variable that is missing, empty or of the wrong type."""
        hints = get_type_hints(cls)
        return cls(**{each.name: _read(each, str(hints[each.name]), environment) for each in fields(cls)})

    @classmethod
    def names(cls) -> frozenset[str]:
        """The variables that a stack may set."""
        return frozenset(each.metadata["name"] for each in fields(cls))

    @classmethod
    def required(cls) -> frozenset[str]:
        """The variables that it must set."""
        return frozenset(each.metadata["name"] for each in fields(cls) if each.default is MISSING)

    @classmethod
    def of_executions(cls) -> frozenset[str]:
        """The variables that the pipeline's action must add for each execution."""
        added = (each for each in fields(cls) if each.metadata["of_execution"] and each.default is MISSING)
        return frozenset(each.metadata["name"] for each in added)

    def of_project(self) -> dict[str, str]:
        """The variables of the build project or the function."""
        return self._environment(of_execution=False)

    def of_execution(self) -> dict[str, str]:
        """The variables that the pipeline's action adds for each execution."""
        return self._environment(of_execution=True)

    def _environment(self, *, of_execution: bool) -> dict[str, str]:
        values = {each.metadata["name"]: getattr(self, each.name) for each in _fields(self, of_execution=of_execution)}
        return {name: _text(value) for name, value in values.items() if value is not None}


def _fields(variables: Variables, *, of_execution: bool) -> list[Any]:
    return [each for each in fields(variables) if each.metadata["of_execution"] is of_execution]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(each: Any, kind: str, environment: Mapping[str, str]) -> Any:
    name = each.metadata["name"]
    text = environment.get(name, "")
    if not text:
        if each.default is MISSING:
            raise HandOverError(f"The environment variable {name} is not set. The stack sets it for this step.")
        return None
    try:
        return _READERS[next(known for known in _READERS if known in kind)](text)
    except ValueError as error:
        raise HandOverError(f"The environment variable {name} is {text!r}: {error}.") from error


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("it is neither true nor false")
    return text == "true"


def _number(text: str) -> float:
    found = number(text)
    if found is None:
        raise ValueError("it is no number")
    return found


def _whole(text: str) -> int:
    found = _number(text)
    if not found.is_integer():
        raise ValueError("it is no whole number")
    return int(found)


#: By the field's type. ``str`` comes last: each type's name is searched for in the text of the annotation.
_READERS: Mapping[str, Any] = {"bool": _boolean, "int": _whole, "float": _number, "str": str}


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
class PredictVariables(Variables):
    """What may be asked stands in ``door.json`` beside the function's handler (``handover/door.py``)."""

    endpoint: str = variable("ENDPOINT_NAME")
    #: The version of the package that the endpoint serves; of two that compete, the challenger's.
    release: int = variable("RELEASE")
    #: The package with which the release competes, or NO_CHAMPION. None if releases do not compete.
    champion_arn: str | None = optional("CHAMPION_PACKAGE_ARN")
    #: Whether programs need an API key besides.
    partners: bool | None = optional("PARTNERS")
    #: The data bucket, if answers need an object of it (``Door.reads``).
    bucket: str | None = optional("DATA_BUCKET")
    #: The hosts from which an image may be fetched, separated by commas. None: no address is taken.
    image_hosts: str | None = optional("IMAGE_HOSTS")
    #: Of the page, whose scripts may read answers (CORS). None: of no page.
    page_origin: str | None = optional("PAGE_ORIGIN")


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
