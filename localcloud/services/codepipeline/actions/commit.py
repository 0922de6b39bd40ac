"""What every source action makes of a commit: the artifact, the revision and the variables that all have."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from localcloud.services.codepipeline.actions.outcome import Outcome, Revision
from localcloud.services.codepipeline.artifacts import without_top_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.services.codepipeline.actions.context import ActionContext


def report(context: ActionContext, commit: Mapping[str, Any]) -> None:
    """Shows which commit is taken. ``commit``: GitHub's answer."""
    context.report(externalExecutionId=commit["sha"], externalExecutionUrl=commit["html_url"])


def outcome(context: ActionContext, commit: Mapping[str, Any], archive: bytes, variables: Mapping[str, str]) -> Outcome:
    """Stores the commit's archive, as GitHub sends it, as the output artifact."""
    location = context.store.new_location(context.outputs[0])
    context.store.put(context.client("s3"), location, without_top_folder(archive))
    sha, details = commit["sha"], commit["commit"]
    own = {"AuthorDate": details["author"]["date"], "CommitId": sha, "CommitMessage": details["message"]}
    return Outcome(
        summary=details["message"],
        artifacts={context.outputs[0]: location},
        variables={**own, **variables},
        revision=Revision(
            revision_id=sha,
            summary=details["message"],
            url=commit["html_url"],
            created=datetime.fromisoformat(details["committer"]["date"]),
        ),
    )
