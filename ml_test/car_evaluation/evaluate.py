"""The gate: asks the QA endpoint for every test row, judges the answers, and lets the model pass or stops it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import S3Address, input_artifact, run, say, timed
from ml_init.upload import read_lines
from ml_test.endpoint import ask
from ml_test.gate import report
from ml_test.gate.decision import Decision, Evidence, Floors, decide
from ml_test.gate_step import Settings, conclude, pass_or_stop

if TYPE_CHECKING:
    from collections.abc import Mapping

GATE = Path(__file__).parent / "gate.toml"


def main() -> None:
    pass_or_stop(judge)


def judge(settings: Settings) -> Decision:
    """Ask, decide, report, and set the package's approval."""
    gate = tomllib.loads(GATE.read_text())
    data = input_artifact("DataOutput", "data.json")
    s3, runtime = boto3.client("s3"), boto3.client("sagemaker-runtime")
    with timed("asked the endpoint"):
        requests, evidence = gather(s3, runtime, settings.endpoint, data)
        smoke = ask(runtime, settings.endpoint, gate["smoke"]["requests"])
    with timed("judged"):
        decision = decide(evidence, Floors(**gate["floors"], **gate["latency"]))
    for check in decision.checks:
        say(f"  {'passed' if check.passed else 'FAILED'}: {check.sentence}")
    origin = {
        "workload": settings.workload,
        "commit": settings.commit,
        "data_sha256": data["data_sha256"],
        "model_package_arn": settings.package_arn,
        "pipeline_execution": settings.execution,
        "endpoint": settings.endpoint,
        "smoke": [
            {"request": request, "answer": answer.text}
            for request, answer in zip(gate["smoke"]["requests"], smoke, strict=True)
        ],
    }
    with timed("reported"):
        conclude(report.document(decision, evidence, requests, origin), settings)
    return decision


def gather(s3: Any, runtime: Any, endpoint: str, data: Mapping[str, Any]) -> tuple[list[str], Evidence]:
    """Every test row's request, and the answers beside the truth."""
    rows = [line.rsplit(",", 1) for line in read_lines(s3, S3Address.parse(data["test"]))]
    requests, truth = [row[0] for row in rows], [row[1] for row in rows]
    answers = ask(runtime, endpoint, requests)
    training_labels: Mapping[str, int] = data["label_counts"]["train"]
    evidence = Evidence(
        truth=truth,
        answers=[answer.text for answer in answers],
        milliseconds=[answer.milliseconds for answer in answers],
        labels=data["labels"],
        majority=max(training_labels, key=training_labels.__getitem__),
        seed=int(data["data_sha256"][:16], 16),
    )
    return requests, evidence


if __name__ == "__main__":
    run(main)
