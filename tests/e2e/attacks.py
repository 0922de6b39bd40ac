"""What a step of a hostile commit tries with its role. The push brings this file along; nothing here imports it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

Attempt = tuple[str, str, str, dict[str, Any]]


def attacks(at: dict[str, Any]) -> Iterator[Attempt]:
    """A name, a client, an operation, and its arguments. ``at``: what stands, by the names of this deployment."""
    approved = {"TagSet": [{"Key": "gatehouse:approval", "Value": "Approved"}]}
    job = {"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 8, "VolumeSizeInGB": 1}
    yield "read the token", "secretsmanager", "get_secret_value", {"SecretId": "gatehouse/github-token"}
    yield "replace PROD's model", "s3", "put_object", {"Bucket": at["bucket"], "Key": at["model"], "Body": b"worse"}
    yield (
        "approve a model",
        "s3",
        "put_object_tagging",
        {"Bucket": at["bucket"], "Key": at["model"], "Tagging": approved},
    )
    yield "rewrite a report", "s3", "put_object", {"Bucket": at["bucket"], "Key": at["report"], "Body": b"{}"}
    yield (
        "add a report",
        "s3",
        "put_object",
        {"Bucket": at["bucket"], "Key": "gate/mine/gate.json", "Body": b"{}", "IfNoneMatch": "*"},
    )
    yield "delete a report", "s3", "delete_object", {"Bucket": at["bucket"], "Key": at["report"]}
    yield "write the judges' code", "s3", "put_object", {**at["judges"], "Body": b"zip"}
    yield "sign", "kms", "sign", {"KeyId": at["key"], "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    yield (
        "approve a package",
        "sagemaker",
        "update_model_package",
        {"ModelPackageArn": at["package"], "ModelApprovalStatus": "Approved"},
    )
    yield (
        "register an approved package",
        "sagemaker",
        "create_model_package",
        {"ModelPackageGroupName": "car-evaluation", "ModelApprovalStatus": "Approved"},
    )
    yield (
        "train on dear instances",
        "sagemaker",
        "create_training_job",
        {
            "TrainingJobName": "car-evaluation-dear",
            "RoleArn": at["signer"],
            "ResourceConfig": job,
            "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "none"},
            "OutputDataConfig": {"S3OutputPath": "s3://none/"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    )
    yield (
        "deploy to PROD",
        "sagemaker",
        "update_endpoint",
        {"EndpointName": "car-evaluation-prod", "EndpointConfigName": "mine"},
    )
    yield "ask PROD", "sagemaker-runtime", "invoke_endpoint", {"EndpointName": "car-evaluation-prod", "Body": b"1"}
    yield "silence the alarms", "cloudwatch", "delete_alarms", {"AlarmNames": at["alarms"]}
    yield (
        "change the pipeline",
        "cloudformation",
        "update_stack",
        {"StackName": "CarEvaluationPipeline", "UsePreviousTemplate": True},
    )
    yield (
        "approve as a person",
        "codepipeline",
        "put_approval_result",
        {
            "pipelineName": at["pipeline"],
            "stageName": "Approve",
            "actionName": "Approve",
            "token": "11111111-2222-3333-4444-555555555555",
            "result": {"summary": "fine", "status": "Approved"},
        },
    )
    yield (
        "open a method",
        "apigateway",
        "put_method",
        {"restApiId": at["api"], "resourceId": at["root"], "httpMethod": "POST", "authorizationType": "NONE"},
    )
    yield (
        "admit itself",
        "cognito-idp",
        "admin_create_user",
        {"UserPoolId": at["pool"], "Username": "mallory", "MessageAction": "SUPPRESS"},
    )
    yield "write the page", "s3", "put_object", {"Bucket": at["site"], "Key": "index.html", "Body": b"<h1>mine</h1>"}
    yield "replace a published file", "s3", "put_object", {**at["pushed"], "Body": b"zip"}
    yield (
        "change the door's function",
        "lambda",
        "update_function_code",
        {"FunctionName": "car-evaluation-predict", "ZipFile": b"zip"},
    )
    yield "become the gate", "sts", "assume_role", {"RoleArn": at["signer"], "RoleSessionName": "gate"}
    yield (
        "grant itself more",
        "iam",
        "put_role_policy",
        {"RoleName": at["signer"].rpartition("/")[2], "PolicyName": "p", "PolicyDocument": "{}"},
    )


def attack(at: dict[str, Any]) -> None:
    """Tries everything, and prints what came of it, a line each."""
    for name, service, operation, arguments in attacks(at):
        try:
            getattr(boto3.client(service), operation)(**arguments)
        except ClientError as error:
            came = error.response["Error"]["Code"]
        else:
            came = "SUCCEEDED"
        sys.stdout.write(f"ATTACK {name}: {came}\n")
