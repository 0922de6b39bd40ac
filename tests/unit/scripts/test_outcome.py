"""What a person reads of an execution."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from scripts import outcome
from scripts.reads.pipeline import Action, Execution

WHEN = datetime(2026, 11, 21, 12, tzinfo=UTC)


def action(**facts: Any) -> Action:
    ordinary = {
        "stage": "Train",
        "name": "Train",
        "status": "Failed",
        "started": WHEN,
        "ended": WHEN,
        "external_id": "build:1",
        "provider": "CodeBuild",
        "message": "Build terminated with state: FAILED",
        "variables": {},
    }
    return Action(**{**ordinary, **facts})


def pipeline(*log: str) -> Any:
    return SimpleNamespace(name="pipe", workload="iris", log_lines=lambda *_, **__: list(log))


def failed(*actions: Action) -> Execution:
    return Execution(identifier="one", status="Failed", actions=actions)


def test_a_superseded_push_says_by_which_execution() -> None:
    """The reason of a superseded execution is CodePipeline's own sentence, for nothing failed in it."""
    ended = Execution(identifier="one", status="Superseded", actions=(), summary="Superseded by execution two")
    assert outcome.stopped(pipeline(), ended) == ["Execution one of pipe: Superseded (Superseded by execution two)"]


def test_the_error_comes_first_and_once() -> None:
    """A step's error is the first line; its log follows without CodeBuild's own lines; then what CodeBuild says."""
    log = ("[Container] Entering phase BUILD", "reading", "ERROR: no rows", "[Container] Phase complete: BUILD")
    assert outcome.stopped(pipeline(*log), failed(action(status="Succeeded", name="Data"), action())) == [
        "✗ Train/Train: no rows",
        "    reading",
        "  CodeBuild: Build terminated with state: FAILED",
        "  the whole log: make logs WORKLOAD=iris ACTION=Train",
        "Execution one of pipe: Failed",
    ]


def test_an_error_of_several_lines_stands_together() -> None:
    """What goes on below the error's first line follows it, without what was said before."""
    log = ("reading", "ERROR: two settings differ:", "  approval", "  email", "[Container] Phase complete: BUILD")
    lines = outcome.stopped(pipeline(*log), failed(action()))
    assert lines[:3] == ["✗ Train/Train: two settings differ:", "      approval", "      email"]
    assert not any("reading" in line for line in lines)


def test_an_error_of_no_step_is_the_last_line_of_the_log() -> None:
    """A traceback's last line says what failed."""
    log = ("Traceback (most recent call last):", "ValueError: no petals", "[Container] Phase complete: BUILD")
    assert outcome.stopped(pipeline(*log), failed(action()))[0] == "✗ Train/Train: ValueError: no petals"


def test_what_has_no_log_says_what_codepipeline_says() -> None:
    """A deployment has no log: its message stands alone."""
    lines = outcome.stopped(pipeline(), failed(action(provider="CloudFormation", name="DeployQa", message="no model")))
    assert lines == ["✗ Train/DeployQa: no model", "Execution one of pipe: Failed"]


def test_a_release_that_waits_names_verdict_reason_report_and_both_answers() -> None:
    """A person sees what they decide on, and the commands that answer."""
    told = {"VERDICT": "HOLD", "REASON": "the line was slow", "REPORT_URL": "https://data/gate.html"}
    trained = action(status="Succeeded", variables={"MODEL_PACKAGE_ARN": "arn:aws:sagemaker:r:1:model-package/iris/3"})
    waiting = Execution(identifier="e1", status="InProgress", actions=(trained, action(variables=told)))
    text = "\n".join(outcome.waits("iris", waiting))
    assert text.startswith("iris version 3 waits for a person. The gate said HOLD:\n  the line was slow\n")
    for part in ("https://data/gate.html", "EXECUTION=e1", "make approve WORKLOAD=iris", "make reject WORKLOAD=iris"):
        assert part in text
