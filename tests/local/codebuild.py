"""What the tests of CodeBuild share: projects with one role and one bucket, and their builds followed."""

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.roles import working_role
from tests.waiting import until

ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}


class Projects:
    """Makes projects with one role and one bucket, and follows their builds."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.codebuild = cloud.client("codebuild")
        self.s3 = cloud.client("s3")
        name = f"codebuild-{uuid.uuid4().hex[:8]}"
        self.role = working_role(cloud, name, "codebuild")
        self.bucket = name
        self.s3.create_bucket(Bucket=name)

    def create(self, buildspec: str, **settings: Any) -> str:
        wanted: dict[str, Any] = {
            "name": f"project-{uuid.uuid4().hex[:8]}",
            "source": {"type": "NO_SOURCE", "buildspec": buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": ENVIRONMENT,
            "serviceRole": self.role,
        }
        return self.codebuild.create_project(**(wanted | settings))["project"]["name"]

    def start(self, project: str, **overrides: Any) -> str:
        return self.codebuild.start_build(projectName=project, **overrides)["build"]["id"]

    def get(self, build_id: str) -> dict[str, Any]:
        return self.codebuild.batch_get_builds(ids=[build_id])["builds"][0]

    def finished(self, build_id: str) -> dict[str, Any]:
        return self.until(build_id, lambda build: build["buildComplete"], what="its end")

    def until(self, build_id: str, good: Callable[[dict[str, Any]], bool], *, what: str) -> dict[str, Any]:
        """The build once it is good, as its last description shows it."""
        return until(lambda: self.get(build_id), good, what=f"build {build_id}: {what}")

    def run(self, buildspec: str, **settings: Any) -> dict[str, Any]:
        return self.finished(self.start(self.create(buildspec, **settings)))

    def log(self, build: dict[str, Any]) -> str:
        logs = build["logs"]
        answer = self.cloud.client("logs").get_log_events(
            logGroupName=logs["groupName"], logStreamName=logs["streamName"], startFromHead=True
        )
        return "\n".join(event["message"] for event in answer["events"])

    def put_zip(self, files: dict[str, str]) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        key = f"source/{uuid.uuid4().hex}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=packed.getvalue())
        return f"{self.bucket}/{key}"


def phases(build: dict[str, Any]) -> dict[str, str]:
    return {phase["phaseType"]: phase.get("phaseStatus", "") for phase in build["phases"]}


def context(build: dict[str, Any], phase: str) -> dict[str, str]:
    return next(one["contexts"][0] for one in build["phases"] if one["phaseType"] == phase)


def log_of(projects: Projects, build: dict[str, Any]) -> str:
    """The log so far; empty while the build has none."""
    try:
        return projects.log(build).replace("pid=$!", "")
    except ClientError:
        return ""
