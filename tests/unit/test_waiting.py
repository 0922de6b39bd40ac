"""How tests wait."""

import pytest

from tests.waiting import DEADLINE_SECONDS, until


def test_a_wait_ends_with_the_first_good_value() -> None:
    """until() looks again and again, and returns what it saw."""
    values = iter([1, 2, 3, 4])
    assert until(lambda: next(values), lambda value: value > 2, what="a number above 2", every_seconds=0) == 3
    assert next(values) == 4


def test_a_wait_in_vain_says_for_what() -> None:
    """After the deadline the error names what was waited for and what was seen last."""
    with pytest.raises(AssertionError, match=r"waited 0 s in vain for a stack that is whole; seen last: 'half'"):
        until(lambda: "half", lambda seen: seen == "whole", what="a stack that is whole", deadline_seconds=0)


def test_a_wait_ends_before_pytest_ends_the_test(pytestconfig: pytest.Config) -> None:
    """pytest's time-out is longer than a wait's deadline, or nobody would read what was waited for."""
    assert float(pytestconfig.getini("timeout")) >= 2 * DEADLINE_SECONDS
