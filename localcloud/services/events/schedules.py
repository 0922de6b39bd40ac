"""Schedules: ``rate(5 minutes)`` and AWS's six-field ``cron(0 12 * * ? *)``, in UTC."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from localcloud.platform.errors import AwsError, UnsupportedError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
#: AWS counts from Sunday, which is 1.
_DAYS = {name: number for number, name in enumerate(("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), 1)}
_MOST_DAYS = 366 * 8


@dataclass(frozen=True, slots=True)
class Rate:
    period: timedelta

    def after(self, moment: datetime) -> datetime | None:
        return moment + self.period


@dataclass(frozen=True, kw_only=True, slots=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    #: Days of the month, days of the week, or the last day of the month. One of the two fields is ``?``.
    days: frozenset[int]
    weekdays: frozenset[int]
    last_day: bool = False

    def after(self, moment: datetime) -> datetime | None:
        """The first time after this moment; None after the last one."""
        start = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for offset in range(_MOST_DAYS):
            day = start.date() + timedelta(days=offset)
            if day.year not in self.years or day.month not in self.months or not self._falls_on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if found >= start:
                        return found
        return None

    def _falls_on(self, day: date) -> bool:
        if self.last_day:
            return day.day == calendar.monthrange(day.year, day.month)[1]
        return day.day in self.days and day.isoweekday() % 7 + 1 in self.weekdays


def read_schedule(expression: str) -> Rate | Cron:
    """Raises AwsError ValidationException for an invalid schedule, UnsupportedError for its rare forms."""
    rate = _RATE.fullmatch(expression)
    if rate:
        count = int(rate[1])
        if count < 1 or (count == 1) == bool(rate[3]):
            raise _invalid(expression)
        return Rate(timedelta(**{f"{rate[2]}s": count}))
    cron = _CRON.fullmatch(expression)
    if not cron:
        raise _invalid(expression)
    minutes, hours, days, months, weekdays, years = cron.groups()
    if (days == "?") == (weekdays == "?"):
        raise _invalid(expression)
    if set("W#") & set(days + weekdays) or "L" in weekdays:
        raise UnsupportedError(f"events: W, # and days of the week with L in {expression}")
    last = days == "L"
    return Cron(
        minutes=_field(minutes, 0, 59, {}, expression),
        hours=_field(hours, 0, 23, {}, expression),
        days=_field("*" if last else days, 1, 31, {}, expression),
        months=_field(months, 1, 12, _MONTHS, expression),
        weekdays=_field(weekdays, 1, 7, _DAYS, expression),
        years=_field(years, 1970, 2199, {}, expression),
        last_day=last,
    )


def _field(text: str, least: int, most: int, names: dict[str, int], expression: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        try:
            first, last = _span(span, least, most, names, open_end=bool(step))
            found |= set(range(first, last + 1, int(step) if step else 1))
        except ValueError as error:
            raise _invalid(expression) from error
        if not least <= first <= last <= most:
            raise _invalid(expression)
    return frozenset(found)


def _span(span: str, least: int, most: int, names: dict[str, int], *, open_end: bool) -> tuple[int, int]:
    if span in ("*", "?"):
        return least, most
    first, dash, last = span.partition("-")
    start = _number(first, names)
    return start, _number(last, names) if dash else most if open_end else start


def _number(text: str, names: dict[str, int]) -> int:
    named = names.get(text.capitalize())
    return int(text) if named is None else named


def _invalid(expression: str) -> AwsError:
    return AwsError("ValidationException", f"Parameter ScheduleExpression is not valid: {expression}")
