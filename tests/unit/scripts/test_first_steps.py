"""What runs before there is an environment: the check of the Python, and uv without pip."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from scripts.bring_uv import LOCK, address, main, program, wheel
from scripts.check_python import lacking, problem
from tests.servers import serving

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("version", "missing", "said"),
    [
        ((3, 10, 13), [], r"needs Python 3\.11 or later; .* is 3\.10\. Install one .*PYTHON3="),
        ((2, 7, 18), ["sqlite3"], r"is 2\.7"),
        ((3, 11, 3), ["sqlite3"], r"has no sqlite3\. Install one .*PYTHON3="),
    ],
)
def test_a_python_that_will_not_do_is_told(version: tuple[int, ...], missing: list[str], said: str) -> None:
    """The check says what is wrong and what to do."""
    found = problem(version, missing)
    assert found
    assert re.search(said, found)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 3), (4, 0, 0)])
def test_any_other_does(version: tuple[int, ...]) -> None:
    """Every version from 3.11.0 on passes the check."""
    assert problem(version, []) is None


def test_what_a_python_lacks_is_found() -> None:
    """The check imports what the program needs of the standard library."""
    assert lacking(["json", "no_such_module"]) == ["no_such_module"]


def test_the_check_itself_is_read_by_old_pythons() -> None:
    """The check has no letter and no grammar that Python 2.7 or 3.5 does not know."""
    source = (PROJECT / "scripts" / "check_python.py").read_text()
    assert source.isascii()
    compile(source, "check_python.py", "exec")
    assert not re.search(r"""\bf['"]|^def .*->|import annotations|:=""", source, re.MULTILINE)


def test_the_check_passes_here() -> None:
    """The check says nothing of the Python that runs the tests."""
    done = subprocess.run([sys.executable, PROJECT / "scripts" / "check_python.py"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("platform", "ends"),
    [
        (("Linux", "x86_64", "glibc"), "-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        (("Linux", "aarch64", "glibc"), "_aarch64.whl"),
        (("Linux", "x86_64", ""), "musllinux_1_1_x86_64.whl"),
        (("Darwin", "arm64", ""), "macosx_11_0_arm64.whl"),
    ],
)
def test_the_lock_has_uv_for(platform: tuple[str, str, str], ends: str) -> None:
    """The lock has a uv for Linux with either C library, and for macOS."""
    url, checksum = wheel(LOCK.read_text(), *platform)
    assert url.endswith(ends)
    assert len(checksum) == 64


def test_a_platform_without_uv_is_told() -> None:
    """The error names the platform and what to do."""
    with pytest.raises(SystemExit, match="no uv for Plan9 mips"):
        wheel(LOCK.read_text(), "Plan9", "mips", "")


def packed() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uv-1.0.data/scripts/uv", "#!/bin/sh\necho uv\n")
    return buffer.getvalue()


@pytest.fixture
def index():
    """A user's own index, whose links are relative to the page."""

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = wheel(LOCK.read_text(), "Linux", "x86_64", "glibc")[0].rpartition("/")[2]
            body = packed() if self.path.endswith(name) else f'<a href="../files/{name}#sha256=0">'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Index) as server:
        yield f"http://127.0.0.1:{server.server_port}/simple"


def test_the_users_own_index_is_asked(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel comes from the user's index, and is held against the lock's hash all the same."""
    url = wheel(LOCK.read_text(), "Linux", "x86_64", "glibc")[0]
    assert address(url, None) == url
    assert address(url, f"{index}/") == f"{index.removesuffix('simple')}simple/files/{url.rpartition('/')[2]}"
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    with pytest.raises(SystemExit, match="SHA-256"):
        main(tmp_path / "bin" / "uv")
    assert not (tmp_path / "bin").exists()


def test_the_program_is_taken_from_the_wheel() -> None:
    """uv is taken out of a wheel whose hash is the lock's."""
    assert program(packed(), hashlib.sha256(packed()).hexdigest()) == b"#!/bin/sh\necho uv\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile and what it reads first, in a folder with a space in its path, as its user's home is."""
    folder = tmp_path / "a folder" / "gatehouse"
    (folder / "scripts").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "uv.lock", "scripts/check_python.py"):
        shutil.copyfile(PROJECT / name, folder / name)
    return folder


def make(checkout: Path, target: str) -> subprocess.CompletedProcess[str]:
    """`make TARGET` of a user whose home has a space in its path, and whose uv is a script that notes its call."""
    version = re.search(r'"uv==([^"]+)"', (checkout / "pyproject.toml").read_text())
    assert version
    uv = checkout.parent / "my home" / ".cache" / "gatehouse" / f"uv-{version[1]}" / "bin" / "uv"
    uv.parent.mkdir(parents=True, exist_ok=True)
    uv.write_text('#!/bin/sh\nmkdir -p .venv\necho "$@" > .venv/called\n')
    uv.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "XDG_"))}
    environment |= {"HOME": str(checkout.parent / "my home"), "LOCALCLOUD_HOME": str(checkout / ".localcloud")}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    return subprocess.run(
        ["make", target],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_path_may_have_a_space(checkout: Path) -> None:
    """The uv of the user's cache makes the environment, whatever their home and the project's folder are called."""
    done = make(checkout, ".venv/installed")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "installing the environment (uv.lock)\n"
    assert (checkout / ".venv" / "called").read_text().startswith("sync --quiet --frozen --no-dev --inexact --python /")
    assert (checkout / ".venv" / "installed").is_file()


def test_a_clean_up_without_an_environment_leaves_the_state(checkout: Path) -> None:
    """Nothing can be asked or ended then; what stays is named, and the next `make up` can end it."""
    state = checkout / ".localcloud" / "state"
    state.mkdir(parents=True)
    (checkout / "cdk.out").mkdir()
    done = make(checkout, "clean")
    assert done.returncode == 0, done.stderr
    assert f"The local cloud's state stays in {state.parent}" in done.stderr
    assert state.is_dir()
    assert not (checkout / "cdk.out").exists()
