"""What a build reads from S3, what it exports, and which programs it has and has not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from localcloud.images.codebuild_standard import aws_command
from localcloud.platform.environments import Environments
from localcloud.platform.pythons import IMAGE_MINOR
from localcloud.services.codebuild import container, sources, variables
from localcloud.services.codebuild.buildspec import Buildspec
from localcloud.services.codebuild.failure import PhaseFailedError


class Services:
    """Systems Manager, Secrets Manager and nothing else."""

    def get_parameter(self, **_: Any) -> dict[str, Any]:
        return {"Parameter": {"Value": "from the store"}}

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": "from the manager"}


def test_secrets_of_the_project_and_aws_variables_are_not_exported() -> None:
    """They are left out in silence; a parameter that the buildspec asks for is its own."""
    spec = Buildspec(parameter_store={"MINE": "/mine"}, exported_variables=("STORE", "AWS_FOO", "MINE", "PLAIN"))
    declared = [
        {"name": "STORE", "value": "/store", "type": "PARAMETER_STORE"},
        {"name": "PLAIN", "value": "1", "type": "PLAINTEXT"},
    ]
    found = variables.resolve(spec, declared, lambda _: Services())
    assert found.values["STORE"] == "from the store"
    assert found.exported(spec.exported_variables) == ["MINE", "PLAIN"]


def test_a_buildspec_may_be_an_object(s3: Any) -> None:
    """By its ARN; one that is not there is named."""
    s3.put_object(Bucket="data", Key="specs/build.yml", Body=b"version: 0.2")
    assert sources.read(s3, "arn:aws:s3:::data/specs/build.yml") == "version: 0.2"
    with pytest.raises(PhaseFailedError, match=r"NoSuchKey.*for the buildspec arn:aws:s3:::data/none\.yml"):
        sources.read(s3, "arn:aws:s3:::data/none.yml")


def prepared(tmp_path: Path) -> dict[str, str]:
    """The variables of a new build."""
    environments = SimpleNamespace(node=lambda: Path("/nowhere"))
    cloud = SimpleNamespace(settings=SimpleNamespace(cache=tmp_path / "cache"), environments=environments)
    return container.prepare(cast("Any", cloud), tmp_path)[1]


def program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\necho {says} "$@" "[$PYTHONPATH]"\n')
    path.chmod(0o755)


def test_aws_is_the_images_unless_a_build_brings_its_own(tmp_path: Path) -> None:
    """Both are told of the endpoint, and the image's imports nothing of the build's."""
    environment = prepared(tmp_path) | {"AWS_ENDPOINT_URL": "http://here", "PYTHONPATH": "/mine"}
    name = Environments.name(aws_command.LOCK, minor=IMAGE_MINOR)
    program(tmp_path / "cache" / "python" / name / "bin" / "aws", "image")

    def said() -> str:
        done = subprocess.run(["aws", "s3", "ls"], env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert said() == "image --endpoint-url http://here s3 ls []"
    program(tmp_path / "python" / "bin" / "aws", "own")
    assert said() == "own --endpoint-url http://here s3 ls [/mine]"


def test_the_machines_own_programs_are_not_the_images(tmp_path: Path) -> None:
    """What AWS's image has and the stand-in has not is refused by name, whatever this machine has."""
    environment = prepared(tmp_path)
    for name in ("docker", "java", "mvn"):
        done = subprocess.run([name, "--version"], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 127
        assert f"{name}: not supported by the local cloud's build image" in done.stderr


@pytest.mark.parametrize("asked", [{"ruby": "3.3"}, {"java": "latest"}, {"python": "3.99"}])
def test_a_runtime_that_is_lacking_is_told_in_our_own_voice(asked: dict[str, str]) -> None:
    """AWS has these; only a name that AWS does not know is unknown."""
    available = {"python": ("3.11",), "nodejs": ("22",)}
    with pytest.raises(PhaseFailedError, match="not supported by the local cloud, whose build image has"):
        container.select_runtimes(asked, available)
    with pytest.raises(PhaseFailedError, match="Unknown runtime named 'cobol'"):
        container.select_runtimes({"cobol": "1"}, available)
