"""Requests are held against AWS's model of their operation, in the words of AWS's front ends."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest

from localcloud.front_door.registry import operation_groups
from localcloud.moto_services.adaptation import BACKENDS
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
from localcloud.wire import patterns, protocol
from localcloud.wire.constraints import Constraints
from localcloud.wire.protocol import Protocol

OF_JOBS = {
    "TrainingJobName": "a",
    "RoleArn": "arn:aws:iam::123456789012:role/trains",
    "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
}
OF_PROJECTS = {
    "name": "ab",
    "source": {"type": "NO_SOURCE"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
    "serviceRole": "r",
}


def parse_json(service: str, operation: str, document: dict[str, Any]) -> dict[str, Any]:
    wire = Protocol.all_of(service)["json"]
    headers = {"x-amz-target": f"{wire.target_prefix}.{operation}", "host": "localhost"}
    request = HttpRequest(method="POST", path="/", query="", headers=headers, body=json.dumps(document).encode())
    asked = wire.read(request)
    assert asked is not None
    return wire.parse(request, asked)


def parse_query(service: str, **pairs: str) -> dict[str, Any]:
    wire = Protocol.all_of(service)["query"]
    headers = {"content-type": "application/x-www-form-urlencoded", "host": "localhost"}
    body = urlencode({"Version": wire.api_version, **pairs}).encode()
    request = HttpRequest(method="POST", path="/", query="", headers=headers, body=body)
    asked = wire.read(request)
    assert asked is not None
    return wire.parse(request, asked)


def parse_rest(line: str, document: dict[str, Any]) -> dict[str, Any]:
    """A call to Lambda."""
    method, _, address = line.partition(" ")
    path, _, query = address.partition("?")
    wire = Protocol.all_of("lambda")["rest-json"]
    request = HttpRequest(method=method, path=path, query=query, headers={}, body=json.dumps(document).encode())
    asked = wire.read(request)
    assert asked is not None
    return wire.parse(request, asked)


def refusal(service: str, operation: str, document: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as refused:
        parse_json(service, operation, document)
    return refused.value


@pytest.mark.parametrize(
    ("changed", "place", "constraint"),
    [
        ({"TrainingJobName": "a_b"}, "Value 'a_b' at 'trainingJobName'", "pattern: [a-zA-Z0-9]"),
        (
            {"AlgorithmSpecification": {"TrainingImage": "i" * 256, "TrainingInputMode": "File"}},
            f"Value '{'i' * 256}' at 'algorithmSpecification.trainingImage'",
            "length less than or equal to 255",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.huge", "VolumeSizeInGB": 1}},
            "Value 'ml.m5.huge' at 'resourceConfig.instanceType'",
            "enum value set: [ml.",
        ),
        (
            {"ResourceConfig": {"InstanceCount": -1, "VolumeSizeInGB": 1}},
            "Value '-1' at 'resourceConfig.instanceCount'",
            "value greater than or equal to 0",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 2**31}},
            "at 'stoppingCondition.maxRuntimeInSeconds'",
            "value less than or equal to 2147483647",
        ),
        ({"OutputDataConfig": None}, "Value null at 'outputDataConfig'", "Member must not be null"),
        (
            {"Environment": {"A": "x" * 513}},
            "at 'environment'",
            "Map value must satisfy constraint: [Member must have length less than or equal to 512",
        ),
        ({"Environment": {"1-A": "x"}}, "Value '{1-A=x}' at 'environment'", "Map keys must satisfy constraint: ["),
        (
            {"Tags": [{"Key": "k", "Value": "v"}, {"Key": "", "Value": "v"}]},
            "Value '' at 'tags.2.member.key'",
            "length greater than or equal to 1",
        ),
        (
            {"VpcConfig": {"SecurityGroupIds": ["sg 1"], "Subnets": ["s"]}},
            "Value '[sg 1]' at 'vpcConfig.securityGroupIds'",
            "constraint: [Member must have length less than or equal to 32, Member must",
        ),
    ],
)
def test_a_value_that_breaks_a_constraint_is_named(changed: dict[str, Any], place: str, constraint: str) -> None:
    """Its place, the value and the constraint, as AWS writes them."""
    assert parse_json("sagemaker", "CreateTrainingJob", OF_JOBS)["TrainingJobName"] == "a"
    error = refusal("sagemaker", "CreateTrainingJob", OF_JOBS | changed)
    assert (error.code, error.status) == ("ValidationException", 400)
    assert error.message.startswith("1 validation error detected: ")
    assert f"{place} failed to satisfy constraint: M" in error.message
    assert constraint in error.message


@pytest.mark.parametrize(
    ("service", "operation", "document"),
    [
        ("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "g" * 64}),
        ("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "a group"}),
        ("sagemaker", "CreateModel", {"ModelName": "a.b", "PrimaryContainer": {"Image": "i"}}),
        ("sagemaker", "CreateModel", {"ModelName": "a", "PrimaryContainer": {"ModelDataUrl": "ftp://h/m.tar.gz"}}),
        ("sagemaker", "ListModels", {"MaxResults": 101}),
        ("sagemaker", "ListEndpoints", {"StatusEquals": "Sideways"}),
        ("codebuild", "CreateProject", OF_PROJECTS | {"name": "?b"}),
        ("codebuild", "CreateProject", OF_PROJECTS | {"timeoutInMinutes": 4}),
        ("codebuild", "ListBuildsForProject", {"projectName": "p", "sortOrder": "UP"}),
        (
            "codepipeline",
            "CreatePipeline",
            {"pipeline": {"name": "p q", "roleArn": "arn:aws:iam::123456789012:role/r", "stages": []}},
        ),
        ("codepipeline", "GetPipeline", {"name": "p" * 101}),
        ("glue", "GetSecurityConfiguration", {"Name": ""}),
        (
            "glue",
            "CreateSecurityConfiguration",
            {"Name": "s", "EncryptionConfiguration": {"S3Encryption": [{"S3EncryptionMode": "ROT13"}]}},
        ),
        ("events", "PutRule", {"Name": "r s"}),
        ("events", "PutRule", {"Name": "r" * 65}),
        ("ssm", "GetParameter", {"Name": ""}),
        ("kms", "CreateKey", {"KeyUsage": "OPEN_DOORS"}),
    ],
)
def test_each_services_constraints_hold(service: str, operation: str, document: dict[str, Any]) -> None:
    """Lengths, patterns, ranges and enumerations of the services that speak JSON, moto's among them."""
    error = refusal(service, operation, document)
    assert error.code == "ValidationException"
    assert "failed to satisfy constraint: Member must" in error.message


@pytest.mark.parametrize(
    ("service", "operation", "document", "code"),
    [
        ("cognito-idp", "DescribeUserPool", {"UserPoolId": "none"}, "InvalidParameterException"),
        ("logs", "CreateLogGroup", {"logGroupName": "a b"}, "InvalidParameterException"),
        ("ecr", "DescribeRepositories", {"repositoryNames": ["A"]}, "InvalidParameterException"),
        ("cloudwatch", "ListMetrics", {"Namespace": ""}, "ValidationError"),
    ],
)
def test_some_services_have_a_code_of_their_own(
    service: str, operation: str, document: dict[str, Any], code: str
) -> None:
    """The words are the same."""
    assert refusal(service, operation, document).code == code


@pytest.mark.parametrize(
    ("service", "pairs", "said"),
    [
        ("cloudformation", {"Action": "CreateStack"}, "Value null at 'stackName'"),
        (
            "cloudformation",
            {"Action": "CreateStack", "StackName": "s", "OnFailure": "WEEP"},
            "Value 'WEEP' at 'onFailure'",
        ),
        (
            "cloudwatch",
            {"Action": "SetAlarmState", "AlarmName": "a", "StateReason": "r", "StateValue": "UP"},
            "'stateValue'",
        ),
        (
            "cloudwatch",
            {
                "Action": "PutMetricData",
                "Namespace": "N",
                "MetricData.member.1.MetricName": "m",
                "MetricData.member.1.Unit": "Ell",
            },
            "'metricData.1.member.unit'",
        ),
        ("iam", {"Action": "GetRole", "RoleName": "r/s"}, "Value 'r/s' at 'roleName'"),
        (
            "sts",
            {"Action": "AssumeRole", "RoleArn": "a" * 20, "RoleSessionName": "se", "DurationSeconds": "60"},
            "Value '60' at 'durationSeconds'",
        ),
    ],
)
def test_query_services_say_validation_error(service: str, pairs: dict[str, str], said: str) -> None:
    """A required member is null where it is missing."""
    with pytest.raises(AwsError) as refused:
        parse_query(service, **pairs)
    assert refused.value.code == "ValidationError"
    assert refused.value.message.startswith("1 validation error detected: Value ")
    assert said in refused.value.message


def test_lambdas_constraints_hold_in_path_and_body() -> None:
    """For what is in the address as for what is in the document."""
    with pytest.raises(AwsError, match=r"Value '3' at 'maximumRetryAttempts'.*less than or equal to 2"):
        parse_rest("PUT /2019-09-25/functions/f/event-invoke-config", {"MaximumRetryAttempts": 3})
    with pytest.raises(AwsError, match=r"Value 'InvokeFunction' at 'action'.*regular expression pattern: .lambda:"):
        parse_rest(
            "POST /2015-03-31/functions/f/policy", {"StatementId": "s", "Action": "InvokeFunction", "Principal": "*"}
        )
    with pytest.raises(AwsError, match="Value 'a b' at 'functionName'"):
        parse_rest("GET /2015-03-31/functions/a%20b", {})
    with pytest.raises(AwsError, match=r"Value null at 'tagKeys'"):
        parse_rest("DELETE /2017-03-31/tags/arn:aws:lambda:us-east-1:123456789012:function:f", {})
    with pytest.raises(AwsError) as refused:
        parse_rest("GET /2015-03-31/functions?MaxItems=many", {})
    assert refused.value.code == "SerializationException"


def test_all_that_is_wrong_is_told_at_once() -> None:
    """As many errors as there are, and no password among them."""
    error = refusal("codebuild", "CreateProject", OF_PROJECTS | {"name": "?", "timeoutInMinutes": 5000})
    assert error.message.startswith("3 validation errors detected: Value '?' at 'name'")  # a pattern and a length
    assert "; Value '5000' at 'timeoutInMinutes'" in error.message
    hidden = refusal(
        "cognito-idp", "ChangePassword", {"PreviousPassword": " ", "ProposedPassword": "sesame", "AccessToken": "?"}
    )
    assert "Value at 'previousPassword' failed" in hidden.message


@pytest.mark.parametrize(
    ("service", "operation", "document", "said"),
    [
        ("sagemaker", "CreateModel", {"ModelName": "a", "PrimaryContainer": "c"}, "Expected structure or null"),
        ("sagemaker", "ListModels", {"MaxResults": "x"}, "STRING_VALUE can not be converted to an Integer"),
        ("sagemaker", "ListModels", {"MaxResults": 1.5}, "NUMBER_VALUE can not be converted to an Integer"),
        ("sagemaker", "ListModels", {"NextToken": 7}, "NUMBER_VALUE can not be converted to a String"),
        ("sagemaker", "ListModels", {"NextToken": [1]}, "Start of list found where not expected."),
        ("sagemaker", "ListModels", {"CreationTimeAfter": True}, "TRUE_VALUE can not be converted to a Date"),
        ("sagemaker", "AddTags", {"ResourceArn": "a", "Tags": {}}, "Expected list or null"),
        ("sagemaker", "CreateTrainingJob", OF_JOBS | {"HyperParameters": []}, "Expected map or null"),
        ("sagemaker", "CreateTrainingJob", OF_JOBS | {"EnableManagedSpotTraining": "yes"}, "to a Boolean"),
        ("glue", "CreateJob", {"Name": "a", "Role": "r", "Command": "x"}, "Expected structure or null"),
        ("ssm", "GetParameter", {"Name": {}}, "Start of structure or map found where not expected."),
    ],
)
def test_another_json_type_is_a_serialization_exception(
    service: str, operation: str, document: dict[str, Any], said: str
) -> None:
    """Told before any value is looked at."""
    error = refusal(service, operation, document)
    assert (error.code, error.status) == ("SerializationException", 400)
    assert said in error.message


def test_types_of_rest_documents_and_of_queries() -> None:
    """A text in a boolean's place is neither true nor false; in the query protocol, 1 and 0 are."""
    with pytest.raises(AwsError) as refused:
        parse_rest("POST /2015-03-31/functions", {"FunctionName": "f", "Role": "r", "Code": 1})
    assert (refused.value.code, refused.value.message) == ("SerializationException", "Expected structure or null")
    stack = {"Action": "CreateStack", "StackName": "s"}
    assert parse_query("cloudformation", **stack, DisableRollback="1")["DisableRollback"] is True
    with pytest.raises(AwsError) as refused:
        parse_query("cloudformation", **stack, DisableRollback="perhaps")
    assert refused.value.code == "MalformedQueryString"


def test_nulls_and_unknown_members_are_passed_over() -> None:
    """As AWS's services do."""
    assert parse_json("sagemaker", "ListModels", {"MaxResults": None, "Colour": {"a": 1}}) == {}


def test_every_pattern_of_the_models_can_be_read() -> None:
    """Java's expressions, of every operation that is answered here."""
    found: set[str] = set()
    for service, operations in _answered().items():
        model = protocol.Protocol.all_of(service)
        wire = next(iter(model.values()))
        for operation in operations:
            found |= _patterns(wire.input_shape(operation), set())
    for pattern in found:
        patterns.compiled(pattern)
    assert len(found) > 300


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", ["Ärger 2", "日本\u00a0", "a@b"], ["a#b", "a😀", ""]),
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", ["ä¿😀x", "a#b"], ["a b", "\u3000", "a\n"]),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", ["a\t😀", "\uffee"], ["a\n", "\x00"]),
        (r"\p{Print}+", ["~ a"], ["ä", "\t"]),
        (
            r"^arn:aws:iam::\d{12}:role\/[\w-\/.@+=,]{1,10}$",
            ["arn:aws:iam::123456789012:role/a-b/c"],
            ["arn:aws:iam::123456789012:role/ä", "arn:aws:iam::\u0661\u0662:role/a"],
        ),
        ("^[a-z](-*[a-z]){0,3}", ["a-b"], ["a_b", "a-b\n"]),
    ],
)
def test_patterns_are_javas(pattern: str, fits: list[str], does_not: list[str]) -> None:
    """Categories of Unicode, halves of UTF-16, a dash after a class, ASCII digits; the whole value has to match."""
    read = patterns.compiled(pattern)
    assert [text for text in fits if not read.fits(text)] == []
    assert [text for text in does_not if read.fits(text)] == []


def _answered() -> dict[str, set[str]]:
    found = {service: set(protocol.operations_of(service)) for service in BACKENDS.values() if service != "s3"}
    for group in operation_groups():
        if group.operation_names():
            found.setdefault(group.service, set()).update(group.operation_names())
    return found


def _patterns(shape: Any | None, seen: set[str]) -> set[str]:
    if shape is None or shape.name in seen:
        return set()
    seen.add(shape.name)
    own = {shape.metadata["pattern"]} if "pattern" in shape.metadata else set()
    parts: dict[str, Any] = {"structure": ("members",), "list": ("member",), "map": ("key", "value")}
    inner = [getattr(shape, name) for name in parts.get(shape.type_name, ())]
    shapes = [part for found in inner for part in (found.values() if isinstance(found, dict) else [found])]
    return own.union(*(_patterns(part, seen) for part in shapes))


def test_the_first_calls_may_come_at_once() -> None:
    """A model is compiled by one thread, while the others wait for the whole: none meets a half of it."""
    shape = botocore.session.get_session().get_service_model("codebuild").operation_model("CreateProject").input_shape
    for _ in range(20):
        constraints, together = Constraints("codebuild", "json"), threading.Barrier(8)

        def check(constraints: Constraints = constraints, together: threading.Barrier = together) -> None:
            together.wait()
            constraints.check(shape, OF_PROJECTS)

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(check) for _ in range(8)]:
                done.result()
