"""AWS::CloudFormation::CustomResource, and every type ``Custom::…``.

A function makes, changes and deletes it, or somebody who listens to a topic.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from localcloud.platform.errors import UnsupportedError
from localcloud.resources.resource import Context, Created, Properties, Resource, ResourceError

_DEFAULT_SECONDS = 3600.0
#: The function's work takes this machine's time, so a time-out on the cloud's scale is not shorter than this.
_LEAST_SECONDS = 60.0
_LARGEST_ANSWER_BYTES = 4096
#: Of the message to a topic.
_SUBJECT = "AWS CloudFormation custom resource request"
_NO_ANSWER = (
    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{}]. "
    "If you are using the Python cfn-response module, you may need to update your Lambda function code so that "
    "CloudFormation can attach the updated version."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """A function's answer: the resource as it is now, or why there is none."""

    request_id: str
    document: dict[str, Any]

    @property
    def physical_id(self) -> str:
        return str(self.document.get("PhysicalResourceId") or "")

    @property
    def failure(self) -> str:
        """Empty where the function says that it succeeded."""
        status = self.document.get("Status")
        if status == "SUCCESS":
            return ""
        return (
            f"Received response status [{status}] from custom resource. Message returned: "
            f"{self.document.get('Reason')} (RequestId: {self.request_id})"
        )

    def created(self) -> Created:
        """Raises ResourceError where the function failed, or names nothing."""
        if self.failure:
            raise ResourceError(self.failure)
        if not self.physical_id:
            raise ResourceError("Invalid PhysicalResourceId")
        data = self.document.get("Data") or {}
        if not isinstance(data, dict):
            raise ResourceError("Invalid Response object: Value of property Data must be an object")
        return Created(
            physical_id=self.physical_id, attributes=data, no_echo=self.document.get("NoEcho") in (True, "true")
        )


class CustomResource(Resource):
    """Ref is the id that the function answers; another one in answer to an update is a replacement."""

    type_name = "AWS::CloudFormation::CustomResource"
    makes_its_own_replacement = True
    cannot_be_replaced = "Modifying service token is not allowed."

    def __init__(self, named: str = type_name) -> None:
        """``named``: its type in the template."""
        self._named = named

    def create(self, ctx: Context, properties: Properties) -> Created:
        unanswered = ctx.new_name(100)
        try:
            answer = self._ask(ctx, "Create", properties)
        except ResourceError:
            ctx.created(unanswered)  # the function may have made it: it is asked to delete it
            raise
        if answer.failure:
            ctx.created(answer.physical_id or unanswered)
        return answer.created()

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Created:
        old = {"PhysicalResourceId": physical_id, "OldResourceProperties": _texts(previous)}
        return self._ask(ctx, "Update", properties, **old).created()

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        answer = self._ask(ctx, "Delete", properties, PhysicalResourceId=physical_id)
        if answer.failure:
            raise ResourceError(answer.failure)

    def _ask(self, ctx: Context, kind: str, properties: Properties, **more: Any) -> _Answer:
        """Asks whom ServiceToken names, and waits for the answer. Raises ResourceError where none comes in time."""
        token = str(properties["ServiceToken"])
        request_id = str(uuid.uuid4())
        with ctx.responses.expected(f"{ctx.stack_id}|{ctx.logical_id}|{request_id}") as expected:
            event = {
                "RequestType": kind,
                "ServiceToken": token,
                "ResponseURL": expected.url,
                "StackId": ctx.stack_id,
                "RequestId": request_id,
                "LogicalResourceId": ctx.logical_id,
                "ResourceType": self._named,
                "ResourceProperties": _texts(properties),
                **more,
            }
            _send(ctx, token, json.dumps(event))
            seconds = _seconds(properties, ctx.time_scale)
            deadline = time.monotonic() + seconds

            def answered() -> bytes | None:
                found = expected.answer()
                if found is None and time.monotonic() > deadline:
                    raise ResourceError(_NO_ANSWER.format(request_id))
                return found

            return _read(ctx.wait(answered, timeout_seconds=seconds + _LEAST_SECONDS), request_id)


def _send(ctx: Context, token: str, event: str) -> None:
    match token.split(":"):
        case ["arn", _, "lambda", *_]:
            ctx.client("lambda").invoke(FunctionName=token, InvocationType="Event", Payload=event.encode())
        case ["arn", _, "sns", *_]:
            ctx.client("sns").publish(TopicArn=token, Subject=_SUBJECT, Message=event)
        case _:
            raise UnsupportedError(f"A custom resource behind anything but a Lambda function or an SNS topic ({token})")


def _seconds(properties: Properties, time_scale: float) -> float:
    """How long an answer may take here."""
    on_aws = float(properties.get("ServiceTimeout", _DEFAULT_SECONDS))
    return max(on_aws / time_scale, min(on_aws, _LEAST_SECONDS))


def _read(answer: bytes, request_id: str) -> _Answer:
    if len(answer) > _LARGEST_ANSWER_BYTES:
        raise ResourceError("Response object is too long.")
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise ResourceError(f"Invalid Response object: it is not JSON ({error})") from error
    if not isinstance(found, dict) or found.get("Status") not in ("SUCCESS", "FAILED"):
        raise ResourceError("Invalid Response object: Status must be SUCCESS or FAILED")
    return _Answer(request_id=request_id, document=found)


def _texts(value: Any) -> Any:
    """The value as a function gets it: every number and every truth is a text, and what is null is left out."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_texts(item) for item in value if item is not None]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
