"""Verifies a release: PROD serves this release's approved model package, and answers as QA did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from handover.documents import to_json
from handover.gate_report import RELEASABLE, GateReport
from handover.invocations import NoAnswer, invocation
from handover.names import NO_CHAMPION, Artifact
from handover.notifications import publish, report_lines
from handover.packages import APPROVED, Package, version_of
from handover.places import GateFolder
from handover.serving import Serving, Variant, serving, serving_fault
from handover.step_variables import VerifyVariables
from handover.versions import replaced
from ml_steps.artifacts import read_input, write_output
from ml_steps.endpoint import CLIENT_CONFIG, Asker
from ml_steps.running import StepError, run, say, timed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from handover.gate_report import Smoke


def main() -> None:
    variables = VerifyVariables.read()
    report = GateReport.parse(read_input(Artifact.GATE, GateFolder.DOCUMENT))
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime", config=CLIENT_CONFIG)
    try:
        with timed("checked what is served"):
            check_release(report, variables.package_arn)
            package = sagemaker.describe_model_package(ModelPackageName=variables.package_arn)
            check_approved(package, report.verdict)
            check_objects(boto3.client("s3"), report)
            champion = champion_of(sagemaker, variables)
            address = check_served(sagemaker, variables.endpoint, package, champion, images=report.origin.images)
        with timed("asked PROD"):
            asker = Asker(runtime=runtime, invocation=invocation(variables.invocation))
            answers = check_answers(asker, address, report.origin.smoke)
    except StepError as error:
        raise StepError(f"{error}\n{_told(report, error, variables, sagemaker)}") from error
    document = {"endpoint": variables.endpoint, "model_package_arn": variables.package_arn, "answers": answers}
    write_output("verify.json", to_json(document))


def _told(report: GateReport, error: StepError, variables: VerifyVariables, sagemaker: Any) -> str:
    """Notifies the topic that PROD does not serve the release, and what it serves. Returns that text."""
    served = serving_lines(serving(sagemaker, variables.endpoint))
    lines = [str(error), "", *served, "", *report_lines(report, variables.bucket)]
    try:
        subject = f"{report.release_name} was not verified in PROD"
        say(f"  told the topic: {publish(boto3.client('sns'), variables.topic_arn, subject, lines)}")
    except ClientError as lost:
        say(f"The topic could not be told: {lost}")
    return "\n".join(served)


def serving_lines(found: Serving) -> list[str]:
    """Each variant's package, and the result of the latest deployment, for a person to read.

    CloudFormation has been seen to report success although SageMaker had rolled an endpoint back; the endpoint knows.
    """
    lines = [f"{found.endpoint} is {found.status} with {found.config_name}:"]
    lines += [f"- {each.name} serves {_version(each)} (model {each.model_name})" for each in found.variants]
    if found.failure:
        lines.append(f"SageMaker took its latest deployment back: {found.failure}")
    alarms = found.described.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    if alarms:
        lines.append(f"It was guarded by {', '.join(alarm['AlarmName'] for alarm in alarms)}.")
    return lines


def _version(variant: Variant) -> str:
    """``version 7 (arn:…/7)`` for a model made from a package; otherwise its images and artifacts."""
    if variant.package_arn:
        return f"version {version_of(variant.package_arn)} ({variant.package_arn})"
    return ", ".join(f"{each['Image']} with {each.get('ModelDataUrl', 'no artifact')}" for each in variant.containers)


def champion_of(sagemaker: Any, variables: VerifyVariables) -> Mapping[str, Any] | None:
    """The package beside which this release competes; None if releases do not compete, or if there is none."""
    if variables.champion_arn is None or variables.champion_arn == NO_CHAMPION:
        return None
    found: Mapping[str, Any] = sagemaker.describe_model_package(ModelPackageName=variables.champion_arn)
    return found


def check_release(report: GateReport, package_arn: str) -> None:
    """The package to be served is the one that the gate judged and did not reject."""
    if report.origin.model_package_arn != package_arn or report.verdict not in RELEASABLE:
        raise StepError(
            f"The gate's verdict is {report.verdict} for {report.origin.model_package_arn}, "
            f"but this release is {package_arn}."
        )


def check_approved(package: Mapping[str, Any], verdict: str) -> None:
    """Approved by the gate, or by a person if the gate held it."""
    found = Package.of(package)
    if found.status != APPROVED:
        raise StepError(f"{found.arn} is {found.status}, not {APPROVED}.")
    if verdict == "HOLD" and not found.approved_by:
        raise StepError(
            f"{found.arn} is {APPROVED}, but the gate held it and its property approved_by names nobody: only the "
            "pipeline's stage Approve sets both."
        )
    say(f"  {found.arn} is {APPROVED} by {found.approved_by or 'the gate'}")


def check_objects(s3: Any, report: GateReport) -> None:
    """The objects that PROD's containers read are those that were judged, in these versions."""
    for each, now in replaced(s3, report.origin.objects):
        raise StepError(
            f"{each.address} was replaced after the gate had judged it: version {each.version_id} was judged, and "
            f"{now} is there now. PROD may not read it, for it is not approved: "
            "find out who wrote it, and release the commit again."
        )
    say(f"  {len(report.origin.objects)} objects are those that were judged")


def check_served(
    sagemaker: Any,
    endpoint: str,
    package: Mapping[str, Any],
    champion: Mapping[str, Any] | None = None,
    *,
    images: Sequence[str] = (),
) -> str:
    """The endpoint is InService, serves this release's package, and runs its images. Returns where to invoke it.

    ``images``: those that the gate judged, with digests; empty if its report does not say.

    If it competes with a champion, the one other variant serves the champion's package.
    """
    found = serving(sagemaker, endpoint)
    if found.status != "InService":
        raise StepError(
            f"The endpoint {endpoint} is {found.status}, not InService: {found.failure or 'no reason given'}"
        )
    expected = {each["ModelPackageArn"]: each for each in (champion, package) if each is not None}
    served: dict[str, Variant] = {}
    for variant in found.variants:
        where = f"The endpoint {endpoint}, variant {variant.name}"
        arn = _package_of(variant, expected.values(), where)
        _check_images(variant.images, expected[arn], where)
        say(f"  {endpoint} → {found.config_name} → {variant.model_name} → {arn}")
        served[arn] = variant
    release = served.get(package["ModelPackageArn"])
    if release is not None and images and release.resolved and sorted(release.resolved) != sorted(images):
        raise StepError(
            f"The endpoint {endpoint} runs the images {', '.join(release.resolved)}, but the gate judged "
            f"{', '.join(images)}. A tag has moved: release the commit again."
        )
    missing = sorted(expected.keys() - served.keys())
    if missing:
        raise StepError(f"No variant of the endpoint {endpoint} serves {', '.join(missing)}.")
    return found.address(served[package["ModelPackageArn"]])


def _check_images(deployed: Sequence[str], package: Mapping[str, Any], where: str) -> None:
    """The running images, if SageMaker shows them, are the package's."""
    running = [_repository(image) for image in deployed]
    wanted = [_repository(each["Image"]) for each in package["InferenceSpecification"]["Containers"]]
    if running and sorted(running) != sorted(wanted):
        raise StepError(f"{where}: runs {running}, but {package['ModelPackageArn']} has {wanted}")


def _package_of(variant: Variant, expected: Iterable[Mapping[str, Any]], where: str) -> str:
    """Which of these packages the variant serves; StepError that says what is wrong if it serves none of them."""
    faults = {package["ModelPackageArn"]: serving_fault(variant.containers, package) for package in expected}
    for package_arn, fault in faults.items():
        if fault is None:
            return str(package_arn)
    raise StepError(f"{where}, model {variant.model_name}: {'; '.join(map(str, faults.values()))}")


def check_answers(asker: Asker, endpoint: str, smoke: Sequence[Smoke]) -> list[dict[str, Any]]:
    """PROD's answers to the smoke requests, which must equal QA's."""
    answers = asker.ask(endpoint, [each.request for each in smoke])
    for each, answer in zip(smoke, answers, strict=True):
        if isinstance(answer.text, NoAnswer):
            raise StepError(
                f"PROD's endpoint {endpoint} did not answer {each.request}: {answer.text}. It was asked again in vain. "
                "The release is deployed and not verified. When the endpoint answers, retry the action."
            )
        say(f"  {each.request} → {answer.text} ({answer.milliseconds:.1f} ms)")
        if answer.text != each.answer:
            raise StepError(
                f"PROD answers {each.request} with {answer.text!r}, but QA answered {each.answer!r}: "
                f"the endpoint {endpoint} does not serve what the gate judged."
            )
    return [
        {"request": each.request, "answer": answer.text, "milliseconds": round(answer.milliseconds, 3)}
        for each, answer in zip(smoke, answers, strict=True)
    ]


def _repository(image: str) -> str:
    """The image without tag and digest: SageMaker may show either."""
    return image.partition("@")[0].rpartition(":")[0] or image.partition("@")[0]


if __name__ == "__main__":
    run(main)
