"""Tells people of a release, on the topic of their choice: readable text, with what they need to look further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import say, setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What SNS takes as a subject: ASCII, one line, fewer than 100 characters.
SUBJECT_LIMIT = 99


def tell(subject: str, lines: Iterable[str]) -> None:
    """Publish to the topic of ``NOTIFICATION_TOPIC_ARN``; the subject is cut to what SNS takes."""
    one_line = " ".join(subject.split()).encode("ascii", "replace").decode()[:SUBJECT_LIMIT]
    boto3.client("sns").publish(
        TopicArn=setting("NOTIFICATION_TOPIC_ARN"), Subject=one_line, Message="\n".join(lines) + "\n"
    )
    say(f"  told the topic: {one_line}")


def release_name(gate: Mapping[str, Any]) -> str:
    """``car_evaluation version 7``, of the gate's report."""
    return f"{gate['workload']} version {gate['model_package_arn'].rpartition('/')[2]}"


def report_lines(gate: Mapping[str, Any], bucket: str) -> list[str]:
    """The end of every message about a release: the gate's figures, and where its report is."""
    execution = gate["pipeline_execution"]
    return [
        f"Verdict of the gate: {gate['verdict']}",
        *(f"- {check['sentence']}" for check in gate["checks"]),
        "",
        f"Commit:        {gate['commit']}",
        f"Model package: {gate['model_package_arn']}",
        f"Report:        s3://{bucket}/gate/{execution}/gate.html",
        f"Fetch and check it: make verify-report WORKLOAD={gate['workload']} EXECUTION={execution}",
    ]
