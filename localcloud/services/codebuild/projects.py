"""Build projects."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.codebuild.cache import local_cache_folder
from localcloud.services.codebuild.plan import (
    DEFAULT_QUEUED_TIMEOUT_MINUTES,
    DEFAULT_TIMEOUT_MINUTES,
    refuse_unsupported,
)

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document, Table

PAGE = 100
IMAGES = ("aws/codebuild/standard:7.0", "aws/codebuild/amazonlinux-x86_64-standard:5.0")
_SORTS = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}


def projects(cloud: Cloud) -> Table:
    """Project name → document in BatchGetProjects' form."""
    return cloud.store.table("codebuild.projects")


def find(cloud: Cloud, name: str) -> Document:
    """The project with this name or ARN; raises ResourceNotFoundException."""
    found = projects(cloud).get(name.rpartition(":project/")[2])
    if found is None:
        raise AwsError(
            "ResourceNotFoundException", f"Project cannot be found: {cloud.arn('codebuild', f'project/{name}')}"
        )
    return found


class Projects(Operations):
    service = "codebuild"

    @operation("CreateProject")
    def create_project(self, call: Call, params: Params) -> Params:
        del call
        name = params["name"]
        if name in projects(self.cloud):
            raise AwsError(
                "ResourceAlreadyExistsException",
                f"Project already exists: {self.cloud.arn('codebuild', f'project/{name}')}",
            )
        now = datetime.now(UTC)
        project = {
            "name": name,
            "arn": self.cloud.arn("codebuild", f"project/{name}"),
            "timeoutInMinutes": DEFAULT_TIMEOUT_MINUTES,
            "queuedTimeoutInMinutes": DEFAULT_QUEUED_TIMEOUT_MINUTES,
            "cache": {"type": "NO_CACHE"},
            "created": now,
        }
        return {"project": self._put(project, params, now)}

    @operation("UpdateProject")
    def update_project(self, call: Call, params: Params) -> Params:
        del call
        return {"project": self._put(find(self.cloud, params["name"]), params, datetime.now(UTC))}

    def _put(self, project: Document, params: Params, now: datetime) -> Document:
        project = project | {name: value for name, value in params.items() if name != "badgeEnabled"}
        project["environment"] = {"environmentVariables": [], "privilegedMode": False} | project["environment"]
        refuse_unsupported(project | {"badgeEnabled": params.get("badgeEnabled", False)})
        project |= {"lastModified": now, "badge": {"badgeEnabled": False}}
        projects(self.cloud).put(project["name"], project)
        return project

    @operation("DeleteProject")
    def delete_project(self, call: Call, params: Params) -> Params:
        """Deletes a project. As on AWS, its builds stay readable, and an unknown project is no error."""
        del call
        projects(self.cloud).delete(params["name"].rpartition(":project/")[2])
        return {}

    @operation("BatchGetProjects")
    def batch_get_projects(self, call: Call, params: Params) -> Params:
        del call
        found = {name: projects(self.cloud).get(name.rpartition(":project/")[2]) for name in params["names"]}
        return {
            "projects": [project for project in found.values() if project],
            "projectsNotFound": [name for name, project in found.items() if not project],
        }

    @operation("ListProjects")
    def list_projects(self, call: Call, params: Params) -> Params:
        del call
        key = _SORTS.get(params.get("sortBy", "NAME"))
        if key is None:
            raise AwsError(
                "InvalidInputException", f"sortBy is one of {', '.join(_SORTS)}, not {params['sortBy'][:40]!r}"
            )
        known = [project for _, project in projects(self.cloud).items()]
        known.sort(key=lambda project: project[key], reverse=params.get("sortOrder") == "DESCENDING")
        names, more = page([project["name"] for project in known], params)
        return {"projects": names} | more

    @operation("InvalidateProjectCache")
    def invalidate_project_cache(self, call: Call, params: Params) -> Params:
        """Empties the LOCAL cache. As on AWS, an S3 cache stays in its bucket, under a key that is no longer read."""
        del call
        project = find(self.cloud, params["projectName"])
        shutil.rmtree(local_cache_folder(self.cloud.settings.home, project["name"]), ignore_errors=True)
        generation = self.cloud.store.table("codebuild.cache_generations")
        before = generation.get(project["name"]) or {"number": 0}
        generation.put(project["name"], {"number": before["number"] + 1})
        return {}

    @operation("ListCuratedEnvironmentImages")
    def list_curated_environment_images(self, call: Call, params: Params) -> Params:
        del call, params
        images = [{"name": name, "description": "the local cloud's stand-in", "versions": []} for name in IMAGES]
        return {
            "platforms": [
                {"platform": "UBUNTU", "languages": [{"language": "PYTHON", "images": images[:1]}]},
                {"platform": "AMAZON_LINUX", "languages": [{"language": "PYTHON", "images": images[1:]}]},
            ]
        }


def page(names: list[str], params: Params) -> tuple[list[str], dict[str, Any]]:
    """One page of a list from ``nextToken`` on, and the next ``nextToken`` if there is more."""
    return page_tokens.cut(names, params, PAGE, code="InvalidInputException", named="nextToken")
