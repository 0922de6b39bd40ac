"""Rules of a build that need no build: transitions, patterns, overrides, references."""

from pathlib import Path

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codebuild import globs
from localcloud.services.codebuild.build_log import BuildLog
from localcloud.services.codebuild.buildspec import OnFailure
from localcloud.services.codebuild.container import select_runtimes
from localcloud.services.codebuild.failure import PhaseFailedError
from localcloud.services.codebuild.plan import plan
from localcloud.services.codebuild.transitions import Phase, Status, after, overall
from localcloud.services.codebuild.variables import split_reference

PROJECT = {
    "name": "p",
    "source": {"type": "CODEPIPELINE", "buildspec": "step/buildspec.yml"},
    "artifacts": {"type": "CODEPIPELINE"},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
    },
    "serviceRole": "arn:aws:iam::123456789012:role/r",
}
FROM_S3 = {"sourceTypeOverride": "S3", "sourceLocationOverride": "bucket/key"}


@pytest.mark.parametrize(
    ("phase", "status", "on_failure", "following"),
    [
        (Phase.INSTALL, Status.SUCCEEDED, OnFailure.DEFAULT, Phase.PRE_BUILD),
        (Phase.DOWNLOAD_SOURCE, Status.FAILED, OnFailure.DEFAULT, Phase.FINALIZING),
        (Phase.INSTALL, Status.FAILED, OnFailure.DEFAULT, Phase.FINALIZING),
        (Phase.PRE_BUILD, Status.FAILED, OnFailure.DEFAULT, Phase.FINALIZING),
        (Phase.PRE_BUILD, Status.FAILED, OnFailure.CONTINUE, Phase.BUILD),
        (Phase.BUILD, Status.FAILED, OnFailure.DEFAULT, Phase.POST_BUILD),
        (Phase.BUILD, Status.FAILED, OnFailure.ABORT, Phase.FINALIZING),
        (Phase.POST_BUILD, Status.FAILED, OnFailure.DEFAULT, Phase.UPLOAD_ARTIFACTS),
        (Phase.BUILD, Status.STOPPED, OnFailure.CONTINUE, Phase.FINALIZING),
        (Phase.BUILD, Status.TIMED_OUT, OnFailure.DEFAULT, Phase.FINALIZING),
        (Phase.FINALIZING, Status.FAILED, OnFailure.ABORT, Phase.COMPLETED),
    ],
)
def test_phases_follow_each_other_as_aws_documents(
    phase: Phase, status: Status, on_failure: OnFailure, following: Phase
) -> None:
    """A failed build still runs post_build and uploads; failed earlier phases go to FINALIZING."""
    assert after(phase, status, on_failure) is following


def test_the_first_failure_is_the_builds_status() -> None:
    """What happens after a failure does not change how the build ended."""
    assert overall([Status.SUCCEEDED, Status.FAILED, Status.STOPPED]) is Status.FAILED
    assert overall([Status.SUCCEEDED]) is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("**/*", {"a.txt", ".hidden", "d/b.txt", "d/e/c.py"}),
        ("*", {"a.txt", ".hidden"}),
        ("d/*", {"d/b.txt"}),
        ("d/**/*", {"d/b.txt", "d/e/c.py"}),
        ("./a.txt", {"a.txt"}),
        ("**/*.{py,md}", {"d/e/c.py"}),
        ("**/[bc].*", {"d/b.txt", "d/e/c.py"}),
        ("?.txt", {"a.txt"}),
        ("d", set()),
    ],
)
def test_patterns_choose_files(tmp_path: Path, pattern: str, matching: set[str]) -> None:
    """`*` stays in its folder, `**` does not, and a folder's name alone chooses nothing."""
    for name in ("a.txt", ".hidden", "d/b.txt", "d/e/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert {path.relative_to(tmp_path).as_posix() for path in globs.files(tmp_path, [pattern])} == matching
    assert globs.files(tmp_path, [pattern], [pattern]) == []


def test_overrides_stand_in_for_the_projects_settings() -> None:
    """A call's variables win by name; the project's buildspec stays with another source."""
    decided = plan(PROJECT, FROM_S3 | {"environmentVariablesOverride": [{"name": "B", "value": "2"}]})
    assert decided.source == {"type": "S3", "location": "bucket/key", "buildspec": "step/buildspec.yml"}
    assert (decided.variable("A"), decided.variable("B")) == ("1", "2")
    assert decided.artifacts == []
    assert PROJECT["source"] == {"type": "CODEPIPELINE", "buildspec": "step/buildspec.yml"}


def test_a_pipelines_project_is_not_started_by_hand() -> None:
    """A project whose source is the pipeline's is started by pipelines alone."""
    with pytest.raises(AwsError, match="start the pipeline"):
        plan(PROJECT, {})


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"sourceTypeOverride": "BITBUCKET"}, "BITBUCKET"),
        (FROM_S3 | {"imageOverride": "alpine"}, "alpine"),
        (FROM_S3 | {"privilegedModeOverride": True}, "privilegedMode"),
        (FROM_S3 | {"environmentTypeOverride": "ARM_CONTAINER"}, "ARM_CONTAINER"),
        (FROM_S3 | {"debugSessionEnabled": True}, "debugSessionEnabled"),
        (FROM_S3 | {"autoRetryLimitOverride": 2}, "autoRetryLimit"),
        (FROM_S3 | {"logsConfigOverride": {"s3Logs": {"status": "ENABLED", "location": "x"}}}, "s3Logs"),
        (FROM_S3 | {"cacheOverride": {"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]}}, "DOCKER"),
    ],
)
def test_overrides_that_cannot_be_honoured_are_refused_by_name(overrides: dict, named: str) -> None:
    """Nothing that changes what a build does is ignored."""
    with pytest.raises(UnsupportedError, match=named):
        plan(PROJECT, overrides)


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("name", ("name", "", "", "")),
        ("a/name:key", ("a/name", "key", "", "")),
        ("name::AWSPREVIOUS", ("name", "", "AWSPREVIOUS", "")),
        (
            "arn:aws:secretsmanager:us-east-1:1:secret:n-a1b2c3:key::version",
            ("arn:aws:secretsmanager:us-east-1:1:secret:n-a1b2c3", "key", "", "version"),
        ),
    ],
)
def test_references_to_secrets(reference: str, parts: tuple[str, ...]) -> None:
    """A reference is `secret-id:json-key:version-stage:version-id`, where the id may be an ARN."""
    assert split_reference(reference) == parts


AVAILABLE = {"python": ("3.11", "3.12", "3.13"), "nodejs": ("24",)}


@pytest.mark.parametrize(
    ("asked", "python"),
    [({}, "3.11"), ({"python": "3.12"}, "3.12"), ({"python": "3.x"}, "3.13"), ({"python": "latest"}, "3.13")],
)
def test_a_build_gets_the_python_that_it_names(asked: dict[str, str], python: str) -> None:
    """That very version; the newest of those that fit; the image's own where it names none."""
    selected, lines = select_runtimes(asked, AVAILABLE)
    assert selected == {"python": python, "nodejs": "24"}
    assert lines == [f"Selecting 'python' runtime version '{wanted}'" for wanted in asked.values()]


def test_an_older_node_is_said_aloud() -> None:
    """There is one Node: an older version gets it, and the log says so."""
    selected, lines = select_runtimes({"nodejs": "22"}, AVAILABLE)
    assert selected["nodejs"] == "24"
    assert "has 24 and uses that" in lines[0]


@pytest.mark.parametrize("wrong", [{"python": "3.10"}, {"python": "3.15"}, {"python": "three"}, {"ruby": "3.2"}])
def test_a_runtime_that_is_not_there_is_refused(wrong: dict[str, str]) -> None:
    """The refusal names the runtime and those that there are."""
    with pytest.raises(PhaseFailedError, match=r"build image has"):
        select_runtimes(wrong, AVAILABLE)


class Lines:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def test_secrets_are_masked_in_the_log() -> None:
    """The value, and each longer line of one with several, is shown as ***."""
    lines = Lines()
    log = BuildLog(lines)
    log.hide("abc")
    log.hide("-----BEGIN\nKEYKEY\n}")
    log.output("abcabc {KEYKEY} abd")
    assert lines.lines == ["****** {***} abd"]
    log.hide("")
    assert log.masked("}") == "}"
