"""What GitHub's stand-in tells a webhook."""

import os
import subprocess
from pathlib import Path

import pytest

from localcloud.platform.errors import EngineError
from localcloud.services.github.push_event import Move, moved_refs, payload, signatures
from localcloud.services.github.repositories import Repositories, Repository

ADA = {"NAME": "Ada", "EMAIL": "ada@example.com"}
BASE = "http://127.0.0.1:1/_github"


def git(folder: Path, *arguments: str) -> str:
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in ADA.items()}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=os.environ | who, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repositories(tmp_path / "github", owner_mark="test").get("octo", "cars")
    assert found is not None
    found.create()
    return found


def commit(clone: Path, text: str, message: str) -> str:
    (clone / "file.txt").write_text(text)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", message)
    return git(clone, "rev-parse", "HEAD")


@pytest.fixture
def two_commits(tmp_path: Path, repository: Repository) -> tuple[str, str]:
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "--quiet", "--initial-branch=main")
    first = commit(clone, "one", "First\n\nwith a body, ümlaut")
    second = commit(clone, "two", "Second")
    git(clone, "push", "--quiet", str(repository.folder), "main")
    return first, second


def test_moved_refs() -> None:
    """A branch or tag that was made, moved or deleted is told with all that was known, and one that stayed is not."""
    before = {"refs/heads/a": "1", "refs/heads/b": "2", "refs/heads/c": "3"}
    after = {"refs/heads/a": "1", "refs/heads/b": "9", "refs/tags/d": "4"}

    assert moved_refs(before, after) == [
        Move(ref="refs/heads/b", before="2", after="9", known=("1", "2", "3")),
        Move(ref="refs/heads/c", before="3", known=("1", "2", "3")),
        Move(ref="refs/tags/d", after="4", known=("1", "2", "3")),
    ]


def test_payload_of_a_new_branch(repository: Repository, two_commits: tuple[str, str]) -> None:
    """The payload has all commits, oldest first, with files and people; its head is the newest."""
    first, second = two_commits

    event = payload(repository, BASE, Move(ref="refs/heads/main", after=second))

    assert [entry["id"] for entry in event["commits"]] == [first, second]
    assert event["commits"][0]["message"] == "First\n\nwith a body, ümlaut"
    assert event["commits"][0]["added"] == ["file.txt"]
    assert event["head_commit"]["id"] == event["after"] == second
    assert event["head_commit"]["modified"] == ["file.txt"]
    assert event["head_commit"]["author"]["email"] == "ada@example.com"
    assert (event["created"], event["deleted"], event["forced"]) == (True, False, False)
    assert event["repository"]["full_name"] == "octo/cars"


def test_payload_of_a_moved_branch(repository: Repository, two_commits: tuple[str, str]) -> None:
    """The payload has only what the push added; a push backwards is forced."""
    first, second = two_commits

    forth = payload(repository, BASE, Move(ref="r", before=first, after=second))
    assert [entry["id"] for entry in forth["commits"]] == [second]
    assert payload(repository, BASE, Move(ref="r", before=second, after=first))["forced"] is True


def test_payload_of_a_new_branch_beside_another(repository: Repository, two_commits: tuple[str, str]) -> None:
    """A new branch or tag brings the commits that no other had, and its head also if there are none."""
    first, second = two_commits

    one = payload(repository, BASE, Move(ref="refs/heads/dev", after=second, known=(first,)))
    assert [entry["id"] for entry in one["commits"]] == [second]
    none = payload(repository, BASE, Move(ref="refs/tags/v1", after=second, known=(second,)))
    assert (none["commits"], none["head_commit"]["id"]) == ([], second)


def test_payload_of_a_deleted_branch(repository: Repository, two_commits: tuple[str, str]) -> None:
    """The payload has no head commit and says so."""
    event = payload(repository, BASE, Move(ref="refs/heads/main", before=two_commits[1]))

    assert event["deleted"] is True
    assert event["head_commit"] is None
    assert event["commits"] == []


def test_signatures_are_githubs() -> None:
    """The signature is that of GitHub's own example: "It's a Secret to Everybody" and "Hello, World!"."""
    headers = signatures("It's a Secret to Everybody", b"Hello, World!")

    assert headers["X-Hub-Signature-256"] == ("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    assert headers["X-Hub-Signature"].startswith("sha1=")


def test_resolve(repository: Repository, two_commits: tuple[str, str]) -> None:
    """A branch and a commit resolve to the commit; an option and what does not exist resolve to nothing."""
    second = two_commits[1]

    assert repository.resolve("main") == second
    assert repository.resolve(second[:10]) == second
    assert repository.resolve("--all") is None
    assert repository.resolve("missing") is None


@pytest.mark.parametrize(("owner", "name"), [("..", "x"), ("o", ".."), ("o", "../../etc"), ("", "x"), ("o", ".git")])
def test_names_that_could_leave_the_folder(tmp_path: Path, owner: str, name: str) -> None:
    """A name that leads out of the folder is no repository."""
    assert Repositories(tmp_path, owner_mark="test").get(owner, name) is None


def test_gits_own_words(repository: Repository) -> None:
    """A git command that fails says which repository and why."""
    with pytest.raises(EngineError, match=r"git archive in octo/cars: .*not a valid object name"):
        repository.zip_archive("0" * 39, "x")
