"""From the endpoint's answer to the API's: one function for each kind of answer (``handover.door.Gives``)."""

from __future__ import annotations

import heapq
import json
import math
from typing import TYPE_CHECKING, Any

from refusals import RefusedError, bad_answer

from handover.door import MOST_RANKED, Door, Gives
from handover.errors import HandOverError
from handover.invocations import Invocation, ManyRows, invocation
from handover.plain_text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shown import Shown


class Answering:
    """Reads the answers of one door's endpoint."""

    def __init__(self, door: Door, shown: Shown) -> None:
        self._door = door
        self._how: Invocation = invocation(door.invocation)
        self._shown = shown
        self._read = {
            Gives.LABEL: self._label,
            Gives.PROBABILITY: self._probability,
            Gives.CLASSES: self._classes,
            Gives.TOPICS: self._topics,
            Gives.RANKED: self._ranked,
        }[door.gives]

    def answer(self, body: bytes) -> dict[str, Any]:
        """The members that the answer has. RefusedError with 502 for what the model should not have said."""
        return self._read(body)

    def _label(self, body: bytes) -> dict[str, Any]:
        """The label, and the probabilities if the model tells them beside it."""
        label = self._how.answer(body)
        if label not in self._door.labels:
            raise bad_answer("none of the labels")
        shares = _beside(body, len(self._door.labels))
        return {"label": label, **({"probabilities": self._by_label(shares)} if shares else {})}

    def _probability(self, body: bytes) -> dict[str, Any]:
        share = number(self._how.answer(body))
        if share is None or not 0 <= share <= 1:
            raise bad_answer("no probability")
        event = self._door.event
        other = next(label for label in self._door.labels if label != event)
        decided = event if share >= (self._door.threshold or 0.0) else other
        return {"label": decided, "probabilities": {event: share, other: 1 - share}}

    def _classes(self, body: bytes) -> dict[str, Any]:
        shares = _numbers(_json(self._how.answer(body)))
        if len(shares) != len(self._door.labels):
            raise bad_answer(f"{len(shares)} probabilities for {len(self._door.labels)} labels")
        found = self._by_label(shares)
        return {"label": max(found, key=lambda label: found[label]), "probabilities": found}

    def _topics(self, body: bytes) -> dict[str, Any]:
        """The heaviest first. A topic's number is its place in the model, from 1."""
        weights = [number(weight) for weight in self._how.answer(body).split(",")]
        heaviest = sorted(((weight, place) for place, weight in enumerate(weights) if weight is not None), reverse=True)
        if len(heaviest) < len(weights):
            raise bad_answer("no topic weights")
        return {
            "topics": [
                {"topic": place + 1, "weight": weight, "words": self._shown.words(place)} for weight, place in heaviest
            ]
        }

    def _ranked(self, body: bytes) -> dict[str, Any]:
        ranked = self._door.ranked
        if ranked is None or not isinstance(self._how, ManyRows):
            raise TypeError(f"The invocation {self._door.invocation} cannot rank.")
        try:
            found = [number(score) for score in self._how.answers(body)]
        except HandOverError:
            raise bad_answer("no scores") from None
        scores = [score for score in found if score is not None]
        if not len(scores) == len(found) == ranked["high"] - ranked["low"] + 1:
            raise bad_answer(f"{len(found)} scores, or one that is no number")
        best = heapq.nlargest(MOST_RANKED, range(len(scores)), key=lambda place: (scores[place], -place))
        return {
            "titles": [
                {
                    "title": self._shown.title(ranked["low"] + place),
                    ranked["name"]: ranked["low"] + place,
                    "score": scores[place],
                }
                for place in best
            ]
        }

    def _by_label(self, shares: Sequence[float]) -> dict[str, float]:
        return dict(zip(self._door.labels, shares, strict=True))


def _beside(body: bytes, labels: int) -> list[float] | None:
    """The probabilities that TensorFlow Serving's prediction has beside its label, if there are so many."""
    try:
        (prediction,) = json.loads(body)["predictions"]
        found = _numbers(prediction["probabilities"])
    except (ValueError, KeyError, TypeError, RecursionError, RefusedError):
        return None
    return found if len(found) == labels else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise bad_answer("no JSON") from None


def _numbers(found: Any) -> list[float]:
    if not isinstance(found, list) or not all(type(each) in (int, float) and 0 <= each <= 1 for each in found):
        raise bad_answer("no list of probabilities")
    return [float(each) for each in found if math.isfinite(each)]
