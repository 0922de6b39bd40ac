"""How figures are written in a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """How a metric's values are written: multiplied by ``factor``, with so many digits, and words after them."""

    factor: float = 1.0
    digits: int = 3
    after_figure: str = ""
    after_difference: str = ""

    def figure(self, value: float) -> str:
        return f"{self.factor * value:.{self.digits}f}{self.after_figure}"

    def amount(self, difference: float) -> str:
        return f"{self.factor * difference:.{self.digits}f}{self.after_difference}"


NUMBER = Unit()
SHARE = Unit(factor=100, digits=1, after_figure=" %", after_difference=" percentage points")


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """Whether more of a metric is better (sign 1) or less (sign -1), and the words for the limit of its figure."""

    sign: int
    limit: str
    #: The end of the interval that must keep the limit.
    bound: str
    kept: str
    broken: str
    required: str


MORE_IS_BETTER = Direction(
    sign=1, limit="floor", bound="lower bound", kept="at or above", broken="below", required="at least"
)
LESS_IS_BETTER = Direction(
    sign=-1, limit="ceiling", bound="upper bound", kept="at or below", broken="above", required="at most"
)


def percent(share: float, *, digits: int = 2) -> str:
    """0.95 → ``95 %``, 0.98333 → ``98.33 %``."""
    said = f"{100 * share:.{digits}f}"
    return (said.rstrip("0").rstrip(".") if digits else said) + " %"


def capital(words: str) -> str:
    """The words with a capital, to begin a sentence."""
    return words[:1].upper() + words[1:]
