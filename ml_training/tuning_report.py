"""The report on a tuning job: the best value so far, all trials as parallel coordinates, and a table. Inline SVG."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from handover.plain_text import number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ml_training.tuning_job import Trial, Tuned

WIDTH, HEIGHT = 640, 256
LEFT, RIGHT, TOP, BOTTOM = 56, 620, 24, 200
#: From this ratio of the ends on, an axis is logarithmic.
_LOGARITHMIC = 10
#: From so many axes on, their names stand on two lines by turns.
_MANY_AXES = 5
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff }
svg { width: 100%; height: auto } svg text { font-size: 12px; fill: currentColor }
.axis { stroke: #8a939c } .trial { fill: none; stroke: #4878a8; stroke-opacity: .45 } .dot { fill: #4878a8 }
.best { fill: none; stroke: #b3431e; stroke-width: 2.5 } .dot.best { fill: #b3431e }
table { border-collapse: collapse; width: 100% } td, th { padding: .2rem .6rem; text-align: right }
th { border-bottom: 1px solid #8a939c } tr.best { font-weight: 600 } td:first-child, th:first-child { text-align: left }
@media (prefers-color-scheme: dark) { body { color: #e6e8ea; background: #15181b }
  .trial { stroke: #7fb0e0 } .dot { fill: #7fb0e0 } .best { stroke: #ff9466 } .dot.best { fill: #ff9466 } }
"""


def page(tuned: Tuned, workload: str) -> str:
    """One HTML file without anything from elsewhere."""
    better = "less" if tuned.minimize else "more"
    return "\n".join(
        [
            "<!doctype html><html lang='en'><meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width'>",
            f"<title>Tuning of {escape(workload)}</title><style>{_STYLE}</style>",
            f"<h1>Tuning of {escape(workload)}</h1>",
            f"<p>Tuning job <code>{escape(tuned.job_name)}</code>.",
            f"The objective is <code>{escape(tuned.metric)}</code> on the validation rows: {better} is better.",
            "The test rows had no part in it.</p>",
            "<h2>Best so far</h2>",
            best_so_far(tuned),
            "<h2>All trials</h2><p>A line is a trial, an axis a hyperparameter; the last axis is the objective.</p>",
            parallel_coordinates(tuned),
            "<h2>The trials</h2>",
            _table(tuned),
            "</html>",
        ]
    )


def best_so_far(tuned: Tuned) -> str:
    """The objective of each trial in the order in which they began, and the best of those up to it."""
    scored = [(place, trial.objective) for place, trial in enumerate(tuned.trials) if trial.objective is not None]
    if not scored:
        return "<p>No trial reported the objective.</p>"
    up = _axis([value for _, value in scored])
    across = (RIGHT - LEFT) / max(len(tuned.trials) - 1, 1)

    def x(place: int) -> float:
        return LEFT + across * place

    dots: list[str] = []
    steps: list[str] = []
    best: float | None = None
    for place, value in scored:
        at = BOTTOM - (BOTTOM - TOP) * up(value)
        title = f"<title>trial {place + 1}: {value:.5g}</title>"
        dots.append(f"<circle class='dot' cx='{x(place):.1f}' cy='{at:.1f}' r='4'>{title}</circle>")
        if best is None or (value < best if tuned.minimize else value > best):
            best = value
        height = BOTTOM - (BOTTOM - TOP) * up(best)
        steps.append(f"{'H' if steps else 'M'}{x(place):.1f}{f' V{height:.1f}' if steps else f',{height:.1f}'}")
    values = [value for _, value in scored]
    labels = (
        _text(LEFT - 6, BOTTOM + 4, f"{min(values):.4g}", "end")
        + _text(LEFT - 6, TOP + 4, f"{max(values):.4g}", "end")
        + _text(LEFT, BOTTOM + 22, "trial 1", "start")
        + _text(RIGHT, BOTTOM + 22, f"trial {len(tuned.trials)}", "end")
    )
    line = f"<path class='best' d='{' '.join(steps)}'/>"
    return _svg("The objective of each trial, and the best so far", f"{_upright(LEFT)}{''.join(dots)}{line}{labels}")


def parallel_coordinates(tuned: Tuned) -> str:
    """A line for each trial that reported the objective; the best one on top."""
    scored = [trial for trial in tuned.trials if trial.objective is not None]
    if not scored:
        return ""
    names = [*tuned.values, tuned.metric]
    across = (RIGHT - LEFT) / (len(names) - 1)
    columns = [[_value(trial, name, tuned) for trial in scored] for name in names]
    axes = [_column(texts) for texts in columns]
    ends = [_ends(texts) for texts in columns]
    marks = "".join(
        _upright(LEFT + across * place)
        + _name(LEFT + across * place, BOTTOM + 34 + (place % 2) * 15 * (len(names) >= _MANY_AXES), name)
        + _text(LEFT + across * place, BOTTOM + 18, low, "middle")
        + _text(LEFT + across * place, TOP - 8, high, "middle")
        for place, (name, (low, high)) in enumerate(zip(names, ends, strict=True))
    )
    ordered = sorted(scored, key=lambda trial: trial.job_name == tuned.best.job_name)
    lines = "".join(_line(trial, names, axes, across, tuned) for trial in ordered)
    return _svg("Each trial's hyperparameters and objective", marks + lines)


def table_lines(tuned: Tuned) -> list[str]:
    """The trials for a terminal, the best first."""
    names = list(tuned.values)
    rows = [["", *names, tuned.metric, ""]]
    for trial in _ranked(tuned):
        mark = "*" if trial.job_name == tuned.best.job_name else ""
        values = [_short(trial.values.get(name, "")) for name in names]
        state = "" if trial.status == "Completed" else trial.status
        rows.append([mark, *values, "" if trial.objective is None else f"{trial.objective:.5f}", state])
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _ranked(tuned: Tuned) -> list[Trial]:
    worst = math.inf

    def rank(trial: Trial) -> float:
        if trial.objective is None:
            return worst
        return trial.objective if tuned.minimize else -trial.objective

    return sorted(tuned.trials, key=rank)


def _table(tuned: Tuned) -> str:
    names = list(tuned.values)
    head = "".join(f"<th>{escape(name)}</th>" for name in ("training job", *names, tuned.metric, "state"))
    rows = []
    for trial in _ranked(tuned):
        mark = " class='best'" if trial.job_name == tuned.best.job_name else ""
        objective = "" if trial.objective is None else f"{trial.objective:.5f}"
        cells = (trial.job_name, *(_short(trial.values.get(name, "")) for name in names), objective, trial.status)
        rows.append(f"<tr{mark}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _short(text: str) -> str:
    value = number(text)
    return text if value is None else f"{value:.4g}"


def _value(trial: Trial, name: str, tuned: Tuned) -> str:
    return repr(trial.objective) if name == tuned.metric else trial.values.get(name, "")


def _numbers(texts: Sequence[str]) -> list[float] | None:
    """None for categories."""
    found = [number(text) for text in texts]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def _column(texts: Sequence[str]) -> Callable[[str], float]:
    """From a text to its place on the axis, from 0 to 1."""
    numbers = _numbers(texts)
    if numbers is None:
        categories = sorted(set(texts))
        return lambda text: categories.index(text) / max(len(categories) - 1, 1)
    axis = _axis(numbers)
    return lambda text: axis(number(text) or 0.0)


def _ends(texts: Sequence[str]) -> tuple[str, str]:
    numbers = _numbers(texts)
    if numbers is None:
        return min(texts), max(texts)
    return f"{min(numbers):.4g}", f"{max(numbers):.4g}"


def _axis(values: Sequence[float]) -> Callable[[float], float]:
    low, high = min(values), max(values)
    if low == high:
        return lambda _: 0.5
    if low > 0 and high / low >= _LOGARITHMIC:
        return lambda value: math.log(value / low) / math.log(high / low)
    return lambda value: (value - low) / (high - low)


def _line(
    trial: Trial, names: Sequence[str], axes: Sequence[Callable[[str], float]], across: float, tuned: Tuned
) -> str:
    points = " ".join(
        f"{LEFT + across * place:.1f},{BOTTOM - (BOTTOM - TOP) * axis(_value(trial, name, tuned)):.1f}"
        for place, (name, axis) in enumerate(zip(names, axes, strict=True))
    )
    state = "best" if trial.job_name == tuned.best.job_name else "trial"
    return f"<polyline class='{state}' points='{points}'><title>{escape(trial.job_name)}</title></polyline>"


def _upright(x: float) -> str:
    return f"<line class='axis' x1='{x:.1f}' x2='{x:.1f}' y1='{TOP}' y2='{BOTTOM}'/>"


def _name(x: float, y: float, name: str) -> str:
    """The name of an axis; that of the last one ends at the chart's end."""
    return _text(WIDTH + 18, y, name, "end") if x >= RIGHT else _text(x, y, name, "middle")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{escape(text)}</text>"


def _svg(label: str, content: str) -> str:
    return f"<svg viewBox='0 0 {WIDTH + 20} {HEIGHT}' role='img' aria-label='{escape(label)}'>{content}</svg>"
