"""Source / AWS / CodeStarSourceConnection / 1: the archive of one commit, fetched through a connection.

The action's role needs ``UseConnection`` on the connection.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.connector import REPOSITORY
from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.actions import commit

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext
    from localcloud.services.codepipeline.actions.outcome import Outcome


def run(context: ActionContext) -> Outcome:
    configuration = context.configuration
    branch = context.place_override or configuration["BranchName"]
    wanted = context.revision_override or branch
    found: dict[str, Any] = json.loads(_get(context, "GetBranch", branch, wanted))
    commit.report(context, found)
    archive = _get(context, "StartUploadArchiveToS3", branch, found["sha"])
    variables = {
        "BranchName": branch,
        "ConnectionArn": configuration["ConnectionArn"],
        "FullRepositoryName": configuration["FullRepositoryId"],
    }
    return commit.outcome(context, found, archive, variables)


def _get(context: ActionContext, action: str, branch: str, revision: str) -> bytes:
    arn, repository = context.configuration["ConnectionArn"], context.configuration["FullRepositoryId"]
    asked = {
        "ConnectionArn": arn,
        "FullRepositoryId": repository,
        "BranchName": branch,
        "ProviderAction": action,
        "Revision": revision,
    }
    try:
        answer = context.get(arn.split(":")[2], REPOSITORY, asked)
    except (OSError, http.client.HTTPException) as error:
        raise ActionFailedError("SystemUnavailable", f"The connection {arn} could not be reached: {error}") from error
    if answer.status == 200:
        return answer.body
    code = _code(answer.body)
    if code == "AccessDeniedException":
        raise ActionFailedError(
            "PermissionError",
            f"Unable to use Connection: {arn}. The provided role does not have sufficient permissions. "
            f"{answer.described()}",
        )
    if code == "ResourceNotFoundException":
        raise ActionFailedError("ConfigurationError", f"Unable to use Connection: {arn}. There is no such connection.")
    if answer.status == 404:
        raise ActionFailedError(
            "ConfigurationError",
            f"[GitHub] No Repository [{repository}] that the connection {arn} reaches. {answer.described()}",
        )
    raise ActionFailedError(
        "RevisionUnavailable",
        f"[GitHub] No Branch [{revision}] found for FullRepositoryName [{repository}]. {answer.described()}",
    )


def _code(body: bytes) -> str:
    """AWS's code of a refusal; empty for GitHub's."""
    try:
        return str(json.loads(body).get("__type", "")).rpartition("#")[2]
    except ValueError:
        return ""
