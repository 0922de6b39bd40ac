"""The stratified bootstrap with BCa intervals (Efron 1987), for all figures of the same rows in one pass.

A figure is a small function of sums over rows: a mean is a sum divided by a count, macro-F1 follows from the counts of
a confusion matrix. A resample is therefore a row of weights (how often each test row was drawn), one matrix product
gives the sums of all figures in all resamples, and a subtraction leaves a row out. Each stratum is drawn separately: a
resample has as many of its rows as the test set.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Bounds = tuple[float, float]

RESAMPLES = 2_000
# At least so many resamples must lie outside each end of an interval; with fewer, the end depends on the draw.
TAIL_RESAMPLES = 10
#: The number of weights that are drawn at a time. They fit into a processor's cache.
CHUNK_CELLS = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """parts: what each row adds to the sums, shape (sums, rows). of: from sums, shape (sums, n), to figures, (n,)."""

    parts: Numbers
    of: Callable[[Numbers], Numbers]

    @property
    def value(self) -> float:
        """The figure of the test rows themselves."""
        return float(self.of(self.parts.sum(axis=1, keepdims=True))[0])

    def without_each_row(self) -> Numbers:
        """The jackknife: for each row, the figure of all other rows. Shape (rows,)."""
        return self.of(self.parts.sum(axis=1, keepdims=True) - self.parts)


def intervals(
    figures: Mapping[str, Figure], strata: NDArray[np.int64], *, confidences: Sequence[float], seed: int
) -> dict[str, list[Bounds]]:
    """Each figure's BCa intervals, one for each confidence. strata: each row's stratum, shape (rows,)."""
    if not figures:
        return {}
    tails = [(1 - confidence) / 2 for confidence in confidences]
    resamples = max(RESAMPLES, ceil(TAIL_RESAMPLES / min(tails)))
    order = np.argsort(strata, kind="stable")
    counts = [int(count) for count in np.bincount(strata) if count]
    # 64 bits, because the last bits of a sum depend on the machine's order of adding, and the report must not.
    parts = np.concatenate([figure.parts for figure in figures.values()])[:, order]
    sums = np.concatenate([drawn @ parts.T for drawn in weights(counts, resamples, seed=seed)])
    found, start = {}, 0
    for name, figure in figures.items():
        end = start + len(figure.parts)
        resampled = figure.of(sums[:, start:end].T)
        found[name] = [bca(figure.value, resampled, figure.without_each_row(), tail=tail) for tail in tails]
        start = end
    return found


def weights(counts: Sequence[int], resamples: int, *, seed: int) -> Iterator[Numbers]:
    """Resamples in chunks of shape (some, rows). counts: the rows of each stratum, which stand side by side."""
    generator = np.random.default_rng(seed)
    chunk = max(1, CHUNK_CELLS // max(sum(counts), 1))
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        yield np.concatenate([_drawn(generator, count, rows) for rows in counts], axis=1)


def _drawn(generator: np.random.Generator, count: int, rows: int) -> Numbers:
    """Shape (count, rows): how often each row was drawn."""
    places = generator.integers(0, rows, size=(count, rows)) + rows * np.arange(count)[:, None]
    return np.bincount(places.ravel(), minlength=count * rows).reshape(count, rows).astype(float)


def bca(value: float, drawn: Numbers, jackknife: Numbers, *, tail: float) -> Bounds:
    """Percentiles of the resamples, corrected for bias (the distance of their median from the value) and skewness."""
    below = float((drawn < value).mean() + (drawn == value).mean() / 2)
    edge = 1 / (2 * len(drawn))
    bias = float(ndtri(min(max(below, edge), 1 - edge)))
    spread = jackknife.mean() - jackknife
    scale = float((spread**2).sum()) ** 1.5
    skewness = float((spread**3).sum()) / (6 * scale) if scale > 0 else 0.0
    levels = []
    for side in (-1, 1):
        shifted = bias + side * float(-ndtri(tail))
        levels.append(float(ndtr(bias + shifted / (1 - skewness * shifted))))
    low, high = np.quantile(drawn, levels)
    return min(float(low), value), max(float(high), value)
