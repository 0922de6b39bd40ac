"""The services that a rule can call, with the permissions of the rule's role or of the target's policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.events.inputs import check_input
from localcloud.services.events.place import bus_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.settings import Settings

PRINCIPAL = "events.amazonaws.com"
_KNOWN = frozenset(
    {
        *("Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig"),
        "SqsParameters",
    }
)
#: Services without resource policies, for which a rule needs a role.
_BY_ROLE_ONLY = frozenset({"codebuild", "codepipeline", "events"})
#: What a rule may make of an event before it sends it. Another bus gets it as it is.
_OTHER_INPUTS = ("Input", "InputPath", "InputTransformer")


def check_target(settings: Settings, target: Mapping[str, Any]) -> None:
    """Raises UnsupportedError for what the local cloud cannot do, AwsError for what AWS refuses."""
    unknown = sorted(set(target) - _KNOWN)
    if unknown:
        raise UnsupportedError(f"events: targets with {', '.join(unknown)}")
    service = service_of(target)
    if service not in _SENDERS:
        raise UnsupportedError(f"events: {service} as a target ({target['Arn']})")
    if service in _BY_ROLE_ONLY and not target.get("RoleArn"):
        raise AwsError("ValidationException", f"RoleArn is required for target {target['Arn']}.")
    if service == "events":
        _check_bus(settings, target)
    check_input(target)


def _check_bus(settings: Settings, target: Mapping[str, Any]) -> None:
    """The bus need not exist yet. What is not a bus, such as an API destination, is refused by name."""
    if not is_bus(target):
        raise UnsupportedError(f"events: {target['Arn']} as a target")
    bus_named(settings, target, "Arn")
    given = [name for name in _OTHER_INPUTS if target.get(name) is not None]
    if given:
        raise UnsupportedError(f"events: an event bus as a target with {', '.join(given)}")


def is_bus(target: Mapping[str, Any]) -> bool:
    return service_of(target) == "events" and ":event-bus/" in str(target["Arn"])


def service_of(target: Mapping[str, Any]) -> str:
    parts = str(target["Arn"]).split(":")
    if len(parts) < 6 or parts[0] != "arn":
        raise AwsError("ValidationException", f"{target['Arn']!r} is not the ARN of a target.")
    return parts[2]


def send(cloud: Cloud, target: Mapping[str, Any], text: str, rule_arn: str) -> None:
    """Calls the target once; raises botocore's ClientError where it refuses."""
    service = service_of(target)
    if target.get("RoleArn"):
        credentials = cloud.clients.assume_role(
            target["RoleArn"],
            session_name=rule_arn.rpartition("/")[2],
            service_principal=PRINCIPAL,
            source_arn=rule_arn,
        )
        client = cloud.clients.for_credentials(service, credentials)
    else:
        client = cloud.clients.as_service(service, PRINCIPAL, source_arn=rule_arn)
    _SENDERS[service](cloud, client, target, text)


def queue_url(cloud: Cloud, arn: str) -> str:
    """A queue's address, made of its ARN. Asking SQS for it would need another permission."""
    account, name = arn.split(":")[4:6]
    return f"{cloud.settings.endpoint_url}/{account}/{name}"


def _invoke(_: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    client.invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=text.encode())


def _publish(_: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    client.publish(TopicArn=target["Arn"], Message=text)


def _send_message(cloud: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    group = target.get("SqsParameters", {})
    client.send_message(QueueUrl=queue_url(cloud, target["Arn"]), MessageBody=text, **group)


def _start_build(_: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    """Starts a build. An input that the rule sets overrides settings; the event itself does not."""
    own = any(target.get(name) is not None for name in ("Input", "InputTransformer"))
    overrides = json.loads(text) if own else {}
    client.start_build(**{**overrides, "projectName": target["Arn"].rpartition("project/")[2]})


def _start_execution(_: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    """Starts an execution. An input that the rule sets may name source revisions and variables."""
    own = any(target.get(name) is not None for name in ("Input", "InputTransformer"))
    given = json.loads(text) if own else {}
    revisions = given.get("sourceRevisions", [])
    overrides = {
        "sourceRevisions": revisions if isinstance(revisions, list) else [revisions],
        "variables": given.get("variables", []),
    }
    present = {name: value for name, value in overrides.items() if value}
    client.start_pipeline_execution(name=target["Arn"].rpartition(":")[2], **present)


def _put_event(_: Cloud, client: Any, target: Mapping[str, Any], text: str) -> None:
    """Hands an event on. Only this service's own sessions of a rule's role may put an event as the whole of it."""
    event = json.loads(text)
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": text}
    client.put_events(Entries=[entry | {"EventBusName": target["Arn"]}])


_SENDERS: dict[str, Callable[[Any, Any, Mapping[str, Any], str], None]] = {
    "codebuild": _start_build,
    "codepipeline": _start_execution,
    "events": _put_event,
    "lambda": _invoke,
    "sns": _publish,
    "sqs": _send_message,
}
