"""What a gate does with its decision: report, approval, and the end of what is not let through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import S3Address, StepError, say, setting, to_json, write_output, write_variables
from ml_test import stack_under_test
from ml_test.gate import report
from ml_test.gate.decision import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

APPROVAL_DESCRIPTION_LIMIT = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    workload: str
    bucket: str
    commit: str
    execution: str
    endpoint: str
    stack: str
    package_arn: str

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
        )


def pass_or_stop(judge: Callable[[Settings], Decision]) -> None:
    """Run the judgement; whatever is no PROMOTE ends the step and deletes the endpoint under test."""
    settings = Settings.from_environment()
    cloudformation = boto3.client("cloudformation")
    try:
        decision = judge(settings)
        if decision.verdict is not Verdict.PROMOTE:
            raise StepError(f"{decision.verdict}: {decision.reason}. PROD stays as it is.")
    except BaseException as error:
        say(f"The gate stops this release: {error or type(error).__name__}")
        stack_under_test.delete(cloudformation, settings.stack)
        raise


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
    status = "Approved" if decision.verdict is Verdict.PROMOTE else "Rejected"
    boto3.client("sagemaker").update_model_package(
        ModelPackageArn=settings.package_arn,
        ModelApprovalStatus=status,
        ApprovalDescription=f"{decision.verdict}: {decision.reason}. {url}"[:APPROVAL_DESCRIPTION_LIMIT],
    )
    say(f"  {settings.package_arn} is {status}")
