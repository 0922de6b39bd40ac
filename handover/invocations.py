"""How an endpoint is invoked: the content type, and how a row of the data set becomes a request.

One class for each kind. The registry has a workload's invocation; the steps, scripts and functions use it. A variable
carries it as the kind's name and, after a colon, what else it must know. A new kind is a class here and an entry in
``KINDS``.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from handover.errors import HandOverError
from handover.plain_text import lines, number, without_line_break

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NoAnswer(str):
    """Stands in the place of an answer that never came; its text is the cause. Only who asked makes one, no model."""

    __slots__ = ()


class Invocation(Protocol):
    """What every caller of an endpoint must know."""

    name: ClassVar[str]

    @property
    def content_type(self) -> str: ...

    @property
    def accept(self) -> str: ...

    @classmethod
    def of(cls, parameters: str) -> Self:
        """From the text after the kind's name. ValueError if it does not fit."""

    @property
    def parameters(self) -> str:
        """The text of which ``of`` makes an equal one; empty if there is nothing to know."""

    def body(self, row: str) -> bytes:
        """The request for one row of the data set: its features, joined by commas."""

    def answer(self, body: bytes) -> str:
        """The answer to one row."""


@runtime_checkable
class ManyRows(Protocol):
    """An invocation whose requests may hold several rows: for callers who do not time a single one."""

    most_rows: ClassVar[int]

    def batch(self, rows: Sequence[str]) -> bytes:
        """The request for several rows."""

    def answers(self, body: bytes) -> list[str]:
        """The answers to the rows of a request, in their order. HandOverError if they cannot be told apart."""


@runtime_checkable
class OfFile(Protocol):
    """An invocation whose request may be a file as it is."""

    def row_of(self, content: bytes) -> str:
        """The row of the data set that is this file. ValueError if it cannot be one."""

    def type_of(self, content: bytes) -> str:
        """The content type of a request that is this file."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """The request is the row itself; the answer is one line, with or without its line break.

    For models whose first container takes one row of a request, such as SparkML's.
    """

    name: ClassVar[str] = "csv-row"
    content_type: ClassVar[str] = "text/csv"
    accept: ClassVar[str] = "text/csv"
    parameters: ClassVar[str] = ""

    @classmethod
    def of(cls, parameters: str) -> Self:
        _refuse_parameters(parameters)
        return cls()

    def body(self, row: str) -> bytes:
        return row.encode()

    def answer(self, body: bytes) -> str:
        return without_line_break(body.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class CsvRows(CsvRow):
    """Each line of the request is a row; the answer has a line for each."""

    most_rows: ClassVar[int] = 100
    name: ClassVar[str] = "csv"

    def batch(self, rows: Sequence[str]) -> bytes:
        return "\n".join(rows).encode()

    def answers(self, body: bytes) -> list[str]:
        return [self.answer(line.encode()) for line in lines(body.decode(errors="replace")) if line]


@dataclass(frozen=True, slots=True)
class ClassesCsvRows(CsvRows):
    """Each line of the answer has the labels' probabilities, and becomes a JSON list."""

    name: ClassVar[str] = "csv-classes"

    def answer(self, body: bytes) -> str:
        """``[0.1,0.9]``, also where the line has the brackets already. What has no comma is given as it came."""
        line = without_line_break(body.decode(errors="replace"))
        return line if line.startswith("[") or "," not in line else f"[{line}]"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The request is an image; a row has it as base64 text. The answer is a JSON list of probabilities."""

    name: ClassVar[str] = "image"
    accept: ClassVar[str] = "application/json"

    #: Of requests that are no image of a known type: ``image/png`` or ``image/jpeg``.
    content_type: str

    @classmethod
    def of(cls, parameters: str) -> Self:
        if parameters not in _IMAGE_TYPES:
            raise ValueError(f"it needs {' or '.join(_IMAGE_TYPES)}, and has {parameters!r}")
        return cls(parameters)

    @property
    def parameters(self) -> str:
        return self.content_type

    def body(self, row: str) -> bytes:
        """HandOverError for a row that is no base64 text."""
        try:
            return base64.b64decode(row, validate=True)
        except ValueError as error:
            raise HandOverError(f"The row {row[:40]!r}… is no image in base64.") from error

    def row_of(self, content: bytes) -> str:
        if not content.startswith(tuple(_IMAGE_TYPES.values())):
            raise ValueError(f"it begins with {content[:8]!r}, expected {' or '.join(_IMAGE_TYPES)}")
        return base64.b64encode(content).decode()

    def type_of(self, content: bytes) -> str:
        known = (kind for kind, start in _IMAGE_TYPES.items() if content.startswith(start))
        return next(known, self.content_type)

    def answer(self, body: bytes) -> str:
        return without_line_break(body.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class TensorRow:
    """TensorFlow Serving's rows: the request is one instance of numbers, the answer one output of its prediction.

    ``output``: the output's name in the signature, of which the first value counts; empty if the signature has one.
    """

    most_rows: ClassVar[int] = 100

    output: str = ""
    name: ClassVar[str] = "tensorflow-row"
    content_type: ClassVar[str] = "application/json"
    accept: ClassVar[str] = "application/json"

    @classmethod
    def of(cls, parameters: str) -> Self:
        return cls(parameters)

    @property
    def parameters(self) -> str:
        return self.output

    def body(self, row: str) -> bytes:
        """HandOverError for a row that is not numbers joined by commas."""
        return self.batch([row])

    def batch(self, rows: Sequence[str]) -> bytes:
        """As ``body``."""
        instances = [[number(value) for value in row.split(",")] for row in rows]
        for row, values in zip(rows, instances, strict=True):
            if None in values:
                raise HandOverError(f"The row {row[:200]!r} is not numbers joined by commas.")
        return json.dumps({"instances": instances}).encode()

    def answer(self, body: bytes) -> str:
        """The output as text. What is no prediction of it is given as it came: no gate takes it for a label."""
        try:
            (found,) = self.answers(body)
        except ValueError:
            return body.decode(errors="replace")
        return found

    def answers(self, body: bytes) -> list[str]:
        text = body.decode(errors="replace")
        try:
            predictions = json.loads(text)["predictions"]
            found = [prediction[self.output] if self.output else prediction for prediction in predictions]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise HandOverError(f"The answer has no predictions of {self.output or 'rows'}: {text[:200]!r}") from error
        return [value if isinstance(value, str) else json.dumps(value) for value in found]


@dataclass(frozen=True, slots=True)
class TextJson:
    """The row is one text, which goes to a SparkML container as JSON; the answer is the topics' weights, by commas."""

    name: ClassVar[str] = "text-json"
    content_type: ClassVar[str] = "application/json"
    accept: ClassVar[str] = "application/json"
    parameters: ClassVar[str] = ""

    @classmethod
    def of(cls, parameters: str) -> Self:
        _refuse_parameters(parameters)
        return cls()

    def body(self, row: str) -> bytes:
        return json.dumps({"data": [row]}).encode()

    def answer(self, body: bytes) -> str:
        """The weights as the endpoint wrote them; the whole answer if it has none, so that a reader sees what came."""
        text = body.decode(errors="replace")
        try:
            (prediction,) = json.loads(text, parse_float=str, parse_int=str)["predictions"]
            weights = prediction["topic_weights"]
        except (ValueError, KeyError, TypeError):
            return text
        return ",".join(weights) if all(isinstance(weight, str) for weight in weights) else text


#: How the files of each type begin.
_IMAGE_TYPES: Mapping[str, bytes] = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


@dataclass(frozen=True, slots=True)
class OneHotJson:
    """For factorization machines: the request is a sparse record in JSON, the answer its score.

    sizes: of each column, how many values it has: the whole numbers from 1 on. Each value is a feature of its own, and
    the columns' features follow each other, as the training rows ``one-hot`` write them.
    """

    name: ClassVar[str] = "one-hot-json"
    content_type: ClassVar[str] = "application/json"
    accept: ClassVar[str] = "application/json"
    most_rows: ClassVar[int] = 100

    sizes: tuple[int, ...]

    @classmethod
    def of(cls, parameters: str) -> Self:
        sizes = [int(size) if size.isascii() and size.isdecimal() else 0 for size in parameters.split(",")]
        if not all(sizes):
            raise ValueError(f"it takes the sizes of its columns, such as 943,1682, and has {parameters!r}")
        return cls(tuple(sizes))

    @property
    def parameters(self) -> str:
        return ",".join(map(str, self.sizes))

    def body(self, row: str) -> bytes:
        """HandOverError for a row that is not of these columns."""
        return self.batch([row])

    def batch(self, rows: Sequence[str]) -> bytes:
        """As ``body``."""
        return json.dumps({"instances": [{"data": {"features": self._features(row)}} for row in rows]}).encode()

    def answer(self, body: bytes) -> str:
        """The score as the endpoint wrote it; the whole answer if it has no score, so that a reader sees what came."""
        try:
            (score,) = self.answers(body)
        except ValueError:
            return body.decode(errors="replace")
        return score

    def answers(self, body: bytes) -> list[str]:
        text = body.decode(errors="replace")
        try:
            scores = [each["score"] for each in json.loads(text, parse_float=str, parse_int=str)["predictions"]]
        except (ValueError, KeyError, TypeError) as error:
            raise HandOverError(f"The answer has no predictions with scores: {text[:200]!r}") from error
        if not all(isinstance(score, str) for score in scores):
            raise HandOverError(f"The answer has a score that is no number: {text[:200]!r}")
        return scores

    def _features(self, row: str) -> dict[str, Any]:
        values, keys, start = row.split(","), [], 0
        if len(values) != len(self.sizes):
            raise HandOverError(f"The row {row!r} has {len(values)} values, expected {len(self.sizes)}.")
        for value, size in zip(values, self.sizes, strict=True):
            found = number(value)
            if found is None or not found.is_integer() or not 1 <= found <= size:
                raise HandOverError(f"The row {row!r} has {value!r}, expected a whole number from 1 to {size}.")
            keys.append(start + int(found) - 1)
            start += size
        return {"keys": keys, "shape": [start], "values": [1.0] * len(keys)}


CSV: Invocation = CsvRows()
CSV_CLASSES: Invocation = ClassesCsvRows()
CSV_ROW: Invocation = CsvRow()
TEXT: Invocation = TextJson()
KINDS: Mapping[str, type[Invocation]] = {
    each.name: each for each in (CsvRow, CsvRows, ClassesCsvRows, ImageFile, TensorRow, OneHotJson, TextJson)
}


def answers_in(text: str, found: Invocation) -> list[str]:
    """The answers to all rows of a captured request. An answer that cannot be told apart is one, as a whole."""
    if not isinstance(found, ManyRows):
        return [found.answer(text.encode())] if text else []
    try:
        return found.answers(text.encode())
    except HandOverError:
        return [text]


def type_of(found: Invocation, body: bytes) -> str:
    """The content type of a request with this body."""
    return found.type_of(body) if isinstance(found, OfFile) else found.content_type


def text_of(found: Invocation) -> str:
    """For a variable: ``csv``, or ``kind:parameters``."""
    return f"{found.name}:{found.parameters}" if found.parameters else found.name


def invocation(text: str) -> Invocation:
    """Raises HandOverError for the name of no kind, or parameters that do not fit."""
    name, _, parameters = text.partition(":")
    if name not in KINDS:
        raise HandOverError(f"There is no invocation {name!r}; known are {', '.join(sorted(KINDS))}.")
    try:
        return KINDS[name].of(parameters)
    except ValueError as error:
        raise HandOverError(f"The invocation {text!r} cannot be: {error}.") from error


def _refuse_parameters(parameters: str) -> None:
    if parameters:
        raise ValueError(f"it takes no parameters, and has {parameters!r}")
