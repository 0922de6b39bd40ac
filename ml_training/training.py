"""How a workload learns and the containers of its endpoint, from its ``training.toml``.

A workload without one gets the defaults for a table with two labels, or with more.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from handover.data import TRAIN, VALIDATION
from ml_steps.running import StepError
from ml_steps.strict import read_kind, read_table, refuse_unknown, table, tables
from ml_training.containers import CONTAINERS, ModelContainer
from ml_training.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.data import Features
    from ml_training.containers import ContainerKind

FOLDER = Path(__file__).parent
DEFAULTS = FOLDER / "defaults"


class Algorithm(Protocol):
    """The learning algorithm. Each kind is a class here, and an entry in ``ALGORITHMS``."""

    def image(self, region: str, instance_type: str) -> str:
        """The URI of the training image in a region."""

    def source(self, folder: Path) -> Source | None:
        """The program that a job brings, of the workload in this folder; None if its image has one. StepError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A folder with a program. ``entry`` and ``requirements`` are files in it."""

    folder: Path
    entry: str
    requirements: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltIn:
    """One of SageMaker's built-in algorithms, by its name in the SDK's tables."""

    name: str
    version: str

    def image(self, region: str, instance_type: str) -> str:
        from sagemaker.core import image_uris

        del instance_type
        address: str = image_uris.retrieve(self.name, region, version=self.version)
        return address

    def source(self, folder: Path) -> Source | None:
        del folder
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script of one's own, ``ml_training/<workload>/code/<entry>``, in the image of a framework.

    framework, version, python: as the SDK's tables know them, such as ``tensorflow``, ``2.21.0``, ``py312``; no python
    where a version has one alone. A ``requirements.txt`` beside the script is installed for the job; best as a lock
    with hashes.
    """

    framework: str
    version: str
    python: str | None = None
    entry: str = "train.py"

    CODE: ClassVar[str] = "code"
    REQUIREMENTS: ClassVar[str] = "requirements.txt"

    def image(self, region: str, instance_type: str) -> str:
        from sagemaker.core import image_uris

        address: str = image_uris.retrieve(
            self.framework,
            region,
            version=self.version,
            py_version=self.python,
            instance_type=instance_type,
            image_scope="training",
        )
        return address

    def source(self, folder: Path) -> Source | None:
        code = folder / self.CODE
        if not (code / self.entry).is_file():
            raise StepError(f"training.toml names the script {self.entry}; there is no {code / self.entry}.")
        has_requirements = (code / self.REQUIREMENTS).is_file()
        return Source(folder=code, entry=self.entry, requirements=self.REQUIREMENTS if has_requirements else None)


ALGORITHMS: Mapping[str, type[Any]] = {"built-in": BuiltIn, "script": Script}


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """What a script says of itself: ``regex`` finds the value in its output, as the first group."""

    name: str
    regex: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """The metric, under SageMaker's name, that measures a model on the validation rows."""

    metric: str
    direction: Literal["minimize", "maximize"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The instances, and how long they may run."""

    instance_type: str
    volume_gb: int
    max_runtime_seconds: int
    instance_count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Data:
    """The data that the objective can learn from. ``label_count``: None for any."""

    label_count: int | None = None


_TABLES = (
    "algorithm",
    "objective",
    "job",
    "hyperparameters",
    "of_data",
    "data",
    "channels",
    "metrics",
    "containers",
    "tuning",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Channels:
    """The algorithm's names of the channels in which it takes each split."""

    train: str = TRAIN
    validation: str = VALIDATION


#: Hyperparameters that depend on the data: name in training.toml → value from the features.
OF_DATA: Mapping[str, Any] = {
    "label_count": lambda features: len(features.labels),
    "labels": lambda features: list(features.labels),
    "features": lambda features: list(features.features),
    "width": lambda features: features.width,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """A training.toml.

    of_data: hyperparameter → the property of the data that sets it, one of ``OF_DATA``. label_count: the number of
    labels that the objective supports; None: any. channels: a split → the algorithm's name of the channel in which it
    takes it, where that is another one. metrics: a script's own. containers: the endpoint's, in the order in which they
    are called. tuning: what is tuned if tuning is on; None: nothing can be.
    """

    algorithm: Algorithm
    objective: Objective
    job: Job
    hyperparameters: Mapping[str, Any]
    of_data: Mapping[str, str] = field(default_factory=dict)
    label_count: int | None = None
    metrics: tuple[Metric, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[ContainerKind, ...] = (ModelContainer(),)
    tuning: Tuning | None = None

    @classmethod
    def of_workload(cls, workload: str, features: Features) -> Self:
        """From the workload's folder, or from the defaults for its labels if it has no training.toml."""
        path = FOLDER / workload / "training.toml"
        if not path.is_file():
            path = DEFAULTS / ("two_labels.toml" if len(features.labels) == 2 else "more_labels.toml")
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """StepError with the file, the key and the allowed values for any fault in the file."""
        try:
            return cls._parse(tomllib.loads(path.read_text()))
        except ValueError as error:
            raise StepError(f"{path}: {error}") from error

    @classmethod
    def _parse(cls, document: dict[str, Any]) -> Self:
        refuse_unknown(document, _TABLES)
        of_data = table(document.get("of_data", {}), "of_data")
        for name, fact in of_data.items():
            if fact not in tuple(OF_DATA):
                raise ValueError(f"[of_data] {name} = {fact!r}: expected {' or '.join(OF_DATA)}")
        tuning = Tuning.parse(document["tuning"]) if "tuning" in document else None
        if both := sorted(of_data.keys() & (tuning.ranges.keys() if tuning else ())):
            raise ValueError(f"[tuning.ranges] {both[0]} is set by the data ([of_data]), so it cannot be tuned")
        return cls(
            algorithm=read_kind(ALGORITHMS, document.get("algorithm", {}), "algorithm"),
            objective=read_table(Objective, document.get("objective", {}), "objective"),
            job=read_table(Job, document.get("job", {}), "job"),
            hyperparameters=table(document.get("hyperparameters", {}), "hyperparameters"),
            of_data=of_data,
            label_count=read_table(_Data, document.get("data", {}), "data").label_count,
            metrics=tuple(
                read_table(Metric, entry, "metrics") for entry in tables(document.get("metrics", []), "metrics")
            ),
            channels=asdict(read_table(_Channels, document.get("channels", {}), "channels")),
            containers=tuple(
                read_kind(CONTAINERS, entry, "containers")
                for entry in tables(document.get("containers", [{"kind": "model"}]), "containers")
            ),
            tuning=tuning,
        )

    def hyperparameters_for(self, features: Features) -> dict[str, Any]:
        """All hyperparameters, with those that the data set; StepError if the objective cannot learn from the data."""
        if self.label_count is not None and len(features.labels) != self.label_count:
            raise StepError(
                f"training.toml learns {self.label_count} labels ([data] label_count), but the data have "
                f"{', '.join(features.labels)}."
            )
        return {**self.hyperparameters, **{name: OF_DATA[fact](features) for name, fact in self.of_data.items()}}
