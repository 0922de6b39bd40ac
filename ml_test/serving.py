"""What an endpoint serves, in words: for whoever is told that it is not what was released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def serving_lines(sagemaker: Any, endpoint: str) -> list[str]:
    """Which package each variant serves, and what became of the latest deployment.

    CloudFormation has been seen to report success where SageMaker had rolled an endpoint back: the endpoint knows.
    """
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    name, status = described["EndpointConfigName"], described["EndpointStatus"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    lines = [f"{endpoint} is {status} with {name}:"]
    for variant in config["ProductionVariants"]:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        lines.append(f"- {variant['VariantName']} serves {_version(model)} (model {model['ModelName']})")
    if "FailureReason" in described:
        lines.append(f"SageMaker took its latest deployment back: {described['FailureReason']}")
    alarms = described.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    if alarms:
        lines.append(f"It was guarded by {', '.join(alarm['AlarmName'] for alarm in alarms)}.")
    return lines


def _version(model: Mapping[str, Any]) -> str:
    """``version 7 (arn:…/7)`` for a model that was made of a package; else the images and artifacts it has."""
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    named = dict.fromkeys(each["ModelPackageName"] for each in containers if "ModelPackageName" in each)
    if named:
        return ", ".join(f"version {arn.rpartition('/')[2]} ({arn})" for arn in named)
    return ", ".join(f"{each['Image']} with {each.get('ModelDataUrl', 'no artifact')}" for each in containers)
