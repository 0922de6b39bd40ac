"""Stacks in stacks: made, changed, rolled back and deleted with their parent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.test_cloudformation import IMPOSSIBLE, Stack, parameter, template

pytestmark = pytest.mark.local

VALUE = {"Value": {"Type": "String"}}
TOLD = {"Name": {"Value": {"Ref": "P"}}, "Said": {"Value": {"Fn::GetAtt": ["P", "Value"]}}}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "glue.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        }
    },
}


class Templates:
    """A bucket of templates for stacks in stacks."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._s3, self._bucket, self._url = cloud.client("s3"), f"nested-{uuid.uuid4().hex[:8]}", cloud.endpoint_url
        self._s3.create_bucket(Bucket=self._bucket)

    def put(self, resources: dict[str, Any], *, over: str = "", **sections: Any) -> str:
        """The template's address. ``over``: the address of the one that it takes the place of."""
        key = over.rpartition("/")[2] or uuid.uuid4().hex
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=template(resources, **sections).encode())
        return f"https://s3.us-east-1.amazonaws.com/{self._bucket}/{key}"


def child(url: str, **values: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": values}}


def taken_up(outputs: dict[str, str]) -> dict[str, Any]:
    return {"Outputs": {name: {"Value": {"Fn::GetAtt": ["Child", f"Outputs.{of}"]}} for name, of in outputs.items()}}


@pytest.fixture(scope="module")
def templates(local_cloud: LocalCloud) -> Templates:
    return Templates(local_cloud)


@pytest.fixture
def parent(local_cloud: LocalCloud) -> Iterator[Stack]:
    made = Stack(local_cloud.client("cloudformation"))
    yield made
    made.delete()


def status(parent: Stack, stack_id: str) -> str:
    return str(parent.client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])


def test_a_stack_in_a_stack_lives_with_it(local_cloud: LocalCloud, parent: Stack, templates: Templates) -> None:
    """Parameters go in and outputs come out; another value or template changes it; it is deleted with the parent."""
    ssm, listed = local_cloud.client("ssm"), {"Value": {"Type": "CommaDelimitedList"}}
    first = templates.put({"P": parameter({"Fn::Join": ["+", {"Ref": "Value"}]})}, Parameters=listed, Outputs=TOLD)
    told = taken_up({"Name": "Name", "Said": "Said"})
    assert parent.create({"Child": child(first, Value=["a", 1])}, sections=told) == "CREATE_COMPLETE"
    before = parent.outputs()
    assert before["Said"] == "a+1"
    stack_id = parent.resources()["Child"]
    assert stack_id.startswith(f"arn:aws:cloudformation:us-east-1:123456789012:stack/{parent.name}-Child-")
    assert ssm.get_parameter(Name=before["Name"])["Parameter"]["Value"] == "a+1"
    assert parent.update({"Child": child(first, Value="b,2")}, sections=told) == "UPDATE_COMPLETE"
    assert parent.outputs() == {"Name": before["Name"], "Said": "b+2"}
    second = templates.put({"P": parameter({"Ref": "Value"}), "Q": parameter("q")}, Parameters=VALUE, Outputs=TOLD)
    assert parent.update({"Child": child(second, Value="c")}, sections=told) == "UPDATE_COMPLETE"
    inside = parent.client.describe_stack_resources(StackName=stack_id)["StackResources"]
    assert {each["LogicalResourceId"] for each in inside} == {"P", "Q"}
    assert (parent.resources()["Child"], parent.outputs()["Said"]) == (stack_id, "c")
    assert parent.delete() == "DELETE_COMPLETE"
    assert status(parent, stack_id) == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=before["Name"])


def test_a_template_that_was_changed_under_its_address_is_read_again(parent: Stack, templates: Templates) -> None:
    """Each update of the parent reads it, also one that changes nothing else; a change set foresees that."""
    url = templates.put({"P": parameter("one")})
    made = {"Child": child(url)}
    assert parent.create(made) == "CREATE_COMPLETE"
    templates.put({"P": parameter("two"), "Q": parameter("q")}, over=url)
    change_set = {"StackName": parent.name, "ChangeSetName": "c", "TemplateBody": template(made)}
    parent.client.create_change_set(**change_set)
    found = parent.client.describe_change_set(StackName=parent.name, ChangeSetName="c")["Changes"][0]["ResourceChange"]
    assert (found["LogicalResourceId"], found["Replacement"]) == ("Child", "False")
    assert [each["ChangeSource"] for each in found["Details"]] == ["Automatic"]
    stack_id = parent.resources()["Child"]
    assert parent.update(made) == "UPDATE_COMPLETE"
    inside = parent.client.describe_stack_resources(StackName=stack_id)["StackResources"]
    assert {each["LogicalResourceId"] for each in inside} == {"P", "Q"}
    assert parent.update(made) == "UPDATE_COMPLETE"


def test_a_template_that_was_changed_under_its_address_goes_back(parent: Stack, templates: Templates) -> None:
    """Where the parent fails later, the inner stack is what it was; where it was not changed, it stays as it is."""
    url = templates.put({"P": parameter("one")}, Outputs=TOLD)
    told = taken_up({"Said": "Said"})
    assert parent.create({"Child": child(url)}, sections=told) == "CREATE_COMPLETE"
    templates.put({"P": parameter("two"), "Q": parameter("q")}, over=url, Outputs=TOLD)
    after = {"Child": child(url), "B": IMPOSSIBLE | {"DependsOn": "Child"}}
    assert parent.update(after, sections=told) == "UPDATE_ROLLBACK_COMPLETE"
    assert parent.outputs() == {"Said": "one"}
    stack_id = parent.resources()["Child"]
    inside = parent.client.describe_stack_resources(StackName=stack_id)["StackResources"]
    assert {each["LogicalResourceId"] for each in inside} == {"P"}
    assert parent.update({"Child": child(url)}, sections=told) == "UPDATE_COMPLETE"
    assert parent.update(after, sections=told) == "UPDATE_ROLLBACK_COMPLETE"
    assert parent.outputs() == {"Said": "two"}


def test_a_stack_in_a_stack_says_whose_it_is(parent: Stack, templates: Templates) -> None:
    """Parent and root are told, and the root's termination protection guards the inner stack, but for its parent."""
    inner = templates.put({"Inner": child(templates.put({"P": parameter("p")}))})
    assert parent.create({"Child": child(inner), "P": parameter("p")}) == "CREATE_COMPLETE"
    root = parent.client.describe_stacks(StackName=parent.name)["Stacks"][0]
    first = parent.client.describe_stacks(StackName=parent.resources()["Child"])["Stacks"][0]
    second = parent.client.describe_stack_resource(StackName=first["StackId"], LogicalResourceId="Inner")
    last_id = second["StackResourceDetail"]["PhysicalResourceId"]
    last = parent.client.describe_stacks(StackName=last_id)["Stacks"][0]
    assert "ParentId" not in root
    assert (first["ParentId"], first["RootId"]) == (root["StackId"], root["StackId"])
    assert (last["ParentId"], last["RootId"], last["Tags"]) == (first["StackId"], root["StackId"], [])
    with pytest.raises(ClientError, match="termination protection is set on the root stack"):
        parent.client.update_termination_protection(StackName=last_id, EnableTerminationProtection=True)
    parent.client.update_termination_protection(StackName=parent.name, EnableTerminationProtection=True)
    assert parent.client.describe_stacks(StackName=last_id)["Stacks"][0]["EnableTerminationProtection"] is True
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        parent.client.delete_stack(StackName=last_id)
    assert parent.update({"P": parameter("p")}) == "UPDATE_COMPLETE"
    assert status(parent, last_id) == "DELETE_COMPLETE"
    parent.client.update_termination_protection(StackName=parent.name, EnableTerminationProtection=False)


def test_a_failure_inside_rolls_both_back(parent: Stack, templates: Templates) -> None:
    """The parent says which stack failed and why; neither is left, and an update goes back to what was."""
    bad = templates.put({"P": parameter("p"), "B": IMPOSSIBLE}, Parameters=VALUE)
    assert parent.create({"Child": child(bad, Value="x")}) == "ROLLBACK_COMPLETE"
    said = parent.reason("Child", "CREATE_FAILED")
    assert "Embedded stack arn:aws:cloudformation:" in said
    assert "was not successfully created: The following resource(s) failed to create: [B]" in said
    again = Stack(parent.client)
    good = templates.put({"P": parameter({"Ref": "Value"})}, Parameters=VALUE, Outputs=TOLD)
    told = taken_up({"Said": "Said"})
    assert again.create({"Child": child(good, Value="x")}, sections=told) == "CREATE_COMPLETE"
    stack_id = again.resources()["Child"]
    worse = templates.put({"P": parameter({"Ref": "Value"}), "B": IMPOSSIBLE}, Parameters=VALUE, Outputs=TOLD)
    assert again.update({"Child": child(worse, Value="y")}, sections=told) == "UPDATE_ROLLBACK_COMPLETE"
    assert "was not successfully updated" in again.reason("Child", "UPDATE_FAILED")
    assert again.outputs() == {"Said": "x"}
    assert status(again, stack_id) == "UPDATE_ROLLBACK_COMPLETE"
    assert again.delete() == "DELETE_COMPLETE"


def test_a_later_failure_outside_takes_the_inner_change_back(parent: Stack, templates: Templates) -> None:
    """The inner stack, whose update had succeeded, is updated to what it was."""
    good = templates.put({"P": parameter({"Ref": "Value"})}, Parameters=VALUE, Outputs=TOLD)
    told = taken_up({"Said": "Said"})
    assert parent.create({"Child": child(good, Value="x")}, sections=told) == "CREATE_COMPLETE"
    after = {"Child": child(good, Value="y"), "B": IMPOSSIBLE | {"DependsOn": "Child"}}
    assert parent.update(after, sections=told) == "UPDATE_ROLLBACK_COMPLETE"
    assert parent.outputs() == {"Said": "x"}
    inner = parent.client.describe_stacks(StackName=parent.resources()["Child"])["Stacks"][0]
    assert {each["OutputKey"]: each["OutputValue"] for each in inner["Outputs"]}["Said"] == "x"


def test_the_parents_deployer_acknowledges_what_is_inside(parent: Stack, templates: Templates) -> None:
    """A role in the inner stack needs the capability of the outer one; also where it comes with an update."""
    plain, roles = templates.put({"P": parameter("p")}), templates.put({"R": ROLE})
    assert parent.create({"Child": child(plain)}) == "CREATE_COMPLETE"
    assert parent.update({"Child": child(roles)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Requires capabilities : [CAPABILITY_IAM]" in parent.reason("Child", "UPDATE_FAILED")
    assert parent.update({"Child": child(roles)}, Capabilities=["CAPABILITY_IAM"]) == "UPDATE_COMPLETE"


def test_a_failure_beside_it_ends_the_inner_stack(parent: Stack, templates: Templates) -> None:
    """It is deleted with the rest of the parent, although it was still being made."""
    slow = templates.put({f"P{number}": parameter(str(number)) for number in range(40)})
    assert parent.create({"Child": child(slow), "B": IMPOSSIBLE}) == "ROLLBACK_COMPLETE"
    inner = [
        each["StackStatus"]
        for page in parent.client.get_paginator("list_stacks").paginate()
        for each in page["StackSummaries"]
        if each["StackName"].startswith(f"{parent.name}-Child-")
    ]
    assert inner in ([], ["DELETE_COMPLETE"])


def test_a_template_elsewhere_is_not_fetched(parent: Stack) -> None:
    """Only S3 of the local cloud is read, as for the parent's own template."""
    assert parent.create({"Child": child("https://example.org/t.json")}) == "ROLLBACK_COMPLETE"
    assert "TemplateURL must be a supported URL" in parent.reason("Child", "CREATE_FAILED")
