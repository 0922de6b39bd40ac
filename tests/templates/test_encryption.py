"""What lies still is encrypted, and what moves is too: of every resource type that can say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Statement, Template, as_list, render

Properties = dict[str, Any]
#: From a resource's properties to the key that encrypts what it keeps.
KeyOf = Callable[[Properties], Any]

NONE = "keeps nothing"


def of_bucket(bucket: Properties) -> Any:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    default = rule["ServerSideEncryptionByDefault"]
    key = default.get("KMSMasterKeyID")
    assert default["SSEAlgorithm"] == ("aws:kms" if key else "AES256")
    assert rule.get("BucketKeyEnabled", False) == bool(key), "a data key for each object would cost a request each"
    return key


def of_project(project: Properties) -> Any:
    key = project["EncryptionKey"]
    return None if key == "alias/aws/s3" else key


def of_endpoint_config(config: Properties) -> Any:
    """Disks, and what is captured."""
    captured = config.get("DataCaptureConfig")
    assert captured is None or captured.get("KmsKeyId") == config.get("KmsKeyId")
    return config.get("KmsKeyId")


def of_security_configuration(configuration: Properties) -> Any:
    """The key of whatever Glue encrypts: what has no key here is not Glue's to encrypt."""
    encryption = configuration["EncryptionConfiguration"]
    parts = [part for value in encryption.values() for part in as_list(value)]
    (key,) = {json.dumps(part["KmsKeyArn"]) for part in parts}
    return json.loads(key)


#: Every type in the templates. One that is new here says what it encrypts with, or that it keeps nothing.
KEYS: dict[str, KeyOf | str] = {
    **{
        f"AWS::ApiGateway::{kind}": NONE
        for kind in (
            *("Account", "Authorizer", "Deployment", "GatewayResponse", "Method", "Model", "RequestValidator"),
            *("Resource", "RestApi", "Stage"),
        )
    },
    "AWS::ApplicationAutoScaling::ScalableTarget": NONE,
    "AWS::ApplicationAutoScaling::ScalingPolicy": NONE,
    "AWS::CloudFront::Distribution": NONE,
    "AWS::CloudFront::OriginAccessControl": NONE,
    "AWS::CloudFront::ResponseHeadersPolicy": NONE,
    "AWS::CloudWatch::Alarm": NONE,
    "AWS::CodeBuild::Project": of_project,
    "AWS::CodePipeline::Pipeline": lambda p: p["ArtifactStore"].get("EncryptionKey", {}).get("Id"),
    "AWS::CodePipeline::Webhook": NONE,
    "AWS::Cognito::UserPool": NONE,  # Cognito encrypts who is in it, and takes no key of ours for that
    "AWS::Cognito::UserPoolClient": NONE,
    "AWS::Cognito::UserPoolDomain": NONE,
    "AWS::Events::Rule": NONE,
    "AWS::Glue::Classifier": NONE,
    "AWS::Glue::Crawler": NONE,
    "AWS::Glue::Database": NONE,
    "AWS::Glue::Job": NONE,
    "AWS::Glue::SecurityConfiguration": of_security_configuration,
    "AWS::IAM::Policy": NONE,
    "AWS::IAM::Role": NONE,
    "AWS::KMS::Key": NONE,
    "AWS::Lambda::Alias": NONE,
    "AWS::Lambda::Function": NONE,  # its environment holds names, its code is the repository's
    "AWS::Lambda::Permission": NONE,
    "AWS::Lambda::Version": NONE,
    "AWS::Logs::LogGroup": lambda group: group.get("KmsKeyId"),
    "AWS::S3::Bucket": of_bucket,
    "AWS::S3::BucketPolicy": NONE,
    "AWS::SageMaker::Endpoint": NONE,
    "AWS::SageMaker::EndpointConfig": of_endpoint_config,
    "AWS::SageMaker::Model": NONE,
    "AWS::SecretsManager::Secret": NONE,  # Secrets Manager's own key: whoever learns it can start the pipeline, no more
    "AWS::SageMaker::ModelPackageGroup": NONE,
    "AWS::SNS::Subscription": NONE,
    "AWS::SNS::Topic": lambda topic: topic.get("KmsMasterKeyId"),
    "AWS::SNS::TopicPolicy": NONE,
    "Custom::Page": NONE,
}
#: Types whose policy has to refuse what comes without TLS, and the policies' types.
POLICIES = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
}


def stacks(assembly: CloudAssembly, workload: Workload) -> dict[str, Template]:
    return {name: found for name, found in assembly.templates.items() if name.startswith(workload.camel_name)}


def keys(assembly: CloudAssembly, workload: Workload) -> dict[str, Any]:
    """The key of each resource that keeps something, by stack and logical id."""
    return {
        f"{stack}/{logical_id}": key_of(resource.get("Properties", {}))
        for stack, template in stacks(assembly, workload).items()
        for logical_id, resource in template.resources.items()
        if callable(key_of := KEYS[resource["Type"]])
    }


def encryption_key(pipeline: Template) -> str:
    """The logical id of the one that encrypts; another one signs."""
    (found,) = [name for name, key in pipeline.of_type("AWS::KMS::Key").items() if "KeyUsage" not in key]
    return found


def test_only_notifications_need_a_key_of_our_own(assembly: CloudAssembly, workload: Workload) -> None:
    """AWS encrypts all else with its own keys: S3, CodeBuild's output, logs, disks."""
    ours = {name for name, key in keys(assembly, workload).items() if key}
    (topic,) = assembly.templates[workload.stack_name("Pipeline")].of_type("AWS::SNS::Topic")
    assert ours == {f"{workload.stack_name('Pipeline')}/{topic}"}


def test_one_line_encrypts_everything_with_a_key_of_ones_own(
    assembly_with_key: CloudAssembly, workload: Workload
) -> None:
    """One key encrypts data, artifacts, logs, topic, disks and captured requests.

    CloudFront, which shows a page's files to everybody, may not use it.
    """
    pipeline = assembly_with_key.templates[workload.stack_name("Pipeline")]
    key = encryption_key(pipeline)
    found = keys(assembly_with_key, workload)
    assert len(found) > 15
    shown = [name for name in found if "/DoorPageFiles" in name]
    assert [found.pop(name) for name in shown] == [None] * len(workload.doors)
    for name, used in found.items():
        own = name.startswith(workload.stack_name("Pipeline"))
        assert render(used) == (f"${{{key}.Arn}}" if own else "${EncryptionKeyArn}"), name


def test_jobs_use_that_key_too(assembly_with_key: CloudAssembly, workload: Workload) -> None:
    """Training jobs are told the key by their step, and Glue by its security configuration."""
    pipeline = assembly_with_key.templates[workload.stack_name("Pipeline")]
    key = encryption_key(pipeline)
    told = [
        render(variable["Value"])
        for project in pipeline.of_type("AWS::CodeBuild::Project").values()
        for variable in project["Environment"].get("EnvironmentVariables", [])
        if variable["Name"] == "ENCRYPTION_KEY_ARN"
    ]
    assert told == [f"${{{key}.Arn}}"]
    if workload.glue:
        configurations = pipeline.of_type("AWS::Glue::SecurityConfiguration")
        job = configurations[pipeline.only("AWS::Glue::Job")["SecurityConfiguration"]["Ref"]]
        crawler = configurations[pipeline.only("AWS::Glue::Crawler")["CrawlerSecurityConfiguration"]["Ref"]]
        assert set(job["EncryptionConfiguration"]) == {"S3Encryptions", "JobBookmarksEncryption"}
        assert set(crawler["EncryptionConfiguration"]) == {"CloudWatchEncryption"}


@pytest.mark.parametrize("switched", ["assembly", "assembly_with_key"])
def test_the_key_is_renewed_and_used_by_named_services_for_named_things(
    request: pytest.FixtureRequest, workload: Workload, switched: str
) -> None:
    """The account administers the key, and each service that may use it has a condition on what for."""
    assembly: CloudAssembly = request.getfixturevalue(switched)
    pipeline = assembly.templates[workload.stack_name("Pipeline")]
    key = pipeline.of_type("AWS::KMS::Key")[encryption_key(pipeline)]
    assert key["EnableKeyRotation"] is True
    administration, *services = key["KeyPolicy"]["Statement"]
    assert render(administration["Principal"]["AWS"]).endswith(":root")
    principals = {service for statement in services for service in as_list(statement["Principal"]["Service"])}
    logs = {"logs.us-east-1.amazonaws.com"} if switched == "assembly_with_key" else set()
    assert principals == {"cloudwatch.amazonaws.com"} | logs
    for statement in services:
        assert statement["Condition"]
        assert not [action for action in as_list(statement["Action"]) if "*" in action]


def test_roles_use_the_key_only_by_way_of_the_service_that_keeps_the_data(
    assembly_with_key: CloudAssembly, workload: Workload
) -> None:
    """SageMaker has the two exceptions: a grant for disks, which only AWS's services use, and a model on its way."""
    pipeline = assembly_with_key.templates[workload.stack_name("Pipeline")]
    using: list[Statement] = [
        statement
        for statement in pipeline.identity_statements()
        if f"${{{encryption_key(pipeline)}.Arn}}" in statement.resources
    ]
    assert len(using) > 8
    for statement in using:
        if statement.actions == ("kms:CreateGrant",):
            assert statement.conditions == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            assert statement.holder.startswith(("WorkshopTrainingRole", "DeploymentRole", "QaDeploymentRole"))
        elif statement.actions == ("kms:Encrypt",):
            assert statement.holder.startswith("WorkshopTrainingRole")
        else:
            assert set(statement.actions) <= {"kms:Decrypt", "kms:GenerateDataKey"}
            (service,) = as_list(statement.conditions["StringEquals"]["kms:ViaService"])
            assert service in {"s3.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com"}


def test_whatever_can_have_a_policy_refuses_requests_without_tls(assembly: CloudAssembly, workload: Workload) -> None:
    """Each bucket, topic and queue of the stacks has a policy that denies requests without TLS."""
    found = 0
    for template in stacks(assembly, workload).values():
        for kind, (policy_type, names) in POLICIES.items():
            refused = {
                json.dumps(target)
                for policy in template.of_type(policy_type).values()
                for target in as_list(policy[names])
                if any(_refuses_without_tls(statement) for statement in policy["PolicyDocument"]["Statement"])
            }
            for logical_id in template.of_type(kind):
                assert json.dumps({"Ref": logical_id}) in refused, logical_id
                found += 1
    assert found >= 3


def _refuses_without_tls(statement: Properties) -> bool:
    return (statement["Effect"], statement.get("Condition")) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_every_log_group_forgets(assembly: CloudAssembly, workload: Workload) -> None:
    """Each log group keeps its lines for 90 days."""
    groups = [g for t in stacks(assembly, workload).values() for g in t.of_type("AWS::Logs::LogGroup").values()]
    assert len(groups) >= 7, "builds and endpoints"
    assert {group["RetentionInDays"] for group in groups} == {90}
