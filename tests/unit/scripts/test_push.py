"""Which execution a push follows, and what it does if there is nothing to push."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts import push
from scripts.changes import local_github
from scripts.push import Again, push_and_follow, refuse_other_branch
from scripts.reads.pipeline import Execution, NotDeployedError, Source
from scripts.reads.pipeline import Pipeline as RealPipeline
from tests.settings import bring

PROJECT = Path(__file__).parents[3]


class Pipeline:
    """A pipeline whose executions of HEAD have these statuses, newest first; a push or a start adds one."""

    name, workload = "pipe", "car_evaluation"

    def __init__(self, *statuses: str, looks_at_files: bool = False) -> None:
        self.looks_at_files = looks_at_files
        self.statuses = {f"old-{place}": status for place, status in enumerate(statuses)}
        self.started = 0

    def source(self) -> Source:
        return Source(place=("gatehouse", "gatehouse", "main"), looks_at_files=self.looks_at_files)

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


class Deployed:
    """A deployed pipeline, of which only the branch is known."""

    def __init__(self, workload: str, branches: dict[str, str]) -> None:
        if workload not in branches:
            raise NotDeployedError(workload)
        self._branch = branches[workload]

    def source(self) -> Source:
        return Source(place=("gatehouse", "gatehouse", self._branch), looks_at_files=self._branch == "filtered")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository on main with one commit."""
    bring(tmp_path)
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
    branch: dict[str, Any] = {"tip": None, "pushed": lambda: None, "deployed": {}, "places": []}
    monkeypatch.setattr(local_github, "tips", lambda *_: {"main": branch["tip"]} if branch["tip"] else {})
    monkeypatch.setattr(
        local_github, "push", lambda _, *place, **__: (branch["places"].append(place), branch["pushed"]())
    )
    monkeypatch.setattr(push, "follow", lambda pipeline, identifier: pipeline.execution(identifier))
    monkeypatch.setattr(push, "_serves_another", lambda *_: "")
    monkeypatch.setattr(push, "Pipeline", lambda name: Deployed(name, branch["deployed"]))
    return branch


def head(clone: Path) -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout.strip()


def committed(clone: Path, path: str) -> None:
    """A commit with one more file."""
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text("new")
    for command in (("add", "."), ("-c", "user.name=u", "-c", "user.email=u@localhost", "commit", "-qm", "more")):
        subprocess.run(["git", *command], cwd=clone, check=True)


def test_a_push_follows_the_execution_that_it_started(clone: Path, github: dict[str, Any]) -> None:
    """The commit ran before, was taken back and is pushed again: the earlier executions are not this push's."""
    pipeline: Any = Pipeline("Failed", "Succeeded")
    github["pushed"] = lambda: pipeline.add("own")
    assert push_and_follow(pipeline, clone).identifier == "own"


@pytest.mark.parametrize(
    ("deployed", "named"),
    [
        ({"car_evaluation": "main"}, ""),
        ({"car_evaluation": "main", "credit_default": "credit_default"}, ""),
        ({"car_evaluation": "main", "iris": "main", "credit_default": "main"}, "credit_default, iris"),
    ],
)
def test_a_push_names_the_other_pipelines_that_it_runs(
    clone: Path, github: dict[str, Any], capsys: pytest.CaptureFixture[str], deployed: dict[str, str], named: str
) -> None:
    """Those that are deployed from the same branch: a push runs them as well, whatever it changes."""
    pipeline: Any = Pipeline()
    github.update(deployed=deployed, pushed=lambda: pipeline.add("own"))
    push_and_follow(pipeline, clone)
    said = capsys.readouterr().out
    assert (f"This push also runs, and may release: {named}." in said) == bool(named)
    assert ("also runs" in said) == bool(named)


def test_where_a_deployed_pipeline_takes_commits_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its GitHub action says it; the source that brings the judges' code says nothing of it."""
    github = {"Owner": "octo", "Repo": "cars", "Branch": "release", "OAuthToken": "****"}
    actions = [
        {"actionTypeId": {"provider": "GitHub"}, "configuration": github},
        {"actionTypeId": {"provider": "S3"}, "configuration": {"S3Bucket": "assets"}},
    ]
    declared = {"stages": [{"actions": actions}, {"actions": [{"actionTypeId": {"provider": "CodeBuild"}}]}]}
    monkeypatch.setattr(RealPipeline, "declaration", lambda _: declared)
    source = object.__new__(RealPipeline).source()
    assert (source.place, source.looks_at_files) == (("octo", "cars", "release"), False)


def test_where_a_pipeline_with_a_connection_takes_commits_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its source action says it in one text, and its trigger that it looks at files."""
    connected = {"FullRepositoryId": "octo/cars", "BranchName": "release"}
    action = {"actionTypeId": {"provider": "CodeStarSourceConnection"}, "configuration": connected}
    declared = {"stages": [{"actions": [action]}], "triggers": [{}]}
    monkeypatch.setattr(RealPipeline, "declaration", lambda _: declared)
    source = object.__new__(RealPipeline).source()
    assert (source.place, source.looks_at_files) == (("octo", "cars", "release"), True)


def test_a_push_past_the_workloads_files_is_followed_by_a_start(
    clone: Path, github: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a trigger looks at files and the push touches none of the workload's, the pipeline is started by hand."""
    github["tip"] = head(clone)
    committed(clone, "ml_training/iris/train.py")
    pipeline: Any = Pipeline(looks_at_files=True)
    assert push_and_follow(pipeline, clone).identifier == "started"
    assert "It touches no file of car_evaluation" in capsys.readouterr().out

    github["tip"] = head(clone)
    committed(clone, "stacks/specs.py")
    github["pushed"] = lambda: pipeline.add("own")
    assert push_and_follow(pipeline, clone).identifier == "own"
    assert pipeline.started == 1


def test_a_push_names_of_filtered_pipelines_those_that_it_runs(
    clone: Path, github: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those whose files it touches, among the ones whose triggers look at files."""
    github["tip"] = head(clone)
    committed(clone, "ml_test/iris/gate.toml")
    pipeline: Any = Pipeline()
    github["pushed"] = lambda: pipeline.add("own")
    monkeypatch.setattr(push, "Pipeline", lambda _: Pipeline(looks_at_files=True))
    push_and_follow(pipeline, clone)
    assert "This push also runs, and may release: iris." in capsys.readouterr().out


def test_a_workload_is_pushed_to_its_own_branch(clone: Path, github: dict[str, Any]) -> None:
    """If gatehouse.toml gives it one: HEAD goes there, from that branch or from the project's."""
    with (clone / "gatehouse.toml").open("a") as settings:
        settings.write('\n[workloads.car_evaluation.github]\nbranch = "cars"\n')
    pipeline: Any = Pipeline()
    github["pushed"] = lambda: pipeline.add("own")
    push_and_follow(pipeline, clone)
    assert github["places"] == [("gatehouse", "gatehouse", "cars")]
    refuse_other_branch("car_evaluation", clone, None)
    subprocess.run(["git", "switch", "--quiet", "--create", "cars"], cwd=clone, check=True)
    refuse_other_branch("car_evaluation", clone, None)
    with pytest.raises(
        SystemExit, match=r"on branch cars, and what reaches main .* make push WORKLOAD=iris FROM=cars$"
    ):
        refuse_other_branch("iris", clone, None)


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
        assert lines[1] == "To run the pipeline on it once more: make push WORKLOAD=car_evaluation AGAIN=1"


def test_another_branch_is_refused_by_name(clone: Path) -> None:
    """The user is told their branch, the one that releases, and how to release theirs; naming it is enough."""
    refuse_other_branch("car_evaluation", clone, None)
    subprocess.run(["git", "switch", "--quiet", "--create", "feature"], cwd=clone, check=True)
    with pytest.raises(
        SystemExit, match=r"on branch feature, and what reaches main .* make push WORKLOAD=car_evaluation FROM=feature$"
    ):
        refuse_other_branch("car_evaluation", clone, None)
    refuse_other_branch("car_evaluation", clone, "feature")
    with pytest.raises(SystemExit):
        refuse_other_branch("car_evaluation", clone, "other")


def test_no_branch_at_all_is_refused(clone: Path) -> None:
    """A detached HEAD, such as a checked-out tag, is not pushed unless it is named as what it is."""
    subprocess.run(["git", "switch", "--quiet", "--detach"], cwd=clone, check=True)
    with pytest.raises(SystemExit, match=r"HEAD is on no branch.* make push WORKLOAD=car_evaluation FROM=HEAD$"):
        refuse_other_branch("car_evaluation", clone, None)
    refuse_other_branch("car_evaluation", clone, "HEAD")
