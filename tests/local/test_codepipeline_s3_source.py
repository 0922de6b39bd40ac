"""A pipeline that takes an object's version from S3, beside a commit from GitHub."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval

pytestmark = pytest.mark.local

KEY = "judges/code.zip"


class Shelf:
    """A bucket with an archive in it."""

    def __init__(self, lab: Lab, *, versioned: bool = True) -> None:
        self.bucket = f"shelf-{lab.name}"
        self._s3 = lab.s3
        self._s3.create_bucket(Bucket=self.bucket)
        if versioned:
            self._s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(self, answer: str) -> str:
        """Puts an archive with a build file that prints this answer; returns its version."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("answer.txt", answer)
        return str(self._s3.put_object(Bucket=self.bucket, Key=KEY, Body=buffer.getvalue()).get("VersionId", ""))

    @property
    def action(self) -> dict[str, Any]:
        return {
            "name": "Shelf",
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
            "configuration": {"S3Bucket": self.bucket, "S3ObjectKey": KEY, "PollForSourceChanges": "false"},
            "outputArtifacts": [{"name": "ShelfOutput"}],
            "namespace": "Shelf",
        }


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


def build(lab: Lab) -> dict[str, Any]:
    """A stage with a build whose file stands in its project; its primary source is the archive."""
    spec = {
        "version": 0.2,
        "env": {"exported-variables": ["ANSWER", "REVISION"]},
        "phases": {
            "build": {
                "commands": [
                    'export ANSWER="$(cat answer.txt)" REVISION="$CODEBUILD_RESOLVED_SOURCE_VERSION"',
                    'test -d "$CODEBUILD_SRC_DIR_SourceOutput"',
                ]
            }
        },
    }
    lab.cloud.client("codebuild").create_project(
        name=lab.name,
        serviceRole=lab.role_arn,
        source={"type": "CODEPIPELINE", "buildspec": json.dumps(spec)},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
    )
    action = {
        "name": "Read",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {"ProjectName": lab.name, "PrimarySource": "ShelfOutput"},
        "inputArtifacts": [{"name": "ShelfOutput"}, {"name": "SourceOutput"}],
        "namespace": "Read",
    }
    return {"name": "Build", "actions": [action]}


def create(lab: Lab, shelf: Shelf, *stages: dict[str, Any]) -> str:
    source = lab.source()
    return lab.create(*stages, source={**source, "actions": [*source["actions"], shelf.action]})


def test_the_newest_version_is_taken_and_shown(lab: Lab) -> None:
    """The archive is the build's source; its version is a variable, the build's source version and a revision."""
    shelf = Shelf(lab)
    shelf.put("older")
    version = shelf.put("forty-two")
    execution_id = create(lab, shelf, build(lab))

    execution = lab.ended(execution_id)

    assert execution["status"] == "Succeeded", lab.actions(execution_id)
    read, *sources = lab.actions(execution_id)
    assert read["output"]["outputVariables"] == {"ANSWER": "forty-two", "REVISION": version}
    taken = next(each for each in sources if each["actionName"] == "Shelf")["output"]
    assert taken["outputVariables"].keys() == {"BucketName", "ETag", "ObjectKey", "VersionId"}
    assert taken["outputVariables"]["VersionId"] == version
    revisions = {each["name"]: each["revisionId"] for each in execution["artifactRevisions"]}
    assert revisions == {"SourceOutput": lab.first_commit, "ShelfOutput": version}
    states = {each["actionName"]: each for each in lab.stage("Source")["actionStates"]}
    assert states["Shelf"]["currentRevision"]["revisionId"] == version
    assert states["Shelf"]["revisionUrl"].startswith("https://console.aws.amazon.com/s3/object/shelf-")


def test_a_start_may_name_the_version(lab: Lab) -> None:
    """StartPipelineExecution takes an older version of the object by its id."""
    shelf = Shelf(lab)
    version = shelf.put("older")
    shelf.put("newer")
    create(lab, shelf, build(lab))
    wanted = {"actionName": "Shelf", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": version}
    execution_id = lab.codepipeline.start_pipeline_execution(name=lab.name, sourceRevisions=[wanted])

    execution = lab.ended(execution_id["pipelineExecutionId"])

    assert execution["status"] == "Succeeded", execution
    assert lab.actions(execution_id["pipelineExecutionId"])[0]["output"]["outputVariables"]["ANSWER"] == "older"


@pytest.mark.parametrize("missing", ["version", "object"])
def test_what_cannot_be_taken_fails_the_action(lab: Lab, missing: str) -> None:
    """A bucket without versioning, or without the object, fails the action and says so."""
    shelf = Shelf(lab, versioned=missing != "version")
    if missing != "object":
        shelf.put("here")
    execution_id = create(lab, shelf, approval())

    assert lab.ended(execution_id)["status"] == "Failed"

    failed = next(each for each in lab.actions(execution_id) if each["actionName"] == "Shelf")
    error = failed["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "ConfigurationError"
    assert ("not versioned" if missing == "version" else "NoSuchKey") in error["message"]
