"""``npm ci`` in builds: npm runs once for a lock file, and whenever more than the lock file decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.codebuild_standard.npm_command import install, key_of

LEFT_PAD = {"version": "1.3.0", "integrity": "sha512-…"}


class Project:
    """A folder with package.json and lock, and a stand-in for npm that installs one file and counts its calls."""

    def __init__(self, root: Path) -> None:
        self.folder, self.cache, self._npm, self._calls = root / "src", root / "cache", root / "npm", root / "calls"
        self.folder.mkdir(parents=True)
        self.write()
        self._npm.write_text(
            f'#!/bin/sh\necho "$@" >> {self._calls}\n[ ! -e fails ] || exit 7\n'
            "mkdir -p node_modules/left-pad && echo installed > node_modules/left-pad/index.js\n"
        )
        self._npm.chmod(0o755)

    def write(self, *, package: dict[str, Any] | None = None, **packages: dict[str, Any]) -> None:
        packages = packages or {"left-pad": LEFT_PAD}
        (self.folder / "package.json").write_text(json.dumps(package or {"name": "p"}))
        places = {f"node_modules/{name}": found for name, found in packages.items()}
        (self.folder / "package-lock.json").write_text(json.dumps({"packages": {"": {"name": "p"}, **places}}))

    def command(self, *options: str) -> list[str]:
        return [str(self._npm), "ci", *options]

    def ci(self, *options: str) -> int:
        return install(self.folder, self.command(*options), self.cache)

    @property
    def calls(self) -> int:
        return len(self._calls.read_text().splitlines()) if self._calls.exists() else 0

    @property
    def installed(self) -> Path:
        return self.folder / "node_modules" / "left-pad" / "index.js"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Project(tmp_path)


def test_npm_runs_once_for_a_lock_file(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The second installation is a copy and says so; what lay in the folder before is gone, as after npm's own."""
    assert project.ci("--no-audit") == 0
    (project.installed.parent / "left over").touch()
    assert project.ci("--no-audit") == 0
    assert (project.calls, project.installed.read_text()) == (1, "installed\n")
    assert [path.name for path in project.installed.parent.iterdir()] == ["index.js"]
    assert "package-lock.json: copied, installed before" in capsys.readouterr().out


def test_what_a_build_writes_into_its_copy_reaches_no_other(project: Project) -> None:
    """A copy is the build's own, to the byte."""
    project.ci()
    project.installed.write_text("poisoned\n")
    project.ci()
    assert project.installed.read_text() == "installed\n"


@pytest.mark.parametrize("changed", ["lock", "package", "option"])
def test_another_lock_package_or_option_is_another_installation(project: Project, changed: str) -> None:
    """npm looks at it again, and may refuse what does not fit."""
    project.ci()
    if changed == "lock":
        project.write(**{"left-pad": {**LEFT_PAD, "version": "1.2.0"}})
    elif changed == "package":
        project.write(package={"name": "p", "dependencies": {"left-pad": "*"}})
    assert project.ci(*(["--omit=dev"] if changed == "option" else [])) == 0
    assert project.calls == 2


def test_a_failure_is_npms_own_and_is_not_kept(project: Project) -> None:
    """Its exit code comes back, and the next build asks npm again."""
    (project.folder / "fails").touch()
    assert (project.ci(), project.ci()) == (7, 7)
    assert project.calls == 2


@pytest.mark.parametrize(
    "why",
    ["script", "install script", "no checksum", "workspaces", "option", "npmrc", "variable", "no lock", "broken lock"],
)
def test_what_the_lock_does_not_decide_is_npms(project: Project, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    """Scripts, sources without a checksum and other settings may have another outcome each time."""
    assert key_of(project.folder, project.command()) is not None
    match why:
        case "script":
            project.write(package={"name": "p", "scripts": {"postinstall": "make"}})
        case "install script":
            project.write(esbuild={**LEFT_PAD, "hasInstallScript": True})
        case "no checksum":
            project.write(own={"version": "1.0.0", "resolved": "git+ssh://git@example.org/own.git"})
        case "workspaces":
            project.write(package={"name": "p", "workspaces": ["a"]})
        case "npmrc":
            (project.folder / ".npmrc").write_text("registry=https://registry.example.org\n")
        case "variable":
            monkeypatch.setenv("NPM_CONFIG_OMIT", "dev")
        case "no lock":
            (project.folder / "package-lock.json").unlink()
        case "broken lock":
            (project.folder / "package-lock.json").write_text("{")
    assert key_of(project.folder, project.command(*(["--force"] if why == "option" else []))) is None
