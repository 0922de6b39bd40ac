"""FILL: values for the points that a series lacks."""

from __future__ import annotations

import itertools

from localcloud.services.cloudwatch.metric_math.values import Series


def fill(series: Series, filler: str | float | Series) -> Series:
    """``filler``: a number, a series, ``REPEAT`` (the value before), or ``LINEAR`` (on the line across the gap)."""
    if filler == "REPEAT":
        return series.of(_repeated(series.points))
    if filler == "LINEAR":
        return series.of(_interpolated(series.points))
    others = filler.points if isinstance(filler, Series) else (float(filler),) * len(series.points)
    return series.of(other if point is None else point for point, other in zip(series.points, others, strict=True))


def _repeated(points: tuple[float | None, ...]) -> list[float | None]:
    """Before the first value there is nothing to repeat."""
    last: float | None = None
    found: list[float | None] = []
    for point in points:
        last = last if point is None else point
        found.append(last)
    return found


def _interpolated(points: tuple[float | None, ...]) -> list[float | None]:
    """A gap has a beginning and an end: before the first value and after the last one nothing is filled."""
    found = list(points)
    known = [(at, point) for at, point in enumerate(points) if point is not None]
    for (start, low), (end, high) in itertools.pairwise(known):
        for at in range(start + 1, end):
            found[at] = low + (high - low) * (at - start) / (end - start)
    return found
