"""Bare repositories in one folder, read and served by git's own plumbing commands."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.errors import EngineError
from localcloud.platform.processes import OWNER_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Git's object name for "no commit": the branch did not exist before, or does not exist any more.
NO_COMMIT = "0" * 40

#: A name of an owner or a repository. It becomes a folder, so it must not start with a dot.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")

_SHOWN_COMMITS = 2048  # as many as GitHub lists in a push event
_FIELDS = ("%H", "%T", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    name: str
    email: str
    date: str
    """ISO 8601, with the person's offset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    sha: str
    tree: str
    author: Person
    committer: Person
    message: str


class Repository:
    def __init__(self, folder: Path, full_name: str, owner_mark: str) -> None:
        self.folder = folder
        self.full_name = full_name
        self._owner_mark = owner_mark
        #: Held while refs are compared around a push, so that the hooks hear of every change once.
        self.pushing = threading.Lock()

    def exists(self) -> bool:
        return (self.folder / "HEAD").exists()

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", ".")

    def unlock(self) -> None:
        """Removes the locks of a git that was killed. No git may be at work in this repository."""
        for lock in [self.folder / "packed-refs.lock", *(self.folder / "refs").rglob("*.lock")]:
            lock.unlink(missing_ok=True)

    def refs(self) -> dict[str, str]:
        """The name of each branch and tag (``refs/heads/main``) → what it names."""
        form = "--format=%(refname) %(objectname)"
        lines = self.git("for-each-ref", form, "refs/heads", "refs/tags").decode().splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch, a tag or a commit's name; None where there is none."""
        for candidate in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.decode().strip()
        return None

    def commit(self, sha: str) -> Commit:
        return self._log("--max-count=1", sha)[0]

    def commits(self, before: str, after: str, known: Iterable[str] = ()) -> list[Commit]:
        """The commits that a push from ``before`` to ``after`` added, oldest first; the newest 2048 at most.

        ``known``: what the repository's branches and tags named before; a new branch adds the commits beyond them.
        """
        revisions = [after, *(f"^{each}" for each in ([before] if before != NO_COMMIT else known))]
        return self._log(f"--max-count={_SHOWN_COMMITS}", *revisions)[::-1]

    def changed_files(self, shas: Iterable[str]) -> dict[str, dict[str, list[str]]]:
        """Commit → the files that it added, removed and modified against its first parent."""
        asked = "".join(f"{sha}\n" for sha in shas).encode()
        text = self.git("diff-tree", "--stdin", "--root", "-r", "--name-status", "--no-renames", "-z", stdin=asked)
        fields = iter(text.decode("utf-8", "replace").split("\0"))
        found: dict[str, dict[str, list[str]]] = {}
        latest: dict[str, list[str]] = {}
        for field in fields:
            if len(field) > 1:  # a commit's name; a status is one letter
                latest = found[field] = {"added": [], "removed": [], "modified": []}
            elif field:
                latest[{"A": "added", "D": "removed"}.get(field, "modified")].append(next(fields))
        return found

    def is_ancestor(self, older: str, newer: str) -> bool:
        return self._run("merge-base", "--is-ancestor", older, newer).returncode == 0

    def zip_archive(self, sha: str, prefix: str) -> bytes:
        return self.git("archive", "--format=zip", f"--prefix={prefix}/", sha)

    def git(self, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None) -> bytes:
        """Git's standard output. Raises EngineError with git's message."""
        done = self._run(*arguments, stdin=stdin, variables=variables)
        if done.returncode:
            raise EngineError(f"git {arguments[0]} in {self.full_name}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _log(self, *arguments: str) -> list[Commit]:
        # An argument cannot contain NUL, but git writes one for %x00. -z ends each commit with another.
        text = self.git("log", "-z", f"--format={'%x1f'.join(_FIELDS)}", *arguments, "--").decode("utf-8", "replace")
        return [_commit(entry) for entry in text.split("\0") if entry]

    def _run(
        self, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            OWNER_VARIABLE: self._owner_mark,
        }
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=environment | (variables or {}),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=300,
        )


class Repositories:
    def __init__(self, root: Path, *, owner_mark: str) -> None:
        self._root = root
        self._owner_mark = owner_mark
        self._known: dict[str, Repository] = {}
        self._lock = threading.Lock()

    def get(self, owner: str, name: str) -> Repository | None:
        """The repository with this name, which need not exist yet; None for an invalid name."""
        name = name.removesuffix(".git")
        if not NAME.fullmatch(owner) or not NAME.fullmatch(name):
            return None
        full_name = f"{owner}/{name}"
        with self._lock:
            if full_name not in self._known:
                folder = self._root / owner / f"{name}.git"
                self._known[full_name] = Repository(folder, full_name, self._owner_mark)
            return self._known[full_name]


def _commit(entry: str) -> Commit:
    sha, tree, author, author_email, authored, committer, committer_email, committed, message = entry.split("\x1f", 8)
    return Commit(
        sha=sha,
        tree=tree,
        author=Person(name=author, email=author_email, date=authored),
        committer=Person(name=committer, email=committer_email, date=committed),
        message=message.rstrip("\n"),
    )
