"""How a workload learns and the containers of its endpoint, from its ``training.toml``.

A workload without one gets the defaults for a table with two labels, or with more.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from handover.data import TRAIN, VALIDATION
from handover.datasets import tables_in
from handover.errors import FileFault
from handover.nearness import did_you_mean
from ml_steps.running import StepError
from ml_steps.strict import Fault, read_files, read_kind, read_table, refuse_unknown, table, tables
from ml_training import hyperparameters
from ml_training.containers import CONTAINERS, ModelContainer, uri_of
from ml_training.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from handover.data import Features
    from ml_training.containers import ContainerKind

FOLDER = Path(__file__).parent
DEFAULTS = "defaults"
#: SageMaker's limit of a training job: 28 days.
_LONGEST_SECONDS = 28 * 86_400


class Algorithm(Protocol):
    """The learning algorithm. Each kind is a class here, and an entry in ``ALGORITHMS``."""

    def image(self, region: str, instance_type: str) -> str:
        """The URI of the training image in a region."""

    def source(self, folder: Path) -> Source | None:
        """The program that a job brings, of the workload in this folder; None if its image has one. StepError."""

    def check(self, objective: Objective, metrics: Sequence[Metric]) -> None:
        """Fault if the job would not measure the objective."""

    def check_hyperparameters(
        self, given: Mapping[str, Any], of_data: Mapping[str, str], tuning: Tuning | None
    ) -> None:
        """Fault for one that the algorithm does not know, does not take, or misses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A folder with a program. ``entry`` and ``requirements`` are files in it."""

    folder: Path
    entry: str
    requirements: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltIn:
    """One of SageMaker's built-in algorithms, by its name in the SDK's tables."""

    #: Its name in the SDK's tables, such as ``xgboost``.
    name: str
    #: Its version in the SDK's tables.
    version: str

    def image(self, region: str, instance_type: str) -> str:
        del instance_type
        return uri_of(self.name, self.version, region)

    def source(self, folder: Path) -> Source | None:
        del folder
        return None

    def check(self, objective: Objective, metrics: Sequence[Metric]) -> None:
        """It measures by itself, and says what when it is asked for a metric that it does not know."""

    def check_hyperparameters(
        self, given: Mapping[str, Any], of_data: Mapping[str, str], tuning: Tuning | None
    ) -> None:
        hyperparameters.check(self.name, self.version, given, of_data, tuning)


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script of one's own, ``ml_training/<workload>/code/<entry>``, in the image of a framework.

    framework, version, python: as the SDK's tables know them, such as ``tensorflow``, ``2.21.0``, ``py312``; no python
    where a version has one alone. A ``requirements.txt`` beside the script is installed for the job; best as a lock
    with hashes.
    """

    #: As the SDK's tables know it, such as ``tensorflow``.
    framework: str
    #: As the SDK's tables know it, such as ``2.21.0``.
    version: str
    #: As the SDK's tables know it, such as ``py312``; none where a version has one alone.
    python: str | None = None
    #: The script, in the folder ``code`` beside this file.
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

    def check(self, objective: Objective, metrics: Sequence[Metric]) -> None:
        known = [metric.name for metric in metrics]
        if objective.metric not in known:
            close = did_you_mean(objective.metric, known)
            said = f"a script's objective is one of its [[metrics]]: {', '.join(known) or 'there are none'}{close}"
            raise Fault(f"[objective] metric = {objective.metric!r}: {said}", ("objective",), "metric")

    def check_hyperparameters(
        self, given: Mapping[str, Any], of_data: Mapping[str, str], tuning: Tuning | None
    ) -> None:
        """Which there are, the script alone knows."""


ALGORITHMS: Mapping[str, type[Any]] = {"built-in": BuiltIn, "script": Script}


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """What a script says of itself: ``regex`` finds the value in its output, as the first group."""

    #: What SageMaker calls the metric.
    name: str
    #: A regular expression whose first group is the value.
    regex: str

    def __post_init__(self) -> None:
        try:
            found = re.compile(self.regex)
        except re.error as error:
            raise ValueError(f"regex = {self.regex!r} is no regular expression: {error}") from error
        if not found.groups:
            raise ValueError(f"regex = {self.regex!r}: expected a group, such as ([0-9.]+), that is the value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """The metric, under SageMaker's name, that measures a model on the validation rows."""

    #: The metric, under SageMaker's name.
    metric: str
    #: Whether less or more of it is better.
    direction: Literal["minimize", "maximize"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The instances, and how long they may run."""

    #: One that gatehouse.toml allows.
    instance_type: str
    #: The disk of each instance.
    volume_gb: int
    #: After this time the job is stopped; 28 days at the most.
    max_runtime_seconds: int
    #: How many instances learn one model together.
    instance_count: int = 1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", self.instance_type):
            raise ValueError(f"instance_type = {self.instance_type!r}: expected one such as ml.m5.large")
        for name in ("volume_gb", "max_runtime_seconds", "instance_count"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: expected a number of 1 or above")
        if self.max_runtime_seconds > _LONGEST_SECONDS:
            raise ValueError(f"max_runtime_seconds = {self.max_runtime_seconds}: SageMaker allows {_LONGEST_SECONDS}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """The data that the objective can learn from."""

    #: How many labels the objective can learn; any number if nothing is said.
    label_count: int | None = None

    def __post_init__(self) -> None:
        if self.label_count is not None and self.label_count < 2:
            raise ValueError(f"label_count = {self.label_count}: expected a number of 2 or above")


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
class Channels:
    """The algorithm's names of the channels in which it takes each split."""

    #: The channel of the training rows.
    train: str = TRAIN
    #: The channel of the validation rows.
    validation: str = VALIDATION


def _of_data(document: Mapping[str, Any]) -> Mapping[str, str]:
    found = table(document.get("of_data", {}), "of_data")
    for name, fact in found.items():
        if fact not in tuple(OF_DATA):
            close = did_you_mean(fact, OF_DATA)
            raise Fault(f"[of_data] {name} = {fact!r}: expected {' or '.join(OF_DATA)}{close}", found, name)
    return found


def _hyperparameters(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Texts, numbers, true and false: SageMaker takes each as a text."""
    found = table(document.get("hyperparameters", {}), "hyperparameters")
    for name, value in found.items():
        if not isinstance(value, str | int | float):
            expected = "expected a text, a number, or true or false"
            raise Fault(f"[hyperparameters] {name} = {value!r}: {expected}", found, name)
    return found


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
        return cls.read(FOLDER / cls.file_of(FOLDER, workload, len(features.labels)))

    @staticmethod
    def file_of(folder: Path, workload: str, label_count: int) -> str:
        """The file in a project's folder ``ml_training`` that holds for a workload."""
        own = f"{workload}/training.toml"
        if (folder / own).is_file():
            return own
        return f"{DEFAULTS}/{'two_labels.toml' if label_count == 2 else 'more_labels.toml'}"

    @classmethod
    def read(cls, path: Path) -> Self:
        """StepError with file and line, the key and the allowed values for any fault in the file."""
        try:
            return cls.of_text(path.read_text(), str(path))
        except FileFault as fault:
            raise StepError(str(fault)) from fault

    @classmethod
    def of_text(cls, text: str, file: str, check: Callable[[Self], None] = lambda _: None) -> Self:
        """The text of the file of this name. FileFault as for ``read``, and for a Fault that ``check`` finds."""
        return read_files({file: text}, tables_in(text, file), lambda document: cls._parse(document, check))

    @classmethod
    def _parse(cls, document: Mapping[str, Any], check: Callable[[Self], None] = lambda _: None) -> Self:
        refuse_unknown(document, _TABLES)
        of_data = _of_data(document)
        tuning = Tuning.parse(document["tuning"]) if "tuning" in document else None
        if both := sorted(of_data.keys() & (tuning.ranges.keys() if tuning else ())):
            raise Fault(
                f"[tuning.ranges] {both[0]} is set by the data ([of_data]), so it cannot be tuned",
                ("tuning", "ranges"),
                both[0],
            )
        algorithm = read_kind(ALGORITHMS, document.get("algorithm", {}), "algorithm")
        objective = read_table(Objective, document.get("objective", {}), "objective")
        metrics = tuple(
            read_table(Metric, entry, "metrics") for entry in tables(document.get("metrics", []), "metrics")
        )
        algorithm.check(objective, metrics)
        given = _hyperparameters(document)
        algorithm.check_hyperparameters(given, of_data, tuning)
        training = cls(
            algorithm=algorithm,
            objective=objective,
            job=read_table(Job, document.get("job", {}), "job"),
            hyperparameters=given,
            of_data=of_data,
            label_count=read_table(Data, document.get("data", {}), "data").label_count,
            metrics=metrics,
            channels=asdict(read_table(Channels, document.get("channels", {}), "channels")),
            containers=tuple(
                read_kind(CONTAINERS, entry, "containers")
                for entry in tables(document.get("containers", [{"kind": "model"}]), "containers")
            ),
            tuning=tuning,
        )
        check(training)
        return training

    def hyperparameters_for(self, features: Features) -> dict[str, Any]:
        """All hyperparameters, with those that the data set; StepError if the objective cannot learn from the data."""
        if self.label_count is not None and len(features.labels) != self.label_count:
            raise StepError(
                f"training.toml learns {self.label_count} labels ([data] label_count), but the data have "
                f"{', '.join(features.labels)}."
            )
        return {**self.hyperparameters, **{name: OF_DATA[fact](features) for name, fact in self.of_data.items()}}
