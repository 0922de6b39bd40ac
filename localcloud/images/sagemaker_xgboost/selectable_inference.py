"""``SAGEMAKER_INFERENCE_OUTPUT``: an answer has what the variable lists, instead of the model's plain number.

From the container's source (github.com/aws/sagemaker-xgboost-container, ``algorithm_mode/serve_utils.py``).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import recordio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Prediction = Mapping[str, Any]

JSON, JSON_LINES = "application/json", "application/jsonlines"

_NUMBER = ("predicted_score",)
_CLASS = ("predicted_label", "labels", "raw_score", "raw_scores")
_PROBABILITY = (*_CLASS, "probability", "probabilities")
#: What a model of the objective has to say.
_KNOWN = {
    **dict.fromkeys(("reg:squarederror", "reg:logistic", "reg:gamma", "reg:absoluteerror", "reg:tweedie"), _NUMBER),
    **dict.fromkeys(("binary:logitraw", "binary:hinge", "multi:softmax"), _CLASS),
    **dict.fromkeys(("binary:logistic", "multi:softprob"), _PROBABILITY),
}
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Selection:
    """``classes``: how many the model knows, 0 where it has not been told."""

    keys: tuple[str, ...]
    objective: str
    classes: int

    @classmethod
    def of(cls, listed: str, objective: str, classes: int) -> Selection:
        """``listed``: the variable's value."""
        return cls(tuple(listed.replace(" ", "").lower().split(",")), objective, classes)

    def answer(self, predictions: NDArray[Any], accept: str) -> bytes:
        """The encoded answer to all rows; ValueError for an objective or a format that cannot be selected from."""
        if self.objective not in _KNOWN:
            raise ValueError(f"Objective `{self.objective}` unsupported for selectable inference predictions.")
        return encoded([self._of_row(row) for row in predictions], self.keys, accept)

    def _of_row(self, row: NDArray[Any]) -> dict[str, Any]:
        """A key that a model of the objective has no value for is NaN."""
        return {key: self._value(key, row) if key in _KNOWN[self.objective] else math.nan for key in self.keys}

    def _value(self, key: str, row: NDArray[Any]) -> Any:
        if key == "predicted_label":
            return self._label(row)
        if key == "labels":
            return self._labels()
        if key == "predicted_score":
            return row.item()
        several = key.endswith("s")
        if self.objective == "multi:softprob":
            return row.tolist() if several else row.max().item()
        return [1.0 - row.item(), row.item()] if several else row.item()

    def _label(self, row: NDArray[Any]) -> float:
        if self.objective == "multi:softprob":
            return int(np.argmax(row))
        if self.objective in {"binary:logistic", "binary:logitraw"}:
            return int(row.item() > (_EVEN if self.objective == "binary:logistic" else 0))
        found: float = row.item()
        return found

    def _labels(self) -> list[int]:
        return [0, 1] if self.objective.startswith("binary:") else list(range(self.classes))


def encoded(predictions: Sequence[Prediction], keys: Sequence[str], accept: str) -> bytes:
    if accept == JSON:
        return json.dumps({"predictions": predictions}).encode()
    if accept == JSON_LINES:
        return "".join(json.dumps(each) + "\n" for each in predictions).encode()
    if accept == recordio.CONTENT_TYPE:
        return recordio.write(recordio.Record({}, _tensors(each)) for each in predictions)
    if accept == "text/csv":
        return "\n".join(",".join(_cell(each[key]) for key in keys) for each in predictions).encode()
    raise ValueError(f"Cannot encode selected predictions into accept type '{accept}'.")


def _tensors(prediction: Prediction) -> dict[str, recordio.Tensor]:
    return {key: recordio.Tensor(np.array(value, "<f4", ndmin=1)) for key, value in prediction.items()}


def _cell(value: Any) -> str:
    return f'"{value}"' if isinstance(value, list) else str(value)
