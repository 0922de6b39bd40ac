"""Runs the Glue crawler and the Glue job, and waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_steps.running import StepError, polls, say

if TYPE_CHECKING:
    from collections.abc import Mapping

CRAWLER_LIMIT_SECONDS = 1200
REPORT_EVERY_SECONDS = 15.0


def crawl(glue: Any, crawler: str) -> None:
    """Start the crawler, or join a running crawl, and wait for its end. StepError if it fails."""
    try:
        glue.start_crawler(Name=crawler)
    except glue.exceptions.CrawlerRunningException:
        say(f"  {crawler} is running already")
    for elapsed in polls():
        found = glue.get_crawler(Name=crawler)["Crawler"]
        if found["State"] == "READY":
            break
        if elapsed > CRAWLER_LIMIT_SECONDS:
            raise StepError(f"The crawler {crawler} is still {found['State']} after {elapsed:.0f} s.")
    last = found.get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise StepError(
            f"The crawler {crawler} ended {last.get('Status')}: {last.get('ErrorMessage', 'it gave no reason')}"
        )
    say(f"  {crawler} ended SUCCEEDED after {elapsed:.1f} s")


def run_job(glue: Any, job: str, arguments: Mapping[str, str]) -> str:
    """Run the job to its end. Returns the run's id. StepError with run id and reason if it fails.

    If this step is stopped, so is the run: a build that ends leaves no run behind.
    """
    run_id: str = glue.start_job_run(JobName=job, Arguments=dict(arguments))["JobRunId"]
    say(f"  run {run_id} of {job}")
    try:
        return _wait_for_job(glue, job, run_id)
    except (KeyboardInterrupt, SystemExit):
        glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
        say(f"  stopped run {run_id}")
        raise


def _wait_for_job(glue: Any, job: str, run_id: str) -> str:
    said, said_at = "", 0.0
    for elapsed in polls():
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        state = run["JobRunState"]
        if state != said or elapsed - said_at > REPORT_EVERY_SECONDS:
            say(f"  {elapsed:6.1f} s {state}")
            said, said_at = state, elapsed
        if state == "SUCCEEDED":
            break
        if state in {"FAILED", "ERROR", "TIMEOUT", "STOPPED", "EXPIRED"}:
            reason = run.get("ErrorMessage") or "it gave no reason; see the log group /aws-glue/jobs/error"
            raise StepError(f"The Glue job {job} ended {state} (run {run_id}): {reason}")
    return run_id
