"""What a workload is, as frozen types. The registry in ``workloads.py`` is made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handover.invocations import CSV, Invocation
from handover.names import StackKind, camel, dashed
from handover.places import FEATURES, MODELS

#: Folder, Python package, Glue database; without underscores, SageMaker's names, which take 63 characters.
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """The data step makes the features itself: they are the rows' own values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glue:
    """A Spark job makes the features. Its script is ``ml_init/<workload>/transform.py``."""

    glue_version: str
    worker_type: str
    workers: int
    timeout_minutes: int
    #: pip requirements that Glue installs before the script starts.
    python_modules: tuple[str, ...] = ()


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
    """The share that one answer has of what PROD is asked: outside of this band, a release does something else.

    ``threshold``: the endpoint answers a probability, and from this one on it counts as the label.
    """

    label: str
    threshold: float | None = None
    at_least: float = 0.0
    at_most: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.at_least < self.at_most <= 1 or (self.at_least, self.at_most) == (0, 1):
            raise ValueError(f"The band from {self.at_least} to {self.at_most} is no part of the shares from 0 to 1.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A model with its own pipeline and endpoints; ``name`` is its folder in ml_init, ml_training and ml_test.

    Stack names are made of it: ``car_evaluation`` → ``CarEvaluationPipeline``. Raises ValueError for another spelling.
    """

    name: str
    #: What makes the features.
    data: Plain | Glue = Plain()
    #: How the endpoint is asked.
    invocation: Invocation = CSV
    #: What guards PROD besides errors and latency. Empty: nobody knows what PROD will be asked.
    watches: tuple[ExpectedAnswers, ...] = ()
    minutes: Minutes = Minutes()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _LONGEST_NAME:
            raise ValueError(
                f"The workload name {self.name!r} is not lower-case words joined by underscores, such as"
                f" car_evaluation, of {_LONGEST_NAME} characters at the most."
            )

    def stack_name(self, kind: StackKind) -> str:
        """``car_evaluation`` → ``CarEvaluationPipeline``: stack names take no underscores."""
        return f"{self.camel_name}{kind}"

    @property
    def camel_name(self) -> str:
        return camel(self.name)

    @property
    def dashed_name(self) -> str:
        """For SageMaker, whose names take no underscores."""
        return dashed(self.name)

    def endpoint_name(self, kind: StackKind) -> str:
        """``car-evaluation-prod``. A physical name, because callers and policies name it before it exists."""
        return f"{self.dashed_name}-{kind.lower()}"

    @property
    def glue(self) -> Glue | None:
        """The Spark job, if that is what makes the features."""
        return self.data if isinstance(self.data, Glue) else None

    @property
    def artifact_prefixes(self) -> tuple[str, ...]:
        """Where in the data bucket the artifacts lie that a model package names: Spark's transformations are some."""
        return (FEATURES, MODELS) if self.glue else (MODELS,)
