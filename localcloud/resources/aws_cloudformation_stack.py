"""AWS::CloudFormation::Stack: a stack in a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource, ResourceError

if TYPE_CHECKING:
    from collections.abc import Collection

#: As long as a custom resource may take, and the resources of a stack one after the other.
_TIMEOUT_SECONDS = 6 * 3600
#: With it, a stack says in which stack it is made. Only CloudFormation itself can set a tag like this.
PARENT_TAG = "aws:cloudformation:stack-id"
#: With it, a stack is updated to what it was before its latest update.
BACK_TAG = "aws:cloudformation:back"
#: The attribute that tells one update of the stack from the next.
_UPDATED = "LastUpdatedTime"
_NOTHING_TO_DO = "No updates are to be performed."
_GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
#: A stack that is being made can be deleted.
_DELETABLE = frozenset({"CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
#: Where a stack says why it went back.
_WHY = frozenset(
    {"CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_FAILED", "DELETE_FAILED"}
)


class NestedStack(Resource):
    """A stack of its own, with the parent's authority, capabilities and tags. Ref is its ARN.

    ``Outputs.<name>`` are its outputs. Every update of the parent reads the template again, which may be another one
    under the same URL.
    """

    type_name = "AWS::CloudFormation::Stack"
    asked_at_every_update = True

    def create(self, ctx: Context, properties: Properties) -> Created:
        cloudformation = ctx.client("cloudformation")
        more = {key: properties[key] for key in ("NotificationARNs", "TimeoutInMinutes") if key in properties}
        name = ctx.new_name(128)
        inputs = _inputs(ctx, properties)
        inputs["Tags"].append({"Key": PARENT_TAG, "Value": ctx.stack_id})
        stack_id = cloudformation.create_stack(StackName=name, **inputs, **more)["StackId"]
        ctx.created(stack_id)
        found = _settled(ctx, cloudformation, stack_id)
        return Created(physical_id=stack_id, attributes=_outputs(cloudformation, found, _GOOD, "created"))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        cloudformation = ctx.client("cloudformation")
        good = _GOOD
        _settled(ctx, cloudformation, physical_id)
        more = {"NotificationARNs": properties.get("NotificationARNs", [])}
        try:
            cloudformation.update_stack(StackName=physical_id, **_inputs(ctx, properties), **more)
        except ClientError as error:
            if error.response["Error"].get("Message") != _NOTHING_TO_DO:
                raise
            good = _GOOD | {"UPDATE_ROLLBACK_COMPLETE"}  # it has gone back by itself
        return _outputs(cloudformation, _settled(ctx, cloudformation, physical_id), good, "updated")

    def restore(
        self, ctx: Context, physical_id: str, properties: Properties, previous: Properties, attributes: Attributes
    ) -> Attributes:
        """Its template may be another one by now, under the same URL. So the stack goes back by what it was."""
        if _UPDATED not in attributes:  # it was made by an earlier local cloud
            return self.update(ctx, physical_id, properties, previous)
        cloudformation = ctx.client("cloudformation")
        found = _settled(ctx, cloudformation, physical_id)
        if found["StackStatus"] == "UPDATE_COMPLETE" and _updated(found) != attributes[_UPDATED]:
            back = [{"Key": BACK_TAG, "Value": "true"}]
            cloudformation.update_stack(StackName=physical_id, UsePreviousTemplate=True, Tags=back)
            found = _settled(ctx, cloudformation, physical_id)
        return _outputs(cloudformation, found, _GOOD | {"UPDATE_ROLLBACK_COMPLETE"}, "updated")

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        cloudformation = ctx.client("cloudformation")
        # It may still be made or changed, for a failure beside it has ended the parent's operation.
        _settled(ctx, cloudformation, physical_id, but=_DELETABLE)
        cloudformation.delete_stack(StackName=physical_id)
        found = _settled(ctx, cloudformation, physical_id)
        _outputs(cloudformation, found, {"DELETE_COMPLETE"}, "deleted")


def _inputs(ctx: Context, properties: Properties) -> dict[str, Any]:
    parameters = properties.get("Parameters", {})
    return {
        "TemplateURL": properties["TemplateURL"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": _text(value)} for key, value in parameters.items()],
        "Capabilities": list(ctx.capabilities),
        "Tags": [tag for tag in properties.get("Tags", []) if not tag["Key"].startswith("aws:")],
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settled(ctx: Context, cloudformation: Any, stack_id: str, *, but: Collection[str] = frozenset()) -> dict[str, Any]:
    """The stack once nothing goes on in it, or what ``but`` names."""

    def poll() -> dict[str, Any] | None:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        goes_on = found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] not in but
        return None if goes_on else found

    return ctx.wait(poll, timeout_seconds=_TIMEOUT_SECONDS, what=f"Embedded stack {stack_id}")


def _outputs(cloudformation: Any, stack: dict[str, Any], good: Collection[str], what: str) -> Attributes:
    """The stack's outputs as attributes; raises ResourceError in AWS's words where it has another status."""
    if stack["StackStatus"] not in good:
        raise ResourceError(
            f"Embedded stack {stack['StackId']} was not successfully {what}: {_reason(cloudformation, stack)}"
        )
    outputs = {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in stack.get("Outputs", [])}
    return outputs | {_UPDATED: _updated(stack)}


def _updated(stack: dict[str, Any]) -> str:
    """When the stack was updated last; empty where it never was."""
    return str(stack.get("LastUpdatedTime", ""))


def _reason(cloudformation: Any, stack: dict[str, Any]) -> str:
    """What the stack's own newest event says of it."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
    for event in (each for page in pages for each in page["StackEvents"]):
        own = event.get("PhysicalResourceId") == stack["StackId"] and event["ResourceStatus"] in _WHY
        if own and event.get("ResourceStatusReason"):
            return str(event["ResourceStatusReason"])
    return str(stack.get("StackStatusReason") or stack["StackStatus"])
