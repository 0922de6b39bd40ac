"""Verifies a release: PROD serves this release's approved model package, and answers as QA did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from ml_init.step import StepError, input_artifact, run, say, setting, timed, to_json, write_output
from ml_test.endpoint import ask
from ml_test.notify import release_name, report_lines, tell
from ml_test.serving import serving_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main() -> None:
    endpoint, package_arn = setting("ENDPOINT_NAME"), setting("MODEL_PACKAGE_ARN")
    gate = input_artifact("GateOutput", "gate.json")
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
    try:
        with timed("checked what is served"):
            check_release(gate, package_arn)
            package = sagemaker.describe_model_package(ModelPackageName=package_arn)
            check_approved(package, gate["verdict"])
            check_served(sagemaker, endpoint, package)
        with timed("asked PROD"):
            answers = check_answers(runtime, endpoint, gate["smoke"])
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


def check_served(sagemaker: Any, endpoint: str, package: Mapping[str, Any]) -> None:
    """Endpoint → config → models → package: InService, this release's, and running its images."""
    package_arn = package["ModelPackageArn"]
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    if described["EndpointStatus"] != "InService":
        raise StepError(
            f"The endpoint {endpoint} is {described['EndpointStatus']}, not InService: "
            f"{described.get('FailureReason', 'no reason given')}"
        )
    wanted = [_repository(each["Image"]) for each in package["InferenceSpecification"]["Containers"]]
    for variant in described.get("ProductionVariants", []):
        deployed = [_repository(each["SpecifiedImage"]) for each in variant.get("DeployedImages", [])]
        if deployed and sorted(deployed) != sorted(wanted):
            raise StepError(
                f"The endpoint {endpoint}, variant {variant['VariantName']}: runs {deployed}, but {package_arn} has "
                f"{wanted}"
            )
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    for variant in config["ProductionVariants"]:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        containers = model.get("Containers") or [model["PrimaryContainer"]]
        fault = serving_fault(containers, package, package_arn)
        if fault:
            raise StepError(
                f"The endpoint {endpoint}, variant {variant['VariantName']}, model {model['ModelName']}: {fault}"
            )
        say(f"  {endpoint} → {described['EndpointConfigName']} → {model['ModelName']} → {package_arn}")


def serving_fault(containers: Sequence[Mapping[str, Any]], package: Mapping[str, Any], package_arn: str) -> str | None:
    """Why these containers are not the package's, or None.

    A model made from a package names it; where SageMaker shows the containers it made of it, they are compared too.
    """
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
