"""Schedules: when the next time is."""

from datetime import UTC, datetime

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.events.schedules import read_schedule

NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", "2026-11-21T12:35:56"),
        ("rate(6 hours)", "2026-11-21T18:34:56"),
        ("cron(0 12 * * ? *)", "2026-11-22T12:00:00"),
        ("cron(0/15 * * * ? *)", "2026-11-21T12:45:00"),
        ("cron(0 8 ? * MON-FRI *)", "2026-11-23T08:00:00"),
        ("cron(30 23 L * ? *)", "2026-11-30T23:30:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00"),
        ("cron(35 12 21 11 ? 2026)", "2026-11-21T12:35:00"),
    ],
)
def test_the_next_time_is_as_aws_counts_it(expression: str, expected: str) -> None:
    """Rates count from now on, and cron expressions find the next time in UTC."""
    found = read_schedule(expression).after(NOW)
    assert found is not None
    assert found.replace(tzinfo=None).isoformat() == expected


def test_a_schedule_can_be_over() -> None:
    """A schedule in the past has no next time."""
    assert read_schedule("cron(0 0 1 1 ? 2026)").after(NOW) is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(2 hour)",
        "rate(0 days)",
        "cron(0 12 * * * *)",
        "cron(61 * * * ? *)",
        "daily",
        "cron(0 12 ? * ? *)",
    ],
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    """An expression that AWS does not take is refused in AWS's words."""
    with pytest.raises(AwsError, match="ScheduleExpression is not valid"):
        read_schedule(expression)


def test_what_the_local_cloud_cannot_do_is_refused_by_name() -> None:
    """A cron expression with W, # or L is refused."""
    with pytest.raises(UnsupportedError, match="W, # and"):
        read_schedule("cron(0 12 15W * ? *)")
