"""The local cloud's GitHub: where it is, its token, and a push to it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from scripts import cloud

ON_AWS = "On AWS, `git push` to GitHub starts the pipeline, and `make follow CLOUD=aws` follows it."


def token() -> str:
    """The one token that the local GitHub accepts."""
    path = Path(os.environ.get("LOCALCLOUD_HOME", ".localcloud")) / "github" / "token"
    return path.read_text().strip()


def address() -> str:
    """Raises SystemExit on AWS, where users push to GitHub itself."""
    cloud.require_local(ON_AWS)
    return f"{cloud.decided().endpoint_url}/_github"


def create_repository(owner: str, repo: str) -> None:
    """Creates the repository if it is missing."""
    request = urllib.request.Request(  # noqa: S310  (the local cloud's own address)
        f"{address()}/api/orgs/{owner}/repos",
        data=json.dumps({"name": repo, "private": True}).encode(),
        headers={"Authorization": f"token {token()}", "Content-Type": "application/json"},
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code != 422:  # GitHub's answer for a name that already exists
            raise


def tips(owner: str, repo: str) -> dict[str, str]:
    """The commit at the head of each branch; none while nobody has pushed."""
    listed = _git(Path(), "ls-remote", "--heads", _remote(owner, repo))
    lines = [line.split("\t") for line in listed.stdout.splitlines()] if listed.returncode == 0 else []
    return {ref.removeprefix("refs/heads/"): commit for commit, ref in lines}


def push(folder: Path, owner: str, repo: str, branch: str, *, rewind: bool, forced: str) -> None:
    """Pushes HEAD to the branch, without the token in an argument or a URL.

    ``rewind``: even if the branch has commits that HEAD lacks; they are no longer on it then. Raises SystemExit with
    git's own message if the push is refused. ``forced``: the command that would rewind.
    """
    force = ("--force",) if rewind else ()
    done = _git(folder, "push", *force, _remote(owner, repo), f"HEAD:refs/heads/{branch}")
    if done.returncode and "[rejected]" in done.stderr:
        raise SystemExit(
            f"Nothing was pushed: {owner}/{repo}, branch {branch}, has commits that HEAD lacks, and a push would take "
            "them back. A rollback puts an earlier release into PROD (docs/releases.md). To set the branch to HEAD "
            f"all the same: {forced}"
        )
    if done.returncode:
        raise SystemExit(f"git push failed:\n{done.stderr.strip()}")


def _remote(owner: str, repo: str) -> str:
    return f"{address()}/{owner}/{repo}.git"


def _git(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    basic = base64.b64encode(f"x-access-token:{token()}".encode()).decode()
    environment = os.environ | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return subprocess.run(["git", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
