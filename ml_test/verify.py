"""Verifies a release: PROD serves this release's approved model package, and answers as QA did."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from ml_init.step import StepError, input_artifact, run, say, setting, timed, to_json, write_output
from ml_test.champion import NO_CHAMPION
from ml_test.endpoint import ask
from ml_test.notify import release_name, report_lines, tell
from ml_test.serving import serving_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def main() -> None:
    endpoint, package_arn = setting("ENDPOINT_NAME"), setting("MODEL_PACKAGE_ARN")
    gate = input_artifact("GateOutput", "gate.json")
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
    try:
        with timed("checked what is served"):
            check_release(gate, package_arn)
            package = sagemaker.describe_model_package(ModelPackageName=package_arn)
            check_approved(package, gate["verdict"])
            address = check_served(sagemaker, endpoint, package, champion_of(sagemaker))
        with timed("asked PROD"):
            answers = check_answers(runtime, address, gate["smoke"])
    except StepError as error:
        raise StepError(f"{error}\n{_told(gate, error, serving_lines(sagemaker, endpoint))}") from error
    document = {"endpoint": endpoint, "model_package_arn": package_arn, "answers": answers}
    write_output("verify.json", to_json(document))


def _told(gate: Mapping[str, Any], error: StepError, serving: Sequence[str]) -> str:
    """Tells the topic that PROD is not what was released, and what it is; returns that."""
    try:
        lines = [str(error), "", *serving, "", *report_lines(gate, setting("DATA_BUCKET"))]
        tell(f"{release_name(gate)} was not verified in PROD", lines)
    except ClientError as lost:
        say(f"The topic could not be told: {lost}")
    return "\n".join(serving)


def champion_of(sagemaker: Any) -> Mapping[str, Any] | None:
    """The package beside which this release competes; None where releases do not, or where there is none."""
    arn = os.environ.get("CHAMPION_PACKAGE_ARN", NO_CHAMPION)
    package: Mapping[str, Any] | None = None
    if arn != NO_CHAMPION:
        package = sagemaker.describe_model_package(ModelPackageName=arn)
    return package


def check_release(gate: Mapping[str, Any], package_arn: str) -> None:
    """What the gate judged, and did not reject, is what is to be served."""
    if gate["model_package_arn"] != package_arn or gate["verdict"] not in ("PROMOTE", "HOLD"):
        raise StepError(
            f"The gate's verdict is {gate['verdict']} for {gate['model_package_arn']}, "
            f"but this release is {package_arn}."
        )


def check_approved(package: Mapping[str, Any], verdict: str) -> None:
    """Approved: by the gate, or by a person where the gate held it."""
    arn, status = package["ModelPackageArn"], package["ModelApprovalStatus"]
    if status != "Approved":
        raise StepError(f"{arn} is {status}, not Approved.")
    approved_by = package.get("CustomerMetadataProperties", {}).get("approved_by")
    if verdict == "HOLD" and not approved_by:
        raise StepError(
            f"{arn} is Approved, but the gate held it and its property approved_by names nobody: only the pipeline's "
            "stage Approve sets both."
        )
    say(f"  {arn} is Approved by {approved_by or 'the gate'}")


def check_served(
    sagemaker: Any, endpoint: str, package: Mapping[str, Any], champion: Mapping[str, Any] | None = None
) -> str:
    """Endpoint → config → models → package: InService, this release's, and running its images; where to ask it.

    Where it competes with a champion, that package's model is the one other variant's.
    """
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    if described["EndpointStatus"] != "InService":
        raise StepError(
            f"The endpoint {endpoint} is {described['EndpointStatus']}, not InService: "
            f"{described.get('FailureReason', 'no reason given')}"
        )
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    expected = {each["ModelPackageArn"]: each for each in (champion, package) if each is not None}
    images = {each["VariantName"]: each.get("DeployedImages", []) for each in described.get("ProductionVariants", [])}
    served: dict[str, str] = {}
    for variant in config["ProductionVariants"]:
        name = variant["VariantName"]
        where = f"The endpoint {endpoint}, variant {name}"
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        found = _package_of(model, expected.values(), where)
        _check_images(images.get(name, []), expected[found], where)
        say(f"  {endpoint} → {described['EndpointConfigName']} → {model['ModelName']} → {found}")
        served[found] = name
    missing = sorted(expected.keys() - served.keys())
    if missing:
        raise StepError(f"No variant of the endpoint {endpoint} serves {', '.join(missing)}.")
    return endpoint if champion is None else f"{endpoint}/{served[package['ModelPackageArn']]}"


def _check_images(deployed: Sequence[Mapping[str, Any]], package: Mapping[str, Any], where: str) -> None:
    """The images that run, where SageMaker says so, are the package's."""
    running = [_repository(each["SpecifiedImage"]) for each in deployed]
    wanted = [_repository(each["Image"]) for each in package["InferenceSpecification"]["Containers"]]
    if running and sorted(running) != sorted(wanted):
        raise StepError(f"{where}: runs {running}, but {package['ModelPackageArn']} has {wanted}")


def _package_of(model: Mapping[str, Any], expected: Iterable[Mapping[str, Any]], where: str) -> str:
    """Which of these packages the model is of; StepError with what is wrong where it is of none."""
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    faults = {package["ModelPackageArn"]: serving_fault(containers, package) for package in expected}
    for package_arn, fault in faults.items():
        if fault is None:
            return str(package_arn)
    raise StepError(f"{where}, model {model['ModelName']}: {'; '.join(map(str, faults.values()))}")


def serving_fault(containers: Sequence[Mapping[str, Any]], package: Mapping[str, Any]) -> str | None:
    """Why these containers are not the package's, or None.

    A model made from a package names it; where SageMaker shows the containers it made of it, they are compared too.
    """
    package_arn = package["ModelPackageArn"]
    named = {container["ModelPackageName"] for container in containers if "ModelPackageName" in container}
    if named and named != {package_arn}:
        return f"serves {', '.join(sorted(named))}, not {package_arn}"
    shown = [_artifact(container) for container in containers if "Image" in container]
    wanted = [_artifact(container) for container in package["InferenceSpecification"]["Containers"]]
    if shown and shown != wanted:
        return f"serves the containers {shown}, but {package_arn} has {wanted}"
    if not named and not shown:
        return f"names neither a model package nor an image: {containers}"
    return None


def check_answers(runtime: Any, endpoint: str, smoke: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """PROD's answers to the smoke requests, which must be QA's."""
    answers = ask(runtime, endpoint, [entry["request"] for entry in smoke])
    for entry, answer in zip(smoke, answers, strict=True):
        say(f"  {entry['request']} → {answer.text} ({answer.milliseconds:.1f} ms)")
        if answer.text != entry["answer"]:
            raise StepError(
                f"PROD answers {entry['request']} with {answer.text!r}, but QA answered {entry['answer']!r}: "
                f"the endpoint {endpoint} does not serve what the gate judged."
            )
    return [
        {"request": entry["request"], "answer": answer.text, "milliseconds": round(answer.milliseconds, 3)}
        for entry, answer in zip(smoke, answers, strict=True)
    ]


def _repository(image: str) -> str:
    """Without tag and digest: SageMaker may show either."""
    return image.partition("@")[0].rpartition(":")[0] or image.partition("@")[0]


def _artifact(container: Mapping[str, Any]) -> tuple[str, str | None]:
    return container["Image"], container.get("ModelDataUrl")


if __name__ == "__main__":
    run(main)
