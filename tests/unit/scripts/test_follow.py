"""What a push says of an execution that did not succeed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from scripts import follow
from scripts.reads.pipeline import Execution


def test_a_superseded_push_says_by_which_execution() -> None:
    """The reason of a superseded execution is CodePipeline's own sentence, for nothing failed in it."""
    pipeline: Any = SimpleNamespace(name="pipe")
    ended = Execution(identifier="one", status="Superseded", actions=(), summary="Superseded by execution two")
    assert follow.failure(pipeline, ended) == ["Execution one of pipe: Superseded (Superseded by execution two)"]
