"""Every resource type's life through CloudFormation: made, changed in place, deleted; the service itself is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.registry import resource_types
from tests.clouds import LocalCloud
from tests.local.lives import access, apis, functions, machine_learning, messaging, pages, people, storage
from tests.local.lives.life import ROLE, Life, Stack, attribute, tags

pytestmark = pytest.mark.local

LIVES = [
    *(*storage.LIVES, *access.LIVES, *messaging.LIVES, *functions.LIVES, *apis.LIVES, *machine_learning.LIVES),
    *(*people.LIVES, *pages.LIVES),
]


@pytest.fixture
def stack(local_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Stack]:
    name = "".join(each for each in request.node.name.title() if each.isalnum())[-60:]
    made = Stack(cloud=local_cloud, name=name)
    yield made
    made.delete()


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.type_name.removeprefix("AWS::").replace("::", "-"))
def test_a_resource_is_made_changed_in_place_and_deleted(stack: Stack, life: Life):
    """The service shows what the template asks for, then what it asks for later under the same id, then nothing."""
    made = stack.deploy(life.template(life.first))
    assert life.look(stack, made) == life.at_first
    if life.then is not None:
        changed = stack.deploy(life.template(life.then), update=True)
        assert life.look(stack, changed) == life.later
        assert changed["Ref"] == made["Ref"]
    stack.delete()
    if life.gone is not None:
        assert life.look(stack, made) == life.gone
    else:
        with pytest.raises((ClientError, IndexError, KeyError)):
            life.look(stack, made)


def only(type_name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A template of one resource, whose Ref is the output."""
    return {
        "Resources": {"Subject": {"Type": type_name, "Properties": properties}},
        "Outputs": {"Ref": {"Value": {"Ref": "Subject"}}},
    }


def test_every_type_has_a_life_here() -> None:
    """A provider without a test would be found out by its first user."""
    elsewhere = {
        "AWS::ApplicationAutoScaling::ScalableTarget",  # with the endpoint that it needs, where scaling is tested
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CDK::Metadata",  # there is nothing to ask a service about
        "AWS::CloudFormation::Stack",  # tests/local/test_nested_stacks.py
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::Lambda::LayerVersionPermission",  # of the next
        "AWS::Lambda::LayerVersion",  # it comes from an archive in a bucket: tests/local/test_lambda_layers.py
        "AWS::CloudFormation::CustomResource",  # a function makes it: tests/local/test_custom_resources.py
        "AWS::SageMaker::Endpoint",  # tested below, and with a model behind it where hosting is tested
    }
    assert {life.type_name for life in LIVES} | elsewhere == set(resource_types())


def test_a_bucket_with_objects_is_not_deleted(stack: Stack) -> None:
    """The deletion fails, the reason says so, and the objects are still there."""
    bucket = stack.deploy(only("AWS::S3::Bucket", {}))["Ref"]
    s3 = stack.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert stack.settled_after_delete() == "DELETE_FAILED"
    assert any("The bucket you tried to delete is not empty" in reason for reason in stack.reasons())
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="a")


@pytest.mark.parametrize(
    ("type_name", "properties", "named"),
    [
        ("AWS::S3::Bucket", {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}}, "AccelerateConfiguration"),
        ("AWS::Logs::LogGroup", {"FieldIndexPolicies": [{"Fields": ["a"]}]}, "FieldIndexPolicies"),
        ("AWS::SNS::Topic", {"ArchivePolicy": {"MessageRetentionPeriod": 1}, "FifoTopic": True}, "ArchivePolicy"),
        (
            "AWS::SecretsManager::Secret",
            {"SecretString": "s", "ReplicaRegions": [{"Region": "eu-west-1"}]},
            "ReplicaRegions",
        ),
    ],
)
def test_a_property_that_is_not_carried_fails_by_name(
    stack: Stack, type_name: str, properties: dict[str, Any], named: str
) -> None:
    """What the local cloud cannot do for a resource is the stack's reason to fail; it is never dropped."""
    with pytest.raises(AssertionError, match=f"{named}.*is not supported by the local cloud"):
        stack.deploy(only(type_name, properties))


def test_a_stacks_new_tags_reach_its_resources(stack: Stack) -> None:
    """Tags given with an update of the stack alone are put on what exists, and taken off again."""
    template = only("AWS::SNS::Topic", {"Tags": [{"Key": "own", "Value": "1"}]})
    topic = stack.deploy(template)["Ref"]

    def found() -> dict[str, str]:
        return tags(stack.client("sns").list_tags_for_resource(ResourceArn=topic)["Tags"])

    assert found() == {"own": "1"}
    stack.deploy(template, update=True, tags={"team": "a"})
    assert found() == {"own": "1", "team": "a"}
    stack.deploy(template, update=True, tags={"team": "b"})
    assert found() == {"own": "1", "team": "b"}


def test_an_endpoint_that_cannot_start_fails_with_its_reason_and_leaves_nothing(stack: Stack) -> None:
    """Nothing stands in for the image: the stack is rolled back, and no endpoint, configuration or model is left."""
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/unheard-of:1"
    variant = {
        "VariantName": "v",
        "ModelName": attribute("Model", "ModelName"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1,
    }
    template = {
        "Resources": {
            "Role": ROLE,
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {"ExecutionRoleArn": attribute("Role"), "PrimaryContainer": {"Image": image}},
            },
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {"EndpointConfigName": attribute("Config", "EndpointConfigName")},
            },
        }
    }
    with pytest.raises(AssertionError, match="unheard-of"):
        stack.deploy(template)
    sagemaker = stack.client("sagemaker")
    left = [
        *sagemaker.list_endpoints()["Endpoints"],
        *sagemaker.list_endpoint_configs()["EndpointConfigs"],
        *sagemaker.list_models()["Models"],
    ]
    assert [each for each in left if stack.name[:10] in str(each)] == []
