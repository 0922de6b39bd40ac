"""The work of one tuning job: starts training jobs, watches their objective, ends those that are not worth it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import EngineError
from localcloud.services.sagemaker.tuning_bayesian import Bayesian
from localcloud.services.sagemaker.tuning_ranges import Categorical
from localcloud.services.sagemaker.tuning_results import ENDED, not_improving, summary_of, value_of
from localcloud.services.sagemaker.tuning_stopping import Hyperband, Median
from localcloud.services.sagemaker.tuning_strategies import Grid, Random, Trial

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.training_jobs import TrainingJobs
    from localcloud.services.sagemaker.training_run import TrainingRun
    from localcloud.services.sagemaker.tuning_plan import TuningPlan
    from localcloud.services.sagemaker.tuning_stopping import Stopping
    from localcloud.services.sagemaker.tuning_strategies import Strategy

_POLL_SECONDS = 0.1
#: After so many jobs without a success, or without the objective, AWS gives up.
_ATTEMPTS = 5


@dataclass(eq=False, slots=True)
class _Job:
    number: int
    name: str
    values: dict[str, str]
    #: None once it has ended: its readings are not kept for ever.
    run: TrainingRun | None
    #: What a job that ran to its end reported, for those that come after it.
    curve: list[float] = field(default_factory=list)
    #: How many epochs the stopping rule has looked at.
    judged: int = 0
    stopped: bool = False
    summary: dict[str, Any] | None = None


class TuningRun:
    """Does the work on the caller's thread. ``stop`` ends it soon, with its training jobs."""

    def __init__(
        self, cloud: Cloud, plan: TuningPlan, training: TrainingJobs, earlier: Sequence[Trial], stop: threading.Event
    ) -> None:
        self._plan = plan
        self._training = training
        self._stop = stop
        self._table = cloud.store.table("sagemaker.tuning_jobs")
        self._training_table = cloud.store.table("sagemaker.training_jobs")
        self._strategy = _strategy(cloud, plan, earlier, stop)
        self._stopping = _stopping(plan)
        self._jobs: list[_Job] = []
        self._exhausted = False

    def run(self) -> str:
        """Returns the tuning job's last status, Completed or Stopped. Raises EngineError with the failure reason."""
        try:
            return self._run()
        except EngineError:
            if self._stop.is_set():  # what failed was cut off
                return "Stopped"
            raise
        finally:
            self._end_all()

    def _run(self) -> str:
        begun = time.monotonic()
        while not self._stop.is_set():
            self._look()
            self._check_failures()
            if self._is_over():
                return "Completed"
            if self._plan.most_seconds is not None and time.monotonic() - begun > self._plan.most_seconds:
                return "Stopped"
            self._launch()
            self._stop_early()
            self._stop.wait(_POLL_SECONDS)
        return "Stopped"

    @property
    def _active(self) -> list[_Job]:
        return [job for job in self._jobs if job.summary is None]

    @property
    def _summaries(self) -> list[dict[str, Any]]:
        return [job.summary for job in self._jobs if job.summary is not None]

    def _look(self) -> None:
        """Records the jobs that have ended since the last look."""
        for job in self._active:
            found = self._training_table.get(job.name)
            if found is not None and found["TrainingJobStatus"] in ENDED:
                job.summary = summary_of(found, job.values, self._plan.objective)
                if found["TrainingJobStatus"] == "Completed" and self._stopping is not None:
                    job.curve = self._curve(job)
                job.run = None
                self._note(job)

    def _is_over(self) -> bool:
        """Whether all jobs have ended, or a completion criterion is met: then those that still run are ended."""
        all_started = self._exhausted or len(self._jobs) >= self._plan.most_jobs
        if all_started and not self._active:
            return True
        target, most = self._plan.target, self._plan.most_not_improving
        signed = self._plan.objective.signed
        values = [value for each in self._summaries if (value := value_of(each)) is not None]
        if target is not None and any(signed(value) <= signed(target) for value in values):
            return True
        return most is not None and not_improving(self._summaries, self._plan.objective) >= most

    def _check_failures(self) -> None:
        """Raises EngineError in AWS's words where the tuning job cannot succeed any more."""
        ended = self._summaries
        failed = [each for each in ended if each["TrainingJobStatus"] == "Failed"]
        over = len(self._jobs) >= self._plan.most_jobs and not self._active
        look = "Please take a look at the training job failures to get more details."
        if len(failed) == len(ended) and (len(failed) >= _ATTEMPTS or (over and failed)):
            count = f"No training job succeeded after {_ATTEMPTS} attempts."
            raise EngineError(f"{count if len(failed) >= _ATTEMPTS else 'All training jobs failed.'} {look}")
        if ended and all(value_of(each) is None for each in ended) and (len(ended) >= _ATTEMPTS or over):
            raise EngineError(
                f"No objective metrics found after running {len(ended)} training jobs. Please ensure that the custom "
                "algorithm is emitting the objective metric as defined by the regular expression provided."
            )

    def _launch(self) -> None:
        free = min(self._plan.most_parallel - len(self._active), self._plan.most_jobs - len(self._jobs))
        if free <= 0 or self._exhausted:
            return
        proposed = self._strategy.propose([_trial(job, self._plan) for job in self._jobs], free)
        self._exhausted = len(proposed) < free
        for values in proposed:
            self._begin(values)

    def _begin(self, values: dict[str, str]) -> None:
        number = len(self._jobs)
        name = f"{self._plan.name}-{number + 1:03d}-{uuid.uuid4().hex[:8]}"

        def add(document: Document) -> None:
            document["_trials"].append({"name": name, "tuned": values})

        run = self._training.begin(self._plan.training_job(name, values), TuningJobArn=self._plan.arn)
        self._jobs.append(_Job(number=number, name=name, values=values, run=run))
        self._table.update(self._plan.name, add)

    def _stop_early(self) -> None:
        if self._stopping is None:
            return
        completed = [job.curve for job in self._jobs if job.curve]
        for job in self._active:
            curve = self._curve(job)
            while job.judged < len(curve) and not job.stopped:
                job.judged += 1
                if self._stopping.stops(job.number, curve[: job.judged], completed):
                    job.stopped = True
                    self._training.interrupt(job.name)

    def _curve(self, job: _Job) -> list[float]:
        values = job.run.values_of(self._plan.objective.metric) if job.run is not None else []
        return [self._plan.objective.signed(value) for value in values]

    def _note(self, job: _Job) -> None:
        def change(document: Document) -> None:
            document["_trials"][job.number]["summary"] = job.summary
            document["LastModifiedTime"] = datetime.now(UTC)

        self._table.update(self._plan.name, change)

    def _end_all(self) -> None:
        """Ends the jobs that still run, and waits for their ends."""
        for job in self._active:
            self._training.interrupt(job.name)
        for job in self._active:
            self._training.wait_for_end(job.name)
        self._look()


def _trial(job: _Job, plan: TuningPlan) -> Trial:
    value = value_of(job.summary) if job.summary is not None else None
    signed = None if value is None else plan.objective.signed(value)
    return Trial(values=job.values, objective=signed, running=job.summary is None)


def _strategy(cloud: Cloud, plan: TuningPlan, earlier: Sequence[Trial], stop: threading.Event) -> Strategy:
    if plan.strategy == "Grid":
        return Grid(parameters=tuple(each for each in plan.parameters if isinstance(each, Categorical)))
    if plan.strategy == "Bayesian":
        return Bayesian(
            cloud=cloud, parameters=plan.parameters, seed=plan.seed, most=plan.most_jobs, stop=stop, earlier=earlier
        )
    return Random(parameters=plan.parameters, seed=plan.seed)


def _stopping(plan: TuningPlan) -> Stopping | None:
    """None: every job runs to its end."""
    if plan.strategy == "Hyperband":
        return Hyperband(*plan.epochs)
    return Median() if plan.early_stopping else None
