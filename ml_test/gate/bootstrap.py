"""The stratified bootstrap with BCa intervals (Efron 1987), for all figures of the same rows in one pass.

A figure is a small function of sums over rows: a mean is a sum over a count, macro-F1 comes from the counts of a
confusion matrix. So a resample is a row of weights (how often each test row was drawn), the sums of all figures in all
resamples are one product of matrices, and leaving a row out is a subtraction. Each true label is drawn by itself: a
resample has as many rows of each as the test set.
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
# So many resamples at least must lie outside each end of an interval, or that end is an accident of the draw.
TAIL_RESAMPLES = 10
#: Weights that are drawn at a time: they fit a processor's cache.
CHUNK_CELLS = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """parts: what each row adds to the sums, shape (sums, rows). of: sums of shape (sums, n) → figures, (n,)."""

    parts: Numbers
    of: Callable[[Numbers], Numbers]

    @property
    def value(self) -> float:
        """The figure of the rows as they are."""
        return float(self.of(self.parts.sum(axis=1, keepdims=True))[0])

    def without_each_row(self) -> Numbers:
        """Shape (rows,): the jackknife."""
        return self.of(self.parts.sum(axis=1, keepdims=True) - self.parts)


def intervals(
    figures: Mapping[str, Figure], truth: NDArray[np.int64], *, confidences: Sequence[float], seed: int
) -> dict[str, list[Bounds]]:
    """Each figure's BCa intervals, one for each confidence. ``truth``: each row's stratum, shape (rows,)."""
    if not figures:
        return {}
    tails = [(1 - confidence) / 2 for confidence in confidences]
    resamples = max(RESAMPLES, ceil(TAIL_RESAMPLES / min(tails)))
    order = np.argsort(truth, kind="stable")
    strata = [int(count) for count in np.bincount(truth) if count]
    # 64 bits: the last bits of a sum depend on the order of adding, and so on the machine; the report must not
    parts = np.concatenate([figure.parts for figure in figures.values()])[:, order]
    sums = np.concatenate([drawn @ parts.T for drawn in weights(strata, resamples, seed=seed)])
    found, start = {}, 0
    for name, figure in figures.items():
        end = start + len(figure.parts)
        resampled = figure.of(sums[:, start:end].T)
        found[name] = [bca(figure.value, resampled, figure.without_each_row(), tail=tail) for tail in tails]
        start = end
    return found


def weights(strata: Sequence[int], resamples: int, *, seed: int) -> Iterator[Numbers]:
    """Resamples in chunks, each of shape (some, rows); rows stand by stratum."""
    generator = np.random.default_rng(seed)
    chunk = max(1, CHUNK_CELLS // max(sum(strata), 1))
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        yield np.concatenate([_drawn(generator, count, rows) for rows in strata], axis=1)


def _drawn(generator: np.random.Generator, count: int, rows: int) -> Numbers:
    """Shape (count, rows): how often each row was drawn."""
    places = generator.integers(0, rows, size=(count, rows)) + rows * np.arange(count)[:, None]
    return np.bincount(places.ravel(), minlength=count * rows).reshape(count, rows).astype(float)


def bca(value: float, drawn: Numbers, jackknife: Numbers, *, tail: float) -> Bounds:
    """Percentiles of the resamples, corrected for bias (their median beside the value) and for skewness."""
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
