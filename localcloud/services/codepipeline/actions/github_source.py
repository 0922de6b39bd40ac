"""Source / ThirdParty / GitHub / 1: the archive of one commit, fetched with the token of the configuration."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from localcloud.platform import github_client
from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.actions import commit

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext
    from localcloud.services.codepipeline.actions.outcome import Outcome


def run(context: ActionContext) -> Outcome:
    configuration = context.configuration
    wanted = context.revision_override or configuration["Branch"]
    found: dict[str, Any] = json.loads(_get(context, f"commits/{quote(wanted, safe='')}"))
    commit.report(context, found)
    variables = {
        "BranchName": configuration["Branch"],
        "CommitUrl": found["html_url"],
        "CommitterDate": found["commit"]["committer"]["date"],
        "RepositoryName": configuration["Repo"],
    }
    return commit.outcome(context, found, _get(context, f"zipball/{found['sha']}"), variables)


def _get(context: ActionContext, path: str) -> bytes:
    configuration = context.configuration
    repository = f"{configuration['Owner']}/{configuration['Repo']}"
    try:
        answer = github_client.ask(
            context.endpoint_url, "GET", f"/repos/{repository}/{path}", token=configuration["OAuthToken"]
        )
    except (OSError, http.client.HTTPException) as error:
        raise ActionFailedError("SystemUnavailable", f"GitHub could not be reached: {error}") from error
    if answer.status in {401, 403, 404}:
        raise ActionFailedError(
            "ConfigurationError",
            f'Either the GitHub repository "{repository}" does not exist, or the GitHub access token provided has '
            "insufficient permissions to access the repository. Verify that the repository exists and edit the "
            f"pipeline to reconnect the action to GitHub. {answer.described()}",
        )
    if answer.status != 200:
        wanted = context.revision_override or configuration["Branch"]
        raise ActionFailedError(
            "RevisionUnavailable",
            f'GitHub has no "{wanted}" in "{repository}": push the branch, or name one that exists. '
            f"{answer.described()}",
        )
    return answer.body
