"""Lambda: functions from archives, run with their role by AWS's own runtime client."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.iam_account import Account, allow, policy, refused, trust
from tests.waiting import WAITER, until

LAMBDA = "lambda.amazonaws.com"
WRITES_LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])

ECHO = """
import os

def handler(event, context):
    print("got", event)
    left = context.get_remaining_time_in_millis()
    told = context.client_context and context.client_context.custom
    return {"event": event, "pid": os.getpid(), "name": context.function_name, "left": left, "told": told}
"""


def archive(text: str) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as files:
        files.writestr("index.py", text)
    return found.getvalue()


def received(sqs: Any, url: str) -> dict[str, Any]:
    """The next message of a queue, once it has come."""
    found = until(
        lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"),
        what=f"a message in {url}",
    )
    return dict(found[0])


class Function:
    """A function of one test."""

    def __init__(self, account: Account, code: str | bytes, *statements: dict[str, Any], **more: Any) -> None:
        """``code``: the text of ``index.py``, or a whole archive."""
        self.account = account
        self.client = account.cloud.client("lambda")
        self.role = account.role(WRITES_LOGS, *statements, trusting=trust(Service=LAMBDA))
        self.name = account.name
        created = self.client.create_function(
            **{
                "FunctionName": self.name,
                "Role": self.role,
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Code": {"ZipFile": archive(code) if isinstance(code, str) else code},
                "Timeout": 10,
                **more,
            }
        )
        self.arn: str = created["FunctionArn"]
        assert created["State"] == "Pending"
        self.client.get_waiter("function_active_v2").wait(FunctionName=self.name, WaiterConfig=WAITER)

    def invoke(self, event: Any, **more: Any) -> dict[str, Any]:
        return self.client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode(), **more)

    def answer(self, event: Any) -> Any:
        found = self.invoke(event)
        assert "FunctionError" not in found, found["Payload"].read()
        return json.load(found["Payload"])

    def error(self, event: Any) -> Any:
        found = self.invoke(event)
        assert found["FunctionError"] == "Unhandled"
        return json.load(found["Payload"])

    def let_in(self, service: str, source: str) -> None:
        """The service, such as ``events``, may invoke it from there: an ARN, or a pattern of ARNs."""
        self.client.add_permission(
            FunctionName=self.name,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            SourceArn=source,
        )

    def log(self) -> list[str]:
        """Its lines, once the last invocation has its REPORT there: logs are written some time later."""
        logs = self.account.cloud.client("logs")

        def lines() -> list[str]:
            try:
                found = logs.filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
            except logs.exceptions.ResourceNotFoundException:
                return []
            return [event["message"] for event in found]

        return until(
            lines,
            lambda found: found[-1:] and found[-1].startswith("REPORT"),
            what=f"the REPORT of function {self.name}",
        )


def test_a_function_answers_with_what_its_handler_returns(account: Account) -> None:
    """A function's answer is its handler's, and its log has AWS's lines around its own."""
    function = Function(account, ECHO)
    answer = function.answer({"a": [1, "ü"]})
    assert answer["event"] == {"a": [1, "ü"]}
    assert answer["name"] == function.name
    assert 8000 < answer["left"] <= 10_000
    lines = function.log()
    assert [line.split(" ")[0].split("\t")[0] for line in lines] == ["INIT_START", "START", "got", "END", "REPORT"]
    assert "Init Duration: " in lines[-1]


def test_a_function_is_told_its_clients_context(account: Account) -> None:
    """What the client sends in base64 is an object to the handler, whatever is in it; other texts are refused."""
    function, told = Function(account, ECHO), {"page": "ü\r\n€"}

    def invoke(context: str) -> Any:
        encoded = base64.b64encode(context.encode()).decode()
        return function.invoke({}, ClientContext=encoded)

    answer = invoke(json.dumps({"custom": told}, indent=1, ensure_ascii=False))
    assert json.load(answer["Payload"])["told"] == told
    with refused("InvalidRequestContentException", "valid Base64-encoded JSON"):
        invoke("no JSON")


def test_a_warm_process_is_used_again_until_the_code_changes(account: Account) -> None:
    """A second invocation finds the first one's process; a new archive gets a new process."""
    function = Function(account, ECHO)
    first = function.answer({})
    assert function.answer({})["pid"] == first["pid"]
    changed = archive(ECHO.replace('"event": event', '"event": "new"'))
    assert function.client.update_function_code(FunctionName=function.name, ZipFile=changed)["LastUpdateStatus"] == (
        "InProgress"
    )
    function.client.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig=WAITER)
    after = function.answer({})
    assert after["event"] == "new"
    assert after["pid"] != first["pid"]


def test_errors_come_in_awss_form(account: Account) -> None:
    """An exception, an exit, a time-out and a missing handler are each told as Lambda tells them."""
    text = """
import os, time

def handler(event, context):
    if event == "raise":
        raise KeyError("colour")
    if event == "exit":
        os._exit(3)
    time.sleep(3600)
"""
    function = Function(account, text, Timeout=1)
    raised = function.error("raise")
    assert (raised["errorType"], raised["errorMessage"]) == ("KeyError", "'colour'")
    assert "index.py" in raised["stackTrace"][0]
    ended = function.error("exit")
    assert ended["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in ended["errorMessage"]
    late = function.error("sleep")
    assert late["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in late["errorMessage"]
    function.client.update_function_configuration(FunctionName=function.name, Handler="index.gone")
    function.client.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig=WAITER)
    assert function.error({})["errorType"] == "Runtime.HandlerNotFound"


def test_a_function_has_its_roles_rights_and_no_others(account: Account, bucket: str) -> None:
    """It reads what its role may read, and nothing of this machine's environment reaches it."""
    text = f"""
import os, boto3

def handler(event, context):
    body = boto3.client("s3").get_object(Bucket={bucket!r}, Key="raw/a.csv")["Body"].read().decode()
    try:
        boto3.client("s3").put_object(Bucket={bucket!r}, Key="b", Body=b"")
        denied = ""
    except Exception as error:
        denied = str(error)
    return [body, boto3.client("sts").get_caller_identity()["Arn"], denied, sorted(os.environ)]
"""
    function = Function(account, text, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/raw/*"))
    body, arn, denied, environment = function.answer({})
    assert body == "1,2"
    assert f":assumed-role/{account.name}/{function.name}" in arn
    assert "AccessDenied" in denied
    assert "LOCALCLOUD_HOME" not in environment
    assert "PYTEST_CURRENT_TEST" not in environment
    assert {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT"} <= set(environment)


def test_code_comes_from_s3_and_layers_above_the_runtimes_packages(account: Account, bucket: str) -> None:
    """What the archive brings is imported before what AWS's runtime brings."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as files:
        files.writestr("app/main.py", "import six\n\ndef run(event, context):\n    return six.MINE\n")
        files.writestr("six.py", "MINE = 'vendored'\n")
    account.cloud.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=found.getvalue())
    function = Function(account, "", Code={"S3Bucket": bucket, "S3Key": "code.zip"}, Handler="app/main.run")
    assert function.answer({}) == "vendored"


@pytest.mark.parametrize("key", ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"])
def test_code_in_s3_is_read_for_the_caller_by_lambda(account: Account, bucket: str, key: str) -> None:
    """The caller's policy has to allow it, and a condition finds Lambda there, not CloudFormation."""
    account.cloud.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=archive(ECHO))
    function = Function(account, ECHO)
    keys = account.user(allow("lambda:UpdateFunctionCode"))
    caller = account.client("lambda", keys)
    for service in ("cloudformation.amazonaws.com", LAMBDA):
        operator = "ForAnyValue:StringEquals" if key == "aws:CalledVia" else "StringEquals"
        read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Condition={operator: {key: service}})
        account.iam.put_user_policy(UserName=account.name, PolicyName="read", PolicyDocument=policy(read))
        if service != LAMBDA:
            with refused("InvalidParameterValueException", "AccessDenied"):
                caller.update_function_code(FunctionName=function.name, S3Bucket=bucket, S3Key="code.zip")
    caller.update_function_code(FunctionName=function.name, S3Bucket=bucket, S3Key="code.zip")
    with refused("AccessDenied"):
        account.client("s3", keys).get_object(Bucket=bucket, Key="code.zip")


def test_an_event_is_tried_again_and_then_goes_to_the_dead_letter_queue(account: Account) -> None:
    """Asynchronous invocations are accepted at once; without retries left, the queue gets the event."""
    sqs = account.cloud.client("sqs")
    url = sqs.create_queue(QueueName=account.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = Function(
        account,
        "def handler(event, context):\n    raise ValueError(event['n'])\n",
        allow(["sqs:SendMessage", "sqs:GetQueueUrl"], arn),
        DeadLetterConfig={"TargetArn": arn},
    )
    function.client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=0)
    assert function.invoke({"n": 7}, InvocationType="Event")["StatusCode"] == 202
    message = received(sqs, url)
    assert json.loads(message["Body"]) == {"n": 7}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "7"


def test_a_service_invokes_only_what_a_functions_policy_lets_it(account: Account) -> None:
    """AddPermission lets a service in; a user needs lambda:InvokeFunction on the function's ARN."""
    function = Function(account, ECHO)
    added = function.client.add_permission(
        FunctionName=function.name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/mine",
    )
    statement = json.loads(added["Statement"])
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/mine"}
    policy = json.loads(function.client.get_policy(FunctionName=function.name)["Policy"])
    assert policy["Statement"] == [statement]
    function.client.remove_permission(FunctionName=function.name, StatementId="events")
    with refused("ResourceNotFoundException"):
        function.client.get_policy(FunctionName=function.name)
    keys = account.user()
    with refused("AccessDeniedException", "lambda:InvokeFunction"):
        account.client("lambda", keys).invoke(FunctionName=function.name)
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}"
    account.iam.put_user_policy(
        UserName=account.name,
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("lambda:InvokeFunction", arn)]}),
    )
    assert account.client("lambda", keys).invoke(FunctionName=function.name)["StatusCode"] == 200


def test_concurrency_is_limited_where_it_is_reserved(account: Account) -> None:
    """With a reserved concurrency of 0 every invocation is throttled, for AWS's reason; 100 executions stay for all."""
    function = Function(account, ECHO)
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    with pytest.raises(function.client.exceptions.TooManyRequestsException) as throttled:
        function.invoke({})
    assert throttled.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    with refused("InvalidParameterValueException", r"below its minimum value of \[100\]"):
        function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=901)
    function.client.delete_function_concurrency(FunctionName=function.name)
    log = base64.b64decode(function.invoke({}, LogType="Tail")["LogResult"]).decode()
    assert log.splitlines()[-1].startswith("REPORT RequestId: ")


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"PackageType": "Image", "Code": {"ImageUri": "a/b:1"}}, "NotImplemented", "images"),
        ({"Runtime": "nodejs22.x"}, "NotImplemented", "nodejs22.x"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]}, "InvalidParameterValueException", "exist"),
        ({"Layers": ["arn:aws:lambda:us-east-1:999999999999:layer:x:1"]}, "NotImplemented", "other accounts"),
        ({"Layers": ["fonts:1"]}, "ValidationException", "layers"),
        ({"Timeout": 901}, "InvalidParameterValueException", "900"),
        ({"Code": {"ZipFile": b"no archive"}}, "InvalidParameterValueException", "unzip"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "AWS_REGION"),
        ({"Role": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValueException", "cannot be assumed"),
    ],
)
def test_what_cannot_be_is_refused_by_name(account: Account, changed: dict[str, Any], code: str, words: str) -> None:
    """CreateFunction refuses what Lambda would, and what the local cloud does not support."""
    role = account.role(trusting=trust(Service=LAMBDA))
    wanted = {
        "FunctionName": f"f{uuid.uuid4().hex[:8]}",
        "Role": role,
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Code": {"ZipFile": archive(ECHO)},
    }
    with pytest.raises(ClientError, match=words) as caught:
        account.cloud.client("lambda").create_function(**(wanted | changed))
    assert caught.value.response["Error"]["Code"] == code


def test_a_deleted_function_is_gone(account: Account) -> None:
    """A deleted function can no longer be invoked."""
    function = Function(account, ECHO)
    function.answer({})
    assert function.name in [f["FunctionName"] for f in function.client.list_functions()["Functions"]]
    function.client.delete_function(FunctionName=function.name)
    with refused("ResourceNotFoundException"):
        function.invoke({})


def test_what_would_not_call_a_function_is_refused(account: Account, bucket: str) -> None:
    """A bucket's notification and a topic's subscription say so at once, and lose no event."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f:live"
    wanted = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with refused("NotImplemented", "LambdaFunctionConfigurations"):
        account.cloud.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=wanted
        )
    sns = account.cloud.client("sns")
    topic = sns.create_topic(Name=account.name)["TopicArn"]
    with refused("NotImplemented", "Protocol lambda"):
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
