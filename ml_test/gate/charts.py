"""The report's charts: inline SVG in the page's colours, narrow enough for a phone."""

from __future__ import annotations

import textwrap
from html import escape
from math import floor, log10
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ml_test.gate.intervals import Estimate

    #: (name, value with its interval, floor or ceiling, class) of each.
    Figures = Sequence[tuple[str, Estimate, float | None, str]]

WIDTH = 360
LEFT, RIGHT = 124, 350
ROW = 26
#: The longest line of a name, left of the chart.
CHARACTERS = 19
STARTS = (0.0, 0.25, 0.5, 0.75)
ROUND_DIGITS = (1.0, 2.0, 2.5, 5.0)
BINS = 40
BAR_HEIGHT = 70
SQUARE = 220
LEFT_OF_SQUARE = 40
LEFT_OF_LINES = 64
LINES_TOP, LINES_HEIGHT = 4, 120
#: The classes of lines; from the third on they look alike, and their names tell them apart when they are pointed at.
STROKES = ("first", "faint", "dashed")
#: Beside a line's sample, below the chart.
LONGEST_NAME = 44


def interval_charts(figures: Figures) -> str:
    """Each figure with its interval and its limit, on a line of its own.

    Figures in [0, 1] share an axis. It ends at 1 and starts at 0.75, 0.5, 0.25 or 0, so that it shows all of them.
    Every other figure has an axis of its own.
    """
    shares = [figure for figure in figures if all(0 <= value <= 1 for value in _values(figure))]
    others = [figure for figure in figures if figure not in shares]
    least = min((value for figure in shares for value in _values(figure)), default=0.0)
    start = max(tick for tick in STARTS if tick <= max(least, 0))
    charts = [_interval_chart(shares, start, 1.0)] if shares else []
    return "".join([*charts, *(_interval_chart([figure], *_axis(_values(figure))) for figure in others)])


def _values(figure: tuple[str, Estimate, float | None, str]) -> list[float]:
    """The values of a figure that its axis must show."""
    _, estimate, limit, _ = figure
    return [estimate.low, estimate.value, estimate.high, *([] if limit is None else [limit])]


def _axis(values: Sequence[float]) -> tuple[float, float]:
    """Start and end of an axis that shows 0 and all values in four round steps."""
    low, high = min(0.0, *values), max(0.0, *values)
    power = floor(log10((high - low) / 4))
    for step in (digit * 10.0**exponent for exponent in (power, power + 1) for digit in ROUND_DIGITS):
        start = step * floor(low / step)
        if start + 4 * step >= high:
            return start, start + 4 * step
    raise ValueError(f"no axis shows {values}")


def _interval_chart(figures: Figures, start: float, end: float) -> str:
    height = ROW * (len(figures) + 1)

    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - start) / (end - start)

    ticks = "".join(_tick(x(tick), f"{tick:g}", height) for tick in np.linspace(start, end, 5).round(4).tolist())
    lines = "".join(_figure(row, x, *figure) for row, figure in enumerate(figures))
    return _svg(height, "Figures with their 95 % intervals and floors", ticks + lines)


def gain_chart(
    gains: Sequence[tuple[str, Mapping[str, float], str]],
    margin: float,
    *,
    label: str,
    judged: int | None = None,
    points: bool = False,
) -> str:
    """Differences, (name, gain, class) each, with their intervals. The left side is worse.

    The dashed line is the margin. It crosses the first ``judged`` rows: all of them if None, none if 0. ``points``: the
    axis is in percentage points.
    """
    marked = len(gains) if judged is None else judged
    reach = (
        max(margin * 1.5 if marked else 0.0, *(abs(gain[end]) for _, gain, _ in gains for end in ("low", "high")))
        * 1.05
    )
    height = ROW * (len(gains) + 1) + 8

    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value + reach) / (2 * reach)

    step = _round_below(reach * 0.9)
    unit, factor = (" points", 100) if points else ("", 1)
    marks = (
        _tick(x(0), "equal", height)
        + _tick(x(-step), f"-{step * factor:g}", height)
        + _tick(x(step), f"+{step * factor:g}{unit}", height)
        + f"<text class='faint' x='{LEFT}' y='{height + 12}'>← worse</text>"
        + f"<text class='faint' x='{RIGHT}' y='{height + 12}' text-anchor='end'>better →</text>"
    )
    if marked:
        at = f"x1='{x(-margin):.1f}' x2='{x(-margin):.1f}'"
        marks += f"<line class='margin' {at} y1='0' y2='{ROW * marked}'/>"
    lines = "".join(
        f"<g class='{state}'><title>{escape(name)}</title>"
        f"{_label(name, ROW * row + 17)}"
        f"<line class='interval' x1='{x(gain['low']):.1f}' x2='{x(gain['high']):.1f}' "
        f"y1='{ROW * row + 13}' y2='{ROW * row + 13}'/>"
        f"<circle cx='{x(gain['value']):.1f}' cy='{ROW * row + 13}' r='4'/></g>"
        for row, (name, gain, state) in enumerate(gains)
    )
    return _svg(height + 16, label, marks + lines)


def _round_below(value: float) -> float:
    """The greatest round number that is not above this positive one."""
    power = floor(log10(value))
    return max(
        step
        for step in (digit * 10.0**exponent for exponent in (power - 1, power) for digit in ROUND_DIGITS)
        if step <= value
    )


def histogram(series: Sequence[tuple[str, Sequence[float]]], *, unit: str) -> str:
    """Histograms on one scale. The highest 1 % of the values share the last bar, so outliers do not stretch it."""
    top = max(1e-9, *(float(np.percentile(values, 99)) for _, values in series))
    parts = [_bars(place, name, values, top) for place, (name, values) in enumerate(series)]
    height = len(series) * (BAR_HEIGHT + 18)
    axis = (
        f"<text x='10' y='{height + 14}'>0</text><text x='{WIDTH - 10}' y='{height + 14}' "
        f"text-anchor='end'>{top:.1f} {escape(unit)} or more</text>"
    )
    return _svg(height + 20, "Latency of the requests", "".join(parts) + axis)


def reliability(bins: Sequence[Mapping[str, float]]) -> str:
    """The probability answered (x) and the share that came true (y), with Wilson's intervals."""
    points = "".join(
        f"<g class='passed'><line class='interval' x1='{_across(entry['answered'])}' x2='{_across(entry['answered'])}' "
        f"y1='{_up(entry['low'])}' y2='{_up(entry['high'])}'/>"
        f"<circle cx='{_across(entry['answered'])}' cy='{_up(entry['came'])}' r='4'/></g>"
        for entry in bins
    )
    label = "Calibration: answered probability against what came true"
    return _square(label, points, across="answered probability", up="came true")


def roc_chart(curves: Mapping[str, Sequence[Sequence[float]]], decided: Sequence[float]) -> str:
    """The ROC curves by the models' names, the new model's first, and the point of the decisions that are made."""
    lines = "".join(
        f"<polyline class='curve{' faint' if place else ''}' "
        f"points='{' '.join(f'{_across(x)},{_up(y)}' for x, y in curve)}'><title>{escape(name)}</title></polyline>"
        for place, (name, curve) in enumerate(curves.items())
    )
    dot = f"<g class='passed'><circle cx='{_across(decided[0])}' cy='{_up(decided[1])}' r='4'/></g>"
    names = "".join(
        f"<line class='curve{' faint' if place else ''}' x1='{LEFT_OF_SQUARE + SQUARE + 8}' "
        f"x2='{LEFT_OF_SQUARE + SQUARE + 22}' y1='{12 + 16 * place}' y2='{12 + 16 * place}'/>"
        f"<text x='{LEFT_OF_SQUARE + SQUARE + 26}' y='{16 + 16 * place}'>{escape(name)}</text>"
        for place, name in enumerate(curves)
    )
    return _square("ROC curve", lines + dot + names, across="false alarms", up="found")


def line_chart(lines: Sequence[tuple[str, int, Sequence[float]]], *, label: str) -> str:
    """Values in their order, (name, count, values) each, on one scale. ``count``: of how many the values are left."""
    low = min(min(values) for _, _, values in lines)
    high = max(max(values) for _, _, values in lines)
    last = max(count for _, count, _ in lines)
    left, top, bottom, width = LEFT_OF_LINES, LINES_TOP, LINES_TOP + LINES_HEIGHT, RIGHT - LEFT_OF_LINES

    def points(count: int, values: Sequence[float]) -> str:
        step = width * (count - 1) / (last - 1) / (len(values) - 1)
        ups = [(value - low) / (high - low) if high > low else 0.5 for value in values]
        return " ".join(f"{left + step * place:.1f},{bottom - LINES_HEIGHT * up:.1f}" for place, up in enumerate(ups))

    drawn = (
        f"<rect class='frame' x='{left}' y='{top}' width='{width}' height='{LINES_HEIGHT}'/>"
        f"<text x='{left - 4}' y='{top + 8}' text-anchor='end'>{high:.4g}</text>"
        f"<text x='{left - 4}' y='{bottom}' text-anchor='end'>{low:.4g}</text>"
        f"<text x='{left}' y='{bottom + 16}'>first value</text>"
        f"<text x='{RIGHT}' y='{bottom + 16}' text-anchor='end'>value {last:,}</text>"
    )
    for number, (name, count, values) in enumerate(lines):
        kind, y = f"curve {STROKES[min(number, len(STROKES) - 1)]}", bottom + 32 + 16 * number
        drawn += (
            f"<polyline class='{kind}' points='{points(count, values)}'><title>{escape(name)}</title></polyline>"
            f"<line class='{kind}' x1='{left}' x2='{left + 14}' y1='{y}' y2='{y}'/>"
            f"<text x='{left + 20}' y='{y + 4}'>{escape(_short(name))}</text>"
        )
    return _svg(bottom + 26 + 16 * len(lines), label, drawn)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _across(share: float) -> str:
    return f"{LEFT_OF_SQUARE + SQUARE * share:.1f}"


def _up(share: float) -> str:
    return f"{SQUARE * (1 - share):.1f}"


def _square(label: str, content: str, *, across: str, up: str) -> str:
    """Two shares against each other, with the line on which they are equal."""
    left, size = LEFT_OF_SQUARE, SQUARE
    corner = f"x1='{left}' y1='{size}' x2='{left + size}' y2='0'"
    frame = f"<rect class='frame' x='{left}' y='0' width='{size}' height='{size}'/><line class='margin' {corner}/>"
    words = (
        f"<text x='{left}' y='{size + 16}'>0</text><text x='{left + size}' y='{size + 16}' text-anchor='end'>1</text>"
        f"<text x='{left + size / 2}' y='{size + 16}' text-anchor='middle'>{escape(across)}</text>"
        f"<text x='{left - 6}' y='12' text-anchor='end'>1</text>"
        f"<text x='{left - 6}' y='{size}' text-anchor='end'>0</text>"
        f"<text x='{left - 8}' y='{size / 2}' text-anchor='middle' "
        f"transform='rotate(-90 {left - 8} {size / 2})'>{escape(up)}</text>"
    )
    return _svg(size + 22, label, frame + content + words)


def _figure(
    row: int, x: Callable[[float], float], name: str, estimate: Estimate, limit: float | None, state: str
) -> str:
    y = ROW * row + ROW / 2
    mark = (
        ""
        if limit is None
        else (f"<line class='floor' x1='{x(limit):.1f}' x2='{x(limit):.1f}' y1='{y - 8}' y2='{y + 8}'/>")
    )
    return (
        f"<g class='{state}'><title>{escape(name)}</title>{_label(name, y + 4)}"
        f"<line class='interval' x1='{x(estimate.low):.1f}' x2='{x(estimate.high):.1f}' y1='{y}' y2='{y}'/>"
        f"<circle cx='{x(estimate.value):.1f}' cy='{y}' r='4'/>{mark}</g>"
    )


def _bars(place: int, name: str, values: Sequence[float], top: float) -> str:
    counts, _ = np.histogram(np.minimum(values, top), bins=BINS, range=(0, top))
    step, peak = (WIDTH - 20) / BINS, max(int(counts.max()), 1)
    base = (place + 1) * (BAR_HEIGHT + 18)
    bars = "".join(
        f"<rect class='bar' x='{10 + number * step:.1f}' width='{step - 1:.1f}' "
        f"y='{base - BAR_HEIGHT * count / peak:.1f}' height='{BAR_HEIGHT * count / peak:.1f}'/>"
        for number, count in enumerate(counts)
        if count
    )
    ground = f"<line class='grid' x1='10' x2='{WIDTH - 10}' y1='{base}' y2='{base}'/>"
    return f"<text x='10' y='{base - BAR_HEIGHT - 4}'>{escape(name)}</text>{ground}{bars}"


def _tick(x: float, text: str, height: int) -> str:
    return (
        f"<line class='grid' x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='{height - ROW + 6}'/>"
        f"<text x='{x:.1f}' y='{height - 4}' text-anchor='middle'>{escape(text)}</text>"
    )


def _label(name: str, y: float) -> str:
    """A row's name, on one or two lines; the rest is cut."""
    lines = textwrap.wrap(name, CHARACTERS, max_lines=2, placeholder="…") or [""]
    tops = (y,) if len(lines) == 1 else (y - 6, y + 6)
    return "".join(f"<text x='0' y='{top:g}'>{escape(line)}</text>" for top, line in zip(tops, lines, strict=True))


def _svg(height: float, label: str, content: str) -> str:
    return f"<svg viewBox='0 0 {WIDTH} {height:g}' role='img' aria-label='{escape(label)}'>{content}</svg>"
