"""A pipeline that takes an object's version from S3, beside a commit from GitHub."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.local.roles import working_role
from tests.waiting import until

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

    def put(self, answer: str, key: str = KEY) -> str:
        """Puts an archive with a file that holds this answer; returns its version."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("answer.txt", answer)
        return str(self._s3.put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue()).get("VersionId", ""))

    def action(self, **configuration: str) -> dict[str, Any]:
        own = {"S3Bucket": self.bucket, "S3ObjectKey": KEY, "PollForSourceChanges": "false"}
        return {
            "name": "Shelf",
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
            "configuration": own | configuration,
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
    lab.make_build(spec)
    action = {
        "name": "Read",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {"ProjectName": lab.name, "PrimarySource": "ShelfOutput"},
        "inputArtifacts": [{"name": "ShelfOutput"}, {"name": "SourceOutput"}],
        "namespace": "Read",
    }
    return {"name": "Build", "actions": [action]}


def create(lab: Lab, shelf: Shelf, *stages: dict[str, Any], **configuration: str) -> str:
    source = lab.source()
    return lab.create(*stages, source={**source, "actions": [*source["actions"], shelf.action(**configuration)]})


def version_of(lab: Lab, execution_id: str) -> str:
    """The version that an execution has taken from the shelf."""

    def found() -> str | None:
        revisions = {each["name"]: each["revisionId"] for each in lab.execution(execution_id)["artifactRevisions"]}
        return revisions.get("ShelfOutput")

    return str(until(found, what="the version that the execution takes"))


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


def test_a_start_may_name_another_key_where_the_action_allows_it(lab: Lab) -> None:
    """The object with this key is taken, alone or with a version of it; an action that does not allow it refuses."""
    shelf = Shelf(lab)
    shelf.put("own")
    older, _ = shelf.put("older", "other.zip"), shelf.put("newer", "other.zip")
    create(lab, shelf, approval())
    key = {"actionName": "Shelf", "revisionType": "S3_OBJECT_KEY", "revisionValue": "other.zip"}
    version = {"actionName": "Shelf", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": older}
    with pytest.raises(ClientError, match="set AllowOverrideForS3ObjectKey to true"):
        lab.codepipeline.start_pipeline_execution(name=lab.name, sourceRevisions=[key])
    with pytest.raises(ClientError, match="takes S3_OBJECT_KEY or S3_OBJECT_VERSION_ID"):
        lab.codepipeline.start_pipeline_execution(name=lab.name, sourceRevisions=[{**key, "revisionType": "COMMIT_ID"}])
    declared = lab.codepipeline.get_pipeline(name=lab.name)["pipeline"]
    declared["stages"][0] = {
        "name": "Source",
        "actions": [*lab.source()["actions"], shelf.action(AllowOverrideForS3ObjectKey="true")],
    }
    lab.codepipeline.update_pipeline(pipeline=declared)

    answer = lab.codepipeline.start_pipeline_execution(name=lab.name, sourceRevisions=[key, version])

    assert version_of(lab, answer["pipelineExecutionId"]) == older
    taken = next(each for each in lab.actions(answer["pipelineExecutionId"]) if each["actionName"] == "Shelf")
    assert taken["output"]["outputVariables"]["ObjectKey"] == "other.zip"


def test_a_new_version_starts_a_pipeline_that_polls(lab: Lab) -> None:
    """As AWS does where nobody says that it should not: once for each new version, and not for the first."""
    shelf = Shelf(lab)
    first = shelf.put("one")
    assert version_of(lab, create(lab, shelf, approval(), PollForSourceChanges="true")) == first

    second = shelf.put("two")

    execution = until(lambda: lab.started_by("PollForSourceChanges"), what="an execution that polling started")[0]
    assert version_of(lab, execution["pipelineExecutionId"]) == second
    assert execution["trigger"]["triggerDetail"] == f"{lab.name}/Shelf"
    third = shelf.put("three")
    until(lambda: len(lab.started_by("PollForSourceChanges")) == 2, what="a second execution that polling started")
    assert version_of(lab, lab.started_by("PollForSourceChanges")[0]["pipelineExecutionId"]) == third


def test_a_rule_starts_the_pipeline_with_the_objects_version(lab: Lab) -> None:
    """EventBridge hands the version over that the event tells of, and is the cause of the execution."""
    shelf, events = Shelf(lab), lab.cloud.client("events")
    shelf.put("one")
    create(lab, shelf, approval())
    lab.s3.put_bucket_notification_configuration(
        Bucket=shelf.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [shelf.bucket]}, "object": {"key": [KEY]}}}
    rule = events.put_rule(Name=lab.name, EventPattern=json.dumps(pattern))["RuleArn"]
    revision = {"actionName": "Shelf", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "<version>"}
    arn = lab.codepipeline.get_pipeline(name=lab.name)["metadata"]["pipelineArn"]
    target = {
        "Id": "p",
        "Arn": arn,
        "RoleArn": working_role(lab.cloud, f"{lab.name}-rule", "events"),
        "InputTransformer": {
            "InputPathsMap": {"version": "$.detail.object.version-id"},
            "InputTemplate": json.dumps({"sourceRevisions": [revision]}),
        },
    }
    events.put_targets(Rule=lab.name, Targets=[target])

    version = shelf.put("two")

    execution = until(lambda: lab.started_by("CloudWatchEvent"), what="an execution that the rule started")[0]
    assert execution["trigger"]["triggerDetail"] == rule
    assert version_of(lab, execution["pipelineExecutionId"]) == version
    events.remove_targets(Rule=lab.name, Ids=["p"])
    events.delete_rule(Name=lab.name)


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
