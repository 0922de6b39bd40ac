"""GitHub's stand-in, asked by a real git client and over HTTP."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import urllib.error
import urllib.request
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clouds import LocalCloud
from tests.waiting import DEADLINE_SECONDS, until

SECRET = "it is a secret to everybody"


@dataclass(frozen=True)
class GitHubUser:
    cloud: LocalCloud
    token: str

    def api(self, method: str, path: str, body: object = None, *, token: str | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"{self.cloud.endpoint_url}/_github/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"token {self.token if token is None else token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def remote(self, repository: str, *, token: str | None = None) -> str:
        credentials = f"user:{self.token if token is None else token}@"
        return self.cloud.endpoint_url.replace("://", f"://{credentials}") + f"/_github/{repository}.git"


@pytest.fixture
def user(local_cloud: LocalCloud) -> GitHubUser:
    return GitHubUser(local_cloud, (local_cloud.home / "github" / "token").read_text().strip())


@pytest.fixture
def repository() -> str:
    return f"octo/cars-{uuid.uuid4().hex[:8]}"


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "credential.helper="]
    return subprocess.run(
        ["git", *who, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=check,
        timeout=DEADLINE_SECONDS,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0"},
    )


def commit(folder: Path, text: str) -> str:
    """A commit with one small file and an executable one; makes the repository at first use."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "file.txt").write_text(text)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", f"Say {text}")
    return git(folder, "rev-parse", "HEAD").stdout.strip()


def test_push_clone_and_archive(user: GitHubUser, repository: str, tmp_path: Path) -> None:
    """A first push makes the repository; a clone and the zip archive hold what was pushed, modes included."""
    work = tmp_path / "work"
    work.mkdir()
    sha = commit(work, "one")
    git(work, "push", "--quiet", user.remote(repository), "main")
    git(tmp_path, "clone", "--quiet", user.remote(repository), "copy")

    status, content = user.api("GET", f"/repos/{repository}/zipball/main")

    assert (tmp_path / "copy" / "file.txt").read_text() == "one"
    assert status == 200
    archive = zipfile.ZipFile(io.BytesIO(content))
    folder = f"{repository.replace('/', '-')}-{sha[:7]}"
    assert archive.read(f"{folder}/file.txt") == b"one"
    assert archive.getinfo(f"{folder}/run.sh").external_attr >> 16 & 0o111
    assert json.loads(user.api("GET", f"/repos/{repository}/commits/main")[1])["sha"] == sha


def test_a_large_push(user: GitHubUser, repository: str, tmp_path: Path) -> None:
    """A push larger than git's buffer, sent in chunks, arrives whole."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "large.bin").write_bytes(hashlib.shake_256(b"large").digest(3_000_000))
    sha = commit(work, "large")
    git(work, "push", "--quiet", user.remote(repository), "main")

    assert git(work, "ls-remote", user.remote(repository), "refs/heads/main").stdout.split()[0] == sha


def test_a_wrong_token(user: GitHubUser, repository: str, tmp_path: Path) -> None:
    """A wrong token neither pushes nor reads: git says that authentication failed, the API `Bad credentials`."""
    work = tmp_path / "work"
    work.mkdir()
    commit(work, "one")
    pushed = git(work, "push", user.remote(repository, token="wrong"), "main", check=False)
    git(work, "push", "--quiet", user.remote(repository), "main")
    cloned = git(tmp_path, "clone", user.remote(repository, token="wrong"), "copy", check=False)
    status, body = user.api("GET", f"/repos/{repository}/zipball/main", token="wrong")

    assert pushed.returncode != 0
    assert "Authentication failed" in pushed.stderr
    assert cloned.returncode != 0
    assert status == 401
    assert json.loads(body)["message"] == "Bad credentials"


def test_unknown_repository(user: GitHubUser) -> None:
    """The API answers 404, whether the repository is missing or its name is no name."""
    assert user.api("GET", "/repos/octo/none/zipball/main")[0] == 404
    assert user.api("GET", "/repos/..%2F..%2Fetc/none/commits/main")[0] == 404


def test_a_hook_is_pinged_and_told_of_a_push(user: GitHubUser, repository: str, tmp_path: Path) -> None:
    """Deliveries are recorded newest first with the receiver's answer; the secret is never shown."""
    owner, name = repository.split("/")
    assert user.api("POST", f"/orgs/{owner}/repos", {"name": name})[0] == 201
    config = {"url": f"{user.cloud.endpoint_url}/_localcloud/health", "content_type": "json", "secret": SECRET}

    status, body = user.api("POST", f"/repos/{repository}/hooks", {"events": ["push"], "config": config})
    hook = json.loads(body)
    work = tmp_path / "work"
    work.mkdir()
    commit(work, "one")
    git(work, "push", "--quiet", user.remote(repository), "main")

    deliveries = until(
        lambda: json.loads(user.api("GET", f"/repos/{repository}/hooks/{hook['id']}/deliveries")[1]),
        lambda found: len(found) == 2,
        what="two deliveries",
    )
    assert status == 201
    assert hook["config"]["secret"] == "********"
    assert sorted(delivery["event"] for delivery in deliveries) == ["ping", "push"]
    assert {delivery["status_code"] for delivery in deliveries} == {200}
    assert user.api("DELETE", f"/repos/{repository}/hooks/{hook['id']}")[0] == 204
    assert json.loads(user.api("GET", f"/repos/{repository}/hooks")[1]) == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://127.0.0.1:1/x", "file:///etc/passwd", ""])
def test_a_hook_to_elsewhere_is_refused(user: GitHubUser, repository: str, url: str) -> None:
    """Only the local cloud's own address is ever called; the refusal names the address asked for."""
    owner, name = repository.split("/")
    user.api("POST", f"/orgs/{owner}/repos", {"name": name})

    status, body = user.api(
        "POST", f"/repos/{repository}/hooks", {"events": ["push"], "config": {"url": url, "content_type": "json"}}
    )

    assert status == 422
    assert repr(url) in json.loads(body)["errors"][0]["message"]


def test_the_token_is_private(user: GitHubUser) -> None:
    """Only its owner may read the file, and no log of the local cloud holds it."""
    assert (user.cloud.home / "github" / "token").stat().st_mode & 0o777 == 0o600
    logs = [path.read_text(errors="replace") for path in user.cloud.home.rglob("*.log")]
    assert not any(user.token in text for text in logs)
    assert not any(base64.b64encode(f"user:{user.token}".encode()).decode() in text for text in logs)
