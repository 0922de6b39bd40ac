"""Every version stands in several files, each for a reader of its own. They agree."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from stacks.workloads import WORKLOADS

PROJECT = Path(__file__).parents[2]
#: What runs with versions that we choose.
OURS = (".", "stacks", "ml_init", "ml_training", "ml_test", "ml_release")
#: What plays AWS's images, with the versions that AWS's images have.
IMAGES = tuple(
    f"localcloud/images/{name}"
    for name in (
        "codebuild_standard",
        "glue_spark",
        "hyperparameter_tuning",
        "lambda_python",
        "pytorch_training",
        "ray_serve",
        "sagemaker_factorization_machines",
        "sagemaker_ntm",
        "sagemaker_xgboost",
        "sparkml_serving",
        "tensorflow_inference",
        "tensorflow_training",
    )
)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Exact pins by package name."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text, re.MULTILINE)
    return {normal(name): version for name, version in found}


def asked(folder: str) -> dict[str, str]:
    """What a folder's requirements.txt asks for; ``*`` where any version will do."""
    text = (PROJECT / folder / "requirements.txt").read_text()
    names = re.findall(r"^([A-Za-z0-9_.-]+)", text, re.MULTILINE)
    return dict.fromkeys(map(normal, names), "*") | pins(text)


def locked(folder: str) -> dict[str, str]:
    return pins((PROJECT / folder / "requirements.lock").read_text())


def chosen() -> dict[str, str]:
    """The exact pins of pyproject.toml, and then those of the list for users."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    dependencies = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    program = pins("\n".join(dependencies))
    users = asked(".")
    assert {name: users[name] for name in program.keys() & users.keys()}.items() <= program.items()
    return users | program


def uv_locked() -> dict[str, str]:
    packages = tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
    return {normal(package["name"]): package["version"] for package in packages if "version" in package}


def test_every_requirements_file_is_known_here() -> None:
    """Every requirements.txt of the repository is checked by the tests of this file."""
    hidden = ("node_modules", ".venv", ".localcloud", "cdk.out")
    found = {
        str(path.parent.relative_to(PROJECT))
        for path in PROJECT.glob("**/requirements.txt")
        if not any(part in hidden for part in path.relative_to(PROJECT).parts)
    }
    assert found == {*OURS, *IMAGES}


@pytest.mark.parametrize("folder", OURS)
def test_a_package_has_one_version(folder: str) -> None:
    """Steps, stacks and the list for users ask for the versions that the program has."""
    known = chosen()
    for name, version in asked(folder).items():
        assert known.setdefault(name, version) == version, name


@pytest.mark.parametrize("folder", OURS)
def test_a_lock_has_no_other_version_of_what_is_pinned(folder: str) -> None:
    """A lock has the pinned version also of what a package brings along, such as boto3 under sagemaker."""
    assert {name: version for name, version in locked(folder).items() if chosen().get(name, version) != version} == {}


def test_the_programs_lock_has_the_programs_pins() -> None:
    """uv.lock holds the versions that pyproject.toml pins."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    program = pins("\n".join(project["project"]["dependencies"] + project["dependency-groups"]["dev"]))
    assert len(program) > 10
    assert program.items() <= uv_locked().items()


@pytest.mark.parametrize("folder", [*OURS, *IMAGES])
def test_a_lock_holds_what_is_asked_for(folder: str) -> None:
    """Each package of a requirements.txt stands in its lock, at a version that it admits."""
    wanted, got = asked(folder), locked(folder)
    assert wanted
    assert [name for name, version in wanted.items() if name not in got or not fnmatch(got[name], version)] == []


@pytest.mark.parametrize("folder", [*OURS, *IMAGES])
def test_every_package_of_a_lock_has_a_hash(folder: str) -> None:
    """A lock installs nothing that is not what was locked."""
    lock = (PROJECT / folder / "requirements.lock").read_text()
    assert len(re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE)) == len(locked(folder))


@pytest.mark.parametrize("workload", [name for name, workload in WORKLOADS.items() if workload.glue])
def test_what_glue_installs_is_what_users_have(workload: str) -> None:
    """Each of a job's Python modules is pinned to the version in requirements.txt."""
    modules = WORKLOADS[workload].glue.python_modules
    pinned = pins("\n".join(modules))
    assert len(pinned) == len(modules)
    assert pinned.items() <= asked(".").items()


def test_glues_spark_is_the_spark_that_users_have() -> None:
    """The image of Glue and requirements.txt pin the same pyspark."""
    assert asked("localcloud/images/glue_spark")["pyspark"] == asked(".")["pyspark"]


@pytest.mark.parametrize(
    ("folder", "packages"),
    [(".", ["aws-cdk"]), ("tests/browser", ["@sparticuz/chromium", "axe-core", "playwright-core"])],
)
def test_what_npm_brings_is_pinned_and_locked(folder: str, packages: list[str]) -> None:
    """package.json pins the packages, and package-lock.json has those versions with their hashes."""
    wanted = json.loads((PROJECT / folder / "package.json").read_text())["devDependencies"]
    lock = json.loads((PROJECT / folder / "package-lock.json").read_text())["packages"]
    assert list(wanted) == packages
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert lock[""]["devDependencies"][name] == version
        assert lock[f"node_modules/{name}"]["version"] == version
        assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_the_fixed_packages_are_there() -> None:
    """requirements.txt has the packages that a user expects, and no others."""
    fixed = {"aws-cdk-lib", "constructs", "boto3", "sagemaker", "pyspark", "mleap", "pytest", "moto"}
    assert set(asked(".")) == fixed
