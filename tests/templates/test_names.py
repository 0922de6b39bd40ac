"""Which names are fixed. Everything else is named by CloudFormation, so that it can be replaced and deployed twice."""

from __future__ import annotations

from handover.names import StackKind
from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly

KINDS: tuple[StackKind, ...] = ("Qa", "Prod")
#: For every type in the templates, the property that would give it a name of our own; None where there is none.
NAME_PROPERTY = {
    "AWS::ApiGateway::Account": None,
    "AWS::ApiGateway::Authorizer": None,  # Name is required, and counts within its API alone
    "AWS::ApiGateway::Deployment": None,
    "AWS::ApiGateway::GatewayResponse": None,
    "AWS::ApiGateway::Method": None,
    "AWS::ApiGateway::Model": None,  # methods name it, within its API
    "AWS::ApiGateway::RequestValidator": None,
    "AWS::ApiGateway::Resource": None,
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApplicationAutoScaling::ScalableTarget": None,
    "AWS::ApplicationAutoScaling::ScalingPolicy": "PolicyName",
    "AWS::CloudFront::Distribution": None,
    "AWS::CloudFront::OriginAccessControl": None,  # its configuration has the name
    "AWS::CloudFront::ResponseHeadersPolicy": None,  # the same
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::CodePipeline::Pipeline": "Name",
    "AWS::CodePipeline::Webhook": "Name",
    "AWS::Cognito::UserPool": "UserPoolName",
    "AWS::Cognito::UserPoolClient": "ClientName",
    "AWS::Cognito::UserPoolDomain": "Domain",
    "AWS::Events::Rule": "Name",
    "AWS::Glue::Classifier": None,  # its kind's properties have the name
    "AWS::Glue::Crawler": "Name",
    "AWS::Glue::Database": "DatabaseInput",
    "AWS::Glue::Job": "Name",
    "AWS::Glue::SecurityConfiguration": "Name",
    "AWS::IAM::Policy": None,  # PolicyName is required, and counts within its role alone
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Key": None,
    "AWS::Lambda::Alias": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::Permission": None,
    "AWS::Lambda::Version": None,
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": None,
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SNS::Subscription": None,
    "AWS::SNS::Topic": "TopicName",
    "AWS::SNS::TopicPolicy": None,
    "Custom::Page": None,
}


def test_nothing_is_named_without_a_reason(
    assembly: CloudAssembly, assembly_with_key: CloudAssembly, workload: Workload
) -> None:
    """The physical names of the templates are those of this list, each with its reason."""
    dashed = workload.dashed_name
    reasons = {
        f"{dashed}-qa": "the gate's role and variables name the endpoint before its stack exists",
        f"{dashed}-prod": "callers name it; the verification's role names it before its stack exists",
        dashed: "model package ARNs, and so the policies on them, are made of the group's name",
        **({workload.name: "people type a database's name in Spark SQL and Athena"} if workload.glue else {}),
        **{
            f"/aws/sagemaker/Endpoints/{workload.endpoint_name(kind)}": "SageMaker names the group after its endpoint"
            for kind in KINDS
        },
        **{
            f"/aws-glue/jobs/{workload.name}/{kind}": "Glue is told how its groups' names begin"
            for kind in ("output", "error")
            if workload.glue
        },
        f"{dashed}-prod-invocations": "CloudFormation requires a scaling policy's name; it counts within its target",
    }
    # A reference by the secret's ARN is too long for the webhook. A connection has none.
    with_token = [f"{workload.stack_name('Pipeline')}/webhook"]
    of_door = _named_by_a_door(workload) if workload.doors else {}
    # Glue requires a security configuration's name.
    with_key = {f"{dashed}-{kind}" for kind in ("jobs", "crawlers") if workload.glue}
    own = [name.partition(",")[0] for name in of_door]
    assert names(assembly, workload) == sorted([*reasons, *with_token, *own])
    assert names(assembly_with_key, workload) == sorted([*reasons, *with_key, *own])


def _named_by_a_door(workload: Workload) -> dict[str, str]:
    """What a door names besides, each with its reason; after a comma, what it is, where two things have one name."""
    return {
        f"{workload.dashed_name}, the API": "API Gateway requires a name, which need not be the only one",
        f"{workload.dashed_name}-123456789012": "people see the address of the sign-in, which begins with it",
        f"/aws/lambda/{workload.function_name}": "Lambda names the group after its function",
        workload.function_name: "the deploying role and the log group name the function before its stack exists",
        "live": "callers' addresses have the stage's name",
        "live, the alias": "the API calls the alias, which each release gives to its own version",
        f"{workload.stack_name('Api')}-in-use": "CloudFormation requires a scaling policy's name",
    }


def names(assembly: CloudAssembly, workload: Workload) -> list[str]:
    named = []
    api: tuple[StackKind, ...] = ("Api",) if workload.doors else ()
    for kind in ("Pipeline", *KINDS, *api):
        for resource in assembly.templates[workload.stack_name(kind)].resources.values():
            name = NAME_PROPERTY[resource["Type"]]
            value = resource.get("Properties", {}).get(name) if name else None
            if value is not None:
                named.append(value["Name"] if name == "DatabaseInput" else value)
    return sorted(named)
