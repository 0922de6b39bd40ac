"""Builds, functions and images run the Python that is named, whichever runs the local cloud."""

import subprocess
from pathlib import Path

import pytest

from localcloud.platform import pythons
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.clouds import LocalCloud
from tests.local.codebuild import Projects, context
from tests.local.iam_account import Account
from tests.local.test_lambda import Function

pytestmark = pytest.mark.local

#: The lock of one small pure Python package, with its hash.
LOCK = "iniconfig==2.0.0 --hash=sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374\n"


@pytest.fixture(scope="module")
def projects(local_cloud: LocalCloud) -> Projects:
    return Projects(local_cloud)


@pytest.mark.parametrize("minor", pythons.MINORS)
def test_a_build_has_the_python_that_its_buildspec_names(projects: Projects, minor: str) -> None:
    """A build finds that version as python, python3 and python3.N, with a pip that installs for it."""
    buildspec = f"""
version: 0.2
env: {{exported-variables: [SEEN]}}
phases:
  install:
    runtime-versions: {{python: {minor}}}
    commands: [pip install -q -r a.lock, pip{minor} install -q sortedcontainers]
  build:
    commands:
      - say='import iniconfig, sortedcontainers, sys; print("%d.%d" % sys.version_info[:2])'
      - SEEN="$(python -c "$say") $(python3 -c "$say") $(python{minor} -c "$say")"
      - python -m pip list
"""
    location = projects.put_zip({"buildspec.yml": buildspec, "a.lock": LOCK})
    build_id = projects.start(projects.create("", source={"type": "S3", "location": location}))
    build = projects.finished(build_id)
    assert build["buildStatus"] == "SUCCEEDED", projects.log(build)
    assert f"Selecting 'python' runtime version '{minor}'" in projects.log(build)
    assert build["exportedEnvironmentVariables"] == [{"name": "SEEN", "value": f"{minor} {minor} {minor}"}]


def test_a_python_that_builds_do_not_have_is_refused(projects: Projects) -> None:
    """Python 3.9 is refused, and no other is taken in its place."""
    build = projects.run("version: 0.2\nphases:\n  install:\n    runtime-versions: {python: 3.9}\n")
    assert context(build, "DOWNLOAD_SOURCE")["message"].endswith("whose build image has: 3.11, 3.12, 3.13, 3.14")


@pytest.mark.parametrize("minor", pythons.MINORS)
def test_a_function_runs_on_its_runtime(account: Account, minor: str) -> None:
    """A function gets its runtime's Python, with AWS's runtime client and boto3."""
    text = "import sys, boto3\n\ndef handler(event, context):\n    return '%d.%d' % sys.version_info[:2]\n"
    assert Function(account, text, Runtime=f"python{minor}").answer({}) == minor


@pytest.mark.parametrize("minor", pythons.MINORS)
def test_each_python_can_be_brought(minor: str, tmp_path: Path) -> None:
    """A brought Python makes environments, has its libraries and finds certificates."""
    environments = Environments(Settings.cache_folder())  # brought once for each user
    python = environments.bring(minor)
    assert pythons.works(python, minor)
    # What 3.11.3 was built without, the lock says.
    modules = "bz2, ctypes, zlib" if minor == "3.11" else "bz2, ctypes, curses, lzma, readline, sqlite3, zlib"
    certificates = (
        "import os, ssl; print(os.environ.get('SSL_CERT_FILE'), ssl.create_default_context().cert_store_stats())"
    )
    subprocess.run([python, "-m", "venv", tmp_path / "made"], check=True)
    for program in (python, tmp_path / "made" / "bin" / "python"):
        done = subprocess.run(
            [program, "-c", f"import {modules}; {certificates}"],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        file = done.stdout.split()[0]
        assert file == "None" or "'x509': 0" not in done.stdout
