"""What a build finds around it: secrets, packages, caches, and nothing of the machine."""

import json
import uuid

import pytest

from tests.clouds import LocalCloud
from tests.local.codebuild import ENVIRONMENT, Projects, context, phases

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def projects(local_cloud: LocalCloud) -> Projects:
    return Projects(local_cloud)


#: The lock of one small pure Python package, with its hash.
LOCK = "iniconfig==2.0.0 --hash=sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374\n"


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
        build = projects.finished(projects.start(project))
        log = projects.log(build)
        assert build["buildStatus"] == "SUCCEEDED", log
        assert "\nboth" in log
    assert "pip: a.lock: linked, installed before" in log


def test_the_build_sees_nothing_of_the_host(projects: Projects) -> None:
    """Its environment has its own role's credentials and its own home, and no variable of the machine's user."""
    build = projects.run("""
version: 0.2
env: {exported-variables: [HOME, AWS_ACCESS_KEY_ID, KEY, NAMES, WHO]}
phases:
  build:
    commands:
      - KEY=$AWS_ACCESS_KEY_ID
      - NAMES=$(env | cut -d= -f1 | tr '\\n' ' ')
      - pip install -q boto3
      - 'WHO=$(python -c "import boto3; print(boto3.client(\\"sts\\").get_caller_identity()[\\"Arn\\"])")'
""")
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert exported["HOME"].startswith(str(projects.cloud.home / "work"))
    assert exported["KEY"].startswith("ASIA")
    assert "AWS_ACCESS_KEY_ID" not in exported
    assert "PATH" in exported["NAMES"].split()
    assert not {"PYTEST_VERSION", "VIRTUAL_ENV", "USER", "LOGNAME"} & set(exported["NAMES"].split())
    assert f"assumed-role/{projects.bucket}/AWSCodeBuild-" in exported["WHO"]


def test_aws_is_there_with_the_builds_own_role(projects: Projects) -> None:
    """The AWS CLI asks this cloud as the service role: who it is, a file to S3 and back, and a queue."""
    name = uuid.uuid4().hex
    build = projects.run(f"""
version: 0.2
env: {{exported-variables: [WHO, CAME, QUEUE]}}
phases:
  build:
    commands:
      - WHO=$(aws sts get-caller-identity --query Arn --output text)
      - echo hello > sent
      - aws s3 cp sent s3://{projects.bucket}/{name} --quiet
      - CAME=$(aws s3 cp s3://{projects.bucket}/{name} - )
      - QUEUE=$(aws sqs create-queue --queue-name {name} --query QueueUrl --output text)
""")
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert f"assumed-role/{projects.bucket}/AWSCodeBuild-" in exported["WHO"]
    assert exported["CAME"] == "hello"
    assert exported["QUEUE"].endswith(name)


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


def test_npm_ci_installs_a_lock_file_once(projects: Projects) -> None:
    """The second build gets a copy of what the first has installed, and it works."""
    package = {"name": "pads", "dependencies": {"left-pad": "1.3.0"}}
    checksum = "sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="
    entry = {"version": "1.3.0", "integrity": checksum}
    lock = {"name": "pads", "lockfileVersion": 3, "packages": {"": package, "node_modules/left-pad": entry}}
    commands = [
        f"echo '{json.dumps(package)}' > package.json",
        f"echo '{json.dumps(lock)}' > package-lock.json",
        "npm ci --no-audit",
        "SAID=$(node -p 'require(\"left-pad\")(5, 3, 0)')",
    ]
    spec = {"version": 0.2, "env": {"exported-variables": ["SAID"]}, "phases": {"build": {"commands": commands}}}
    builds = [projects.run(json.dumps(spec)) for _ in range(2)]
    for build in builds:
        assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
        assert build["exportedEnvironmentVariables"] == [{"name": "SAID", "value": "005"}]
    assert "npm ci: package-lock.json: copied, installed before" in projects.log(builds[1])
