"""What came of an execution, in the words that a person needs: it is released, it waits for them, or it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from handover.packages import version_of
from scripts import cloud
from scripts.ask import ask, labels, short, smoke_request, told
from scripts.cloud.addresses import object_page
from scripts.terminal import linked

if TYPE_CHECKING:
    from scripts.reads.pipeline import Action, Execution, Pipeline

#: CodeBuild's own lines in a build's log: which phase began and ended, what it runs.
_CODEBUILDS = "[Container]"
_ERROR = "ERROR: "
_LAST_LINES = 15


def released(workload: str, execution: Execution) -> list[str]:
    """What PROD answers now, and why the gate let it through."""
    request = smoke_request(workload)
    gate = _gate_report(execution)
    return [
        f"{release_name(workload, execution)} is in PROD.",
        f"PROD answers  {short(request)} → {told(ask(workload, request), labels(workload))}",
        f"The gate said {gate['verdict']}: {gate['reason']}",
        f"Its report    {_report(execution)}",
    ]


def waits(workload: str, execution: Execution) -> list[str]:
    """Verdict and reason of a release that a person decides on, and how they answer."""
    return [
        f"{release_name(workload, execution)} waits for a person. The gate said {execution.variable('VERDICT')}:",
        f"  {execution.variable('REASON')}",
        f"  its report:  {_report(execution)}",
        f"  to check it: make verify-report WORKLOAD={workload} EXECUTION={execution.identifier}",
        f"  to answer:   make approve WORKLOAD={workload} COMMENT='why'",
        f"               make reject WORKLOAD={workload} COMMENT='why'",
    ]


def stopped(pipeline: Pipeline, execution: Execution) -> list[str]:
    """Each failed action: its error first, then the end of its log, then what CodePipeline says."""
    lines = []
    for action in execution.actions:
        if action.status == "Failed":
            lines += _failed(pipeline, action)
    why = f" ({execution.summary})" if execution.summary else ""
    return [*lines, f"Execution {execution.identifier} of {pipeline.name}: {execution.status}{why}"]


def times(execution: Execution) -> list[str]:
    """Each stage's time."""
    stages = execution.stage_seconds()
    width = max((len(stage) for stage in stages), default=0)
    lines = [f"  {stage:<{width}}  {seconds:6.1f} s" for stage, seconds in stages.items()]
    starts = [action.started for action in execution.actions]
    ends = [action.ended for action in execution.actions if action.ended]
    if starts and ends:
        lines.append(f"  {'in all':<{width}}  {(max(ends) - min(starts)).total_seconds():6.1f} s")
    return lines


def release_name(workload: str, execution: Execution) -> str:
    """``car_evaluation version 3``; without the version if training has not registered one yet."""
    package = execution.variable("MODEL_PACKAGE_ARN")
    return f"{workload} version {version_of(package)}" if package else workload


def _failed(pipeline: Pipeline, action: Action) -> list[str]:
    log = [line for line in pipeline.log_lines(action, limit=4 * _LAST_LINES) if not line.startswith(_CODEBUILDS)]
    at = next((place for place in range(len(log) - 1, -1, -1) if log[place].startswith(_ERROR)), None)
    error = "" if at is None else log[at]
    # An error of several lines goes on below; of one line, what came before it tells more.
    rest = [] if at is None else [line for line in log[at + 1 :] if line]
    said = rest or [line for line in log[-_LAST_LINES:] if line and line != error]
    place = f"✗ {action.stage}/{action.name}: "
    if not log:
        return [place + action.message]
    last = said[-1] if said else action.message
    return [
        place + (error.removeprefix(_ERROR) or last),
        *(f"    {line}" for line in said),
        f"  {action.provider}: {action.message}",
        f"  the whole log: make logs WORKLOAD={pipeline.workload} ACTION={action.name}",
    ]


def _report(execution: Execution) -> str:
    """The address of the gate's report, which a terminal opens."""
    address = execution.variable("REPORT_URL")
    return linked(address, lambda: object_page(S3Address.parse(address))) if address else "none"


def _gate_report(execution: Execution) -> dict[str, Any]:
    page = S3Address.parse(execution.variable("REPORT_URL") or "")
    document = S3Address(bucket=page.bucket, key=str(Path(page.key).with_suffix(".json")))
    found: dict[str, Any] = json.loads(cloud.client("s3").get_object(**document.arguments)["Body"].read())
    return found
