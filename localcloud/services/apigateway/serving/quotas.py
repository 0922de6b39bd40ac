"""How many requests of its quota each key has used, in each day, week or month (UTC).

Counts are in memory, and are written down by ``save``, once a second: what a crash loses, the caller gains.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.platform.store import Table


def period_start(period: str, moment: datetime) -> str:
    """The first day of the day, week (from Monday) or month of a moment."""
    day = moment.astimezone(UTC).date()
    if period == "WEEK":
        day -= timedelta(days=day.weekday())
    elif period == "MONTH":
        day = day.replace(day=1)
    return day.isoformat()


class Quotas:
    """Used from one event loop, except ``save``."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._used: dict[str, dict[str, Any]] = {key: dict(document) for key, document in table.items()}
        self._changed: set[str] = set()
        self._saving = threading.Lock()

    def admit(self, plan_id: str, key_id: str, quota: dict[str, Any], moment: datetime) -> bool:
        """Counts a request; False where the quota of the period is used up."""
        name, start = f"{plan_id}/{key_id}", period_start(quota["period"], moment)
        known = self._used.get(name)
        first = known is None or known["first"] == start
        if known is None or known["start"] != start:
            known = self._used[name] = {"first": known["first"] if known else start, "start": start, "used": 0}
        # The offset counts in the first period only: a plan may begin in the middle of one.
        limit = int(quota["limit"]) - (int(quota.get("offset") or 0) if first else 0)
        if known["used"] >= limit:
            return False
        known["used"] += 1
        self._changed.add(name)
        return True

    def used(self, plan_id: str, key_id: str) -> int:
        return int((self._used.get(f"{plan_id}/{key_id}") or {}).get("used", 0))

    def save(self) -> None:
        """Returns once everything counted before is written, even by another thread."""
        with self._saving:
            for name in list(self._changed):
                self._changed.discard(name)
                try:
                    self._table.put(name, dict(self._used[name]))
                except Exception:
                    self._changed.add(name)
                    raise
