"""Custom resources: CloudFormation asks a function to make, change and delete them, and waits for its answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, trust
from tests.local.lives.functions import ROLE
from tests.local.lives.life import Stack, attribute, ref
from tests.waiting import until

pytestmark = pytest.mark.local

#: Answers as its properties say, and logs every request.
OBEDIENT = """
import json
import cfnresponse

def handler(event, context):
    print("REQUEST " + json.dumps(event))
    wanted = event["ResourceProperties"]
    if wanted.get("Fail") == event["RequestType"]:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, wanted["Id"], reason="as asked")
        return
    data = {"Word": wanted.get("Word", "").upper(), "Long": "x" * int(wanted.get("Length", 0))}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, wanted["Id"], wanted.get("NoEcho") == "true")
"""
LOGS = {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyName": "logs",
        "Roles": [ref("Role")],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])],
        },
    },
}


def function(code: str = OBEDIENT) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "DependsOn": "Logs",
        "Properties": {
            "Handler": "index.handler",
            "Runtime": "python3.11",
            "Role": attribute("Role"),
            "Code": {"ZipFile": code},
            "Timeout": 30,
        },
    }


def template(code: str = OBEDIENT, more: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """A stack with one custom resource; a parameter depends on its attribute ``Word``."""
    return {
        "Resources": {
            "Role": ROLE,
            "Logs": LOGS,
            "Function": function(code),
            "Subject": {
                "Type": "Custom::Word",
                "Properties": {"ServiceToken": attribute("Function"), "Id": "one", "Word": "hello"} | properties,
            },
            "Kept": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Fn::Sub": "${Subject}: ${Subject.Word}"}},
            },
            **(more or {}),
        },
        "Outputs": {"Name": {"Value": ref("Function")}, "Kept": {"Value": ref("Kept")}},
    }


@pytest.fixture
def stack(local_cloud: LocalCloud) -> Iterator[Stack]:
    made = Stack(cloud=local_cloud, name=f"Custom{uuid.uuid4().hex[:8]}")
    yield made
    made.settled_after_delete()


def value(stack: Stack, outputs: dict[str, str]) -> str:
    found: str = stack.client("ssm").get_parameter(Name=outputs["Kept"])["Parameter"]["Value"]
    return found


def requests(stack: Stack, name: str, count: int) -> list[dict[str, Any]]:
    """What the function was asked, once it was asked so often."""

    def logged() -> list[dict[str, Any]]:
        events = stack.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        lines = sorted((each["timestamp"], each["message"]) for each in events)
        return [json.loads(line[8:]) for _, line in lines if line.startswith("REQUEST ")]

    return until(logged, lambda found: len(found) >= count, what=f"{count} requests to {name}")


def asked(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Kind, id and wanted word of each request."""
    return [
        (each["RequestType"], each.get("PhysicalResourceId", ""), each["ResourceProperties"]["Word"]) for each in found
    ]


def act(stack: Stack, wanted: dict[str, Any], *, update: bool = False, **more: Any) -> str:
    """Creates or updates the stack, whatever becomes of it; returns its status in the end."""
    cloudformation = stack.client("cloudformation")
    call = cloudformation.update_stack if update else cloudformation.create_stack
    call(StackName=stack.name, TemplateBody=json.dumps(wanted), Capabilities=["CAPABILITY_IAM"], **more)
    found = until(
        lambda: cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0],
        lambda one: not one["StackStatus"].endswith("_IN_PROGRESS"),
        what=f"the end of {stack.name}",
    )
    status: str = found["StackStatus"]
    return status


def function_name(stack: Stack) -> str:
    cloudformation = stack.client("cloudformation")
    events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    return next(
        e["PhysicalResourceId"] for e in events if e["LogicalResourceId"] == "Function" and e["PhysicalResourceId"]
    )


def test_a_function_makes_changes_and_deletes(stack: Stack) -> None:
    """Each request says all that AWS's says, with values as text; the answer's data and id are attributes and Ref."""
    outputs = stack.deploy(template(Number=1, Flag=True, Nested=[{"Deep": 2.5}]))
    assert value(stack, outputs) == "one: HELLO"
    stack.deploy(template(Word="world", Number=1), update=True)
    assert value(stack, outputs) == "one: WORLD"
    stack.delete()
    create, update, delete = requests(stack, outputs["Name"], 3)
    assert create["ResourceProperties"] == {
        "ServiceToken": create["ServiceToken"],
        "Id": "one",
        "Word": "hello",
        "Number": "1",
        "Flag": "true",
        "Nested": [{"Deep": "2.5"}],
    }
    assert (create["RequestType"], create["ResourceType"], create["LogicalResourceId"]) == (
        "Create",
        "Custom::Word",
        "Subject",
    )
    assert create["StackId"].startswith(f"arn:aws:cloudformation:us-east-1:123456789012:stack/{stack.name}/")
    assert "PhysicalResourceId" not in create
    assert "OldResourceProperties" not in create
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "one")
    assert update["OldResourceProperties"] == create["ResourceProperties"]
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "one")
    assert delete["ResourceProperties"]["Word"] == "world"
    assert len({each["RequestId"] for each in (create, update, delete)}) == 3


def test_another_id_is_a_replacement(stack: Stack) -> None:
    """Where an update answers another id, what refers to it follows, and the old one is deleted in the clean-up."""
    outputs = stack.deploy(template())
    stack.deploy(template(Id="two", Word="world"), update=True)
    assert value(stack, outputs) == "two: WORLD"
    found = requests(stack, outputs["Name"], 3)
    assert asked(found) == [("Create", "", "hello"), ("Update", "one", "world"), ("Delete", "one", "hello")]
    stack.delete()
    assert asked(requests(stack, outputs["Name"], 4))[3] == ("Delete", "two", "world")


def test_a_failed_update_asks_the_function_to_go_back(stack: Stack) -> None:
    """The reason that the function gave is the event's, and the next request wants the old properties again."""
    outputs = stack.deploy(template())
    assert act(stack, template(Word="world", Fail="Update"), update=True) == "UPDATE_ROLLBACK_COMPLETE"
    said = "Received response status [FAILED] from custom resource. Message returned: as asked (RequestId: "
    assert any(said in reason for reason in stack.reasons())
    assert value(stack, outputs) == "one: HELLO"
    found = requests(stack, outputs["Name"], 3)
    assert asked(found) == [("Create", "", "hello"), ("Update", "one", "world"), ("Update", "one", "hello")]
    assert found[2]["OldResourceProperties"]["Word"] == "world"


def test_a_replacement_is_taken_back_with_the_update(stack: Stack) -> None:
    """Where something else fails after it, the function is asked to go back, and to delete what replaced the first."""
    outputs = stack.deploy(template())
    broken = {
        "Broken": {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": "Subject",
            "Properties": {"Type": "String", "Name": "aws-is-not-allowed", "Value": "x"},
        }
    }
    assert act(stack, template(more=broken, Id="two", Word="world"), update=True) == "UPDATE_ROLLBACK_COMPLETE"
    assert value(stack, outputs) == "one: HELLO"
    assert asked(requests(stack, outputs["Name"], 4)) == [
        ("Create", "", "hello"),
        ("Update", "one", "world"),
        ("Update", "two", "hello"),
        ("Delete", "two", "world"),
    ]


def test_what_could_not_be_made_is_deleted(stack: Stack) -> None:
    """A failed creation is rolled back with a request to delete the id of the answer."""
    assert act(stack, template(Fail="Create")) == "ROLLBACK_COMPLETE"
    assert any("Message returned: as asked" in reason for reason in stack.reasons())
    found = requests(stack, function_name(stack), 2)
    assert asked(found) == [("Create", "", "hello"), ("Delete", "one", "hello")]


def test_a_stack_that_waits_for_a_function_can_be_deleted(stack: Stack) -> None:
    """Nobody waits for the answer any more, and the function is asked to delete what it may have made."""
    deaf = OBEDIENT.replace("    wanted =", "    if event['RequestType'] == 'Create':\n        return\n    wanted =")
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=stack.name, TemplateBody=json.dumps(template(deaf)), Capabilities=["CAPABILITY_IAM"]
    )
    until(stack.reasons, lambda found: any(each.startswith("Subject:") for each in found), what="the custom resource")
    requests(stack, function_name(stack), 1)
    with pytest.raises(ClientError, match="already exists"):
        cloudformation.create_stack(StackName=stack.name, TemplateBody="{}")
    stack_id = cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack.name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    told = [each["ResourceStatus"] for each in events if each["LogicalResourceId"] == "Subject"]
    assert told[:3] == ["DELETE_COMPLETE", "DELETE_IN_PROGRESS", "CREATE_FAILED"]


@pytest.mark.parametrize(
    "code",
    ["def handler(event, context):\n    return 'nobody reads this'\n", "raise ImportError('no such thing')\n"],
    ids=["silent", "crashing"],
)
def test_a_function_that_never_answers_fails_at_the_time_out(stack: Stack, code: str) -> None:
    """Whether it forgets to answer or cannot be loaded: CloudFormation says where to look, and cannot roll back."""
    assert act(stack, template(code, ServiceTimeout=2)) == "ROLLBACK_FAILED"
    words = (
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId ["
    )
    failed = [reason for reason in stack.reasons() if reason.startswith(f"Subject: {words}")]
    assert len(failed) == 2  # to create it, and to delete it
    cloudformation = stack.client("cloudformation")
    assert stack.settled_after_delete() == "DELETE_FAILED"
    cloudformation.delete_stack(StackName=stack.name, RetainResources=["Subject"])
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"Length": 5000}, "Response object is too long."),
        ({"Id": ""}, "Invalid PhysicalResourceId"),
        ({"ServiceToken": "arn:aws:sqs:us-east-1:123456789012:q"}, "but a Lambda function or an SNS topic"),
        ({"ServiceToken": "arn:aws:sns:us-east-1:123456789012:none"}, "Topic does not exist"),
        ({"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:none"}, "Function not found"),
    ],
)
def test_what_no_answer_can_mend_is_told(stack: Stack, properties: dict[str, Any], words: str) -> None:
    """An answer over 4,096 bytes, one without an id, a queue, and a topic and a function that are not there."""
    wanted = template(**properties)
    if properties.get("Id") == "":  # what cfnresponse puts in its place is an id
        code = OBEDIENT.replace('wanted["Id"], wanted', '" ", wanted').replace("import cfnresponse", _BARE)
        wanted["Resources"]["Function"] = function(code)
    assert act(stack, wanted) in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    assert any(words in reason for reason in stack.reasons()), stack.reasons()


#: Answers as a careless author would, by plain urllib and without an id.
_BARE = """
import urllib.request
class cfnresponse:
    SUCCESS, FAILED = "SUCCESS", "FAILED"
    @staticmethod
    def send(event, context, status, data, *_):
        body = json.dumps({"Status": status, "Data": data}).encode()
        urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data=body, method="PUT"))
"""


def test_an_attribute_that_the_answer_lacks_fails_what_asks_for_it(stack: Stack) -> None:
    """Any name may stand in the template, for only the answer knows the attributes."""
    more = {
        "Other": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": attribute("Subject", "No")}}
    }
    assert act(stack, template(more=more)) == "ROLLBACK_COMPLETE"
    said = "CustomResource attribute error: Vendor response doesn't contain No key in object arn:aws:cloudformation"
    assert any(reason.startswith(f"Other: {said}") for reason in stack.reasons())


def test_another_function_is_no_update(stack: Stack) -> None:
    """The service token of a resource stays what it was; the update is rolled back without a request."""
    outputs = stack.deploy(template())
    wanted = template(more={"Second": function()}, ServiceToken=attribute("Second"))
    assert act(stack, wanted, update=True) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Subject: Modifying service token is not allowed." in stack.reasons()
    stack.delete()
    assert [kind for kind, *_ in asked(requests(stack, outputs["Name"], 2))] == ["Create", "Delete"]


def test_what_should_not_be_echoed_is_in_no_event(stack: Stack) -> None:
    """With NoEcho the value reaches what asks for it, and events and change sets show asterisks."""
    outputs = stack.deploy(template(Word="secret-word", NoEcho=True))
    assert value(stack, outputs) == "one: SECRET-WORD"
    cloudformation = stack.client("cloudformation")
    events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    told = [each.get("ResourceProperties", "") for each in events if each["LogicalResourceId"] == "Kept"]
    assert any('"one: *****"' in each for each in told)
    assert not any("SECRET-WORD" in json.dumps(each, default=str) for each in events)
    wanted = template(Word="secret-word", NoEcho=True)
    wanted["Resources"]["Kept"]["Properties"]["Description"] = "changed"
    made = cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="look",
        TemplateBody=json.dumps(wanted),
        Capabilities=["CAPABILITY_IAM"],
    )
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)
    shown = json.dumps(described["Changes"])
    assert "*****" in shown
    assert "SECRET-WORD" not in shown


def test_the_stacks_role_must_be_allowed_to_invoke_the_function(account: Account, stack: Stack) -> None:
    """CloudFormation asks the function with the role of the stack, and with nobody else's rights."""
    outputs = stack.deploy(template())
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{outputs['Name']}"
    may = allow("lambda:InvokeFunction", arn)
    for count, statements, status in ((0, (), "ROLLBACK_COMPLETE"), (1, (may,), "CREATE_COMPLETE")):
        other = Stack(cloud=stack.cloud, name=f"{stack.name}By{count}")
        account.name = f"{other.name}Role"
        role = account.role(*statements, trusting=trust(Service="cloudformation.amazonaws.com"))
        subject = {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": arn, "Id": "a"}}
        assert act(other, {"Resources": {"Subject": subject}}, RoleARN=role) == status, other.reasons()
        if not statements:
            assert any("lambda:InvokeFunction" in reason for reason in other.reasons())
        other.delete()


def test_whoever_listens_to_a_topic_makes_it(stack: Stack) -> None:
    """The request is the topic's message; the answer comes by its address, from whom it may."""
    sns, sqs, cloudformation = (stack.client(name) for name in ("sns", "sqs", "cloudformation"))
    topic = sns.create_topic(Name=stack.name)["TopicArn"]
    queue = sqs.create_queue(QueueName=stack.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def answered(kind: str, **answer: Any) -> None:
        found = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), what=f"the request to {kind}")[0]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
        envelope = json.loads(found["Body"])
        request = json.loads(envelope["Message"])
        assert (envelope["Subject"], request["RequestType"]) == ("AWS CloudFormation custom resource request", kind)
        same = {key: request[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
        body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "one", **same, **answer}).encode()
        urllib.request.urlopen(urllib.request.Request(request["ResponseURL"], data=body, method="PUT"))

    subject = {"Type": "Custom::Word", "Properties": {"ServiceToken": topic, "Word": "hello"}}
    told = {"Resources": {"Subject": subject}, "Outputs": {"Said": {"Value": attribute("Subject", "Said")}}}
    cloudformation.create_stack(StackName=stack.name, TemplateBody=json.dumps(told))
    answered("Create", Data={"Said": "HELLO"})
    found = until(
        lambda: cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0],
        lambda one: one["StackStatus"] == "CREATE_COMPLETE",
        what=f"the end of {stack.name}",
    )
    assert found["Outputs"][0]["OutputValue"] == "HELLO"
    cloudformation.delete_stack(StackName=stack.name)
    answered("Delete")
    assert stack.settled_after_delete() == "DELETE_COMPLETE"


def test_only_a_request_under_way_takes_an_answer(stack: Stack) -> None:
    """The address of an ended request answers 403, as one that has expired; and it tells nobody anything."""
    outputs = stack.deploy(template())
    url = requests(stack, outputs["Name"], 1)[0]["ResponseURL"]
    for method, code in (("PUT", 403), ("GET", 405)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(url, data=b"{}", method=method))
        assert caught.value.code == code
