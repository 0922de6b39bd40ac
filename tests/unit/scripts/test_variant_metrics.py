"""From when on CloudWatch's figures are an experiment's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scripts.reads.variant_metrics import begin

SINCE = datetime(2026, 11, 21, 15, 39, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "period_seconds", "start"),
    [
        (timedelta(seconds=20), 60, "15:39"),
        (timedelta(minutes=2), 60, "15:39"),
        (timedelta(minutes=3), 60, "15:40"),
        (timedelta(hours=21), 3600, "16:00"),
    ],
)
def test_the_period_in_which_it_began_is_left_out(later: timedelta, period_seconds: int, start: str) -> None:
    """The first period also counts what came before the experiment; it is used only where there is hardly another."""
    found = begin(SINCE, SINCE + later, period_seconds)
    assert f"{found:%H:%M}" == start
    assert (found.second, found.microsecond) == (0, 0)
