"""Builds on the local cloud, asked as one would ask AWS: their course, from sources to artifacts."""

import io
import zipfile
from pathlib import Path

import pytest

from bench.lab.processes import until_gone
from localcloud.platform.processes import alive
from tests.clouds import LocalCloud, run_localcloud
from tests.local.codebuild import Projects, context, log_of, phases
from tests.waiting import until

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def projects(local_cloud: LocalCloud) -> Projects:
    return Projects(local_cloud)


def test_sources_become_artifacts_and_exported_variables(projects: Projects) -> None:
    """A build takes its sources from S3, hands variables from command to command, and uploads what it made."""
    buildspec = """
version: 0.2
env:
  exported-variables: [VERDICT, NOWHERE]
phases:
  pre_build:
    commands:
      - cd folder
      - VERDICT="PROMOTE it"
  build:
    commands:
      - mkdir -p ../out/deep && cp data.txt ../out/deep/ && cat "$CODEBUILD_SRC_DIR_More/more.txt" > ../out/more.txt
      - echo "$VERDICT" "$CODEBUILD_RESOLVED_SOURCE_VERSION" > ../out/verdict.txt
      - touch ../out/left.tmp
  post_build:
    commands:
      - test "$CODEBUILD_BUILD_SUCCEEDING" = 1
artifacts:
  base-directory: out
  files: ["**/*"]
  exclude-paths: ["**/*.tmp"]
"""
    project = projects.create("unused.yml", source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})
    build = projects.finished(
        projects.start(
            project,
            sourceTypeOverride="S3",
            sourceLocationOverride=projects.put_zip({"buildspec.yml": buildspec, "folder/data.txt": "1,2"}),
            secondarySourcesOverride=[
                {"type": "S3", "location": projects.put_zip({"more.txt": "more"}), "sourceIdentifier": "More"}
            ],
            encryptionKeyOverride="alias/aws/s3",
            artifactsOverride={
                "type": "S3",
                "location": projects.bucket,
                "path": "pipeline/Output",
                "name": "abc123",
                "packaging": "ZIP",
                "namespaceType": "NONE",
            },
            environmentVariablesOverride=[
                {"name": "CODEBUILD_RESOLVED_SOURCE_VERSION", "value": "c0ffee", "type": "PLAINTEXT"},
                {"name": "CODEBUILD_INITIATOR", "value": "codepipeline/Car", "type": "PLAINTEXT"},
            ],
        )
    )
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    content = projects.s3.get_object(Bucket=projects.bucket, Key="pipeline/Output/abc123")["Body"].read()
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert sorted(packed.namelist()) == ["deep/data.txt", "more.txt", "verdict.txt"]
    assert packed.read("verdict.txt").decode() == "PROMOTE it c0ffee\n"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{projects.bucket}/pipeline/Output/abc123"
    assert build["exportedEnvironmentVariables"] == [
        {"name": "VERDICT", "value": "PROMOTE it"},
        {"name": "NOWHERE", "value": ""},
    ]
    assert (build["resolvedSourceVersion"], build["initiator"]) == ("c0ffee", "codepipeline/Car")
    assert list(phases(build)) == [
        *("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"),
        *("UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"),
    ]


def test_a_failing_command_fails_the_build(projects: Projects) -> None:
    """The context names command and exit status; post_build and finally still run, the rest of build does not."""
    build = projects.run("""
version: 0.2
phases:
  build:
    commands: ["exit 3", "echo not reached"]
    finally: ["echo in finally"]
  post_build:
    commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"]
""")
    log = projects.log(build)
    assert build["buildStatus"] == "FAILED"
    assert phases(build)["BUILD"] == "FAILED"
    assert phases(build)["POST_BUILD"] == phases(build)["UPLOAD_ARTIFACTS"] == "SUCCEEDED"
    assert context(build, "BUILD") == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": "Error while executing command: exit 3. Reason: exit status 3",
    }
    assert "succeeding=0" in log
    assert "\nin finally" in log
    assert "\nnot reached" not in log


def test_a_failed_install_goes_to_finalizing(projects: Projects) -> None:
    """Nothing is built after a failed install, unless on-failure says CONTINUE."""
    spec = "version: 0.2\nphases:\n  install: {{on-failure: {}, commands: ['false']}}\n  build: {{commands: [':']}}\n"
    aborted = projects.run(spec.format("ABORT"))
    assert (aborted["buildStatus"], phases(aborted)["INSTALL"]) == ("FAILED", "FAILED")
    assert "BUILD" not in phases(aborted)
    continued = projects.run(spec.format("CONTINUE"))
    assert phases(continued)["BUILD"] == "SUCCEEDED"


def test_a_killed_command_names_the_signal(projects: Projects) -> None:
    """A command that the kernel kills is told from one that fails by itself."""
    build = projects.run("version: 0.2\nphases:\n  build:\n    commands: ['kill -9 $$']\n")
    assert build["buildStatus"] == "FAILED"
    assert context(build, "BUILD")["message"].endswith("Reason: exit status 137: killed by signal 9 (SIGKILL)")


def test_stop_ends_the_whole_tree(projects: Projects) -> None:
    """StopBuild leaves no process, not even one that left the session, and the build is STOPPED."""
    project = projects.create(
        "version: 0.2\nphases:\n  build:\n    commands: ['setsid sleep 3600 & echo pid=$!; sleep 3600']\n"
    )
    build_id = projects.start(project)
    projects.until(
        build_id,
        lambda build: "groupName" in build["logs"] and "pid=" in log_of(projects, build),
        what="a process id in its log",
    )
    pid = int(projects.log(projects.get(build_id)).rpartition("pid=")[2].split()[0])
    assert alive(pid)
    projects.codebuild.stop_build(id=build_id)
    build = projects.finished(build_id)
    assert (build["buildStatus"], phases(build)["BUILD"]) == ("STOPPED", "STOPPED")
    until_gone(pid)
    assert not (projects.cloud.home / "work" / "codebuild" / build_id.partition(":")[2]).exists()


def test_log_lines_arrive_while_the_build_runs(projects: Projects) -> None:
    """Who follows the log sees a line while the build goes on."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['echo $((7 * 6)); sleep 3600']\n")
    build_id = projects.start(project)
    build = projects.until(build_id, lambda build: "\n42" in log_of(projects, build), what="the line 42 in its log")
    assert build["buildStatus"] == "IN_PROGRESS"
    projects.codebuild.stop_build(id=build_id)
    assert projects.finished(build_id)["buildStatus"] == "STOPPED"


@pytest.mark.parametrize(
    ("buildspec", "message"),
    [
        ("version: 0.2\nphases:\n  build:\n    comands: [ls]\n", "line 4: unknown key 'comands'"),
        ("version: 0.2\nphases:\n  build:\n    run-as: me\n    commands: [ls]\n", "`run-as` is not supported"),
        (
            "version: 0.2\nphases:\n  install:\n    runtime-versions: {java: corretto17}\n",
            "The runtime java is not supported by the local cloud",
        ),
    ],
)
def test_a_wrong_buildspec_is_a_yaml_file_error(projects: Projects, buildspec: str, message: str) -> None:
    """Phase DOWNLOAD_SOURCE fails with the line and what is allowed."""
    build = projects.run(buildspec)
    assert context(build, "DOWNLOAD_SOURCE")["statusCode"] == "YAML_FILE_ERROR"
    assert message in context(build, "DOWNLOAD_SOURCE")["message"]
    assert (build["buildStatus"], list(phases(build))[-2:]) == ("FAILED", ["FINALIZING", "COMPLETED"])


def test_a_missing_artifact_fails_the_upload(projects: Projects) -> None:
    """UPLOAD_ARTIFACTS fails where no file matches, and no object is written."""
    build = projects.run(
        "version: 0.2\nphases:\n  build:\n    commands: [':']\nartifacts:\n  files: ['out/*']\n",
        artifacts={"type": "S3", "location": projects.bucket, "path": "missing", "name": "x.zip", "packaging": "ZIP"},
    )
    assert (build["buildStatus"], phases(build)["UPLOAD_ARTIFACTS"]) == ("FAILED", "FAILED")
    assert "no matching artifact paths found" in context(build, "UPLOAD_ARTIFACTS")["message"]
    assert "Contents" not in projects.s3.list_objects_v2(Bucket=projects.bucket, Prefix="missing")


def test_secondary_artifacts_unpacked_and_an_s3_cache(projects: Projects) -> None:
    """Packaging NONE puts each file under the name that the buildspec computes; the cache lies in S3."""
    project = projects.create(
        """
version: 0.2
env: {exported-variables: [FOUND]}
phases:
  build:
    commands: [FOUND=$(cat kept/a || true), mkdir -p kept out/b, echo 1 > kept/a, echo 2 > out/b/two, PART=x]
artifacts:
  secondary-artifacts:
    Report: {files: ["**/*"], base-directory: "$NOTHING./out", name: "report-$PART-$(echo y)"}
cache: {paths: ["kept/**/*"]}
""",
        cache={"type": "S3", "location": f"{projects.bucket}/cache"},
        secondaryArtifacts=[
            {
                "type": "S3",
                "artifactIdentifier": "Report",
                "location": projects.bucket,
                "path": "reports",
                "name": "given",
                "overrideArtifactName": True,
                "namespaceType": "BUILD_ID",
                "packaging": "NONE",
            }
        ],
    )
    found = []
    for _ in range(2):
        build = projects.finished(projects.start(project))
        assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
        found.append(build["exportedEnvironmentVariables"][0]["value"])
        key = f"reports/{build['id'].partition(':')[2]}/report-x-y/b/two"
        assert projects.s3.get_object(Bucket=projects.bucket, Key=key)["Body"].read() == b"2\n"
    assert found == ["", "1"]


def test_a_source_that_is_no_archive_fails_the_download(projects: Projects) -> None:
    """A missing object and one that is no zip start no build."""
    projects.s3.put_object(Bucket=projects.bucket, Key="text", Body=b"no zip")
    for key, message in (("text", "not a valid zip archive"), ("nowhere", "NoSuchKey")):
        build = projects.run("", source={"type": "S3", "location": f"{projects.bucket}/{key}"})
        assert message in context(build, "DOWNLOAD_SOURCE")["message"]


def test_down_ends_running_builds(tmp_path: Path) -> None:
    """`down` in the middle of a build leaves no process of it, and no folder."""
    cloud = LocalCloud.up(tmp_path)
    try:
        projects = Projects(cloud)
        commands = "['setsid sleep 3600 & echo $! > $HOME/../pid; sleep 3600']"
        build_id = projects.start(projects.create(f"version: 0.2\nphases:\n  build:\n    commands: {commands}\n"))
        folder = tmp_path / "work" / "codebuild" / build_id.partition(":")[2]
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text().strip(), what="the build's process id")
        pid = int((folder / "pid").read_text())
        assert alive(pid)
    finally:
        down = run_localcloud(tmp_path, "down")
    assert down.stdout == "The local cloud is down.\n"
    until_gone(pid)
    assert not folder.exists()
