"""The parts of actions that need no cloud: waits, archives, what a build is asked, how a failure reads."""

import io
import json
import threading
import zipfile
from typing import Any

import pytest

from localcloud.platform.own_http import Answer
from localcloud.services.codepipeline.action_errors import ActionFailedError, ActionStoppedError, ActionTimedOutError
from localcloud.services.codepipeline.actions import codebuild
from localcloud.services.codepipeline.actions.context import ActionContext, Approval, Interruption
from localcloud.services.codepipeline.actions.stack_input import stack_input
from localcloud.services.codepipeline.artifacts import ArtifactStore, Location, read_file, without_top_folder, zip_of


class Bucket:
    """Stands for S3: one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._content)}


def context(configuration: dict[str, str], content: bytes = b"", **changes: Any) -> ActionContext:
    place = Location(bucket="b", key="p/SourceOutp/1")
    given: dict[str, Any] = {
        "pipeline": "p",
        "stage": "Build",
        "action": "Do",
        "execution_id": "e",
        "action_execution_id": "a",
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:1",
        "configuration": configuration,
        "inputs": {"SourceOutput": place, "DataOutput": Location(bucket="b", key="p/DataOutput/2")},
        "outputs": ("ModelOutput",),
        "store": ArtifactStore(pipeline="p", bucket="b", kms_key="key"),
        "revision_override": None,
        "place_override": None,
        "revisions": {"SourceOutput": "abc"},
        "timeout_seconds": 1.0,
        "client": lambda _: Bucket(content),
        "get": lambda *_: Answer(status=500, body=b""),
        "report": lambda **_: None,
        "interruption": Interruption(1),
    }
    return ActionContext(**given | changes)


def test_a_wait_ends_at_the_time_out() -> None:
    """A wait ends at the action's time-out, however long it was to be."""
    with pytest.raises(ActionTimedOutError):
        Interruption(0.02).pause(60)


def test_a_wait_ends_at_a_stop() -> None:
    """A stop ends the wait that it finds, and every later one."""
    interruption = Interruption(3600)
    threading.Timer(0.02, interruption.stop).start()
    for _ in range(2):
        with pytest.raises(ActionStoppedError):
            interruption.pause(3600)


def test_a_wait_ends_at_an_answer() -> None:
    """A wait ends at an answer, which can be read then."""
    interruption = Interruption(60)
    interruption.answer(Approval(approved=True, summary="fine", by="somebody"))
    interruption.pause(60)

    assert interruption.approval is not None
    assert interruption.approval.summary == "fine"


def test_archive_without_top_folder() -> None:
    """Names lose their first folder; modes and contents stay."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("top/"), b"")
        entry = zipfile.ZipInfo("top/bin/run")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, b"#!")

    found = zipfile.ZipFile(io.BytesIO(without_top_folder(buffer.getvalue())))

    assert found.namelist() == ["bin/run"]
    assert found.read("bin/run") == b"#!"
    assert found.getinfo("bin/run").external_attr >> 16 == 0o100755


def test_a_file_of_an_artifact() -> None:
    """A missing file is named with what there is; what is no zip is said to be none."""
    place = Location(bucket="b", key="k")
    bucket = Bucket(zip_of({"a.json": b"{}"}))

    assert read_file(bucket, "Out", place, "a.json") == b"{}"
    with pytest.raises(ActionFailedError, match=r"\[b.json\] does not exist in artifact \[Out\]; it holds: a.json"):
        read_file(bucket, "Out", place, "b.json")
    with pytest.raises(ActionFailedError, match="is not a zip"):
        read_file(Bucket(b"no"), "Out", place, "a.json")


def test_what_a_build_is_asked() -> None:
    """The build gets the primary source, the others by name, its output's place, the commit and a token."""
    given = context({"ProjectName": "x", "PrimarySource": "SourceOutput", "EnvironmentVariables": "[]"})

    asked = codebuild._overrides(given, {"ModelOutput": Location(bucket="b", key="p/ModelOutpu/xyz")})

    assert asked["sourceLocationOverride"] == "b/p/SourceOutp/1"
    assert asked["secondarySourcesOverride"] == [
        {"type": "S3", "location": "b/p/DataOutput/2", "sourceIdentifier": "DataOutput"}
    ]
    assert (asked["artifactsOverride"]["path"], asked["artifactsOverride"]["name"]) == ("p/ModelOutpu", "xyz")
    assert {"name": "CODEBUILD_RESOLVED_SOURCE_VERSION", "value": "abc", "type": "PLAINTEXT"} in asked[
        "environmentVariablesOverride"
    ]
    assert (asked["encryptionKeyOverride"], asked["idempotencyToken"]) == ("key", "a")


def test_a_failed_build_is_described_by_its_phase() -> None:
    """The description has the first phase that failed, with code and message."""
    failed = {"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit status 1"}
    build = {
        "buildStatus": "FAILED",
        "phases": [
            {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
            {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [failed]},
            {"phaseType": "COMPLETED"},
        ],
    }

    assert codebuild._failure(build) == (
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: exit status 1"
    )


def test_parameters_of_a_stack() -> None:
    """Overrides win over the configuration file; values may be read from an artifact."""
    files = {"c.json": b'{"Parameters": {"A": "1", "B": "2"}, "Tags": {"t": "v"}}', "m.json": b'{"arn": "x"}'}
    overrides = {
        "B": {"Fn::GetParam": ["SourceOutput", "m.json", "arn"]},
        "C": {"Fn::GetArtifactAtt": ["DataOutput", "ObjectKey"]},
    }
    configuration = {
        "TemplateConfiguration": "SourceOutput::c.json",
        "ParameterOverrides": json.dumps(overrides),
        "Capabilities": "CAPABILITY_IAM,CAPABILITY_NAMED_IAM",
        "RoleArn": "role",
    }

    found = stack_input(context(configuration, zip_of(files)))

    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in found["Parameters"]}
    assert parameters == {"A": "1", "B": "x", "C": "p/DataOutput/2"}
    assert found["Tags"] == [{"Key": "t", "Value": "v"}]
    assert found["Capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    assert found["RoleARN"] == "role"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ('{"A": {"Fn::GetParam": ["SourceOutput", "m.json", "nope"]}}', "has no key nope; it has: arn"),
        ('{"A": {"Fn::GetParam": ["Nope", "m.json", "arn"]}}', "names the artifact Nope"),
        ('{"A": {"Fn::Sub": ["SourceOutput"]}}', "is not a known function"),
    ],
)
def test_overrides_that_cannot_be_read(overrides: str, words: str) -> None:
    """The error says what is missing and what there is."""
    with pytest.raises(ActionFailedError, match=words):
        stack_input(context({"ParameterOverrides": overrides}, zip_of({"m.json": b'{"arn": "x"}'})))


def test_a_variable_that_breaks_json() -> None:
    """A commit message with a quotation mark, put into JSON, fails the action with the text that came out."""
    with pytest.raises(ActionFailedError, match="EnvironmentVariables is not JSON with its variables put in"):
        context({"EnvironmentVariables": '[{"name": "M", "value": "say "hello""}]'}).json_of(
            "EnvironmentVariables", "[]"
        )
