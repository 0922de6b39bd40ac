"""What a gate does with its decision: report, signature, approval."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import (
    S3Address,
    Settings,
    StepError,
    from_variable,
    say,
    setting,
    to_json,
    write_output,
    write_variables,
)
from ml_test import approval, signature
from ml_test.champion import NO_CHAMPION
from ml_test.gate import report
from ml_test.notify import release_name, report_lines, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml_test.gate.decision import Decision

#: Of a pipeline's variable that goes into the text of an approval, which takes 1,000 characters in all.
_SENTENCE_LIMIT = 450
_KINDS = {".json": "application/json", ".html": "text/html; charset=utf-8", ".sig": "text/plain; charset=utf-8"}


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSettings(Settings):
    execution: str = from_variable("PIPELINE_EXECUTION_ID")
    endpoint: str = from_variable("ENDPOINT_NAME")
    package_arn: str = from_variable("MODEL_PACKAGE_ARN")
    #: The endpoint and the stack of PROD, which serves the model to be compared with.
    champion: str = from_variable("CHAMPION_ENDPOINT")
    champion_stack: str = from_variable("CHAMPION_STACK_NAME")
    signing_key_arn: str = from_variable("SIGNING_KEY_ARN")
    #: A person approves each release, also one that the gate promotes.
    approval: bool = field(default_factory=lambda: setting("APPROVAL") == "true")

    @property
    def folder(self) -> S3Address:
        """Where the report lies."""
        return S3Address(bucket=self.bucket, key=f"gate/{self.execution}")


def pass_or_stop(judge: Callable[[GateSettings], Decision]) -> None:
    """Run the judgement; what is rejected ends the step, and with it the execution.

    The endpoint under test goes when the execution has ended (``lambda/qa_clean_up``). What is held keeps it until
    then: whoever decides may want to ask it.
    """
    decision = judge(GateSettings())
    if decision.verdict == "REJECT":
        raise StepError(f"{decision.verdict}: {decision.reason}. PROD stays as it is. In figures: {decision.details}")


def conclude(document: Mapping[str, Any], settings: GateSettings) -> None:
    """Publish the report, signed; then set the package's status by its verdict, and tell whoever has to know."""
    s3, sagemaker = boto3.client("s3"), boto3.client("sagemaker")
    files = {"gate.json": to_json(document), "gate.html": report.html(document)}
    publish(s3, boto3.client("kms"), files, document, settings)
    verdict, url = document["verdict"], str(settings.folder / "gate.html")
    description = f"{verdict}: {document['reason']}. {url}"
    properties = lineage(document, settings, signature.sha256(files["gate.json"]))
    if verdict == "PROMOTE" and not settings.approval:
        approval.approve(sagemaker, s3, settings.package_arn, description, properties)
    else:
        status = "Rejected" if verdict == "REJECT" else "PendingManualApproval"
        approval.set_status(sagemaker, settings.package_arn, status, description, properties)
    say(f"{verdict}, report at {url}")
    _tell(document, settings)


def publish(s3: Any, kms: Any, files: Mapping[str, str], document: Mapping[str, Any], settings: GateSettings) -> None:
    """Write report, manifest and signature to the bucket and as this step's output, and export the verdict."""
    origin = {
        "workload": settings.workload,
        "pipeline_execution": settings.execution,
        "model_package_arn": settings.package_arn,
    }
    text = signature.manifest(files, origin)
    signed = signature.sign(kms, settings.signing_key_arn, text)
    for name, content in {**files, signature.MANIFEST: text, signature.SIGNATURE: signed}.items():
        write_output(name, content)
        kind = _KINDS["." + name.rpartition(".")[2]]
        s3.put_object(Bucket=settings.bucket, Key=(settings.folder / name).key, Body=content.encode(), ContentType=kind)
    write_variables(
        {
            "VERDICT": document["verdict"],
            "REASON": " ".join(document["reason"].split())[:_SENTENCE_LIMIT],
            "REPORT_URL": str(settings.folder / "gate.html"),
            "CHAMPION_PACKAGE_ARN": (document.get("champion") or {}).get("model_package_arn", NO_CHAMPION),
        }
    )


def lineage(document: Mapping[str, Any], settings: GateSettings, report_sha256: str) -> dict[str, str]:
    """Where the verdict comes from, as the package keeps it; the training step has written what the model comes from.

    ``parent`` is the package that it was compared with; a first release has none.
    """
    champion = document.get("champion") or {}
    known = {
        "verdict": document["verdict"],
        "gate_report": str(settings.folder / "gate.json"),
        "gate_report_sha256": report_sha256,
        "parent": champion.get("model_package_arn"),
        "test_split_sha256": document.get("test_split_sha256"),
    }
    return {name: value for name, value in known.items() if value}


def _tell(document: Mapping[str, Any], settings: GateSettings) -> None:
    """What is held or rejected; where a person approves each release, the approval itself asks them."""
    verdict = document["verdict"]
    lines = report_lines(document, settings.bucket)
    if verdict == "REJECT":
        tell(
            f"{release_name(document)}: REJECT",
            [f"The gate rejects it: {document['reason']}", "PROD stays as it is.", "", *lines],
        )
    elif verdict == "HOLD":
        look_at = [f"- {entry}" for entry in document.get("look_at", [])]
        say("A person decides, in the pipeline's stage Approve. What to look at:")
        for entry in look_at or [f"- {document['reason']}"]:
            say(f"  {entry}")
        tell(
            f"{release_name(document)}: HOLD, a person decides",
            [
                f"The gate cannot decide: {document['reason']}",
                "The release waits in the pipeline's stage Approve; its QA endpoint stays up meanwhile:",
                document["endpoint"],
                *(["", "What to look at:", *look_at] if look_at else []),
                "",
                *lines,
            ],
        )
