"""What happens next in a pipeline, from what is."""

import pytest

from localcloud.services.codepipeline.schedule import (
    ActionView,
    Decision,
    Enter,
    ExecutionView,
    Fail,
    Leave,
    Mode,
    PipelineView,
    Retry,
    Start,
    Stop,
    Supersede,
    decide,
)


def next_step(*executions: ExecutionView, mode: Mode = Mode.SUPERSEDED) -> Decision | None:
    return decide(PipelineView(mode=mode, executions=executions))


def at_work(*actions: ActionView, **more: bool) -> ExecutionView:
    return ExecutionView(execution_id="one", stage="Build", inside=True, actions=actions, **more)


def action(name: str, status: str | None = None, run_order: int = 1) -> ActionView:
    return ActionView(name=name, run_order=run_order, status=status)


def waiting(name: str, stage: str = "Build", **more: bool) -> ExecutionView:
    return ExecutionView(execution_id=name, stage=stage, **more)


def inside(name: str, stage: str = "Build") -> ExecutionView:
    return ExecutionView(execution_id=name, stage=stage, inside=True, actions=(action("a", "InProgress"),))


def test_nothing_under_way() -> None:
    """An idle pipeline has no next step."""
    assert next_step() is None


def test_actions_of_one_run_order_start_together() -> None:
    """A stage begins with all actions of its lowest run order."""
    found = next_step(at_work(action("c", run_order=2), action("a"), action("b")))

    assert found == Start(execution_id="one", stage="Build", actions=("a", "b"))


def test_the_next_run_order_waits() -> None:
    """The next run order starts when all actions of the one before have succeeded."""
    later = action("c", run_order=2)

    assert next_step(at_work(action("a", "Succeeded"), action("b", "InProgress"), later)) is None
    assert next_step(at_work(action("a", "Succeeded"), action("b", "Succeeded"), later)) == Start(
        execution_id="one", stage="Build", actions=("c",)
    )


def test_a_failed_action_fails_the_stage_when_its_neighbours_have_ended() -> None:
    """The stage fails once its running actions have ended, and later run orders do not start."""
    later = action("c", run_order=2)

    assert next_step(at_work(action("a", "Failed"), action("b", "InProgress"), later)) is None
    assert next_step(at_work(action("a", "Failed"), action("b", "Succeeded"), later)) == Fail(
        execution_id="one", stage="Build", actions=("a",)
    )


def test_a_stage_that_may_be_retried_is() -> None:
    """A failed stage with a retry left is retried instead of failing."""
    assert next_step(at_work(action("a", "Failed"), may_retry=True)) == Retry(execution_id="one", stage="Build")


@pytest.mark.parametrize("last", [True, False])
def test_a_stage_succeeds(last: bool) -> None:
    """A stage succeeds with its last action, and the pipeline with its last stage."""
    found = next_step(at_work(action("a", "Succeeded"), is_last=last))

    assert found == Leave(execution_id="one", stage="Build", last=last)


def test_stopping() -> None:
    """An execution that stops waits for its actions and starts nothing; at an entry it stops at once."""
    later = action("b", run_order=2)

    assert next_step(at_work(action("a", "InProgress"), later, stopping=True)) is None
    assert next_step(at_work(action("a", "Succeeded"), later, stopping=True)) == Stop(
        execution_id="one", stage="Build", inside=True
    )
    assert next_step(at_work(action("a", "Succeeded"), stopping=True)) == Stop(
        execution_id="one", stage="Build", inside=True
    )
    assert next_step(waiting("one", stopping=True)) == Stop(execution_id="one", stage="Build", inside=False)


def test_a_free_stage_is_entered() -> None:
    """A waiting execution enters a free stage unless its transition is disabled."""
    assert next_step(waiting("one")) == Enter(execution_id="one", stage="Build")
    assert next_step(waiting("one", enabled=False)) is None


def test_a_stage_is_locked() -> None:
    """Nobody enters a stage while an execution is inside, except in mode PARALLEL."""
    both = (inside("one"), waiting("two"))

    assert next_step(*both) is None
    assert next_step(*both, mode=Mode.QUEUED) is None
    assert next_step(*both, mode=Mode.PARALLEL) == Enter(execution_id="two", stage="Build")
    assert next_step(inside("one", "Deploy"), waiting("two")) == Enter(execution_id="two", stage="Build")


def test_the_newest_supersedes() -> None:
    """The newest of those at one entry supersedes the others, also where the transition is disabled."""
    assert next_step(inside("one"), waiting("two"), waiting("three")) == Supersede(execution_id="two", by="three")
    assert next_step(waiting("two", enabled=False), waiting("three", enabled=False)) == Supersede(
        execution_id="two", by="three"
    )
    assert next_step(inside("one"), inside("two", "Deploy"), waiting("three", "Deploy")) is None


def test_a_queue_keeps_its_order() -> None:
    """The oldest enters first, and nobody is superseded."""
    assert next_step(waiting("one"), waiting("two"), mode=Mode.QUEUED) == Enter(execution_id="one", stage="Build")


def test_one_that_stops_supersedes_nobody() -> None:
    """An execution that is stopping leaves the older one waiting."""
    found = next_step(waiting("one"), waiting("two", stopping=True))

    assert found == Enter(execution_id="one", stage="Build")
