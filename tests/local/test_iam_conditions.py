"""Conditions on what a request is on and on who stands behind it: tags, services, approval."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.iam_account import ACCOUNT, Account, allow, policy, refused

APPROVED = {"StringEquals": {"s3:ExistingObjectTag/gatehouse:approval": "Approved"}}


def tagged(name: str, value: str, key: str = "aws:ResourceTag") -> dict[str, Any]:
    return {"Condition": {"StringEquals": {f"{key}/{name}": value}}}


def test_an_object_is_read_by_its_tag(account: Account, bucket: str) -> None:
    """s3:ExistingObjectTag admits GET and HEAD of an object that carries the tag, and of no other."""
    admin = account.cloud.client("s3")
    arn = account.role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Condition=APPROVED))
    s3 = account.client("s3", account.session(arn))
    for call in (s3.get_object, s3.head_object):
        with pytest.raises(Exception, match=r"AccessDenied|403"):
            call(Bucket=bucket, Key="raw/a.csv")
    for value in ("Rejected", "Approved"):
        tags = {"TagSet": [{"Key": "gatehouse:approval", "Value": value}]}
        admin.put_object_tagging(Bucket=bucket, Key="raw/a.csv", Tagging=tags)
        if value == "Rejected":
            with refused("AccessDenied"):
                s3.get_object(Bucket=bucket, Key="raw/a.csv")
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    s3.head_object(Bucket=bucket, Key="raw/a.csv")
    with refused("AccessDenied"):
        s3.get_object(Bucket=bucket, Key="none")


def test_a_copy_is_read_by_its_sources_tag(account: Account, bucket: str) -> None:
    """CopyObject asks for the source with the source's tags, and for the target with the request's."""
    admin = account.cloud.client("s3")
    admin.put_object(Bucket=bucket, Key="raw/b.csv", Body=b"3", Tagging="gatehouse:approval=Approved")
    read = allow("s3:GetObject*", f"arn:aws:s3:::{bucket}/*", Condition=APPROVED)
    arn = account.role(read, allow("s3:PutObject*", f"arn:aws:s3:::{bucket}/copy/*"))
    s3 = account.client("s3", account.session(arn))
    s3.copy_object(Bucket=bucket, Key="copy/b.csv", CopySource={"Bucket": bucket, "Key": "raw/b.csv"})
    with refused("AccessDenied", "s3:GetObject"):
        s3.copy_object(Bucket=bucket, Key="copy/a.csv", CopySource={"Bucket": bucket, "Key": "raw/a.csv"})


def test_objects_are_put_with_the_tags_that_a_policy_asks_for(account: Account, bucket: str) -> None:
    """s3:RequestObjectTag and its keys hold for an upload's header and for PutObjectTagging's body."""
    given = tagged("kind", "report", "s3:RequestObjectTag")
    given["Condition"]["ForAllValues:StringEquals"] = {"s3:RequestObjectTagKeys": ["kind"]}
    s3 = account.client("s3", account.session(account.role(allow("s3:PutObject*", "*", **given))))
    s3.put_object(Bucket=bucket, Key="x", Body=b"", Tagging="kind=report")
    for tags in ("kind=model", "kind=report&owner=me", ""):
        with refused("AccessDenied"):
            s3.put_object(Bucket=bucket, Key="x", Body=b"", Tagging=tags)
    s3.put_object_tagging(Bucket=bucket, Key="x", Tagging={"TagSet": [{"Key": "kind", "Value": "report"}]})
    with refused("AccessDenied", "s3:PutObjectTagging"):
        s3.put_object_tagging(Bucket=bucket, Key="x", Tagging={"TagSet": [{"Key": "kind", "Value": "model"}]})


def test_a_method_is_put_with_authorization_alone(account: Account) -> None:
    """apigateway:Request/RouteAuthorizationType limits who may call the methods that somebody puts."""
    admin = account.cloud.client("apigateway")
    api = admin.create_rest_api(
        name=account.name,
        endpointConfiguration={"types": ["REGIONAL"]},
        securityPolicy="SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        endpointAccessMode="STRICT",
    )
    assert admin.get_rest_api(restApiId=api["id"])["endpointAccessMode"] == "STRICT"
    kinds = {"StringEquals": {"apigateway:Request/RouteAuthorizationType": ["AWS_IAM", "COGNITO_USER_POOLS"]}}
    methods = f"arn:aws:apigateway:us-east-1::/restapis/{api['id']}/resources/*/methods/GET"
    client = account.client("apigateway", account.user(allow("apigateway:PUT", methods, Condition=kinds)))
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    with refused("AccessDeniedException", "apigateway:PUT"):
        client.put_method(**method, authorizationType="NONE")
    assert client.put_method(**method, authorizationType="AWS_IAM")["authorizationType"] == "AWS_IAM"


def test_a_package_is_approved_by_those_who_may(account: Account) -> None:
    """sagemaker:ModelApprovalStatus limits the states to which a package may be set."""
    condition = {"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}}
    keys = account.user(allow("sagemaker:UpdateModelPackage", "*", Condition=condition))
    package = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package/{account.name}/1"
    sagemaker = account.client("sagemaker", keys)
    with refused("AccessDeniedException", "sagemaker:UpdateModelPackage"):
        sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    with refused("ValidationException", "does not exist"):
        sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")


def test_a_training_job_keeps_to_the_instances_and_the_time_allowed(account: Account) -> None:
    """sagemaker:InstanceTypes and MaxRuntimeInSeconds limit what a job may cost."""
    limits = {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large"]},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": "3600"},
    }
    keys = account.user(allow("sagemaker:CreateTrainingJob", "*", Condition=limits), allow("iam:PassRole", "*"))
    sagemaker = account.client("sagemaker", keys)

    def train(instance_type: str, seconds: int) -> None:
        sagemaker.create_training_job(
            TrainingJobName=account.name,
            AlgorithmSpecification={"TrainingImage": "none", "TrainingInputMode": "File"},
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none",
            OutputDataConfig={"S3OutputPath": "s3://none/here"},
            ResourceConfig={"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": seconds},
        )

    for instance_type, seconds in (("ml.p4d.24xlarge", 3600), ("ml.m5.large", 3601)):
        with refused("AccessDeniedException", "sagemaker:CreateTrainingJob"):
            train(instance_type, seconds)
    with refused("ValidationException"):
        train("ml.m5.large", 3600)


def test_what_is_there_is_not_overwritten_where_a_policy_asks_for_it(account: Account, bucket: str) -> None:
    """s3:if-none-match admits only uploads with the header, and S3 then refuses to replace an object."""
    careful = {"Condition": {"StringEquals": {"s3:if-none-match": "*"}}}
    s3 = account.client("s3", account.session(account.role(allow("s3:PutObject", "*", **careful))))
    with refused("AccessDenied", "s3:PutObject"):
        s3.put_object(Bucket=bucket, Key="once", Body=b"1")
    s3.put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with refused("PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")


def test_resources_are_reached_by_their_tags(account: Account) -> None:
    """aws:ResourceTag holds for our services and moto's; a resource without the tag is out of reach."""
    name, admin = account.name, account.cloud.client
    mine = [{"Key": "team", "Value": name}]
    topic = admin("sns").create_topic(Name=name, Tags=mine)["TopicArn"]
    queue = admin("sqs").create_queue(QueueName=name, tags={"team": name})["QueueUrl"]
    secret = admin("secretsmanager").create_secret(Name=name, SecretString="s", Tags=mine)["ARN"]
    key = admin("kms").create_key(Tags=[{"TagKey": "team", "TagValue": name}])["KeyMetadata"]["KeyId"]
    admin("logs").create_log_group(logGroupName=name, tags={"team": name})
    admin("ssm").put_parameter(Name=name, Value="v", Type="String", Tags=mine)
    admin("events").put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=mine)
    admin("ecr").create_repository(repositoryName=name, tags=mine)
    admin("sagemaker").create_model_package_group(ModelPackageGroupName=name.upper(), Tags=mine)
    arn = account.role(Tags=mine)
    session = account.session(arn)
    repository = {"repositoryName": name}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("sns", "get_topic_attributes", {"TopicArn": topic}),
        ("sqs", "get_queue_attributes", {"QueueUrl": queue, "AttributeNames": ["QueueArn"]}),
        ("secretsmanager", "describe_secret", {"SecretId": secret}),
        ("kms", "describe_key", {"KeyId": key}),
        ("logs", "describe_log_streams", {"logGroupName": name}),
        ("ssm", "get_parameter", {"Name": name}),
        ("events", "describe_rule", {"Name": name}),
        ("ecr", "list_images", repository),
        ("sagemaker", "describe_model_package_group", {"ModelPackageGroupName": name.upper()}),
        ("iam", "get_role", {"RoleName": name}),
    ]
    for value in ("others", name):
        document = policy(allow("*", "*", **tagged("team", value)))
        account.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        for service, call, parameters in calls:
            method = getattr(account.client(service, session), call)
            if value == name:
                method(**parameters)
            else:
                with pytest.raises(Exception, match="not authorized"):
                    method(**parameters)


def test_tags_come_with_a_creation_where_a_policy_asks_for_them(account: Account) -> None:
    """aws:RequestTag and sagemaker:TaggingAction hold for the tagging that a creation implies."""
    needed = {"Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}}
    tagging = {"Condition": {"StringEquals": {"sagemaker:TaggingAction": "CreateModelPackageGroup"}}}
    create, add = "sagemaker:CreateModelPackageGroup", "sagemaker:AddTags"
    sagemaker = account.client("sagemaker", account.user(allow(create, **needed), allow(add, **tagging)))
    group = {"ModelPackageGroupName": account.name}
    with refused("AccessDeniedException", create):
        sagemaker.create_model_package_group(**group)
    with refused("AccessDeniedException", create):
        sagemaker.create_model_package_group(**group, Tags=[{"Key": "team", "Value": "b"}])
    made = sagemaker.create_model_package_group(**group, Tags=[{"Key": "team", "Value": "a"}])
    with refused("AccessDeniedException", add):
        sagemaker.add_tags(ResourceArn=made["ModelPackageGroupArn"], Tags=[{"Key": "team", "Value": "a"}])
