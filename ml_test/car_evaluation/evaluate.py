"""The gate: asks the QA endpoint for every test row, judges the answers, and lets the model pass or stops it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import (
    S3Address,
    StepError,
    input_artifact,
    run,
    say,
    setting,
    timed,
    to_json,
    write_output,
    write_variables,
)
from ml_init.upload import read_lines
from ml_test import stack_under_test
from ml_test.endpoint import ask, ask_in_turn
from ml_test.gate import report
from ml_test.gate.decision import Decision, decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.rules import Rules
from ml_test.gate.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GATE = Path(__file__).parent / "gate.toml"
APPROVAL_DESCRIPTION_LIMIT = 1024
APPROVAL = {
    Verdict.PROMOTE: "Approved",
    Verdict.HOLD: "PendingManualApproval",
    Verdict.REJECT: "Rejected",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    workload: str
    bucket: str
    commit: str
    execution: str
    endpoint: str
    stack: str
    package_arn: str
    champion: str
    earlier_decisions: int

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            workload=setting("WORKLOAD"),
            bucket=setting("DATA_BUCKET"),
            commit=setting("COMMIT_ID"),
            execution=setting("PIPELINE_EXECUTION_ID"),
            endpoint=setting("ENDPOINT_NAME"),
            stack=setting("QA_STACK_NAME"),
            package_arn=setting("MODEL_PACKAGE_ARN"),
            # Where nothing serves in PROD yet, both are missing: a first release.
            champion=os.environ.get("CHAMPION_ENDPOINT", ""),
            earlier_decisions=int(os.environ.get("EARLIER_DECISIONS") or 0),
        )


def main() -> None:
    settings = Settings.from_environment()
    cloudformation = boto3.client("cloudformation")
    try:
        decision = judge(settings)
        if decision.verdict is not Verdict.PROMOTE:
            raise StepError(
                f"{decision.verdict}: {decision.reason}. PROD stays as it is. In figures: {decision.details}"
            )
    except BaseException as error:
        say(f"The gate stops this release: {error or type(error).__name__}")
        stack_under_test.delete(cloudformation, settings.stack)
        raise


def judge(settings: Settings) -> Decision:
    """Ask, decide, report, and set the package's approval."""
    gate = tomllib.loads(GATE.read_text())
    data = input_artifact("DataOutput", "data.json")
    s3, runtime = boto3.client("s3"), boto3.client("sagemaker-runtime")
    rules = Rules.read(GATE)
    with timed("asked the endpoint"):
        requests, evidence = gather(s3, runtime, settings, data, rules)
        smoke = ask(runtime, settings.endpoint, gate["smoke"]["requests"])
    with timed("judged"):
        decision = decide(evidence, rules)
    for check in decision.checks:
        say(f"  {'passed' if check.passed else check.outcome}: {check.sentence}")
    origin = {
        "workload": settings.workload,
        "commit": settings.commit,
        "data_sha256": data["data_sha256"],
        "model_package_arn": settings.package_arn,
        "pipeline_execution": settings.execution,
        "endpoint": settings.endpoint,
        "champion_endpoint": settings.champion,
        "smoke": [
            {"request": request, "answer": answer.text}
            for request, answer in zip(gate["smoke"]["requests"], smoke, strict=True)
        ],
    }
    with timed("reported"):
        url = publish(s3, report.document(decision, evidence, requests, rules, origin), settings)
    approve_or_reject(decision, settings, url)
    say(f"{decision.verdict}, report at {url}")
    return decision


def gather(
    s3: Any, runtime: Any, settings: Settings, data: Mapping[str, Any], rules: Rules
) -> tuple[list[str], Evidence]:
    """Every test row's request, and both models' answers beside the truth."""
    rows = [line.rsplit(",", 1) for line in read_lines(s3, S3Address.parse(data["test"]))]
    requests, truth = [row[0] for row in rows], [row[1] for row in rows]
    asked = [settings.endpoint, settings.champion] if settings.champion else [settings.endpoint]
    challenger, *champion = ask_in_turn(runtime, asked, requests)
    training_labels: Mapping[str, int] = data["label_counts"]["train"]
    evidence = Evidence(
        truth=truth,
        answers=[answer.text for answer in challenger],
        milliseconds=[answer.milliseconds for answer in challenger],
        champion=[answer.text for answer in champion[0]] if champion else None,
        champion_milliseconds=[answer.milliseconds for answer in champion[0]] if champion else (),
        labels=data["labels"],
        majority=max(training_labels, key=training_labels.__getitem__),
        seed=int(data["data_sha256"][:16], 16),
        slices=slice_values(requests, data["features"], rules.comparison.slices),
        earlier_decisions=settings.earlier_decisions,
    )
    return requests, evidence


def slice_values(requests: Sequence[str], features: Sequence[str], columns: Sequence[str]) -> dict[str, list[str]]:
    """Each named column's value in every row; StepError for a column that the rows do not have."""
    unknown = sorted(set(columns) - set(features))
    if unknown:
        raise StepError(f"{GATE.name} names the slices {unknown}, but the rows have the columns {list(features)}.")
    rows = [request.split(",") for request in requests]
    return {name: [row[list(features).index(name)] for row in rows] for name in columns}


def publish(s3: Any, document: Mapping[str, Any], settings: Settings) -> str:
    """Write the report as this step's output and to the bucket; the page's S3 address."""
    folder = S3Address(bucket=settings.bucket, key=f"gate/{settings.execution}")
    files = {"gate.json": to_json(document), "gate.html": report.html(document)}
    kinds = {"gate.json": "application/json", "gate.html": "text/html; charset=utf-8"}
    for name, content in files.items():
        write_output(name, content)
        s3.put_object(Bucket=folder.bucket, Key=(folder / name).key, Body=content.encode(), ContentType=kinds[name])
    url = str(folder / "gate.html")
    write_variables({"VERDICT": document["verdict"], "REPORT_URL": url})
    return url


def approve_or_reject(decision: Decision, settings: Settings, url: str) -> None:
    """A held package stays pending: a person decides."""
    status = APPROVAL[decision.verdict]
    boto3.client("sagemaker").update_model_package(
        ModelPackageArn=settings.package_arn,
        ModelApprovalStatus=status,
        ApprovalDescription=f"{decision.verdict}: {decision.reason}. {url}"[:APPROVAL_DESCRIPTION_LIMIT],
    )
    say(f"  {settings.package_arn} is {status}")


if __name__ == "__main__":
    run(main)
