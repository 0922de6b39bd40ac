"""Which actions on which resources a request asks for: a row for each kind of call that the project makes."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.asks import Place
from localcloud.iam.encryption_keys import Encryption
from localcloud.iam.resources import asks_of
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
from localcloud.wire import api_requests
from localcloud.wire.api_requests import ApiRequest

ACCOUNT = "123456789012"
LINKED_ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


class Keys:
    """Nothing is encrypted but the bucket ``secret``, the topic ``secret`` and what they hold."""

    def of_bucket(self, bucket: str) -> Encryption | None:
        return Encryption(key="k", bucket_key=True) if bucket == "secret" else None

    def of_object(self, bucket: str, *_: object) -> Encryption | None:
        return Encryption(key="k") if bucket == "secret" else None

    def of_upload(self, bucket: str, _: str) -> Encryption | None:
        return self.of_bucket(bucket)

    def of_topic(self, arn: str) -> Encryption | None:
        return Encryption(key="alias/t") if arn.endswith(":secret") else None

    def of_queue(self, _: str) -> None:
        return None

    def of_secret(self, _: str) -> None:
        return None


class State:
    """An account with nothing in it."""

    encryption = Keys()

    def path(self, *_: str) -> str:
        return "/"

    def key_arn(self, region: str, name: str) -> str:
        return f"arn:aws:kms:{region}:{ACCOUNT}:key/{name}"

    def key_of_endpoint_config(self, name: str) -> str:
        return "k" if name == "secret" else ""

    def has_tags(self, object_arn: str, _version: str | None) -> bool:
        return object_arn.endswith("/tagged")

    def secret_arn(self, region: str, name: str) -> str:
        return f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf"


PLACE = Place(region="us-east-1", account_id=ACCOUNT, state=State())  # type: ignore[arg-type]


def asked(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    found = asks_of(ApiRequest(service=service, operation=operation, params=params), PLACE)
    return [f"{ask.action} {ask.resource}" for ask in found]


def here(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}"


SAGEMAKER_PASS = f"iam:PassRole {ROLE}"
LAYER = here("lambda", "layer:fonts:1")
MODEL_PACKAGE = here("sagemaker", "model-package/cars/3")


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("cognito-idp", "CreateUserPool", {"PoolName": "p"}, ["cognito-idp:CreateUserPool *"]),
        ("events", "DescribeRule", {"Name": "r"}, [f"events:DescribeRule {here('events', 'rule/r')}"]),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "EventBusName": here("events", "event-bus/b"), "Targets": []},
            [f"events:PutTargets {here('events', 'rule/b/r')}"],
        ),
        ("events", "DescribeEventBus", {}, [f"events:DescribeEventBus {here('events', 'event-bus/default')}"]),
        (
            "events",
            "CreateEventBus",
            {"Name": "b", "Tags": [{"Key": "k", "Value": "v"}]},
            [f"events:CreateEventBus {here('events', 'event-bus/b')}"],
        ),
        (
            "events",
            "PutEvents",
            {"Entries": [{}, {"EventBusName": "b"}, {"EventBusName": here("events", "event-bus/b")}]},
            [f"events:PutEvents {here('events', f'event-bus/{name}')}" for name in ("default", "b")],
        ),
        (
            "cognito-idp",
            "UpdateUserPool",
            {"UserPoolId": "p", "UserPoolTags": {"k": "v"}},
            [f"cognito-idp:{name} {here('cognito-idp', 'userpool/p')}" for name in ("UpdateUserPool", "TagResource")],
        ),
        (
            "cognito-idp",
            "AdminCreateUser",
            {"UserPoolId": "p", "Username": "u"},
            [f"cognito-idp:AdminCreateUser {here('cognito-idp', 'userpool/p')}"],
        ),
        (
            "cloudfront",
            "CreateInvalidation",
            {"DistributionId": "E1", "InvalidationBatch": {}},
            [f"cloudfront:CreateInvalidation arn:aws:cloudfront::{ACCOUNT}:distribution/E1"],
        ),
        (
            "cloudfront",
            "UpdateResponseHeadersPolicy",
            {"Id": "i", "IfMatch": "e"},
            [f"cloudfront:UpdateResponseHeadersPolicy arn:aws:cloudfront::{ACCOUNT}:response-headers-policy/i"],
        ),
        ("cloudfront", "ListDistributions", {}, ["cloudfront:ListDistributions *"]),
        (
            "apigateway",
            "DeleteStage",
            {"restApiId": "a", "stageName": "s"},
            ["apigateway:DELETE arn:aws:apigateway:us-east-1::/restapis/a/stages/s"],
        ),
        (
            "apigateway",
            "UpdateRestApi",
            {"restApiId": "a", "patchOperations": [{"op": "replace", "path": "/policy", "value": "{}"}]},
            [
                "apigateway:PATCH arn:aws:apigateway:us-east-1::/restapis/a",
                "apigateway:UpdateRestApiPolicy arn:aws:apigateway:us-east-1::/restapis/a",
            ],
        ),
        (
            "apigateway",
            "UpdateAccount",
            {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}]},
            ["apigateway:PATCH arn:aws:apigateway:us-east-1::/account", SAGEMAKER_PASS],
        ),
        (
            "execute-api",
            "Invoke",
            {"apiId": "a", "stage": "s", "method": "GET", "path": "b/c"},
            [f"execute-api:Invoke {here('execute-api', 'a/s/GET/b/c')}"],
        ),
        ("glue", "StartJobRun", {"JobName": "j"}, [f"glue:StartJobRun {here('glue', 'job/j')}"]),
        ("glue", "GetCrawler", {"Name": "c"}, [f"glue:GetCrawler {here('glue', 'crawler/c')}"]),
        ("glue", "CreateJob", {"Name": "j", "Role": "r"}, [f"glue:CreateJob {here('glue', 'job/j')}", SAGEMAKER_PASS]),
        (
            "glue",
            "GetTable",
            {"DatabaseName": "d", "Name": "t"},
            [f"glue:GetTable {here('glue', text)}" for text in ("database/d", "catalog", "table/d/t")],
        ),
        ("lambda", "Invoke", {"FunctionName": "f"}, [f"lambda:InvokeFunction {here('lambda', 'function:f')}"]),
        *(
            ("lambda", "Invoke", named, [f"lambda:InvokeFunction {here('lambda', 'function:my-function:live')}"])
            for named in (
                {"FunctionName": "my-function:live"},
                {"FunctionName": "my-function", "Qualifier": "live"},
                {"FunctionName": f"{ACCOUNT}:function:my-function:live"},
                {"FunctionName": here("lambda", "function:my-function"), "Qualifier": "live"},
            )
        ),
        (
            "lambda",
            "PutProvisionedConcurrencyConfig",
            {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1},
            [f"lambda:PutProvisionedConcurrencyConfig {here('lambda', 'function:f:live')}"],
        ),
        (
            "lambda",
            "UpdateAlias",
            {"FunctionName": "f", "Name": "live", "FunctionVersion": "2"},
            [f"lambda:UpdateAlias {here('lambda', 'function:f')}"],
        ),
        (
            "lambda",
            "ListTags",
            {"Resource": here("lambda", "function:f")},
            [f"lambda:ListTags {here('lambda', 'function:f')}"],
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            {"FunctionName": "f", "Layers": [LAYER]},
            [f"lambda:UpdateFunctionConfiguration {here('lambda', 'function:f')}", f"lambda:GetLayerVersion {LAYER}"],
        ),
        ("lambda", "GetLayerVersionByArn", {"Arn": LAYER}, [f"lambda:GetLayerVersion {LAYER}"]),
        *(
            (
                "lambda",
                f"{verb}LayerVersion",
                {"LayerName": name, "VersionNumber": 1},
                [f"lambda:{verb}LayerVersion {LAYER}"],
            )
            for verb, name in (("Get", "fonts"), ("Delete", here("lambda", "layer:fonts")))
        ),
        (
            "lambda",
            "PublishLayerVersion",
            {"LayerName": "fonts", "Content": {}},
            [f"lambda:PublishLayerVersion {here('lambda', 'layer:fonts')}"],
        ),
        (
            "lambda",
            "InvokeFunctionUrl",
            {"FunctionName": "f:live", "AuthType": "NONE"},
            [f"lambda:{each} {here('lambda', 'function:f:live')}" for each in ("InvokeFunctionUrl", "InvokeFunction")],
        ),
        ("lambda", "ListLayerVersions", {"LayerName": "fonts"}, ["lambda:ListLayerVersions *"]),
        (
            "sagemaker",
            "CreateTrainingJob",
            {"TrainingJobName": "Job", "RoleArn": ROLE},
            [f"sagemaker:CreateTrainingJob {here('sagemaker', 'training-job/job')}", SAGEMAKER_PASS],
        ),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "m", "ExecutionRoleArn": ROLE, "Tags": [{"Key": "k", "Value": "v"}]},
            [
                f"sagemaker:CreateModel {here('sagemaker', 'model/m')}",
                f"sagemaker:AddTags {here('sagemaker', 'model/m')}",
                SAGEMAKER_PASS,
            ],
        ),
        (
            "sagemaker",
            "CreateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "c"},
            [f"sagemaker:CreateEndpoint {here('sagemaker', text)}" for text in ("endpoint/e", "endpoint-config/c")],
        ),
        ("sagemaker", "UpdateModelPackage", {"ModelPackageArn": MODEL_PACKAGE},
         [f"sagemaker:UpdateModelPackage {MODEL_PACKAGE}"]),
        ("sagemaker", "InvokeEndpoint", {"EndpointName": "e"},
         [f"sagemaker:InvokeEndpoint {here('sagemaker', 'endpoint/e')}"]),
        ("sagemaker", "ListModels", {}, ["sagemaker:ListModels *"]),
        ("codebuild", "StartBuild", {"projectName": "p"}, [f"codebuild:StartBuild {here('codebuild', 'project/p')}"]),
        ("codebuild", "BatchGetBuilds", {"ids": ["p:1", "p:2"]},
         [f"codebuild:BatchGetBuilds {here('codebuild', 'project/p')}"]),
        ("codepipeline", "StartPipelineExecution", {"name": "p"},
         [f"codepipeline:StartPipelineExecution {here('codepipeline', 'p')}"]),
        ("codepipeline", "PutApprovalResult", {"pipelineName": "p", "stageName": "s", "actionName": "a"},
         [f"codepipeline:PutApprovalResult {here('codepipeline', 'p/s/a')}"]),
        ("codepipeline", "CreatePipeline", {"pipeline": {"name": "p", "roleArn": ROLE}},
         [f"codepipeline:CreatePipeline {here('codepipeline', 'p')}", SAGEMAKER_PASS]),
        ("cloudformation", "CreateStack", {"StackName": "s", "RoleARN": ROLE},
         [f"cloudformation:CreateStack {here('cloudformation', 'stack/s/*')}", SAGEMAKER_PASS]),
        ("cloudformation", "DescribeStacks", {"StackName": here("cloudformation", "stack/s/1")},
         [f"cloudformation:DescribeStacks {here('cloudformation', 'stack/s/1')}"]),
        ("cloudformation", "DescribeStacks", {}, ["cloudformation:DescribeStacks *"]),
        ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s"},
         [f"logs:PutLogEvents {here('logs', 'log-group:g:log-stream:s')}"]),
        ("logs", "CreateLogStream", {"logGroupName": "g", "logStreamName": "s"},
         [f"logs:CreateLogStream {here('logs', 'log-group:g:log-stream:')}"]),
        ("monitoring", "PutMetricData", {"Namespace": "n"}, ["cloudwatch:PutMetricData *"]),
        ("monitoring", "PutMetricAlarm", {"AlarmName": "a"},
         [f"cloudwatch:PutMetricAlarm {here('cloudwatch', 'alarm:a')}"]),
        ("monitoring", "DescribeAlarms", {"AlarmNames": ["a", "b"]},
         [f"cloudwatch:DescribeAlarms {here('cloudwatch', f'alarm:{name}')}" for name in "ab"]),
        ("monitoring", "PutCompositeAlarm", {"AlarmName": "a"}, ["cloudwatch:PutCompositeAlarm *"]),
        ("monitoring", "DescribeAlarms", {"AlarmNames": ["a"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
         ["cloudwatch:DescribeAlarms *"]),
        ("monitoring", "DescribeAlarms", {"ChildrenOfAlarmName": "a"}, ["cloudwatch:DescribeAlarms *"]),
        ("monitoring", "DescribeAlarms", {}, [f"cloudwatch:DescribeAlarms {here('cloudwatch', 'alarm:*')}"]),
        ("kms", "Encrypt", {"KeyId": "k"}, [f"kms:Encrypt {here('kms', 'key/k')}"]),
        ("secretsmanager", "GetSecretValue", {"SecretId": "s"},
         [f"secretsmanager:GetSecretValue {here('secretsmanager', 'secret:s-AbCdEf')}"]),
        ("ssm", "GetParameter", {"Name": "/a/b"}, [f"ssm:GetParameter {here('ssm', 'parameter/a/b')}"]),
        ("sns", "Publish", {"TopicArn": here("sns", "t")}, [f"sns:Publish {here('sns', 't')}"]),
        ("sqs", "SendMessageBatch", {"QueueUrl": f"http://x/{ACCOUNT}/q"}, [f"sqs:SendMessage {here('sqs', 'q')}"]),
        ("iam", "GetRole", {"RoleName": "r"}, [f"iam:GetRole {ROLE}"]),
        ("iam", "CreateRole", {"RoleName": "r", "Path": "/p/"}, [f"iam:CreateRole arn:aws:iam::{ACCOUNT}:role/p/r"]),
        ("iam", "CreateOpenIDConnectProvider", {"Url": "https://a.example/b"},
         [f"iam:CreateOpenIDConnectProvider arn:aws:iam::{ACCOUNT}:oidc-provider/a.example/b"]),
        ("sts", "AssumeRole", {"RoleArn": ROLE}, [f"sts:AssumeRole {ROLE}"]),
        ("sts", "GetCallerIdentity", {}, []),
        ("tagging", "GetResources", {}, ["tag:GetResources *"]),
        ("codestar-connections", "UseConnection", {"ConnectionArn": here("codestar-connections", "connection/1")},
         [f"codestar-connections:UseConnection {here('codestar-connections', 'connection/1')}"]),
        ("codeconnections", "ListConnections", {},
         [f"codeconnections:ListConnections {here('codeconnections', 'connection/*')}"]),
        ("codeconnections", "CreateConnection", {"ConnectionName": "c", "ProviderType": "GitHub"},
         ["codeconnections:CreateConnection *"]),
        ("codepipeline", "CreatePipeline",
         {"pipeline": {"name": "p", "stages": [{"actions": [{"configuration": {
             "ConnectionArn": here("codeconnections", "connection/1")}}]}]}},
         [f"codepipeline:CreatePipeline {here('codepipeline', 'p')}",
          f"codeconnections:PassConnection {here('codeconnections', 'connection/1')}"]),
        ("ecr", "DescribeImages", {"repositoryName": "r"}, [f"ecr:DescribeImages {here('ecr', 'repository/r')}"]),
        ("application-autoscaling", "PutScalingPolicy", {"ResourceId": "endpoint/e/variant/v"},
         [f"application-autoscaling:PutScalingPolicy {here('application-autoscaling', 'scalable-target/*')}"]),
        ("application-autoscaling", "RegisterScalableTarget",
         {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/v"},
         [f"application-autoscaling:RegisterScalableTarget {here('application-autoscaling', 'scalable-target/*')}",
          *(f"sagemaker:{action} {here('sagemaker', 'endpoint/e')}"
            for action in ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"))]),
        ("application-autoscaling", "RegisterScalableTarget",
         {"ServiceNamespace": "lambda", "ResourceId": "function:f:live"},
         [f"application-autoscaling:RegisterScalableTarget {here('application-autoscaling', 'scalable-target/*')}",
          *(f"lambda:{verb}ProvisionedConcurrencyConfig {here('lambda', 'function:f:live')}"
            for verb in ("Get", "Put"))]),
        ("iam", "CreateServiceLinkedRole", {"AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
         [f"iam:CreateServiceLinkedRole {LINKED_ROLE}"]),
    ],
)  # fmt: skip
def test_asks(service: str, operation: str, params: dict[str, Any], expected: list[str]) -> None:
    """The action is the operation's name; resources are AWS's formats with the parameters put in."""
    assert sorted(asked(service, operation, params)) == sorted(expected)


def s3(line: str, headers: dict[str, str] | None = None, body: bytes = b"") -> list[str]:
    method, address = line.split(" ")
    path, _, query = address.partition("?")
    request = HttpRequest(method=method, path=path, query=query, headers=headers or {}, body=body)
    found = asks_of(api_requests.read("s3", request).call, PLACE)
    return [f"{ask.action} {ask.resource.removeprefix('arn:aws:s3:::')}" for ask in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /", ["s3:ListAllMyBuckets *"]),
        ("PUT /b", ["s3:CreateBucket b"]),
        ("HEAD /b", ["s3:ListBucket b"]),
        ("GET /b?list-type=2&prefix=x", ["s3:ListBucket b"]),
        ("GET /b?versions", ["s3:ListBucketVersions b"]),
        ("GET /b?location", ["s3:GetBucketLocation b"]),
        ("GET /b?encryption", ["s3:GetEncryptionConfiguration b"]),
        ("PUT /b?lifecycle", ["s3:PutLifecycleConfiguration b"]),
        ("PUT /b?publicAccessBlock", ["s3:PutBucketPublicAccessBlock b"]),
        ("GET /b/a%20b", ["s3:GetObject b/a b"]),
        ("HEAD /b/k", ["s3:GetObject b/k"]),
        ("GET /b/k?versionId=1", ["s3:GetObjectVersion b/k"]),
        ("GET /b/k?tagging", ["s3:GetObjectTagging b/k"]),
        ("PUT /b/k", ["s3:PutObject b/k"]),
        ("PUT /b/k/", ["s3:PutObject b/k/"]),
        ("POST /b/k?uploads", ["s3:PutObject b/k"]),
        ("PUT /b/k?partNumber=1&uploadId=u", ["s3:PutObject b/k"]),
        ("POST /b/k?uploadId=u", ["s3:PutObject b/k"]),
        ("DELETE /b/k?uploadId=u", ["s3:AbortMultipartUpload b/k"]),
        ("DELETE /b/k", ["s3:DeleteObject b/k"]),
        ("DELETE /b/k?versionId=1", ["s3:DeleteObjectVersion b/k"]),
    ],
)
def test_s3(line: str, expected: list[str]) -> None:
    """S3's actions are named apart from its operations."""
    assert s3(line) == expected


def test_s3_asks_for_what_comes_with_a_call() -> None:
    """A copy reads its source; tags and ACLs are actions of their own; many deletions are each asked for."""
    assert s3("PUT /b/k", {"x-amz-copy-source": "/from/a%20b"}) == ["s3:PutObject b/k", "s3:GetObject from/a b"]
    copied = ["s3:PutObject b/k", "s3:GetObject from/tagged"]
    tags = ["s3:GetObjectTagging from/tagged", "s3:PutObjectTagging b/k"]
    assert s3("PUT /b/k", {"x-amz-copy-source": "/from/tagged"}) == [*copied, *tags]
    replaced = {"x-amz-copy-source": "/from/tagged", "x-amz-tagging-directive": "REPLACE"}
    assert s3("PUT /b/k", replaced) == copied
    assert s3("PUT /b/k", {"x-amz-tagging": "a=b"}) == ["s3:PutObject b/k", "s3:PutObjectTagging b/k"]
    body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>1</VersionId></Object></Delete>"
    assert s3("POST /b?delete", body=body) == ["s3:DeleteObject b/a", "s3:DeleteObjectVersion b/b"]


@pytest.mark.parametrize(
    ("line", "headers", "expected"),
    [
        ("PUT /secret/k", {}, ["GenerateDataKey secret"]),
        ("PUT /secret/k", {"x-amz-server-side-encryption": "AES256"}, []),
        ("PUT /b/k", {"x-amz-server-side-encryption": "aws:kms"}, []),
        (
            "PUT /b/k",
            {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "k"},
            ["GenerateDataKey b/k"],
        ),
        ("POST /secret/k?uploads", {}, ["GenerateDataKey secret"]),
        ("POST /secret/k?uploadId=u", {}, ["Decrypt secret"]),
        ("GET /secret/k", {}, ["Decrypt secret/k"]),
        ("GET /b/k", {}, []),
        ("HEAD /secret/k", {}, []),
        ("HEAD /secret/k", {"x-amz-checksum-mode": "ENABLED"}, ["Decrypt secret/k"]),
        ("PUT /b/k", {"x-amz-copy-source": "/secret/s"}, ["Decrypt secret/s"]),
        ("DELETE /secret/k", {}, []),
    ],
)
def test_what_is_encrypted_asks_kms(line: str, headers: dict[str, str], expected: list[str]) -> None:
    """A customer's key is asked for by way of S3, which tells KMS the object or, with a bucket key, the bucket."""
    method, path = line.split(" ")
    path, _, query = path.partition("?")
    request = HttpRequest(method=method, path=path, query=query, headers=headers, body=b"")
    found = [ask for ask in asks_of(api_requests.read("s3", request).call, PLACE) if ask.action.startswith("kms:")]
    said = "kms:encryptioncontext:aws:s3:arn"
    assert [
        f"{ask.action.removeprefix('kms:')} {ask.context[said][0].removeprefix('arn:aws:s3:::')}" for ask in found
    ] == expected
    assert all(ask.resource == here("kms", "key/k") for ask in found)
    assert all(ask.context["kms:viaservice"] == ("s3.us-east-1.amazonaws.com",) for ask in found)


def test_an_encrypted_topic_asks_kms() -> None:
    """Whoever publishes to the topic needs a data key of its key."""
    topic = here("sns", "secret")
    key = here("kms", "key/alias/t")
    assert asked("sns", "Publish", {"TopicArn": topic}) == [
        f"sns:Publish {topic}",
        f"kms:GenerateDataKey {key}",
        f"kms:Decrypt {key}",
    ]


@pytest.mark.parametrize(
    ("operation", "params", "role"),
    [
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "secret"}, ""),
        ("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "secret"}, ""),
        (
            "CreateTrainingJob",
            {"TrainingJobName": "t", "RoleArn": ROLE, "ResourceConfig": {"VolumeKmsKeyId": "k"}},
            ROLE,
        ),
    ],
)
def test_disks_under_a_customers_key_ask_for_a_grant(operation: str, params: dict[str, Any], role: str) -> None:
    """The grant is asked for by way of SageMaker; a training job's role may have it in the caller's place."""
    found = asks_of(ApiRequest(service="sagemaker", operation=operation, params=params), PLACE)
    (grant,) = [ask for ask in found if ask.action.startswith("kms:")]
    assert (grant.action, grant.resource, grant.or_role) == ("kms:CreateGrant", here("kms", "key/k"), role)
    assert grant.context["kms:grantisforawsresource"] == ("true",)
    assert grant.context["kms:viaservice"] == ("sagemaker.us-east-1.amazonaws.com",)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", b""),
        ("Action=GetUser", b"Action=DeleteUser"),
        ("", b"Action=GetUser&Action=DeleteUser"),
        ("Action=No", b""),
    ],
)
def test_a_request_that_can_be_read_as_two_is_refused(query: str, body: bytes) -> None:
    """A request is refused whose authorisation could be decided on another reading than the one that is done."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(AwsError):
        api_requests.read("iam", HttpRequest(method="POST", path="/", query=query, headers=headers, body=body))


def test_a_method_that_is_put_says_who_may_call_it() -> None:
    """apigateway:Request/RouteAuthorizationType is in the context of PutMethod, and of no other call."""
    place = {"restApiId": "a", "resourceId": "r", "httpMethod": "GET"}
    contexts = []
    for operation, more in (("PutMethod", {"authorizationType": "NONE"}), ("GetMethod", {})):
        (ask,) = asks_of(ApiRequest(service="apigateway", operation=operation, params=place | more), PLACE)
        assert ask.resource == "arn:aws:apigateway:us-east-1::/restapis/a/resources/r/methods/GET"
        contexts.append(dict(ask.context))
    assert contexts == [{"apigateway:request/routeauthorizationtype": ("NONE",)}, {}]
