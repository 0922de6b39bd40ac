"""Endpoints from creation to deletion, and their runtime, by boto3."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, LABELS, REGISTRY, World, archive
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

BEST_CAR = "low,low,5more,more,big,high"
WORST_CAR = "vhigh,vhigh,2,2,small,low"


@pytest.fixture(scope="module")
def car(sagemaker_world: World) -> Iterator[World]:
    """An endpoint ``car`` with all three containers, every request of which is captured."""
    world = sagemaker_world
    world.model("car", world.containers())
    world.config(
        "car",
        "car",
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    )
    endpoint = world.endpoint("car", "car")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    yield world
    world.delete_endpoint("car")
    assert not world.container_processes("car")


def test_a_request_passes_all_three_containers(car: World) -> None:
    """Six words go in, a label comes out, and the answer names the variant."""
    answer = car.runtime.invoke_endpoint(EndpointName="car", Body=BEST_CAR, ContentType="text/csv")
    assert answer["Body"].read().decode() == "vgood"
    assert answer["InvokedProductionVariant"] == "car"
    assert answer["ContentType"] == "text/csv"
    assert car.invoke("car", WORST_CAR) == LABELS[0]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        ("low,low,5more,more,big", "text/csv", 400, "Index 5 out of bounds for length 5"),
        ("low,low,5more,more,big,XX", "text/csv", 400, "Unseen label: XX"),
        (BEST_CAR, "image/png", 415, "image/png"),
    ],
)
def test_a_bad_request_is_a_model_error_with_the_containers_words(
    car: World, body: str, content_type: str, status: int, message: str
) -> None:
    """A bad row or content type is 424 with the container's own status and message."""
    with pytest.raises(ClientError, match="Received client error") as error:
        car.invoke("car", body, ContentType=content_type)
    response = error.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == status
    assert message in response["OriginalMessage"]
    assert "container-1" in response["Error"]["Message"]


def test_a_body_above_six_mebibytes_is_refused(car: World) -> None:
    """A larger body than AWS takes is refused in AWS's words."""
    with pytest.raises(ClientError, match="length less than or equal to 6291456") as error:
        car.invoke("car", b"x" * (6 * 1024 * 1024 + 1))
    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_an_endpoint_that_is_not_there_is_named(car: World) -> None:
    """The ValidationError names endpoint and account."""
    with pytest.raises(ClientError, match="Endpoint nobody of account 123456789012 not found"):
        car.invoke("nobody", BEST_CAR)


def test_an_unknown_variant_is_refused(car: World) -> None:
    """TargetVariant must be one of the endpoint's variants."""
    with pytest.raises(ClientError, match="Variant nobody not found"):
        car.invoke("car", BEST_CAR, TargetVariant="nobody")


def test_an_unsigned_request_is_refused(car: World) -> None:
    """An invocation without a signature is 403."""
    address = urlparse(car.cloud.endpoint_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    connection.request("POST", "/endpoints/car/invocations", BEST_CAR, {"content-type": "text/csv"})
    assert connection.getresponse().status == 403


def test_requests_are_captured(car: World) -> None:
    """A request is captured as a line of JSON with input and output, in the hour's folder."""
    car.invoke("car", BEST_CAR, InferenceId="capture-me")

    def lines() -> list[dict]:
        found = car.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/car/car/").get("Contents", [])
        bodies = (car.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode() for item in found)
        documents = (json.loads(line) for body in bodies for line in body.splitlines())
        return [line for line in documents if line["eventMetadata"].get("inferenceId") == "capture-me"]

    line = until(lines, what="the request's captured line")[0]
    assert line["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": BEST_CAR,
        "encoding": "CSV",
    }
    assert line["captureData"]["endpointOutput"]["data"] == "vgood"
    assert line["eventVersion"] == "0"


def test_traffic_is_counted_in_cloudwatch(car: World) -> None:
    """Invocations, errors and latency of a variant are added up."""
    cloudwatch = car.cloud.client("cloudwatch")
    car.model("counted", [car.containers()[1]])
    car.config("counted", "counted")
    car.endpoint("counted", "counted")

    def total(name: str) -> float:
        now = time.time()
        statistics = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=[{"Name": "EndpointName", "Value": "counted"}, {"Name": "VariantName", "Value": "counted"}],
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=86400,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in statistics["Datapoints"])

    for _ in range(5):
        car.invoke("counted", "1,1,1,1,1,1")
    with pytest.raises(ClientError):
        car.invoke("counted", "x")
    until(lambda: total("Invocations"), lambda count: count == 6, what="six invocations in CloudWatch")
    assert total("Invocation4XXErrors") == 1
    assert total("ModelLatency") > 0
    car.delete_endpoint("counted")


def test_containers_write_to_the_endpoints_log(car: World) -> None:
    """Each container has a stream that is named after variant, instance and container."""
    streams = car.logs.describe_log_streams(logGroupName="/aws/sagemaker/Endpoints/car")["logStreams"]
    names = sorted(stream["logStreamName"] for stream in streams)
    assert len({name.split("/")[0] for name in names}) == 1
    assert [name.rsplit("-container-", 1)[1] for name in names][:3] == ["1", "2", "3"]


def test_variants_share_the_traffic_by_weight(car: World) -> None:
    """Traffic follows the weights, a change of the weights changes it, and TargetVariant overrules them."""
    xgboost = [car.containers()[1]]
    for name in ("blue", "green"):
        car.model(name, xgboost)
    car.config("two", "blue", "green", weights=(3.0, 1.0))
    assert car.endpoint("two", "two")["EndpointStatus"] == "InService"

    def counts() -> Counter[str]:
        return Counter(
            car.runtime.invoke_endpoint(EndpointName="two", Body="1,1,1,1,1,1", ContentType="text/csv")[
                "InvokedProductionVariant"
            ]
            for _ in range(200)
        )

    assert 110 < counts()["blue"] < 185
    car.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="two",
        DesiredWeightsAndCapacities=[
            {"VariantName": "blue", "DesiredWeight": 0.0},
            {"VariantName": "green", "DesiredInstanceCount": 2},
        ],
    )
    found = car.settled("two")
    assert {v["VariantName"]: v["CurrentInstanceCount"] for v in found["ProductionVariants"]} == {"blue": 1, "green": 2}
    assert len(car.container_processes("two")) == 3
    assert counts() == {"green": 200}
    targeted = car.runtime.invoke_endpoint(
        EndpointName="two", Body="1,1,1,1,1,1", ContentType="text/csv", TargetVariant="blue"
    )
    assert targeted["InvokedProductionVariant"] == "blue"
    car.delete_endpoint("two")
    assert not car.container_processes("two")


def test_an_update_serves_without_a_gap(car: World) -> None:
    """While a new fleet comes up the old one answers; then the new configuration serves and the old fleet is gone."""
    car.model("before", [car.containers()[1]])
    car.model("after", [car.containers()[1]])
    car.config("before", "before")
    car.config("after", "after")
    car.endpoint("moving", "before")
    old = car.container_processes("moving")
    car.sagemaker.update_endpoint(EndpointName="moving", EndpointConfigName="after")
    seen = []

    def look() -> dict[str, Any]:
        answer = car.runtime.invoke_endpoint(EndpointName="moving", Body="1,1,1,1,1,1", ContentType="text/csv")
        seen.append(answer["InvokedProductionVariant"])
        return dict(car.sagemaker.describe_endpoint(EndpointName="moving"))

    found = until(
        look, lambda found: found["EndpointStatus"] != "Updating", what="the end of the update", every_seconds=0
    )
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "after")
    assert seen[0] == "before"
    assert sorted(seen, reverse=True) == seen, "once the new fleet answers, the old one does no more"
    assert not set(old) & set(car.container_processes("moving"))
    car.delete_endpoint("moving")


def test_a_failed_update_leaves_the_old_fleet_serving(car: World) -> None:
    """A new model that cannot be loaded leaves the old configuration in service, with the reason, and nothing else."""
    broken = car.put("bundles/not-a-model.tar.gz", archive({"xgboost-model": b"this is not a model"}))
    car.model("good", [car.containers()[1]])
    car.model("broken", [car.containers()[1] | {"ModelDataUrl": broken}])
    car.config("good", "good")
    car.config("broken", "broken")
    car.endpoint("steady", "good")
    old = car.container_processes("steady")
    car.sagemaker.update_endpoint(EndpointName="steady", EndpointConfigName="broken")
    found = car.settled("steady")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "good")
    assert "did not pass the ping health check" in found["FailureReason"]
    assert "cannot be loaded" in found["FailureReason"]
    assert car.invoke("steady", "1,1,1,1,1,1").strip()
    assert sorted(car.container_processes("steady")) == sorted(old)
    car.delete_endpoint("steady")


def test_a_bundle_that_cannot_be_loaded_fails_the_endpoint(car: World) -> None:
    """The endpoint is Failed and names container, variant and cause; nothing of it runs, and it can be deleted."""
    containers = car.containers()
    bad = archive({"bundle.json": b'{"format": "json"}', "root/model.json": b"{}"})
    containers[2] = containers[2] | {"ModelDataUrl": car.put("bundles/bad.tar.gz", bad)}
    car.model("bad-bundle", containers)
    car.config("bad-bundle", "bad-bundle")
    found = car.endpoint("bad-bundle", "bad-bundle")
    assert found["EndpointStatus"] == "Failed"
    assert "The container-3 container for production variant bad-bundle did not pass" in found["FailureReason"]
    assert "The model cannot be loaded" in found["FailureReason"]
    assert not car.container_processes("bad-bundle")
    with pytest.raises(ClientError, match="not found"):
        car.invoke("bad-bundle", BEST_CAR)
    car.delete_endpoint("bad-bundle")


def test_an_archive_that_is_none_fails_the_endpoint(car: World) -> None:
    """Model data that is no tar.gz is named by its address."""
    url = car.put("bundles/garbage.tar.gz", b"garbage")
    car.model("garbage", [car.containers()[1] | {"ModelDataUrl": url}])
    car.config("garbage", "garbage")
    found = car.endpoint("garbage", "garbage")
    assert found["EndpointStatus"] == "Failed"
    assert f'Failed to extract model data archive for container from URL "{url}"' in found["FailureReason"]
    car.delete_endpoint("garbage")


def test_a_model_is_checked_when_it_is_made(car: World) -> None:
    """CreateModel refuses unknown images, missing data, VPCs and multi-model containers by name."""
    container = car.containers()[1]
    for changes, named in (
        ({"Image": f"{REGISTRY}/lda:1"}, "lda:1"),
        ({"ModelDataUrl": f"s3://{BUCKET}/nowhere.tar.gz"}, "Could not find model data at"),
        ({"Mode": "MultiModel"}, "MultiModel"),
    ):
        with pytest.raises(ClientError, match=named):
            car.model("checked", [container | changes])
    with pytest.raises(ClientError, match="VpcConfig"):
        car.sagemaker.create_model(
            ModelName="checked",
            PrimaryContainer=container,
            ExecutionRoleArn=car.role,
            VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        )
    with pytest.raises(ClientError, match="Could not find model"):
        car.sagemaker.describe_model(ModelName="checked")


def test_serverless_variants_are_refused_by_name(car: World) -> None:
    """ServerlessConfig, async inference and shadow variants are not supported, and say so."""
    with pytest.raises(ClientError, match="ServerlessConfig"):
        car.sagemaker.create_endpoint_config(
            EndpointConfigName="serverless",
            ProductionVariants=[
                {
                    "VariantName": "a",
                    "ModelName": "car",
                    "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
                }
            ],
        )


def test_a_model_package_stands_for_its_containers(car: World) -> None:
    """A model of one ModelPackageName serves that package's whole pipeline."""
    car.sagemaker.create_model_package_group(ModelPackageGroupName="packaged")
    package = car.sagemaker.create_model_package(
        ModelPackageGroupName="packaged",
        InferenceSpecification={
            "Containers": car.containers(),
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    car.model("packaged", [{"ModelPackageName": package}])
    car.config("packaged", "packaged")
    assert car.endpoint("packaged", "packaged")["EndpointStatus"] == "InService"
    assert car.invoke("packaged", BEST_CAR) == "vgood"
    car.delete_endpoint("packaged")


def test_a_container_that_died_is_replaced(car: World) -> None:
    """A killed container is started again, as SageMaker replaces an unhealthy instance."""
    car.model("mortal", [car.containers()[1]])
    car.config("mortal", "mortal")
    car.endpoint("mortal", "mortal")
    (pid,) = car.container_processes("mortal")
    os.kill(pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return bool(car.invoke("mortal", "1,1,1,1,1,1"))
        except ClientError:
            return False

    until(answers, what="an answer of the new container")
    assert pid not in car.container_processes("mortal")
    car.delete_endpoint("mortal")
    assert not car.container_processes("mortal")


def test_an_endpoint_can_be_deleted_while_it_is_created(car: World) -> None:
    """Deleting at once leaves no endpoint and no process."""
    car.model("hasty", car.containers())
    car.config("hasty", "hasty")
    car.sagemaker.create_endpoint(EndpointName="hasty", EndpointConfigName="hasty")
    car.delete_endpoint("hasty")
    until(lambda: car.container_processes("hasty"), lambda found: not found, what="no container of endpoint hasty")


def test_names_are_used_once_and_changes_wait(car: World) -> None:
    """A second endpoint of one name, and one of an unknown configuration, are refused."""
    with pytest.raises(ClientError, match="already existing endpoint"):
        car.sagemaker.create_endpoint(EndpointName="car", EndpointConfigName="car")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        car.sagemaker.create_endpoint(EndpointName="other", EndpointConfigName="nobody")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        car.sagemaker.delete_endpoint(EndpointName="other")
