"""What a model's answers depend on: how much worse they are once the values of a column are dealt out to other rows.

This is permutation importance (Breiman 2001, "Random Forests"). It is shown and judges nobody. A column may show none
because another one says the same, or because it matters to other rows than these.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from handover.invocations import NoAnswer
from ml_test.gate.chance import chance_of
from ml_test.gate.gains import Pair, gains
from ml_test.gate.intervals import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Dealt:
    """Some test rows, in which one column has the values of others of them.

    places: the rows' places among the test rows, rising. requests, answers: one for each place; no answers before the
    model was asked. An answer that never came is a ``NoAnswer``.
    """

    column: str
    places: tuple[int, ...]
    requests: tuple[str, ...]
    answers: tuple[str, ...] = ()


def deal(requests: Sequence[str], columns: Sequence[str], rules: Rules) -> list[Dealt]:
    """The rows to ask for each column, chosen at random.

    requests: rows of ``columns``, values separated by commas. None for rankings, of which a part of the rows would be
    another one, and for requests of one column, such as a text.
    """
    count = min(rules.load.dealt, len(requests))
    if count < 2 or len(columns) < 2 or rules.answers.grouped_by:
        return []
    drawn = chance_of(requests)
    places = tuple(sorted(drawn.sample(range(len(requests)), count)))
    rows = [requests[place].split(",") for place in places]
    found = []
    for number, column in enumerate(columns):
        values = drawn.sample([row[number] for row in rows], count)
        dealt = (",".join([*row[:number], value, *row[number + 1 :]]) for row, value in zip(rows, values, strict=True))
        found.append(Dealt(column=column, places=places, requests=tuple(dealt)))
    return found


def importance(evidence: Evidence, rules: Rules) -> list[dict[str, Any]]:
    """Each column with its gain, as JSON values: below 0 where the answers are worse. The most important come first.

    The metric is that of the comparison. Rows that were not answered are left out.
    """
    found = []
    for each in evidence.dealt:
        pair = _pair(evidence, each, rules)
        if len(pair.challenger) and rules.answers.untested(pair.challenger) is None:
            (gain,) = gains(pair, rules.compared[:1], confidence=CONFIDENCE, seed=evidence.seed)
            found.append({"column": each.column, **asdict(gain)})
    return sorted(found, key=lambda entry: (entry["value"], entry["column"]))


def _pair(evidence: Evidence, dealt: Dealt, rules: Rules) -> Pair[Any]:
    """The model's answers to the rows as they are, and as they were dealt."""
    answers = {
        place: answer
        for place, answer in zip(dealt.places, dealt.answers, strict=True)
        if not any(isinstance(text, NoAnswer) for text in (answer, evidence.answers[place]))
    }
    mask = np.zeros(len(evidence.requests), dtype=bool)
    mask[list(answers)] = True
    asked = evidence.where(mask)
    kind, reader = rules.answers, evidence.readers.challenger
    return Pair(
        champion=asked.read(kind, asked.answers, reader),
        challenger=asked.read(kind, list(answers.values()), reader),
    )
