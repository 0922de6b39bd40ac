"""Environments and jars: whole or not at all, and made once."""

import hashlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from localcloud.platform.environments import Environments
from localcloud.platform.errors import EngineError
from tests.servers import serving

CONTENT = b"a jar's bytes" * 1000


class Maven(BaseHTTPRequestHandler):
    """A repository whose answers a test chooses."""

    requests = 0
    cut_off = False

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:100] if self.cut_off else CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def maven(monkeypatch: pytest.MonkeyPatch):
    Maven.requests, Maven.cut_off = 0, False
    with serving(Maven) as server:
        monkeypatch.setenv("MAVEN_REPOSITORY_URL", f"http://127.0.0.1:{server.server_port}")
        yield Maven


def lock(tmp_path: Path, checksum: str = hashlib.sha256(CONTENT).hexdigest()) -> Path:
    path = tmp_path / "jars.lock"
    path.write_text(f"# why\ncom.example:thing:1.0 {checksum}\n")
    return path


def test_jars_are_fetched_once(tmp_path: Path, maven: type[Maven]) -> None:
    """The same lock gives the same folder, and no second download."""
    environments = Environments(tmp_path / "cache")
    folder = environments.jars(lock(tmp_path))
    assert (folder / "thing-1.0.jar").read_bytes() == CONTENT
    assert environments.jars(lock(tmp_path)) == folder
    assert maven.requests == 1


def test_a_download_cut_off_leaves_nothing(tmp_path: Path, maven: type[Maven]) -> None:
    """A cut-off download is an error that names the file, and the next try starts over and succeeds."""
    environments = Environments(tmp_path / "cache")
    maven.cut_off = True
    with pytest.raises(EngineError, match=r"thing-1\.0\.jar"):
        environments.jars(lock(tmp_path))
    maven.cut_off = False
    assert (environments.jars(lock(tmp_path)) / "thing-1.0.jar").read_bytes() == CONTENT


def test_a_wrong_checksum_is_named(tmp_path: Path, maven: type[Maven]) -> None:
    """The error has the checksum seen and the one expected."""
    with pytest.raises(EngineError, match=rf"{hashlib.sha256(CONTENT).hexdigest()}, the lock says {'0' * 64}"):
        Environments(tmp_path / "cache").jars(lock(tmp_path, "0" * 64))
    assert maven.requests == 3


def test_a_package_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    """The installer's own words reach the caller, and no environment is left to be taken for good."""
    requirements = tmp_path / "requirements.lock"
    requirements.write_text(f"{tmp_path}/no-such-package-1.0-py3-none-any.whl\n")
    environments = Environments(tmp_path / "cache")
    with pytest.raises(EngineError, match="no-such-package"):
        environments.python(requirements)
    with pytest.raises(EngineError, match="no-such-package"):
        environments.python(requirements)


def test_a_full_disk_is_named_before_anything_is_fetched(tmp_path: Path) -> None:
    """The error says what the packages take and what there is."""
    requirements = tmp_path / "requirements.lock"
    requirements.write_text("no-such-package==1.0\n")
    with pytest.raises(EngineError, match=r"The packages take 1e\+09 GB, and the disk of .* has [0-9.]+ GB. Free some"):
        Environments(tmp_path / "cache").python(requirements, gigabytes=1e9)


def test_bytecode_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """Even where an earlier use had none, and only once; what cannot be compiled does no harm."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("")
    environments = Environments(tmp_path / "cache")
    plain = environments.python(lock)
    (packages,) = plain.root.glob("lib/*/site-packages")
    (packages / "fine.py").write_text("X = 1\n")
    (packages / "template.py").write_text("{{ not python }} at all\n")
    compiled = environments.python(lock, compiled=True)
    assert compiled.root == plain.root
    (bytecode,) = packages.glob("__pycache__/fine.*.pyc")
    bytecode.unlink()
    environments.python(lock, compiled=True)
    assert not bytecode.exists()


def test_node_runs(tmp_path: Path) -> None:
    """Node and npm come with the project; the machine needs none."""
    import subprocess

    folder = Environments(tmp_path / "cache").node()
    for command in ("node", "npm"):
        done = subprocess.run([folder / command, "--version"], capture_output=True, text=True, check=True, env={})
        assert done.stdout.strip()
