"""What a batch transform does with each record: InputFilter, JoinSource, OutputFilter.

From "Associate Prediction Results with Input Records" of the developer guide. A CSV row is an array of texts; a joined
row is the input followed by the answer. A joined JSON object gets the answer as ``SageMakerOutput``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.service import Params

LONGEST = 63
CSV = "text/csv"
JSON = frozenset({"application/json", "application/jsonlines"})
_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][\w-]*)"
    r"|\.?\[\s*(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\s*\]"
    r"|\.?\[\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*\]"
    r"|\.?\[\s*(?P<places>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\.?\[\s*(?P<all>\*)\s*\]|\.(?P<star>\*)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """Names or places: one gives its value, several an object or an array. ``span`` and ``all`` give arrays."""

    names: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    span: slice | None = None
    all: bool = False

    @property
    def many(self) -> bool:
        return self.all or self.span is not None or len(self.places) > 1

    def of(self, value: Any) -> Any:
        """Raises LookupError or TypeError where the value has no such part."""
        if self.names:
            if not isinstance(value, dict):
                raise TypeError(f"{type(value).__name__} has no names")
            return value[self.names[0]] if len(self.names) == 1 else {name: value[name] for name in self.names}
        if self.all and isinstance(value, dict):
            return list(value.values())
        if not isinstance(value, list):
            raise TypeError(f"{type(value).__name__} is no array")
        if self.all:
            return value
        if self.span is not None:
            return value[self.span]
        return value[self.places[0]] if len(self.places) == 1 else [value[place] for place in self.places]


@dataclass(frozen=True, slots=True)
class JsonPath:
    text: str
    steps: tuple[_Step, ...]

    @classmethod
    def parse(cls, name: str, text: str) -> JsonPath:
        """Raises AwsError for what is not in the part of JSONPath that SageMaker takes. ``name``: whose it is."""
        text = text or "$"
        if len(text) > LONGEST:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{text}' at 'dataProcessing.{name}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {LONGEST}",
            )
        steps, at = [], 1
        while at < len(text) and (found := _STEP.match(text, at)):
            steps.append(_step(found))
            at = found.end()
        if not text.startswith("$") or at < len(text):
            raise AwsError(
                "ValidationException",
                f"DataProcessing.{name} {text!r} is no JSONPath that SageMaker takes: it begins with $, and goes on "
                "with .name, ['name','name'], [index,index], [start:end] or *.",
            )
        return cls(text, tuple(steps))

    def of(self, record: Any) -> Any:
        """Raises EngineError where the record has no such part."""
        try:
            return _walk(record, self.steps)
        except (LookupError, TypeError) as error:
            raise EngineError(f"ClientError: {self.text} finds nothing in a record: {error}") from error

    @property
    def whole(self) -> bool:
        return not self.steps


def _walk(value: Any, steps: Sequence[_Step]) -> Any:
    for place, step in enumerate(steps):
        value = step.of(value)
        if step.many and steps[place + 1 :]:
            return [_walk(each, steps[place + 1 :]) for each in value]
    return value


def _step(found: re.Match[str]) -> _Step:
    if found["name"]:
        return _Step(names=(found["name"],))
    if found["names"]:
        return _Step(names=tuple(re.findall(r"'([^']*)'", found["names"])))
    if found["places"]:
        return _Step(places=tuple(int(place) for place in found["places"].split(",")))
    if found["all"] or found["star"]:
        return _Step(all=True)
    return _Step(span=slice(*(int(end) if end else None for end in (found["start"], found["end"]))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Processing:
    """DataProcessing of a transform job whose input has this content type."""

    content_type: str
    input: JsonPath
    output: JsonPath
    join: bool

    @classmethod
    def of(cls, params: Params) -> Processing | None:
        """Of a request for a job; None if records stay as they are. Raises AwsError for what does not go together."""
        given = params.get("DataProcessing") or {}
        found = cls(
            content_type=(params["TransformInput"].get("ContentType") or "").partition(";")[0].strip().lower(),
            input=JsonPath.parse("inputFilter", given.get("InputFilter", "$")),
            output=JsonPath.parse("outputFilter", given.get("OutputFilter", "$")),
            join=given.get("JoinSource", "None") == "Input",
        )
        if found.input.whole and found.output.whole and not found.join:
            return None
        found._check(params)
        return found

    def _check(self, params: Params) -> None:
        if self.content_type != CSV and self.content_type not in JSON:
            raise AwsError(
                "ValidationException",
                f"DataProcessing takes inputs in CSV and JSON format only, and not ContentType {self.content_type!r}.",
            )
        split = params["TransformInput"].get("SplitType", "None")
        lines, whole = split == "Line", self.content_type == "application/json" and split == "None"
        if not lines and not whole:
            raise AwsError(
                "ValidationException",
                "DataProcessing needs the SplitType Line, or one JSON document in a file and the SplitType None.",
            )
        if lines and params["TransformOutput"].get("AssembleWith", "None") != "Line":
            raise AwsError("ValidationException", "DataProcessing of lines needs AssembleWith Line.")

    def request(self, record: bytes) -> bytes:
        """The part of a record that the model gets."""
        return record if self.input.whole else self._written(self.input.of(self._read(record)))

    def answers(self, records: Sequence[bytes], body: bytes, content_type: str) -> list[bytes]:
        """The output of each record of a request; raises EngineError where the answer has another number of them."""
        kind = content_type.partition(";")[0].strip().lower()
        if (kind == CSV) != (self.content_type == CSV):
            raise EngineError(f"ClientError: the input is {self.content_type}, and the answer {kind}: they cannot join")
        one = len(records) == 1 and kind == "application/json"
        lines = [body] if one else body.removesuffix(b"\n").split(b"\n")
        if len(lines) != len(records):
            raise EngineError(
                f"ClientError: Fail to join data: mismatched line count between the input ({len(records)}) and the "
                f"output ({len(lines)})"
            )
        return [self._output(*pair) for pair in zip(records, lines, strict=True)]

    def _output(self, record: bytes, line: bytes) -> bytes:
        answer = self._read(line)
        if self.join:
            answer = self._joined(self._read(record), answer)
        return self._written(self.output.of(answer))

    def _joined(self, record: Any, answer: Any) -> Any:
        if self.content_type == CSV:
            return [*record, *answer]
        if isinstance(record, dict):
            return {**record, "SageMakerOutput": answer}
        return {"SageMakerInput": record, "SageMakerOutput": answer}

    def _read(self, record: bytes) -> Any:
        try:
            text = record.decode()
            if self.content_type == CSV:
                return next(csv.reader([text]), [])
            return json.loads(text)
        except ValueError as error:
            raise EngineError(f"ClientError: a record is not {self.content_type}: {error}") from error

    def _written(self, value: Any) -> bytes:
        if self.content_type != CSV:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        row = io.StringIO()
        csv.writer(row, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return row.getvalue().encode()
