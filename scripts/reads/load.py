"""What a load has shown, second by second, and its picture."""

from __future__ import annotations

import html
import math
import statistics
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 720, 130, 70, 40, 36


@dataclass(frozen=True, kw_only=True, slots=True)
class Second:
    """``p95_milliseconds`` is None if nothing was answered; ``failed`` is whatever was not answered with 200."""

    instances: int
    answered: int
    failed: int
    p95_milliseconds: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Many threads add to it."""

    _answers: list[tuple[float, int, float]] = field(default_factory=list)
    _instances: list[tuple[float, int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, moment: float, status: int, seconds: float) -> None:
        """A request that was sent at this moment, and how long it took."""
        with self._lock:
            self._answers.append((moment, status, seconds))

    def note(self, moment: float, instances: int) -> None:
        with self._lock:
            self._instances.append((moment, instances))

    @property
    def answers(self) -> Sequence[tuple[float, int, float]]:
        return tuple(self._answers)

    @property
    def instances(self) -> Sequence[tuple[float, int]]:
        return tuple(self._instances)


def seconds_of(seen: Seen, seconds: int) -> list[Second]:
    """Each second's requests, by when they were sent, and the instances that were seen last by then."""
    found = []
    for second in range(seconds):
        sent = [(status, took) for moment, status, took in seen.answers if second <= moment < second + 1]
        good = [took * 1000 for status, took in sent if status == 200]
        counts = [count for moment, count in seen.instances if moment < second + 1]
        found.append(
            Second(
                instances=counts[-1] if counts else 0,
                answered=len(good),
                failed=len(sent) - len(good),
                p95_milliseconds=_p95(good),
            )
        )
    return found


def _p95(values: Sequence[float]) -> float | None:
    if not values:
        return None
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


_PANELS: tuple[tuple[str, str, Callable[[Second], float | None]], ...] = (
    ("instances", "#4c78a8", lambda second: second.instances),
    ("answers a second", "#54a24b", lambda second: second.answered),
    ("failed a second", "#e45756", lambda second: second.failed),
    ("95 % are answered within, ms", "#b279a2", lambda second: second.p95_milliseconds),
)


def chart(seconds: Sequence[Second], title: str) -> str:
    """An SVG picture, one panel below the other over the same time."""
    panels = [
        _panel(name, colour, [value(second) for second in seconds], _TOP + place * (_HEIGHT + _GAP))
        for place, (name, colour, value) in enumerate(_PANELS)
    ]
    height = _TOP + len(_PANELS) * (_HEIGHT + _GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}" role="img"'
        f' font-family="sans-serif" font-size="12"><title>{html.escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="white"/><text x="{_LEFT}" y="18">{html.escape(title)}</text>'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(name: str, colour: str, values: Sequence[float | None], top: int) -> str:
    highest = max((value for value in values if value is not None), default=0) or 1
    step = _WIDTH / max(1, len(values) - 1)
    points = [
        f"{_LEFT + place * step:.1f},{top + _HEIGHT - value / highest * _HEIGHT:.1f}"
        for place, value in enumerate(values)
        if value is not None
    ]
    base = top + _HEIGHT
    return (
        f'<text x="{_LEFT}" y="{top - 6}" fill="{colour}">{html.escape(name)}</text>'
        f'<path d="M{_LEFT} {top}V{base}H{_LEFT + _WIDTH}" fill="none" stroke="#888"/>'
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{_short(highest)}</text>'
        f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end">0</text>'
        f'<text x="{_LEFT + _WIDTH}" y="{base + 14}" text-anchor="end">{len(values)} s</text>'
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(points)}"/>'
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or math.isclose(value, round(value)) else f"{value:.1f}"
