"""Evaluates every alarm once a minute, which is AWS's minute on the local cloud's time scale.

For alarms, the clock runs ``time_scale`` times as fast. A sample of second t belongs to the scaled minute
``t · time_scale / 60``. So a bake of ten minutes and an alarm of three periods keep their proportion and order when
both are rehearsed in seconds (docs/decisions/0009-alarms-on-the-time-scale.md).
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.alarm_message import stamp
from localcloud.services.cloudwatch.alarm_request import (
    datapoints_to_alarm,
    period_of,
    statistic_of,
    treat_missing_data,
)
from localcloud.services.cloudwatch.evaluation import COMPARISONS, Outcome, Rule, evaluate
from localcloud.services.cloudwatch.measured import Measured
from localcloud.services.cloudwatch.samples import percent_of

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.cloudwatch.alarm_states import AlarmStates
    from localcloud.services.cloudwatch.composite_states import CompositeStates
    from localcloud.services.cloudwatch.metric_store import MetricStore

_MINUTE = 60.0
#: How often alarms of high resolution are evaluated.
_SHORT = 10.0
#: What is measured in a period may arrive this long after its end (AWS's seconds, and at most so many of this machine).
_LATE_SECONDS = 30.0
_LATE_HERE_SECONDS = 2.0
#: How many missed evaluations are made up for after a pause of the machine.
_MOST_BEHIND = 10

log = logging.getLogger("localcloud.cloudwatch")


class Evaluator:
    def __init__(
        self, states: AlarmStates, composites: CompositeStates, samples: MetricStore, time_scale: float
    ) -> None:
        self._states = states
        self._composites = composites
        self._measured = Measured(samples, time_scale)
        self._scale = time_scale
        self._late = min(_LATE_SECONDS, _LATE_HERE_SECONDS * time_scale)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="alarms")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        evaluated = self._now() // _SHORT * _SHORT
        while not self._stopped.wait(self._seconds_until(evaluated + _SHORT)):
            latest = self._now() // _SHORT * _SHORT
            begin = max(evaluated + _SHORT, latest - _MOST_BEHIND * _MINUTE)
            while begin <= latest:
                self.evaluate_all(begin)
                begin += _SHORT
            evaluated = latest

    def _now(self) -> float:
        """The scaled clock, late enough for samples that arrive late."""
        return time.time() * self._scale - self._late

    def _seconds_until(self, boundary: float) -> float:
        return max(0.0, boundary - self._now()) / self._scale

    def evaluate_all(self, boundary: float) -> None:
        """The alarms that are due at ``boundary``, the end of a period, in seconds of the scaled clock."""
        whole_minute = boundary % _MINUTE == 0
        alarms = self._states.alarms
        try:
            self._composites.tick()
        except Exception:
            log.exception("composite alarms could not be looked after")
        for name in alarms.names():
            # Ten times a second, on the local cloud's time scale: what is not due is not copied.
            if alarms.value(name, "AlarmRule") is not None:
                continue
            if not whole_minute and not _is_short(alarms.value(name, "Period"), alarms.value(name, "Metrics")):
                continue
            if (alarm := alarms.get(name)) is not None:
                try:
                    self._evaluate(alarm, boundary)
                except Exception:
                    log.exception("alarm %s could not be evaluated", name)

    def _evaluate(self, alarm: Document, boundary: float) -> None:
        rule = rule_of(alarm)
        periods = self._measured.periods(alarm, boundary, rule.evaluation_range)
        if _too_few(alarm, [each.count for each in periods[: rule.evaluation_periods]]):
            return
        outcome = evaluate(rule, [each.value for each in periods])
        state = outcome.state or alarm["StateValue"]
        starts = [each.start for each in periods if each.value is not None][: len(outcome.evaluated)]
        if state != alarm["StateValue"] or not alarm.get("StateReasonData"):
            reason = reason_of(alarm, rule, outcome, state, starts)
            self._states.change(alarm["AlarmName"], state, reason, _data(alarm, outcome, starts))
        else:
            self._states.repeat(alarm, _data(alarm, outcome, starts))


def rule_of(alarm: Document) -> Rule:
    return Rule(
        comparison=alarm["ComparisonOperator"],
        threshold=alarm["Threshold"],
        evaluation_periods=alarm["EvaluationPeriods"],
        datapoints_to_alarm=datapoints_to_alarm(alarm),
        treat_missing_data=treat_missing_data(alarm),
    )


def _is_short(period: int | None, metrics: list[Document] | None) -> bool:
    """Whether an alarm is one of high resolution."""
    periods = [(each.get("MetricStat") or each).get("Period") or _MINUTE for each in metrics or []]
    return any(each < _MINUTE for each in [*periods, *([] if period is None else [period])])


def _too_few(alarm: Document, counts: list[float]) -> bool:
    """Whether a percentile has too few samples, so that the alarm waits for more (AWS's rule)."""
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    share = percent_of(alarm["ExtendedStatistic"]) / 100
    rare = min(share, 1 - share)
    return 0 < sum(counts) < (10 / rare if rare else 0)


def reason_of(alarm: Document, rule: Rule, outcome: Outcome, state: str, starts: list[float]) -> str:
    """AWS's sentence."""
    number = len(outcome.evaluated)
    if not number and outcome.filled:
        treated = "Breaching" if rule.treat_missing_data == "breaching" else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {_count(outcome.filled, 'period')} and "
            f"{_count(outcome.filled, 'missing datapoint')} {_were(outcome.filled)} treated as [{treated}]."
        )
    if not number:
        periods = rule.evaluation_periods
        return f"Insufficient Data: {_count(periods, 'datapoint')} {_were(periods)} unknown."
    values = ", ".join(
        f"{value} ({datetime.fromtimestamp(start, UTC):%d/%m/%y %H:%M:%S})"
        for value, start in zip(outcome.evaluated, starts, strict=True)
    )
    words = COMPARISONS[rule.comparison][1]
    threshold = float(rule.threshold)
    if state == "ALARM":
        return (
            f"Threshold Crossed: {outcome.breaching} out of the last {_count(rule.evaluation_periods, 'datapoint')} "
            f"[{values}] {_were(outcome.breaching)} {words} the threshold ({threshold}) (minimum "
            f"{_count(rule.datapoints_to_alarm, 'datapoint')} for {alarm['StateValue']} -> ALARM transition)."
        )
    return (
        f"Threshold Crossed: {_count(number, 'datapoint')} [{values}] {_were(number)} not {words} the threshold "
        f"({threshold})."
    )


def _data(alarm: Document, outcome: Outcome, starts: list[float]) -> Document:
    return {
        "version": "1.0",
        "queryDate": stamp(datetime.now(UTC)),
        **({"startDate": stamp(datetime.fromtimestamp(min(starts), UTC))} if starts else {}),
        **({} if "Metrics" in alarm else {"statistic": statistic_of(alarm)}),
        "period": period_of(alarm),
        "recentDatapoints": list(outcome.evaluated),
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [
            {"timestamp": stamp(datetime.fromtimestamp(start, UTC)), "value": value}
            for start, value in zip(starts, outcome.evaluated, strict=True)
        ],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
