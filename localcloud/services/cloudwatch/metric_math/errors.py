"""What an expression is refused for."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression breaks AWS's grammar or its rules of types. The text goes behind ``Error in expression 'e1': ``."""


class NoSeriesError(Exception):
    """A function was to choose from an array or to combine it, and no time series is in it. The result is empty."""
