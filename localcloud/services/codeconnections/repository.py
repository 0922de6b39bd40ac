"""The use of a connection: reads the commit of a branch, or its archive, for a service that acts by a role.

The role needs ``UseConnection`` on this connection. The repository, the branch and what is done there are condition
keys of that permission.
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from localcloud.platform import github_client
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Asked, HttpRequest, HttpResponse
from localcloud.services.codeconnections.connections import find

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

#: Services in a connection's ARN.
SERVICES = ("codeconnections", "codestar-connections")
#: AWS's name for what is done at the provider → where GitHub's API does it.
_ACTIONS = {"GetBranch": "commits", "StartUploadArchiveToS3": "zipball"}
#: Owner and name, as GitHub has them.
_REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PARAMETERS = ("ConnectionArn", "FullRepositoryId", "BranchName", "ProviderAction", "Revision")


def use(request: HttpRequest) -> Asked:
    """The permission that a request to the route needs. Raises AwsError for a request without its parameters."""
    params = dict(parse_qsl(request.query, keep_blank_values=True))
    service = params.get("ConnectionArn", "").split(":")[2:3]
    if request.method != "GET" or params.keys() != set(_PARAMETERS) or params["ProviderAction"] not in _ACTIONS:
        raise AwsError("ValidationException", f"A connection is used by GET with {', '.join(_PARAMETERS)}")
    if not _REPOSITORY.fullmatch(params["FullRepositoryId"]):
        raise AwsError("ValidationException", f"{params['FullRepositoryId']!r} is no repository, as in owner/name")
    if params["Revision"] != params["BranchName"] and not _COMMIT.fullmatch(params["Revision"]):
        raise AwsError("ValidationException", f"{params['Revision']!r} is neither the branch nor the id of a commit")
    if not service or service[0] not in SERVICES:
        raise AwsError("ValidationException", f"{params['ConnectionArn']} is not the ARN of a connection")
    return Asked(service=service[0], operation="UseConnection", params=params)


def read(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """GitHub's answer. Raises AwsError where the connection or GitHub is not there. May block."""
    params = use(request).params
    find(cloud, params["ConnectionArn"])
    path = (
        f"/repos/{params['FullRepositoryId']}/{_ACTIONS[params['ProviderAction']]}/{quote(params['Revision'], safe='')}"
    )
    secret = cloud.clients.inner_secret
    try:
        answer = github_client.ask(cloud.settings.endpoint_url, "GET", path, token=secret)
    except (OSError, http.client.HTTPException) as error:
        raise AwsError("ResourceUnavailableException", f"GitHub could not be reached: {error}") from error
    return HttpResponse(status=answer.status, headers={"content-type": "application/octet-stream"}, body=answer.body)
