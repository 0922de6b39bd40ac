"""A pipeline that is run again and again from one stage, each time with one permission less.

One execution goes through the stages. In each stage it fails once for each missing permission, and is retried there.
When the stage has gone through all of them, everything is restored, and the retry continues to the next stage and is
held before it. What that stage must not find is removed only after the earlier stages have passed, because the gate
asks what PROD serves. A stage that would succeed without the permission is made to fail at its very end (the sentinel),
so that it can be retried too.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.iam.records import DENIED_TABLE, read_table
from scripts import cloud
from scripts.least_privilege.mutation import Mutation, Result, Verdict
from scripts.least_privilege.pipeline_run import PipelineRun, failed_action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scripts.least_privilege.surroundings import Surroundings
    from scripts.reads.pipeline import Action, Execution, Pipeline

_STATUS = "make status"
#: What AWS's services lose if they lack the permission, without telling those they work for.
_LOST_IN_SILENCE = ("logs:", "cloudwatch:PutMetricData")
_SENTINEL = "without-artifacts"
_SENTINEL_SAYS = "with an explicit deny in an identity-based policy"


class Rehearsal:
    def __init__(self, pipeline: Pipeline, surroundings: Surroundings, home: Path) -> None:
        self._pipeline = pipeline
        self._surroundings = surroundings
        self._home = home
        self._declaration = pipeline.declaration()
        self._run = PipelineRun(pipeline)

    def run(self, mutations: Iterable[Mutation]) -> Iterator[Result]:
        """One result for each, in the order in which a run needs them; after each, the policies are as before."""
        todo = [mutation for mutation in mutations if mutation.use is not None]
        todo.sort(key=self._when)
        with self._surroundings.quiet(), self._run.held_no_longer():
            for number, mutation in enumerate(todo):
                if number and self._begins_pass(todo[number - 1], mutation):
                    self.finish()
                found = self._without(mutation)
                if found.verdict is Verdict.UNCLEAR:  # leftovers of an earlier failure may be gone by now
                    found = self._without(mutation)
                yield found

    def finish(self) -> None:
        """Lets the execution that failed last continue to its end, with everything restored."""
        self._surroundings.remove_failed_stacks()
        self._run.finish()

    def _when(self, mutation: Mutation) -> tuple[bool, int, bool, float]:
        """By pass, stage and first use; what needs PROD to be gone comes last in its stage, and in the first pass."""
        if mutation.use is None:
            raise ValueError(f"no stage uses {mutation.place}")
        stages = [stage["name"] for stage in self._declaration["stages"]]
        without_prod = self._surroundings.without_prod(mutation)
        second = mutation.use.execution > 0 and not without_prod
        return second, stages.index(mutation.use.stage), without_prod, mutation.use.moment.timestamp()

    def _begins_pass(self, before: Mutation, mutation: Mutation) -> bool:
        return self._when(before)[0] != self._when(mutation)[0]

    def _without(self, mutation: Mutation) -> Result:
        if mutation.use is None:
            raise ValueError(f"no stage uses {mutation.place}")
        if not self._run.stands_at(mutation.use.stage):
            self._surroundings.on_the_way_to(mutation.use.stage)
            self._run.bring_to(mutation.use.stage)
        self._surroundings.reset(mutation)
        before = self._denials()
        started = time.monotonic()
        with self._taken_away(mutation), self._sentinel(mutation):
            self._run.go_on()
            found = self._run.ended()
        said = [
            message
            for key, (message, times, action, resource) in self._denials().items()
            if times > before.get(key, ("", 0, "", ""))[1]
            and f":assumed-role/{mutation.role.name}/" in key
            and mutation.was_for(action, resource)
        ]
        seconds = time.monotonic() - started
        return self._judged(mutation, found, said, seconds)

    def _judged(self, mutation: Mutation, found: Execution, said: list[str], seconds: float) -> Result:
        failed = failed_action(found)
        by_itself = failed is not None and not (failed.provider == "CodeBuild" and _SENTINEL_SAYS in failed.message)
        where = self._where(mutation, failed) if failed is not None else _STATUS
        unheard = where == _STATUS and mutation.action.startswith(_LOST_IN_SILENCE)
        if by_itself and (not said or unheard) and failed is not None:
            text = f"{failed.stage} / {failed.name} fails of something else: {failed.message}"
            return Result(mutation=mutation, verdict=Verdict.UNCLEAR, said=text, where=where, seconds=seconds)
        if not said:
            return Result(mutation=mutation, verdict=Verdict.SURVIVED, seconds=seconds)
        if failed is None or not by_itself:
            return Result(mutation=mutation, verdict=Verdict.WENT_ON, said=said[0], where=_STATUS, seconds=seconds)
        return Result(mutation=mutation, verdict=Verdict.FAILED, said=said[0], where=where, seconds=seconds)

    def _where(self, mutation: Mutation, failed: Action) -> str:
        """Where a person first reads the name of the missing action."""
        wanted = {call.action for call in mutation.calls}
        if any(action in failed.message for action in wanted):
            return "the action's message"
        lines = self._pipeline.log_lines(failed, limit=200)
        if any(action in line for action in wanted for line in lines):
            return "the build's log"
        return _STATUS

    # ---- what is removed

    @contextmanager
    def _taken_away(self, mutation: Mutation) -> Iterator[None]:
        give_back = mutation.apply()
        try:
            yield
        finally:
            give_back()

    @contextmanager
    def _sentinel(self, mutation: Mutation) -> Iterator[None]:
        """Denies the stage's last build the artifact that it ends with, unless that is the permission being removed."""
        role = self._last_builder(mutation.use.stage) if mutation.use else None
        if role is None or (role == mutation.role.name and mutation.action == "s3:PutObject"):
            yield
            return
        bucket = self._declaration["artifactStore"]["location"]
        deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        iam = cloud.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        iam.put_role_policy(RoleName=role, PolicyName=_SENTINEL, PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName=_SENTINEL)

    def _last_builder(self, stage: str) -> str | None:
        """The name of the role of a stage's last action, if that is a build."""
        declared = next(found for found in self._declaration["stages"] if found["name"] == stage)
        last = max(declared["actions"], key=lambda action: action["runOrder"])
        if last["actionTypeId"]["provider"] != "CodeBuild":
            return None
        project = cloud.client("codebuild").batch_get_projects(names=[last["configuration"]["ProjectName"]])
        return str(project["projects"][0]["serviceRole"].rpartition("/")[2])

    def _denials(self) -> dict[str, tuple[str, int, str, str]]:
        """Caller, action and resource → the sentence, how often, action, resource."""
        found: dict[str, tuple[str, int, str, str]] = {}
        for document in read_table(self._home, DENIED_TABLE):
            message: str = document["message"]
            who, _, rest = message.removeprefix("User: ").partition(" is not authorized to perform: ")
            action, _, more = rest.partition(" on resource: ")
            resource = more.partition(" ")[0].strip('"')
            found[f"{who} {action} {resource}"] = (message, document["times"], action, resource)
        return found
