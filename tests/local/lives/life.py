"""A resource's life as a table row, and the stack that it is lived in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.waiting import until

SERVICES = [f"{name}.amazonaws.com" for name in ("codebuild", "codepipeline", "glue", "sagemaker")]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"},
    ],
}
#: A role that other resources need.
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def attribute(name: str, wanted: str = "Arn") -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, wanted]}


def statement(resource: Any, action: str = "sns:Publish") -> dict[str, Any]:
    """A resource's policy with one statement."""
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    return {"Version": "2012-10-17", "Statement": [allowed | {"Action": action, "Resource": resource}]}


def tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return own_tags({pair["Key"]: pair["Value"] for pair in pairs})


def own_tags(found: dict[str, str]) -> dict[str, str]:
    """The template's, without CloudFormation's."""
    return {key: text for key, text in found.items() if not key.startswith("aws:")}


@dataclass(frozen=True)
class Stack:
    """A stack of one resource under test, the ``Subject``, and of those that it needs."""

    cloud: LocalCloud
    name: str

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def deploy(
        self, template: dict[str, Any], *, update: bool = False, tags: dict[str, str] | None = None
    ) -> dict[str, str]:
        """Create or update; returns the outputs."""
        cloudformation = self.client("cloudformation")
        act = cloudformation.update_stack if update else cloudformation.create_stack
        act(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        )
        found = self.settled()
        assert found["StackStatus"] == ("UPDATE_COMPLETE" if update else "CREATE_COMPLETE"), self.reasons()
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def delete(self) -> None:
        status = self.settled_after_delete()
        assert status == "DELETE_COMPLETE", self.reasons()

    def settled_after_delete(self) -> str:
        """The stack's status once its deletion has ended."""
        self.client("cloudformation").delete_stack(StackName=self.name)
        try:
            status: str = self.settled()["StackStatus"]
        except ClientError:
            return "DELETE_COMPLETE"
        return status

    def reasons(self) -> list[str]:
        events = self.client("cloudformation").describe_stack_events(StackName=self.name)["StackEvents"]
        return [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in events]

    def settled(self) -> dict[str, Any]:
        cloudformation = self.client("cloudformation")
        return until(
            lambda: dict(cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]),
            lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
            what=f"the end of what goes on in stack {self.name}",
        )


Look = Callable[[Stack, dict[str, str]], Any]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What a template asks for, what it asks for later, and what the service says each time."""

    type_name: str
    first: dict[str, Any]
    then: dict[str, Any] | None = None
    """None where nothing can be changed in place."""
    look: Look
    """Asks the service about the subject, whose outputs it is given; raises or answers nothing where it is gone."""
    at_first: Any
    later: Any = None
    attributes: tuple[str, ...] = ()
    needs: dict[str, Any] = field(default_factory=dict)
    gone: Any = None
    """What ``look`` answers after the deletion; None: it raises or answers nothing."""

    def template(self, properties: dict[str, Any]) -> dict[str, Any]:
        outputs = {name: {"Value": attribute("Subject", name)} for name in self.attributes}
        outputs |= {f"Need{name}": {"Value": ref(name)} for name in self.needs}
        return {
            "Resources": {**self.needs, "Subject": {"Type": self.type_name, "Properties": properties}},
            "Outputs": {"Ref": {"Value": ref("Subject")}} | outputs,
        }
