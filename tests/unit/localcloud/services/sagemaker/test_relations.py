"""What SageMaker refuses because parameters do not go together, though each would do."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.sagemaker.endpoints import Endpoints
from localcloud.services.sagemaker.training_jobs import check_training_job
from tests.unit.localcloud.services.calls import call

CALL = call("sagemaker")


def job(**stopping: int) -> dict[str, Any]:
    return {
        "TrainingJobName": "j",
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": True,
    }


@pytest.mark.parametrize(
    "stopping", [{}, {"MaxRuntimeInSeconds": 60}, {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}]
)
def test_a_job_on_spot_instances_says_how_long_it_waits(stopping: dict[str, int]) -> None:
    """At least as long as it may run, by default a day."""
    with pytest.raises(
        AwsError, match="must be present and be greater than or equal to MaxRuntimeInSeconds"
    ) as refused:
        check_training_job(job(**stopping))
    assert refused.value.code == "ValidationException"


def test_a_job_that_waits_long_enough_is_taken() -> None:
    """As long as it may run is enough."""
    check_training_job(job(MaxRuntimeInSeconds=60, MaxWaitTimeInSeconds=60))


def test_some_variant_keeps_a_weight(cloud: Cloud) -> None:
    """Without one, no request could be sent anywhere."""
    endpoints = Endpoints(cloud)
    variants = [{"VariantName": name, "DesiredWeight": 1.0, "DesiredInstanceCount": 1} for name in ("a", "b")]
    document = {
        "EndpointName": "e",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e",
        "EndpointStatus": "InService",
        "ProductionVariants": variants,
    }
    cloud.store.table("sagemaker.endpoints").put("e", document)
    without = [{"VariantName": name, "DesiredWeight": 0.0} for name in ("a", "b")]
    with pytest.raises(AwsError, match="At least one production variant needs a weight above 0"):
        endpoints.update_weights_and_capacities(CALL, {"EndpointName": "e", "DesiredWeightsAndCapacities": without})
    assert (cloud.store.table("sagemaker.endpoints").get("e") or {})["EndpointStatus"] == "InService"
