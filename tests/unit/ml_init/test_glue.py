"""Waiting for Glue, with a client that answers what the service would."""

from __future__ import annotations

from typing import Any

import pytest

from ml_init.glue import crawl, run_job
from ml_steps.running import StepError


class CrawlerRunningError(Exception):
    pass


class Glue:
    """Answers each state in turn, the last one for ever."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states = list(states)
        self.stopped: list[str] = []

    class exceptions:  # noqa: N801  (as boto3 has it)
        CrawlerRunningException = CrawlerRunningError

    def start_crawler(self, **_: Any) -> None:
        pass

    def get_crawler(self, **_: Any) -> dict[str, Any]:
        return {"Crawler": self._next()}

    def start_job_run(self, **_: Any) -> dict[str, str]:
        return {"JobRunId": "jr_1"}

    def get_job_run(self, **_: Any) -> dict[str, Any]:
        return {"JobRun": self._next()}

    def batch_stop_job_run(self, *, JobName: str, JobRunIds: list[str]) -> None:
        self.stopped += [f"{JobName}/{run}" for run in JobRunIds]

    def _next(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state.get("interrupt"):
            raise SystemExit(143)
        return state


def test_succeeded_run_gives_its_id() -> None:
    """The step waits through every state that is not the end, and returns the run's id."""
    assert run_job(Glue({"JobRunState": "RUNNING"}, {"JobRunState": "SUCCEEDED"}), "job", {}) == "jr_1"


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "STOPPED", "ERROR"])
def test_failed_run_names_run_and_reason(state: str) -> None:
    """The step ends with the run's id and Glue's own message."""
    glue = Glue({"JobRunState": state, "ErrorMessage": "No training row has doors = 2"})
    with pytest.raises(StepError, match=rf"job ended {state} \(run jr_1\): No training row has doors = 2"):
        run_job(glue, "job", {})


def test_stopped_step_stops_its_run() -> None:
    """A build that is stopped leaves no job run behind."""
    glue = Glue({"JobRunState": "RUNNING"}, {"interrupt": True})
    with pytest.raises(SystemExit):
        run_job(glue, "job", {})
    assert glue.stopped == ["job/jr_1"]


def test_failed_crawl_ends_the_step() -> None:
    """The step ends with the crawler's message, and waits for a crawl that is under way already."""
    failed = {"State": "READY", "LastCrawl": {"Status": "FAILED", "ErrorMessage": "access denied"}}
    with pytest.raises(StepError, match="The crawler raw ended FAILED: access denied"):
        crawl(Glue({"State": "RUNNING"}, failed), "raw")
    running = Glue({"State": "RUNNING"}, {"State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}})

    def refuse(**_: Any) -> None:
        raise CrawlerRunningError

    running.start_crawler = refuse
    crawl(running, "raw")
