"""``data.json``: the data step's output. Training reads it; the gate derives its test rows by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handover.documents import from_json, member, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA_FILE = "data.json"
TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
#: The splits that a model learns from or is tuned on. Only these are handed on: training cannot read test rows.
LEARNED = (TRAIN, VALIDATION)


@dataclass(frozen=True, kw_only=True, slots=True)
class Transformation:
    """A fitted transformation that the endpoint runs before or after the model.

    ``bundle`` is the S3 URI of an MLeap bundle, ``schema`` the SAGEMAKER_SPARKML_SCHEMA of its container.
    """

    bundle: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SideChannel:
    """What training reads besides rows, such as a vocabulary: the S3 prefix of its files, and their content type."""

    prefix: str
    content_type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """The data that a model learns from. The Glue job writes it as ``result.json``.

    splits: ``train``, ``validation`` → the S3 prefix of its rows, without header.
    content_type: of these rows, such as ``text/csv``.
    rows: each split, the test rows' too → the number of its rows. label_counts: split → label → rows with it.
    labels: in the order of their meaning; empty if the data have none. features: the columns of a request.
    transformations: by name, such as ``preprocess``; empty if a request goes to the model unchanged.
    side_channels: by name, such as ``auxiliary``. width: how many numbers a training row has; None if nobody counted.
    """

    splits: Mapping[str, str]
    content_type: str
    rows: Mapping[str, int]
    label_counts: Mapping[str, Mapping[str, int]]
    labels: tuple[str, ...]
    features: tuple[str, ...]
    transformations: Mapping[str, Transformation] = field(default_factory=dict)
    side_channels: Mapping[str, SideChannel] = field(default_factory=dict)
    width: int | None = None

    def json(self) -> str:
        return to_json(asdict(self))

    @classmethod
    def parse(cls, text: str, name: str = "result.json") -> Features:
        return cls.of(from_json(text, name), name)

    @classmethod
    def of(cls, document: Mapping[str, Any], name: str) -> Features:
        transformations = member(document, "transformations", name)
        return cls(
            splits=member(document, "splits", name),
            content_type=member(document, "content_type", name),
            rows=member(document, "rows", name),
            label_counts=member(document, "label_counts", name),
            labels=tuple(member(document, "labels", name)),
            features=tuple(member(document, "features", name)),
            transformations={key: Transformation(**entry) for key, entry in transformations.items()},
            side_channels={key: SideChannel(**entry) for key, entry in document.get("side_channels", {}).items()},
            width=document.get("width"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """The features and their origin. ``made_by``: what made them, for a person to read, such as a Glue job's run."""

    workload: str
    commit: str
    data_sha256: str
    features: Features
    made_by: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> str:
        return to_json(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Data:
        """Raises HandOverError if something is missing."""
        document = from_json(text, DATA_FILE)
        return cls(
            workload=member(document, "workload", DATA_FILE),
            commit=member(document, "commit", DATA_FILE),
            data_sha256=member(document, "data_sha256", DATA_FILE),
            features=Features.of(member(document, "features", DATA_FILE), DATA_FILE),
            made_by=document.get("made_by", {}),
        )
