"""The verification of PROD where SageMaker went back to what served before, and CloudFormation said nothing of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from bench.lab.guarded_endpoint import GuardedEndpoint, Model
from bench.lab.sagemaker_world import XGBOOST, World
from tests.faults import record
from tests.gate_documents import gate_document
from tests.local.rolled_back import assert_rolled_back
from tests.local.steps import Steps
from tests.local.test_lambda import received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.local

GROUP = "verified"
ROW = "1,2,3"


@pytest.fixture(scope="module")
def endpoint(sagemaker_world: World) -> Iterator[GuardedEndpoint]:
    sagemaker_world.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    found = GuardedEndpoint(sagemaker_world, "verified")
    yield found
    sagemaker_world.delete_endpoint("verified")


def release(endpoint: GuardedEndpoint, answer: float) -> tuple[str, str]:
    """A new approved version that answers this number: its ARN, and an endpoint configuration of it."""
    world = endpoint.world
    address = world.put(f"verified/{answer}/model.tar.gz", Model(answer=answer).artifact())
    arn: str = world.sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": XGBOOST, "ModelDataUrl": address}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    return arn, endpoint.configured_for({"ModelPackageName": arn}, f"verified-{answer:.0f}")


def verified(endpoint: GuardedEndpoint, folder: Path, arn: str, answer: float, topic: str) -> Any:
    """The step as the pipeline runs it after a release of this package."""
    gate = gate_document(model_package_arn=arn, smoke=[{"request": ROW, "answer": str(answer)}])
    (folder / "gate.json").write_text(json.dumps(gate))
    return Steps(cloud=endpoint.world.cloud, folder=folder, bucket="data").run(
        "ml_release.verify",
        ENDPOINT_NAME=endpoint.name,
        MODEL_PACKAGE_ARN=arn,
        NOTIFICATION_TOPIC_ARN=topic,
        CODEBUILD_SRC_DIR_GateOutput=str(folder),
    )


@pytest.mark.fault
def test_a_silent_rollback_fails_the_verification(endpoint: GuardedEndpoint, tmp_path: Path) -> None:
    """Log and topic say what serves instead of the release that was taken back, and why."""
    world = endpoint.world
    sns, sqs = world.cloud.client("sns"), world.cloud.client("sqs")
    topic = sns.create_topic(Name="verified")["TopicArn"]
    queue = sqs.create_queue(QueueName="verified")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    first, config = release(endpoint, 2.0)
    at_once = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    endpoint.update(config, {"BlueGreenUpdatePolicy": at_once})
    good = verified(endpoint, tmp_path, first, 2.0, topic)
    assert good.returncode == 0, good.stdout + good.stderr

    alarm = endpoint.alarm("silent", "NobodyPutsThis", TreatMissingData="breaching")
    endpoint.settled_alarm(alarm, "ALARM")
    second, config = release(endpoint, 3.0)
    guard = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}
    began = time.monotonic()
    update = endpoint.update(config, {"BlueGreenUpdatePolicy": at_once, **guard})
    assert_rolled_back(endpoint, update, alarm)
    assert update.traffic.errors == []
    bad = verified(endpoint, tmp_path, second, 3.0, topic)
    seconds = time.monotonic() - began
    said = bad.stdout + bad.stderr
    assert bad.returncode == 1
    assert f"serves {first}, not {second}" in said
    told = json.loads(received(sqs, queue)["Body"])
    assert told["Subject"] == "car_evaluation version 2 was not verified in PROD"
    for words in (f"AllTraffic serves version 1 ({first})", f"are in ALARM: {alarm}", f"was guarded by {alarm}"):
        assert words in said
        assert words in told["Message"]
    record(
        "success reported over a silent rollback",
        verdict="the verification fails, and says which version serves",
        seconds=seconds,
        left_over=update.left_over,
    )
