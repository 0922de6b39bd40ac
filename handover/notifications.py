"""Notifications about a release, on the workload's topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handover.gate_report import GateReport

#: SNS limits a subject to fewer than 100 ASCII characters, on one line.
_LONGEST_SUBJECT = 99


def publish(sns: Any, topic_arn: str, subject: str, lines: Iterable[str]) -> str:
    """Publish to the topic. Returns the subject as sent, which SNS's limits may have shortened."""
    told = " ".join(subject.split()).encode("ascii", "replace").decode()[:_LONGEST_SUBJECT]
    sns.publish(TopicArn=topic_arn, Subject=told, Message="\n".join(lines) + "\n")
    return told


def report_lines(report: GateReport, bucket: str) -> list[str]:
    """The end of every message about a release: the gate's figures, and the location of its report."""
    origin = report.origin
    return [
        f"Verdict of the gate: {report.verdict}",
        *(f"- {sentence}" for sentence in report.sentences),
        "",
        *_changed("Rules that this release loosens (agreed → new):", report.looser),
        *_changed("Rules that this release makes stricter (agreed → new):", report.stricter),
        f"Commit:        {origin.commit}",
        f"Model package: {origin.model_package_arn}",
        f"Report:        {report.folder(bucket).page}",
        f"Fetch and check it: make verify-report WORKLOAD={origin.workload} EXECUTION={origin.pipeline_execution}",
    ]


def _changed(title: str, changes: Iterable[str]) -> list[str]:
    lines = [f"- {change}" for change in changes]
    return [title, *lines, ""] if lines else []
