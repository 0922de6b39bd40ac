"""Which training jobs of a tuning job end early. A job's curve holds its values of the objective, one an epoch.

In curves less is better, whatever the objective's type.
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Hyperband keeps one job in three at each rung, as its authors propose (Li et al. 2018).
_REDUCTION = 3


class Stopping(Protocol):
    def stops(self, number: int, curve: Sequence[float], completed: Sequence[Sequence[float]]) -> bool:
        """Whether the job ends after the curve's last epoch. Asked once for each epoch, in their order.

        ``number``: the job's among the tuning job's, from 0. ``completed``: the curves of jobs that ran to their end.
        """


class Median:
    """TrainingJobEarlyStoppingType Auto ("How Early Stopping Works" of the developer guide).

    A job ends if its objective is worse than the median of the earlier jobs' running averages up to the same epoch.
    """

    def stops(self, _number: int, curve: Sequence[float], completed: Sequence[Sequence[float]]) -> bool:
        epoch = len(curve)
        averages = [statistics.fmean(other[:epoch]) for other in completed if len(other) >= epoch]
        return bool(averages) and curve[-1] > statistics.median(averages)


@dataclass(slots=True)
class Hyperband:
    """Asynchronous successive halving in several brackets, which differ in the epochs before their first rung.

    At a rung, a job goes on if it is in the best third of those that came so far in its bracket. A job ends after
    ``most`` epochs at the latest.
    """

    least: int
    most: int
    _seen: dict[tuple[int, int], list[float]] = field(default_factory=dict)

    def bracket_of(self, number: int) -> int:
        """Bracket 0 has the earliest rung and the most jobs, so that it halves often enough; it is filled first."""
        count, epochs = 1, self.least * _REDUCTION
        while epochs < self.most:
            count, epochs = count + 1, epochs * _REDUCTION
        sizes = [math.ceil(count * _REDUCTION**halvings / (halvings + 1)) for halvings in reversed(range(count))]
        place = number % sum(sizes)
        return next(bracket for bracket, end in enumerate(itertools.accumulate(sizes)) if place < end)

    def stops(self, number: int, curve: Sequence[float], _completed: Sequence[Sequence[float]]) -> bool:
        epoch, bracket = len(curve), self.bracket_of(number)
        if epoch > self.most:
            return True
        if epoch == self.most or not self._is_rung(epoch, bracket):
            return False
        seen = self._seen.setdefault((bracket, epoch), [])
        seen.append(curve[-1])
        kept = max(len(seen) // _REDUCTION, 1)
        return bool(curve[-1] > sorted(seen)[kept - 1])

    def _is_rung(self, epoch: int, bracket: int) -> bool:
        rung: int = self.least * _REDUCTION**bracket
        while rung < epoch:
            rung *= _REDUCTION
        return rung == epoch
