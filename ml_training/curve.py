"""What a training job has reported over time, read from its log.

SageMaker's own metrics are no curve: FinalMetricDataList has the last values, and CloudWatch has one value a minute,
which is all of a job that learns for less.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.training_curve import MOST_METRICS, TrainingCurve, series
from ml_steps.running import polls, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ml_training.training_job import TrainedModel

GROUP = "/aws/sagemaker/TrainingJobs"
#: CloudWatch may show the last lines a while after the job has ended.
PATIENCE_SECONDS = 30.0
#: Of one host's log; CloudWatch gives up to a mebibyte a page.
MOST_PAGES = 100
#: How far SageMaker's final value, a float of 32 bits, may lie from what the log says.
_TOLERANCE = 1e-4
#: What every built-in algorithm reports beside what it has learned.
_BOOKKEEPING = ("train:progress", "train:throughput")

#: How AWS's built-in algorithms write what an epoch or the end has come to, and XGBoost a round. Their definitions may
#: be told by nobody, or find only what is said once, at the end.
_QUALITY = re.compile(
    r"#quality_metric: host=\S+, (?:epoch=\S+, )?(?P<channel>\w+) (?P<metric>\S+) <\w+>=(?P<value>\S+)"
)
_ROUND = re.compile(r"\[\d+\](?=#011|\t)")
_IN_ROUND = re.compile(r"(?:#011|\t)(?P<channel>\w+)-(?P<metric>[^\s:#]+):(?P<value>[^\s#]+)")

#: Of one host: metric → all values that it has reported, in order.
Reported = dict[str, list[float]]


def of_job(logs: Any, model: TrainedModel, objective: str) -> TrainingCurve:
    """The curve of a job that has ended; what measures the same as the objective comes first. ClientError."""
    hosts: list[Reported] = []
    for elapsed in polls():
        hosts = [reported(lines, model.definitions) for lines in _hosts(logs, model.job_name)]
        if _complete(hosts, model.metrics) or elapsed > PATIENCE_SECONDS:
            break
    return curve(hosts, objective)


def curve(hosts: Iterable[Reported], objective: str) -> TrainingCurve:
    """Of each metric what the first host that reported it has said. One that was reported once has no curve."""
    merged: Reported = {}
    for host in hosts:
        for name, values in host.items():
            merged.setdefault(name, values)
    found = [series(name, values) for name, values in merged.items() if name not in _BOOKKEEPING]
    first = objective.partition(":")[2] or objective
    ordered = sorted(
        (each for each in found if each.count > 1), key=lambda each: (each.measured != first, each.measured, each.name)
    )
    return TrainingCurve(metrics=tuple(ordered[:MOST_METRICS]))


def reported(lines: Iterable[str], definitions: Mapping[str, str]) -> Reported:
    """What one host's log says, by the job's definitions and in the words of the built-in algorithms."""
    patterns = dict(_compiled(definitions))
    defined: Reported = defaultdict(list)
    built_in: Reported = defaultdict(list)
    for line in lines:
        for name, pattern in patterns.items():
            if match := pattern.search(line):
                defined[name] += _number(match[1] if pattern.groups else match[0])
        for match in _in_words(line):
            built_in[f"{match['channel']}:{match['metric']}"] += _number(match["value"])
    longest = {name: max(defined[name], built_in[name], key=len) for name in sorted({*defined, *built_in})}
    return {name: values for name, values in longest.items() if values}


def _compiled(definitions: Mapping[str, str]) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, regex in definitions.items():
        try:
            yield name, re.compile(regex)
        except re.error as error:
            say(f"  no curve of {name}: its regular expression is none of Python's: {error}")


def _in_words(line: str) -> Iterator[re.Match[str]]:
    if match := _QUALITY.search(line):
        yield match
    if begun := _ROUND.search(line):
        yield from _IN_ROUND.finditer(line, begun.end())


def _number(text: str | None) -> tuple[float, ...]:
    """The number in a text; none if it is something else, or if the group had no part in the match."""
    try:
        return (float(text or ""),)
    except ValueError:
        return ()


def _complete(hosts: Iterable[Reported], final: Mapping[str, float]) -> bool:
    """Whether the logs end with SageMaker's final values, as far as they have the metrics at all."""
    last: dict[str, list[float]] = defaultdict(list)
    for host in hosts:
        for name, values in host.items():
            last[name].append(values[-1])
    known = [name for name in final if name in last]
    return bool(known) and all(
        any(math.isclose(value, final[name], rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for value in last[name])
        for name in known
    )


def _hosts(logs: Any, job: str) -> Iterator[Iterator[str]]:
    """The lines of each host's log, the first host's first."""
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=GROUP, logStreamNamePrefix=f"{job}/")
    for name in sorted(stream["logStreamName"] for page in pages for stream in page["logStreams"]):
        yield _lines(logs, name)


def _lines(logs: Any, stream: str) -> Iterator[str]:
    token: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        page = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True, **token)
        for event in page["events"]:
            yield event["message"]
        if token.get("nextToken") == page["nextForwardToken"]:
            return
        token = {"nextToken": page["nextForwardToken"]}
    say(f"  the log {stream} is longer than {MOST_PAGES} pages: the curve ends there")


def of_job_if_readable(logs: Any, model: TrainedModel, objective: str) -> TrainingCurve | None:
    """As ``of_job``; None if the log cannot be read: a model is not lost for want of a picture."""
    try:
        return of_job(logs, model, objective)
    except ClientError as error:
        say(f"  no training curve: {error}")
        return None
