"""Throttles and quotas, by clocks of the test."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.platform.store import Store
from localcloud.services.apigateway.serving.quotas import Quotas, period_start
from localcloud.services.apigateway.serving.stages import Limit
from localcloud.services.apigateway.serving.throttles import Throttles


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_its_burst_and_fills_at_its_rate() -> None:
    """A burst is admitted at once, then as many requests as time has brought tokens, and never more than the burst."""
    clock = Clock()
    throttles, limit = Throttles(clock), Limit(rate=2.0, burst=3)
    assert [throttles.admit("a", limit) for _ in range(4)] == [True, True, True, False]
    clock.now = 0.5
    assert [throttles.admit("a", limit) for _ in range(2)] == [True, False]
    clock.now = 100.0
    assert [throttles.admit("a", limit) for _ in range(4)] == [True, True, True, False]


def test_buckets_are_apart() -> None:
    """One owner's requests take no token of another's, and a changed limit begins with a full bucket."""
    throttles, limit = Throttles(Clock()), Limit(rate=1.0, burst=1)
    assert throttles.admit("a", limit)
    assert throttles.admit("b", limit)
    assert not throttles.admit("a", limit)
    assert throttles.admit("a", Limit(rate=1.0, burst=2))
    assert not throttles.admit("c", Limit(rate=1.0, burst=0))


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        ({"rateLimit": 5, "burstLimit": 2}, Limit(rate=5.0, burst=2)),
        ({"rateLimit": 0.5, "burstLimit": 0}, Limit(rate=0.5, burst=0)),
        ({"rateLimit": -1, "burstLimit": -1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_minus_one_is_no_limit(document: dict[str, float] | None, limit: Limit | None) -> None:
    """AWS writes -1 where a stage sets no limit, and 0 where it admits nobody."""
    assert Limit.of(document) == limit


@pytest.mark.parametrize(("period", "start"), [("DAY", "2026-11-27"), ("WEEK", "2026-11-23"), ("MONTH", "2026-11-01")])
def test_periods_begin_at_midnight(period: str, start: str) -> None:
    """A day, a week from Monday and a month begin by UTC."""
    assert period_start(period, datetime(2026, 11, 27, 23, 59, tzinfo=UTC)) == start


def test_a_quota_is_anew_in_each_period(tmp_path: Path) -> None:
    """A used quota is full again in the next period; its offset counts in the first one alone."""
    quotas = Quotas(Store(tmp_path / "s.sqlite").table("usage"))
    quota = {"limit": 3, "period": "DAY", "offset": 1}
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (27, 28)]
    assert [quotas.admit("plan", "key", quota, days[0]) for _ in range(3)] == [True, True, False]
    assert [quotas.admit("plan", "key", quota, days[1]) for _ in range(4)] == [True, True, True, False]
    assert quotas.admit("plan", "other", quota, days[1])


def test_a_used_quota_survives_a_restart(tmp_path: Path) -> None:
    """What was saved is counted on by the next process."""
    store, moment, quota = (
        Store(tmp_path / "s.sqlite"),
        datetime(2026, 11, 27, tzinfo=UTC),
        {"limit": 2, "period": "DAY"},
    )
    before = Quotas(store.table("usage"))
    assert before.admit("plan", "key", quota, moment)
    before.save()
    store.close()
    after = Quotas(Store(tmp_path / "s.sqlite").table("usage"))
    assert [after.admit("plan", "key", quota, moment) for _ in range(2)] == [True, False]
