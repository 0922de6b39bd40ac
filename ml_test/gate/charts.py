"""The report's drawings: small inline SVG in the page's own colours, as wide as a phone."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.intervals import Estimate

WIDTH = 360
LEFT, RIGHT = 110, 350
ROW = 26
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
BINS = 40
BAR_HEIGHT = 90


def interval_chart(figures: Sequence[tuple[str, Estimate, float]]) -> str:
    """A line of its own for each figure in [0, 1]: interval, value and floor."""
    height = ROW * (len(figures) + 1)
    ticks = "".join(
        f"<line class='grid' x1='{_x(tick):.1f}' x2='{_x(tick):.1f}' y1='0' y2='{height - ROW + 6}'/>"
        f"<text x='{_x(tick):.1f}' y='{height - 4}' text-anchor='middle'>{tick:g}</text>"
        for tick in TICKS
    )
    lines = "".join(_figure(row, *figure) for row, figure in enumerate(figures))
    return _svg(height, "Figures with their 95 % intervals and floors", ticks + lines)


def histogram(values: Sequence[float], *, unit: str) -> str:
    """How often which value occurred; the highest 1 % share the last bar, so that one straggler hides nothing."""
    top = max(float(np.percentile(values, 99)), 1e-9)
    counts, _ = np.histogram(np.minimum(values, top), bins=BINS, range=(0, top))
    step = (WIDTH - 20) / BINS
    peak = max(int(counts.max()), 1)
    bars = "".join(
        f"<rect class='bar' x='{10 + place * step:.1f}' width='{step - 1:.1f}' "
        f"y='{BAR_HEIGHT - BAR_HEIGHT * count / peak:.1f}' height='{BAR_HEIGHT * count / peak:.1f}'/>"
        for place, count in enumerate(counts)
    )
    axis = (
        f"<text x='10' y='{BAR_HEIGHT + 16}'>0</text>"
        f"<text x='{WIDTH - 10}' y='{BAR_HEIGHT + 16}' text-anchor='end'>{top:.1f} {escape(unit)} (p99)</text>"
    )
    return _svg(BAR_HEIGHT + 22, "Latency of the requests", bars + axis)


def _figure(row: int, name: str, estimate: Estimate, floor: float) -> str:
    y = ROW * row + ROW / 2
    state = "passed" if estimate.low >= floor else "failed"
    return (
        f"<g class='{state}'><text x='0' y='{y + 4:.1f}'>{escape(name)}</text>"
        f"<line class='interval' x1='{_x(estimate.low):.1f}' x2='{_x(estimate.high):.1f}' y1='{y}' y2='{y}'/>"
        f"<circle cx='{_x(estimate.value):.1f}' cy='{y}' r='4'/>"
        f"<line class='floor' x1='{_x(floor):.1f}' x2='{_x(floor):.1f}' y1='{y - 8}' y2='{y + 8}'/></g>"
    )


def _x(value: float) -> float:
    return LEFT + (RIGHT - LEFT) * value


def _svg(height: int, label: str, content: str) -> str:
    return f"<svg viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{escape(label)}'>{content}</svg>"
