"""CodeBuild on the local cloud, asked as one would ask AWS."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud, run_localcloud

pytestmark = pytest.mark.local

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}
#: The distribution of one small pure Python package, with its hash.
LOCK = "iniconfig==2.0.0 --hash=sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374\n"


class Projects:
    """Makes projects with one role and one bucket, and follows their builds."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.codebuild = cloud.client("codebuild")
        self.s3 = cloud.client("s3")
        name = f"codebuild-{uuid.uuid4().hex[:8]}"
        role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.role = role["Role"]["Arn"]
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

    def finished(self, build_id: str, seconds: float = 60) -> dict[str, Any]:
        return self.until(build_id, lambda build: build["buildComplete"], seconds)

    def until(self, build_id: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            build = self.get(build_id)
            if condition(build):
                return build
            time.sleep(0.05)
        raise AssertionError(f"after {seconds} s: {build}\n{self.log(build)}")

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


@pytest.fixture(scope="module")
def projects(local_cloud: LocalCloud) -> Projects:
    return Projects(local_cloud)


def phases(build: dict[str, Any]) -> dict[str, str]:
    return {phase["phaseType"]: phase.get("phaseStatus", "") for phase in build["phases"]}


def context(build: dict[str, Any], phase: str) -> dict[str, str]:
    return next(one["contexts"][0] for one in build["phases"] if one["phaseType"] == phase)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


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
    """The context names command and exit status; post_build and finally still run, what followed in build does not."""
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
        "version: 0.2\nphases:\n  build:\n    commands: ['setsid sleep 300 & echo pid=$!; sleep 300']\n"
    )
    build_id = projects.start(project)
    projects.until(build_id, lambda build: "groupName" in build["logs"] and "pid=" in log_of(projects, build))
    pid = int(projects.log(projects.get(build_id)).rpartition("pid=")[2].split()[0])
    assert alive(pid)
    projects.codebuild.stop_build(id=build_id)
    build = projects.finished(build_id, 10)
    assert (build["buildStatus"], phases(build)["BUILD"]) == ("STOPPED", "STOPPED")
    assert not alive(pid)
    assert not (projects.cloud.home / "work" / "codebuild" / build_id.partition(":")[2]).exists()


def log_of(projects: Projects, build: dict[str, Any]) -> str:
    """The log so far; empty while the build has none."""
    try:
        return projects.log(build).replace("pid=$!", "")
    except ClientError:
        return ""


def test_log_lines_arrive_while_the_build_runs(projects: Projects) -> None:
    """Who follows the log sees a line within a second, long before the build ends."""
    project = projects.create(
        "version: 0.2\nphases:\n  build:\n    commands: ['python3 -c \"import time; print(7 * 6); time.sleep(30)\"']\n"
    )
    build_id = projects.start(project)
    projects.until(build_id, lambda build: build["currentPhase"] == "BUILD", 20)
    build = projects.until(build_id, lambda build: "\n42" in log_of(projects, build), 5)
    assert build["buildStatus"] == "IN_PROGRESS"
    projects.codebuild.stop_build(id=build_id)
    assert projects.finished(build_id, 10)["buildStatus"] == "STOPPED"


def test_secrets_reach_the_build_and_not_its_log(projects: Projects) -> None:
    """A secret by JSON key and a parameter are in the environment; the log shows *** for the secret."""
    name = uuid.uuid4().hex
    secret = projects.cloud.client("secretsmanager").create_secret(
        Name=name, SecretString=json.dumps({"token": "s3cr3t-value"})
    )
    projects.cloud.client("ssm").put_parameter(Name=f"/{name}", Value="a parameter", Type="String")
    build = projects.run(
        f"""
version: 0.2
env:
  variables: {{PLAIN: from-buildspec, BOTH: from-buildspec}}
  parameter-store: {{PARAMETER: "/{name}"}}
  secrets-manager: {{TOKEN: "{secret["ARN"]}:token:AWSCURRENT"}}
  exported-variables: [PARAMETER, PLAIN, BOTH, LENGTH]
phases:
  build:
    commands: ['echo "the token is <$TOKEN>"', 'LENGTH=${{#TOKEN}}']
""",
        environment=ENVIRONMENT | {"environmentVariables": [{"name": "BOTH", "value": "from-project"}]},
    )
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert exported == {"PARAMETER": "a parameter", "PLAIN": "from-buildspec", "BOTH": "from-project", "LENGTH": "12"}
    assert "the token is <***>" in projects.log(build)
    assert "s3cr3t-value" not in projects.log(build)


def test_a_missing_secret_fails_before_anything_runs(projects: Projects) -> None:
    """The context names the secret that is not there."""
    build = projects.run(
        "version: 0.2\nenv:\n  secrets-manager: {X: not-there}\nphases:\n  build:\n    commands: [':']\n"
    )
    assert "not-there" in context(build, "DOWNLOAD_SOURCE")["message"]
    assert "BUILD" not in phases(build)


def test_locks_are_linked_and_accumulate(projects: Projects) -> None:
    """`pip install -r X.lock` takes the environment of that lock, made once; a second build has it at once."""
    buildspec = """
version: 0.2
phases:
  install:
    commands: ["pip install -r a.lock", "python -m pip install -q --require-hashes -r b.lock"]
  build:
    commands:
      - python -c "import iniconfig, sys; print(iniconfig.__file__, sys.prefix)"
      - python -c "import sortedcontainers; print('both')"
"""
    sorted_lock = (
        "sortedcontainers==2.4.0 --hash=sha256:a163dcaede0f1c021485e957a39245190e74249897e2ae4b2aa38595db237ee0\n"
    )
    location = projects.put_zip({"buildspec.yml": buildspec, "a.lock": LOCK, "b.lock": sorted_lock})
    project = projects.create("", source={"type": "S3", "location": location})
    for _ in range(2):
        build = projects.finished(projects.start(project), 120)
        log = projects.log(build)
        assert build["buildStatus"] == "SUCCEEDED", log
        assert "\nboth" in log
    assert "pip: a.lock: linked, installed before" in log


@pytest.mark.parametrize(
    ("buildspec", "message"),
    [
        ("version: 0.2\nphases:\n  build:\n    comands: [ls]\n", "line 4: unknown key 'comands'"),
        ("version: 0.2\nphases:\n  build:\n    run-as: me\n    commands: [ls]\n", "`run-as` is not supported"),
        ("version: 0.2\nphases:\n  install:\n    runtime-versions: {java: corretto17}\n", "runtime named 'java'"),
    ],
)
def test_a_wrong_buildspec_is_a_yaml_file_error(projects: Projects, buildspec: str, message: str) -> None:
    """Phase DOWNLOAD_SOURCE fails with the line and what is allowed."""
    build = projects.run(buildspec)
    assert context(build, "DOWNLOAD_SOURCE")["statusCode"] == "YAML_FILE_ERROR"
    assert message in context(build, "DOWNLOAD_SOURCE")["message"]
    assert (build["buildStatus"], list(phases(build))[-2:]) == ("FAILED", ["FINALIZING", "COMPLETED"])


def test_the_build_sees_nothing_of_the_host(projects: Projects) -> None:
    """Its environment has its own role's credentials and its own home, and no variable of the machine's user."""
    build = projects.run("""
version: 0.2
env: {exported-variables: [HOME, AWS_ACCESS_KEY_ID, NAMES, WHO]}
phases:
  build:
    commands:
      - NAMES=$(env | cut -d= -f1 | tr '\\n' ' ')
      - pip install -q boto3
      - 'WHO=$(python -c "import boto3; print(boto3.client(\\"sts\\").get_caller_identity()[\\"Arn\\"])")'
""")
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert exported["HOME"].startswith(str(projects.cloud.home / "work"))
    assert exported["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "PATH" in exported["NAMES"].split()
    assert not {"PYTEST_VERSION", "VIRTUAL_ENV", "USER", "LOGNAME"} & set(exported["NAMES"].split())
    assert f"assumed-role/{projects.bucket}/AWSCodeBuild-" in exported["WHO"]


def test_a_missing_artifact_fails_the_upload(projects: Projects) -> None:
    """No file matches: UPLOAD_ARTIFACTS fails, and no object is written."""
    build = projects.run(
        "version: 0.2\nphases:\n  build:\n    commands: [':']\nartifacts:\n  files: ['out/*']\n",
        artifacts={"type": "S3", "location": projects.bucket, "path": "missing", "name": "x.zip", "packaging": "ZIP"},
    )
    assert (build["buildStatus"], phases(build)["UPLOAD_ARTIFACTS"]) == ("FAILED", "FAILED")
    assert "no matching artifact paths found" in context(build, "UPLOAD_ARTIFACTS")["message"]
    assert "Contents" not in projects.s3.list_objects_v2(Bucket=projects.bucket, Prefix="missing")


def test_the_local_cache_is_there_in_the_next_build(projects: Projects) -> None:
    """Files of the cache paths come back, until the cache is invalidated."""
    project = projects.create(
        """
version: 0.2
env: {exported-variables: [FOUND]}
phases:
  build:
    commands:
      - FOUND=$(cat kept/file ~/own/file || true)
      - mkdir -p kept ~/own && echo a > kept/file && echo b > ~/own/file
cache: {paths: ["kept/**/*", "/root/own/*"]}
""",
        cache={"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]},
    )

    def found() -> str:
        return projects.finished(projects.start(project))["exportedEnvironmentVariables"][0]["value"]

    assert [found(), found()] == ["", "a\nb"]
    projects.codebuild.invalidate_project_cache(projectName=project)
    assert found() == ""


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


def test_npm_installs_into_the_build(projects: Projects) -> None:
    """node, npm and npx are there, and a global installation stays inside of the build."""
    build = projects.run("""
version: 0.2
env: {exported-variables: [WHERE, SAID]}
phases:
  install:
    runtime-versions: {nodejs: latest}
    commands:
      - mkdir -p greet && cd greet
      - echo '{"name":"greet","version":"1.0.0","bin":{"greet":"greet.js"}}' > package.json
      - printf '#!/usr/bin/env node\\nconsole.log("hello")\\n' > greet.js
      - npm install --silent --global "$(npm pack --silent)"
  build:
    commands: ["WHERE=$(command -v greet)", "SAID=$(greet)"]
""")
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert exported["WHERE"].startswith(str(projects.cloud.home / "work"))
    assert exported["SAID"] == "hello"


def test_a_source_that_is_no_archive_fails_the_download(projects: Projects) -> None:
    """Neither a missing object nor one that is no zip starts a build."""
    projects.s3.put_object(Bucket=projects.bucket, Key="text", Body=b"no zip")
    for key, message in (("text", "no usable zip archive"), ("nowhere", "NoSuchKey")):
        build = projects.run("", source={"type": "S3", "location": f"{projects.bucket}/{key}"})
        assert message in context(build, "DOWNLOAD_SOURCE")["message"]


def test_five_builds_run_four_at_a_time(projects: Projects) -> None:
    """The fifth waits in QUEUED and runs when a place is free; a build that waits can be stopped."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['sleep 300']\n")
    ids = [projects.start(project) for _ in range(5)]
    for build_id in ids[:4]:
        projects.until(build_id, lambda build: build["currentPhase"] == "BUILD")
    assert projects.get(ids[4])["currentPhase"] == "QUEUED"
    projects.codebuild.stop_build(id=ids[0])
    projects.until(ids[4], lambda build: build["currentPhase"] == "BUILD")
    waiting = projects.start(project)
    for build_id in [*ids, waiting]:
        projects.codebuild.stop_build(id=build_id)
    assert {projects.finished(build_id)["buildStatus"] for build_id in [*ids, waiting]} == {"STOPPED"}
    assert projects.codebuild.list_builds_for_project(projectName=project)["ids"] == [waiting, *reversed(ids)]


def test_a_projects_own_limit_of_builds_holds(projects: Projects) -> None:
    """One more build than concurrentBuildLimit is refused, not queued."""
    project = projects.create("version: 0.2\nphases:\n  build:\n    commands: ['sleep 300']\n", concurrentBuildLimit=1)
    build_id = projects.start(project)
    with pytest.raises(ClientError, match="AccountLimitExceeded"):
        projects.start(project)
    projects.codebuild.stop_build(id=build_id)
    projects.finished(build_id)


def test_a_projects_life(projects: Projects) -> None:
    """Created, found, updated, listed, deleted; what is not there is named."""
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


def test_down_ends_running_builds(tmp_path: Path) -> None:
    """`down` in the middle of a build leaves no process of it, and no folder."""
    cloud = LocalCloud.up(tmp_path)
    try:
        projects = Projects(cloud)
        commands = "['setsid sleep 300 & echo $! > $HOME/../pid; sleep 300']"
        build_id = projects.start(projects.create(f"version: 0.2\nphases:\n  build:\n    commands: {commands}\n"))
        folder = tmp_path / "work" / "codebuild" / build_id.partition(":")[2]
        projects.until(build_id, lambda _: (folder / "pid").exists() and (folder / "pid").read_text().strip() != "")
        pid = int((folder / "pid").read_text())
        assert alive(pid)
    finally:
        started = time.monotonic()
        down = run_localcloud(tmp_path, "down")
    assert down.stdout == "The local cloud is down.\n"
    assert time.monotonic() - started < 5
    assert not alive(pid)
    assert not folder.exists()
