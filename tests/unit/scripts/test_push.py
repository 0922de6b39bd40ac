"""Which execution a push follows, and what it does if there is nothing to push."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts import push
from scripts.changes import local_github
from scripts.push import Again, push_and_follow, refuse_other_branch
from scripts.reads.pipeline import Execution

PROJECT = Path(__file__).parents[3]


class Pipeline:
    """A pipeline whose executions of HEAD have these statuses, newest first; a push or a start adds one."""

    name, workload = "pipe", "car_evaluation"

    def __init__(self, *statuses: str) -> None:
        self.statuses = {f"old-{place}": status for place, status in enumerate(statuses)}
        self.started = 0

    def executions_of(self, _: str) -> list[str]:
        return list(self.statuses)

    def execution(self, identifier: str) -> Execution:
        return Execution(identifier=identifier, status=self.statuses[identifier], actions=())

    def start(self) -> str:
        self.started += 1
        self.add("started")
        return "started"

    def add(self, identifier: str) -> None:
        self.statuses = {identifier: "Succeeded", **self.statuses}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository on main with one commit."""
    (tmp_path / "gatehouse.toml").write_text((PROJECT / "gatehouse.toml").read_text())
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "."),
        ("-c", "user.name=u", "-c", "user.email=u@localhost", "commit", "--quiet", "--message", "first"),
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The branch on GitHub: its tip, and what a push to it does."""
    branch: dict[str, Any] = {"tip": None, "pushed": lambda: None}
    monkeypatch.setattr(local_github, "tip", lambda *_: branch["tip"])
    monkeypatch.setattr(local_github, "push", lambda *_, **__: branch["pushed"]())
    monkeypatch.setattr(push, "follow", lambda pipeline, identifier: pipeline.execution(identifier))
    monkeypatch.setattr(push, "_serves_another", lambda *_: "")
    return branch


def head(clone: Path) -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_push_follows_the_execution_that_it_started(clone: Path, github: dict[str, Any]) -> None:
    """The commit ran before, was taken back and is pushed again: the earlier executions are not this push's."""
    pipeline: Any = Pipeline("Failed", "Succeeded")
    github["pushed"] = lambda: pipeline.add("own")
    assert push_and_follow(pipeline, clone).identifier == "own"


@pytest.mark.parametrize(
    ("statuses", "again", "followed"),
    [
        (["Succeeded"], Again.NEVER, "old-0"),
        (["Failed", "Succeeded"], Again.NEVER, "old-0"),
        (["InProgress"], Again.IF_FAILED, "old-0"),
        (["Succeeded"], Again.IF_FAILED, "old-0"),
        (["Failed"], Again.IF_FAILED, "started"),
        (["Succeeded"], Again.ALWAYS, "started"),
        ([], Again.NEVER, "started"),
    ],
)
def test_nothing_to_push(clone: Path, github: dict[str, Any], statuses: list[str], again: Again, followed: str) -> None:
    """The commit's newest execution counts; one more starts if there is none, or if the caller wants it."""
    pipeline: Any = Pipeline(*statuses)
    github["tip"] = head(clone)
    assert push_and_follow(pipeline, clone, again=again).identifier == followed
    assert pipeline.started == (followed == "started")


def test_what_is_released_already_says_so(
    clone: Path, github: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The user reads that nothing was pushed, how the commit fared, and how to run the pipeline on it once more."""
    github["tip"] = head(clone)
    for status, said in (("Succeeded", "is released already."), ("Failed", "was not released: Failed.")):
        pipeline: Any = Pipeline(status)
        push_and_follow(pipeline, clone)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"Nothing to push: {head(clone)[:10]}, car_evaluation, {said}"
        assert lines[1] == "To run the pipeline on it once more: make push AGAIN=1"


def test_another_branch_is_refused_by_name(clone: Path) -> None:
    """The user is told their branch, the one that releases, and how to release theirs; naming it is enough."""
    refuse_other_branch(clone, None)
    subprocess.run(["git", "switch", "--quiet", "--create", "feature"], cwd=clone, check=True)
    with pytest.raises(SystemExit, match=r"on branch feature, and what reaches main .* make push FROM=feature$"):
        refuse_other_branch(clone, None)
    refuse_other_branch(clone, "feature")
    with pytest.raises(SystemExit):
        refuse_other_branch(clone, "other")


def test_no_branch_at_all_is_refused(clone: Path) -> None:
    """A detached HEAD, such as a checked-out tag, is not pushed unless it is named as what it is."""
    subprocess.run(["git", "switch", "--quiet", "--detach"], cwd=clone, check=True)
    with pytest.raises(SystemExit, match=r"HEAD is on no branch.* make push FROM=HEAD$"):
        refuse_other_branch(clone, None)
    refuse_other_branch(clone, "HEAD")
