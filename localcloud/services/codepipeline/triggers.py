"""Triggers: which pushes start a pipeline whose source is a connection.

Source: "Automate starting pipelines using triggers and filtering" of the CodePipeline user guide. One of a trigger's
filters must fit, and all criteria of a filter. What is excluded counts before what is included. Where AWS does not say
it: a push passes by file paths if one of its files is included and not excluded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline import globs
from localcloud.services.codepipeline.action_types import CONNECTION, Declaration, source_actions, type_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST_TRIGGERS = 50
_BRANCH, _TAG = "refs/heads/", "refs/tags/"
_NO_COMMIT = "0" * 40
#: The criteria that a filter may have together.
_TOGETHER = ({"tags"}, {"branches"}, {"branches", "filePaths"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """What GitHub tells of one branch or tag."""

    repository: str
    commit: str
    branch: str | None
    tag: str | None
    files: tuple[str, ...]
    """All that the push's commits added, changed or removed."""


def push_of(payload: Mapping[str, Any]) -> Push | None:
    """The push in GitHub's event; None for a branch or tag that was deleted."""
    ref, head = str(payload["ref"]), payload.get("head_commit")
    if payload["after"] == _NO_COMMIT or head is None:
        return None
    lists = (commit[kind] for commit in payload["commits"] for kind in ("added", "removed", "modified"))
    return Push(
        repository=payload["repository"]["full_name"],
        commit=head["id"],
        branch=ref.removeprefix(_BRANCH) if ref.startswith(_BRANCH) else None,
        tag=ref.removeprefix(_TAG) if ref.startswith(_TAG) else None,
        files=tuple(sorted({path for paths in lists for path in paths})),
    )


def connected(pipeline: Declaration) -> list[Declaration]:
    """The pipeline's source actions that use a connection."""
    return [action for action in source_actions(pipeline) if type_key(action) == CONNECTION]


def starts(pipeline: Declaration, action: Declaration, push: Push) -> bool:
    """Whether the push starts the pipeline through this source action."""
    configuration = action["configuration"]
    if configuration["FullRepositoryId"] != push.repository:
        return False
    trigger = next((each for each in _git(pipeline) if each["sourceActionName"] == action["name"]), None)
    if trigger and "push" in trigger:
        return any(_passes(each, push) for each in trigger["push"])
    detects = trigger is not None or configuration.get("DetectChanges", "true").lower() == "true"
    return detects and push.branch == str(configuration["BranchName"])


def check(pipeline: Declaration) -> None:
    """Raises AwsError or UnsupportedError for triggers that the pipeline cannot have."""
    git = _git(pipeline)
    if git and pipeline.get("pipelineType", "V1") != "V2":
        raise _structure("Triggers need a pipeline of type V2")
    if len(git) > _MOST_TRIGGERS:
        raise _structure(f"Pipeline has {len(git)} triggers; it may have {_MOST_TRIGGERS}")
    sources = {action["name"] for action in connected(pipeline)}
    for name, count in Counter(each["sourceActionName"] for each in git).items():
        if name not in sources:
            raise _structure(
                f"A trigger names the source action {name}, which is none of type {'/'.join(CONNECTION)} in the first "
                "stage"
            )
        if count > 1:
            raise _structure(f"The source action {name} has {count} triggers; give one trigger several push filters")
    for each in git:
        if each.get("pullRequest"):
            raise UnsupportedError(
                f"codepipeline: pullRequest of the trigger of action {each['sourceActionName']} "
                "(the local GitHub has no pull requests)"
            )
        for criteria in each.get("push", []):
            _check_filter(criteria, each["sourceActionName"])


def _check_filter(criteria: Declaration, name: str) -> None:
    if criteria.keys() not in _TOGETHER:
        raise _structure(
            f"A push filter of the trigger of action {name} has {', '.join(sorted(criteria)) or 'nothing'}; it takes "
            "tags, or branches, or branches and filePaths"
        )
    for kind, lists in criteria.items():
        if not lists.get("includes") and not lists.get("excludes"):
            raise _structure(f"{kind} of the trigger of action {name} neither includes nor excludes anything")
        for pattern in (*lists.get("includes", []), *lists.get("excludes", [])):
            try:
                globs.matches(pattern, "")
            except ValueError as error:
                raise _structure(f"{pattern!r} of the trigger of action {name} is no glob pattern: {error}") from error


def _passes(criteria: Declaration, push: Push) -> bool:
    found = {"tags": _given(push.tag), "branches": _given(push.branch), "filePaths": push.files}
    return all(any(_counts(lists, text) for text in found[kind]) for kind, lists in criteria.items())


def _given(text: str | None) -> Iterable[str]:
    return () if text is None else (text,)


def _counts(lists: Declaration, text: str) -> bool:
    if any(globs.matches(pattern, text) for pattern in lists.get("excludes", [])):
        return False
    includes = lists.get("includes", [])
    return not includes or any(globs.matches(pattern, text) for pattern in includes)


def _git(pipeline: Declaration) -> list[Declaration]:
    return [trigger["gitConfiguration"] for trigger in pipeline.get("triggers", [])]


def _structure(message: str) -> AwsError:
    return AwsError("InvalidStructureException", message)
