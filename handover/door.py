"""The door of a workload: what a caller may ask of its model, and what the answer says.

Everything is read off dataset.toml, the table ``[answers]`` of gate.toml and the invocation. The stack makes a ``Door``
of them and packages it with the function, as ``door.json``; ``door_schema`` describes it to callers.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping  # noqa: TC003  (part of the types)
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from handover.costs import UNSTATED_COST, threshold_of
from handover.documents import from_json, to_json
from handover.errors import HandOverError
from handover.images import CONTENT_TYPES, format_of

if TYPE_CHECKING:
    from handover.addresses import S3Address

#: The document beside the function's handler.
DOOR_FILE = "door.json"
#: How many values a ranking answers, at the most.
MOST_RANKED = 10


class Asks(StrEnum):
    """What a request consists of."""

    #: An object with a member for each column.
    ROW = "row"
    #: An object with one text.
    TEXT = "text"
    #: An image, as it is or by its address.
    IMAGE = "image"
    #: An object with the value of one column, for which the values of the other one are ranked.
    RANKING = "ranking"


class Gives(StrEnum):
    """What an answer says."""

    LABEL = "label"
    #: The label that a probability stands for, and with a threshold the decision.
    PROBABILITY = "probability"
    #: A probability for each label, in the contract's order.
    CLASSES = "classes"
    TOPICS = "topics"
    RANKED = "ranked"


_GIVES = {
    "labels": Gives.LABEL,
    "probability": Gives.PROBABILITY,
    "classes": Gives.CLASSES,
    "topics": Gives.TOPICS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Frozen facts, in JSON values.

    columns: those of a request, as the tables of dataset.toml have them. ranked: the column that a ranking ranks.
    label: the table [label]; empty without one. event, threshold: of a probability, its label, and from which value on
    that label is the decision. examples: one for each row of dataset.toml, as a request's JSON object; of an image,
    ``{"image/png": "<base64>"}``. titles: the table [titles] of dataset.toml, the file that names what is ranked.
    """

    workload: str
    dataset: str
    licence: str
    invocation: str
    asks: Asks
    gives: Gives
    columns: tuple[Mapping[str, Any], ...]
    ranked: Mapping[str, Any] | None = None
    label: Mapping[str, Any] | None = None
    event: str = ""
    threshold: float | None = None
    examples: tuple[Mapping[str, Any], ...] = ()
    titles: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, workload: str, *, dataset: Mapping[str, Any], gate: Mapping[str, Any], how: str) -> Door:
        """dataset, gate: the tables of dataset.toml and gate.toml; how: the invocation's text.

        Raises HandOverError for columns or answers that no door is known for.
        """
        features, answers = tuple(dataset["features"]), gate["answers"]
        grouped_by = answers.get("grouped_by", "")
        ranked = [each for each in features if grouped_by and each["name"] != grouped_by]
        columns = tuple(each for each in features if each not in ranked)
        asks = _asks(workload, columns, ranked)
        gives = Gives.RANKED if asks is Asks.RANKING else _gives(workload, answers)
        return cls(
            workload=workload,
            dataset=dataset["name"],
            licence=dataset.get("licence", ""),
            invocation=how,
            asks=asks,
            gives=gives,
            columns=columns,
            ranked=ranked[0] if ranked else None,
            label=dataset.get("label"),
            event=answers.get("of", "") if gives is Gives.PROBABILITY else "",
            threshold=_threshold(answers) if gives is Gives.PROBABILITY else None,
            examples=tuple(_example(row, features, columns) for row in dataset.get("examples", ())),
            titles=dataset.get("titles") if ranked else None,
        )

    @classmethod
    def parse(cls, text: str) -> Door:
        """From the text of ``door.json``."""
        document = from_json(text, DOOR_FILE)
        lists = {key: tuple(document[key]) for key in ("columns", "examples")}
        kinds = {"asks": Asks(document["asks"]), "gives": Gives(document["gives"])}
        return cls(**{**document, **lists, **kinds})

    def json(self) -> str:
        """The text of ``door.json``."""
        return to_json(asdict(self))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that an answer may name, in the contract's order."""
        return tuple(self.label["categories"]) if self.label else ()

    def reads(self, bucket: str, release: int | str) -> S3Address | None:
        """The one object of the data bucket that the function reads beside asking the endpoint; None if it needs none.

        release: ``*`` stands for all of them, in a policy.
        """
        from handover.places import raw_file, topic_words  # doors that read no object start without it

        if self.gives is Gives.TOPICS:
            return topic_words(bucket, release)
        return raw_file(bucket, self.titles["sha256"], self.titles["name"]) if self.titles else None

    @property
    def image_types(self) -> tuple[str, ...]:
        """The content types of the images that a request may be; empty if it is none."""
        return tuple(CONTENT_TYPES[each] for column in self.columns for each in column.get("images", ()))


def _asks(workload: str, columns: tuple[Mapping[str, Any], ...], ranked: list[Mapping[str, Any]]) -> Asks:
    special = [key for column in columns for key in ("images", "longest") if key in column]
    if unknown := [column["name"] for column in columns if "dates" in column or column.get("missing")]:
        raise HandOverError(
            f"{workload}: no door is known for dates or missing values, such as those of {unknown[0]}. Take doors=… "
            "out of its entry in stacks/workloads.py."
        )
    if ranked:
        if len(columns) == len(ranked) == 1 and not special:
            return Asks.RANKING
        raise HandOverError(f"{workload}: a ranking has one column to ask by and one to rank.")
    if not special:
        return Asks.ROW
    if len(columns) == 1:
        return Asks.IMAGE if special == ["images"] else Asks.TEXT
    raise HandOverError(f"{workload}: no door is known for an image or a text beside other columns.")


def _gives(workload: str, answers: Mapping[str, Any]) -> Gives:
    if answers["kind"] not in _GIVES:
        raise HandOverError(f"{workload}: no door is known for answers of the kind {answers['kind']!r}.")
    return _GIVES[answers["kind"]]


def _threshold(answers: Mapping[str, Any]) -> float:
    """As the gate decides: by what a missed case and a false alarm cost."""
    costs = answers.get("costs", {})
    missed, false_alarm = (costs.get(key, UNSTATED_COST) for key in ("missed", "false_alarm"))
    return threshold_of(missed=missed, false_alarm=false_alarm)


def _example(
    row: str, features: tuple[Mapping[str, Any], ...], columns: tuple[Mapping[str, Any], ...]
) -> Mapping[str, Any]:
    """A row of dataset.toml as a request."""
    values = [row] if len(features) == 1 else row.split(",")
    if len(values) != len(features):
        raise HandOverError(f"The example {row!r} has {len(values)} values, expected {len(features)}.")
    found = {column["name"]: _value(text, column) for text, column in zip(values, features, strict=True)}
    if "images" in columns[0]:
        kind = format_of(base64.b64decode(row), columns[0]["images"])
        if kind is None:
            raise HandOverError(f"The example {row[:40]!r} is no image of {' or '.join(columns[0]['images'])}.")
        return {CONTENT_TYPES[kind]: row}
    return {column["name"]: found[column["name"]] for column in columns}


def _value(text: str, column: Mapping[str, Any]) -> str | int | float:
    if "low" not in column:
        return text
    return int(text) if is_whole(column) else float(text)


def is_whole(column: Mapping[str, Any]) -> bool:
    """Whether a column of numbers has whole ones alone: both bounds are written so."""
    return type(column["low"]) is type(column["high"]) is int
