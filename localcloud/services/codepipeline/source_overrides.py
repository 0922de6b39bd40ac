"""The source revisions that StartPipelineExecution may name, in place of the newest ones.

Source: ``SourceRevisionOverride`` of the API reference, and the S3 source action's reference, where an action has to
allow another key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.codepipeline.action_types import source_actions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.services.codepipeline.action_types import Declaration

_KEY = "S3_OBJECT_KEY"
#: The provider of a source → the types of revision that it takes.
_TYPES = {
    "GitHub": {"COMMIT_ID"},
    "CodeStarSourceConnection": {"COMMIT_ID"},
    "S3": {"S3_OBJECT_VERSION_ID", _KEY},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    revisions: dict[str, str]
    """Action → commit, or version of its object."""
    places: dict[str, str]
    """Action → key of its object."""


def of(pipeline: Declaration, given: list[Mapping[str, str]]) -> Overrides:
    """Raises AwsError ValidationException for what the pipeline's source actions do not take."""
    sources = {action["name"]: action for action in source_actions(pipeline)}
    found = Overrides(revisions={}, places={})
    for each in given:
        name, kind = each["actionName"], each["revisionType"]
        if name not in sources:
            raise _invalid(f"Pipeline '{pipeline['name']}' has no source action '{name}'")
        taken = _TYPES[sources[name]["actionTypeId"]["provider"]]
        if kind not in taken:
            raise _invalid(f"Source action '{name}' takes {' or '.join(sorted(taken))}, and no revision of type {kind}")
        if kind == _KEY and not _allows_key(sources[name]):
            raise _invalid(
                f"Source action '{name}' does not allow another key: set AllowOverrideForS3ObjectKey to true"
            )
        into = found.places if kind == _KEY else found.revisions
        if name in into:
            raise _invalid(f"Source action '{name}' has two revisions of type {kind}")
        into[name] = each["revisionValue"]
    return found


def _allows_key(action: Declaration) -> bool:
    return str(action["configuration"].get("AllowOverrideForS3ObjectKey", "false")).lower() == "true"


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
