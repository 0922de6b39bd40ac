"""The API of CodeBuild: projects, and builds listed, retried, limited, refused."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.codebuild import ENVIRONMENT, Projects

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def projects(local_cloud: LocalCloud) -> Projects:
    return Projects(local_cloud)


def test_a_build_can_be_retried_and_deleted(projects: Projects) -> None:
    """RetryBuild starts it again with the same overrides; a token given twice starts one build."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['test \"$A\" = 1']\n")
    wanted = {"environmentVariablesOverride": [{"name": "A", "value": "1"}], "idempotencyToken": uuid.uuid4().hex}
    first = projects.finished(projects.start(project, **wanted))
    assert projects.start(project, **wanted) == first["id"]
    with pytest.raises(ClientError, match="Parameter mismatch"):
        projects.start(project, idempotencyToken=wanted["idempotencyToken"])
    again = projects.finished(projects.codebuild.retry_build(id=first["id"])["build"]["id"])
    assert (again["buildStatus"], again["buildNumber"]) == ("SUCCEEDED", 2)
    answer = projects.codebuild.batch_delete_builds(ids=[first["id"], "no:build"])
    assert answer["buildsDeleted"] == [first["arn"]]
    assert answer["buildsNotDeleted"] == [{"id": "no:build", "statusCode": "BUILD_NOT_FOUND"}]
    assert projects.codebuild.batch_get_builds(ids=[first["id"]])["buildsNotFound"] == [first["id"]]


def test_five_builds_run_four_at_a_time(projects: Projects) -> None:
    """The fifth waits in QUEUED and runs when a place is free; a build that waits can be stopped."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['sleep 3600']\n")
    ids = [projects.start(project) for _ in range(5)]
    for build_id in ids[:4]:
        projects.until(build_id, lambda build: build["currentPhase"] == "BUILD", what="phase BUILD")
    assert projects.get(ids[4])["currentPhase"] == "QUEUED"
    projects.codebuild.stop_build(id=ids[0])
    projects.until(ids[4], lambda build: build["currentPhase"] == "BUILD", what="phase BUILD")
    waiting = projects.start(project)
    for build_id in [*ids, waiting]:
        projects.codebuild.stop_build(id=build_id)
    assert {projects.finished(build_id)["buildStatus"] for build_id in [*ids, waiting]} == {"STOPPED"}
    assert projects.codebuild.list_builds_for_project(projectName=project)["ids"] == [waiting, *reversed(ids)]


def test_a_projects_own_limit_of_builds_holds(projects: Projects) -> None:
    """One more build than concurrentBuildLimit is refused, not queued."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['sleep 3600']\n", concurrentBuildLimit=1)
    build_id = projects.start(project)
    with pytest.raises(ClientError, match="AccountLimitExceeded"):
        projects.start(project)
    projects.codebuild.stop_build(id=build_id)
    projects.finished(build_id)


def test_a_projects_life(projects: Projects) -> None:
    """A project is created, found, updated, listed and deleted, and one that does not exist is named."""
    project = projects.create("version: 0.2\n", description="first")
    with pytest.raises(ClientError, match="ResourceAlreadyExists"):
        projects.create("version: 0.2\n", name=project)
    updated = projects.codebuild.update_project(name=project, description="second", timeoutInMinutes=7)["project"]
    assert (updated["description"], updated["timeoutInMinutes"]) == ("second", 7)
    assert updated["environment"]["image"] == ENVIRONMENT["image"]
    assert project in projects.codebuild.list_projects(sortBy="CREATED_TIME", sortOrder="DESCENDING")["projects"]
    projects.codebuild.delete_project(name=project)
    assert projects.codebuild.batch_get_projects(names=[project])["projectsNotFound"] == [project]
    with pytest.raises(ClientError, match="Project cannot be found"):
        projects.start(project)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"environment": ENVIRONMENT | {"privilegedMode": True}}, "privilegedMode"),
        ({"environment": ENVIRONMENT | {"image": "docker.io/alpine"}}, "docker.io/alpine"),
        ({"source": {"type": "GITHUB", "location": "https://github.com/a/b"}}, "GITHUB"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(projects: Projects, settings: dict[str, Any], named: str) -> None:
    """CreateProject refuses what a build could not honour."""
    with pytest.raises(ClientError, match=named):
        projects.create("x", **settings)
