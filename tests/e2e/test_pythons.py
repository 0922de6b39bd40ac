"""The first stages on each Python that can be had: the machine's own, and those that can be brought."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from localcloud.platform import pythons
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.clouds import PROJECT

pytestmark = pytest.mark.e2e

ENVIRONMENTS = Environments(Settings.cache_folder())
ASK_S3 = """
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="first-stages")
s3.put_object(Bucket="first-stages", Key="a", Body=b"content")
print(s3.get_object(Bucket="first-stages", Key="a")["Body"].read().decode())
"""


def version(python: Path) -> str | None:
    """Its whole version; None for one that does not start, or with which the program does not start."""
    check = [python, PROJECT / "scripts" / "check_python.py"]
    try:
        if subprocess.run(check, capture_output=True, check=False).returncode:
            return None
        return subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    except OSError:
        return None


def on_this_machine() -> dict[str, Path]:
    """Version → interpreter, of those on PATH, in the system's folders, and of pyenv's and uv's."""
    folders = [
        Path(folder) for folder in [*os.environ["PATH"].split(os.pathsep), "/usr/bin", "/usr/local/bin"] if folder
    ]
    folders += sorted(Path("~/.pyenv/versions").expanduser().glob("*/bin"))
    folders += sorted(Path("~/.local/share/uv/python").expanduser().glob("*/bin"))
    found = {}
    for folder in dict.fromkeys(folders):
        for minor in pythons.MINORS:
            python = folder / f"python{minor}"
            seen = version(python) if python.exists() else None
            if seen:
                found.setdefault(seen, python)
    return found


def in_a_shell(lines: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a shell that has taken what `python -m localcloud env` prints."""
    command = ["sh", "-c", 'eval "$0" && env -0', lines]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return dict(each.split("=", 1) for each in said.split("\0") if each)


def templates(python: Path, folder: Path, run: Callable[..., str]) -> dict[str, str]:
    """Each template of a workload that a synthesis with this Python writes: name → SHA-256."""
    node = run(python, "-m", "localcloud", "node").strip()
    path = os.pathsep.join([str(python.parent), str(PROJECT / "node_modules" / ".bin"), node, os.environ["PATH"]])
    run("env", f"PATH={path}", "cdk", "synth", "--quiet", "--output", folder, "--context", "workload=car_evaluation")
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.glob("*.template.json")}


def kept(which: str) -> Path:
    """The folder of this Python's environment: a later run finds its packages there, and their bytecode."""
    lock = hashlib.sha256((PROJECT / "uv.lock").read_bytes()).hexdigest()[:12]
    folder = Settings.cache_folder() / "first-stages" / which.replace(" ", "-") / lock
    for older in set(folder.parent.glob("*")) - {folder}:
        shutil.rmtree(older)
    return folder


#: All other tests run on this very Python.
OWN = sys.version.split()[0]
MACHINE = {which: python for which, python in on_this_machine().items() if which != OWN}
#: All but 3.11.3, which has no SQLite: engines run on it, the program does not.
BROUGHT = [minor for minor in pythons.MINORS if minor != "3.11"]


def done(command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    """What a command says that must succeed."""
    ended = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}: {ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The templates as the Python of these tests makes them."""
    return templates(Path(sys.executable), tmp_path_factory.mktemp("here"), lambda *command: done(command, os.environ))


@pytest.mark.parametrize("which", [*MACHINE, *(f"brought {minor}" for minor in BROUGHT)])
def test_the_first_stages(which: str, synthesized: dict[str, str], tmp_path: Path) -> None:
    """The environment, the local cloud up, a call to S3, down, and the same templates to the byte."""
    python = MACHINE.get(which) or ENVIRONMENTS.bring(which.removeprefix("brought "))
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    folder = kept(which)
    environment["UV_PROJECT_ENVIRONMENT"] = str(folder)
    own = folder / "bin" / "python"

    def run(*command: str | Path) -> str:
        return done(command, environment)

    run(python, "scripts/check_python.py")
    run(ENVIRONMENTS.uv(), "sync", "--quiet", "--frozen", "--no-dev", "--python", python)
    cloud = [own, "-m", "localcloud", "--home", tmp_path / "home"]
    run(*cloud, "up", "--port", "0")
    try:
        environment = in_a_shell(run(*cloud, "env"), environment)
        assert run(own, "-c", ASK_S3) == "content\n"
    finally:
        run(*cloud, "down")
    assert templates(own, tmp_path / "cdk.out", run) == synthesized
