"""What the gate does with its decision: report, signature, approval, notification."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import boto3

from handover import signed_report
from handover.documents import to_json
from handover.gate_report import GateReport
from handover.names import NO_CHAMPION
from handover.notifications import publish as publish_notification
from handover.notifications import report_lines
from handover.packages import PENDING, REJECTED, Judgement, set_status, version_of
from handover.places import GateFolder, topic_words
from handover.step_variables import GateVariables
from ml_steps.approval import approve
from ml_steps.artifacts import write_output, write_variables
from ml_steps.objects import put_once
from ml_steps.running import StepError, say
from ml_test.gate import report
from ml_test.subject import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml_test.gate.decision import Decision

#: The limit for the pipeline variable in the text of an approval, which takes 1,000 characters in all.
_SENTENCE_LIMIT = 450
_CONTENT_TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".sig": "text/plain; charset=utf-8",
}


def pass_or_stop(judge: Callable[[GateVariables], Decision]) -> None:
    """Run the judgement. A rejection ends the step, and with it the execution.

    The endpoint under test is deleted when the execution has ended (``lambda/qa_clean_up``). A held release keeps it
    until then: the person who decides may want to ask it.
    """
    variables = GateVariables.read()
    try:
        decision = judge(variables)
    except RefusedError as error:
        refuse(str(error), variables)
        raise
    if decision.verdict == "REJECT":
        raise StepError(f"{decision.verdict}: {decision.reason}. PROD stays as it is. In figures: {decision.details}")


def refuse(reason: str, variables: GateVariables) -> None:
    """Set the package to Rejected, without a report: what QA serves cannot be judged. Notify those who must know."""
    set_status(boto3.client("sagemaker"), variables.package_arn, REJECTED, f"REJECT: {reason}", {})
    subject = f"{variables.workload} version {version_of(variables.package_arn)}: REJECT"
    lines = [f"The gate refuses to judge it: {reason}", "PROD stays as it is."]
    say(f"  told the topic: {publish_notification(boto3.client('sns'), variables.topic_arn, subject, lines)}")


def conclude(document: Mapping[str, Any], variables: GateVariables) -> None:
    """Publish the signed report; then set the package's status by its verdict, and notify those who must know."""
    s3, sagemaker = boto3.client("s3"), boto3.client("sagemaker")
    files = {GateFolder.DOCUMENT: to_json(document), GateFolder.PAGE: report.html(document)}
    found = GateReport.of(document)
    publish(s3, boto3.client("kms"), files, found, variables)
    if words := words_of_topics(document):
        # For the API's answers: read for a release that PROD serves, and of no other's.
        put_once(s3, topic_words(variables.bucket, version_of(variables.package_arn)), to_json(words).encode())
    page = found.folder(variables.bucket).page
    description = f"{found.verdict}: {found.reason}. {page}"
    properties = judgement(found, variables, files[GateFolder.DOCUMENT]).properties()
    if found.verdict == "PROMOTE" and not variables.approval:
        approve(sagemaker, s3, found, description, properties)
    else:
        status = REJECTED if found.verdict == "REJECT" else PENDING
        set_status(sagemaker, variables.package_arn, status, description, properties)
        say(f"  {variables.package_arn} is {status}")
    say(f"{found.verdict}, report at {page}")
    _tell(found, variables)


def publish(s3: Any, kms: Any, files: Mapping[str, str], found: GateReport, variables: GateVariables) -> None:
    """Write report, manifest and signature to the bucket and as this step's output, and export the verdict."""
    release = signed_report.Release(workload=variables.workload, execution=variables.execution)
    manifest = signed_report.manifest(files, release, variables.package_arn)
    signature = signed_report.sign(kms, variables.signing_key_arn, manifest)
    folder = found.folder(variables.bucket)
    signed = {**files, signed_report.MANIFEST: manifest, signed_report.SIGNATURE: signature}
    for name, content in signed.items():
        write_output(name, content)
        kind = _CONTENT_TYPES["." + name.rpartition(".")[2]]
        if not put_once(s3, folder / name, content.encode(), kind):
            raise StepError(f"{folder / name} exists already: another build of this execution has written it.")
    champion = found.origin.champion
    write_variables(
        {
            "VERDICT": found.verdict,
            "REASON": " ".join(found.reason.split())[:_SENTENCE_LIMIT],
            "REPORT_URL": str(folder.page),
            "CHAMPION_PACKAGE_ARN": champion.model_package_arn if champion else NO_CHAMPION,
        }
    )


def words_of_topics(document: Mapping[str, Any]) -> list[list[str]]:
    """The words that show each topic, in the order of the model's answers; none if the answers are no topics."""
    topics = document.get("answered", {}).get("topics", ())
    return [topic["words"] for topic in sorted(topics, key=lambda topic: int(topic["topic"]))]


def judgement(found: GateReport, variables: GateVariables, document: str) -> Judgement:
    """The origin of the verdict, as the package stores it; training has written the origin of the model."""
    champion = found.origin.champion
    return Judgement(
        verdict=found.verdict,
        report=str(found.folder(variables.bucket).document),
        report_sha256=signed_report.sha256(document.encode()),
        parent_arn=champion.model_package_arn if champion else None,
        test_split_sha256=found.test_split_sha256,
        objects_sha256=signed_report.sha256(to_json([asdict(each) for each in found.origin.objects]).encode()),
    )


def _tell(found: GateReport, variables: GateVariables) -> None:
    """Notify of a held or rejected release. If a person approves each release, the approval action itself asks them."""
    lines = report_lines(found, variables.bucket)
    if found.verdict == "REJECT":
        subject = f"{found.release_name}: REJECT"
        message = [f"The gate rejects it: {found.reason}", "PROD stays as it is.", "", *lines]
    elif found.verdict == "HOLD":
        look_at = [f"- {entry}" for entry in found.look_at]
        say("A person decides, in the pipeline's stage Approve. What to look at:")
        for entry in look_at or [f"- {found.reason}"]:
            say(f"  {entry}")
        subject = f"{found.release_name}: HOLD, a person decides"
        message = [
            f"The gate cannot decide: {found.reason}",
            "The release waits in the pipeline's stage Approve. To answer:",
            f"  make approve WORKLOAD={variables.workload} COMMENT='why'",
            f"  make reject WORKLOAD={variables.workload} COMMENT='why'",
            f"QA serves it until a later push reaches QA: {found.origin.endpoint}",
            *(["", "What to look at:", *look_at] if look_at else []),
            "",
            *lines,
        ]
    else:
        return
    say(f"  told the topic: {publish_notification(boto3.client('sns'), variables.topic_arn, subject, message)}")
