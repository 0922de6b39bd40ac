"""The spec of a workload, as frozen types. The registry in ``workloads.py`` consists of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from handover.aws_images import XGBOOST, Image
from handover.data import LEARNED
from handover.invocations import CSV, Invocation
from handover.names import StackKind, camel, dashed
from handover.places import BUNDLE, FEATURES, MODELS, jobs_code

#: The name of a folder, a Python package and a Glue database; with dashes, of SageMaker resources (63 characters).
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """The data step makes the features itself: they are the values of the rows."""

    #: How training gets a row, so that the gate can read back what a model learned: a kind of ml_init/training_rows.py.
    training_rows: str = "values"
    #: What training reads besides rows: the channels of ``[[pretrained]]`` in dataset.toml.
    side_channels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Glue:
    """A Spark job makes the features. Its script is ``ml_init/<workload>/transform.py``."""

    glue_version: str
    worker_type: str
    workers: int
    timeout_minutes: int
    #: pip requirements that Glue installs before the script starts.
    python_modules: tuple[str, ...] = ()
    #: What the script writes for training besides rows: the names of channels, such as ``auxiliary`` for a vocabulary.
    side_channels: tuple[str, ...] = ()
    #: How the crawler gets the rows: ``csv`` under a header, or ``json``, an object a line, for data with text.
    rows: Literal["csv", "json"] = "csv"
    #: As for ``Plain``: what the script writes for training.
    training_rows: str = "ranks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Minutes:
    """Time limits of the steps' builds."""

    build: int = 10
    data: int = 30
    train: int = 60
    gate: int = 30
    approve: int = 10
    verify: int = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedAnswers:
    """The expected share of one answer among PROD's answers. A release outside this band behaves differently.

    ``threshold``: the endpoint answers with a probability, which counts as the label from this value on.
    """

    label: str
    threshold: float | None = None
    at_least: float = 0.0
    at_most: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.at_least < self.at_most <= 1 or (self.at_least, self.at_most) == (0, 1):
            raise ValueError(f"The band from {self.at_least} to {self.at_most} is no part of the shares from 0 to 1.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """A door: an API in front of PROD's endpoint, with a page for people. ``[api]`` in gatehouse.toml says who calls.

    ``image_hosts``: of a workload that takes images, the hosts from which one may be fetched by its address.
    """

    image_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A model with its own pipeline and endpoints; ``name`` is its folder in ml_init, ml_training and ml_test.

    Stack names contain it: ``car_evaluation`` → ``CarEvaluationPipeline``. Raises ValueError for another spelling.
    """

    name: str
    #: How the features are made.
    data: Plain | Glue = Plain()
    #: How the endpoint is invoked.
    invocation: Invocation = CSV
    #: The images of its training jobs and of its endpoints' containers.
    images: tuple[Image, ...] = (XGBOOST,)
    #: Guards on PROD besides errors and latency. Empty if nobody knows what PROD will be asked.
    watches: tuple[ExpectedAnswers, ...] = ()
    #: Where callers without permissions on the endpoint ask PROD. Empty: nowhere, and there is no stack ``…Api``.
    doors: tuple[Api, ...] = ()
    minutes: Minutes = Minutes()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _LONGEST_NAME:
            raise ValueError(
                f"The workload name {self.name!r} is not lower-case words joined by underscores, such as"
                f" car_evaluation, of {_LONGEST_NAME} characters at the most."
            )
        if len(self.doors) > 1:
            raise ValueError(f"The workload {self.name} has {len(self.doors)} doors; there is one address for one.")

    def stack_name(self, kind: StackKind) -> str:
        """``car_evaluation`` → ``CarEvaluationPipeline``: stack names take no underscores."""
        return f"{self.camel_name}{kind}"

    @property
    def camel_name(self) -> str:
        return camel(self.name)

    @property
    def dashed_name(self) -> str:
        """The name for SageMaker, whose names take no underscores."""
        return dashed(self.name)

    def endpoint_name(self, kind: StackKind) -> str:
        """``car-evaluation-prod``. A physical name, because callers and policies name it before it exists."""
        return f"{self.dashed_name}-{kind.lower()}"

    @property
    def function_name(self) -> str:
        """``car-evaluation-predict``. A physical name, because roles and the log group name it before it exists."""
        return f"{self.dashed_name}-predict"

    @property
    def api(self) -> Api | None:
        """The API, if the workload has a door."""
        return self.doors[0] if self.doors else None

    @property
    def glue(self) -> Glue | None:
        """The Spark job, if one makes the features."""
        return self.data if isinstance(self.data, Glue) else None

    @property
    def code_prefixes(self) -> tuple[str, ...]:
        """Where the data bucket holds the programs that training jobs bring; none if their images have them."""
        return (jobs_code(self.name),) if any(image.runs_scripts for image in self.images) else ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The folders of the features that training reads."""
        return (*LEARNED, *self.data.side_channels)

    @property
    def artifact_prefixes(self) -> tuple[str, ...]:
        """Where the data bucket holds the artifacts that a model package names, including Spark's transformations."""
        return (f"{FEATURES}*/{BUNDLE}", MODELS) if self.glue else (MODELS,)
