"""What a stage finds, restored to what it was when a run first needed a permission, so that it needs it again."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.places import FEATURES, RAW, ROWS
from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.least_privilege.mutation import Mutation
    from stacks.specs import Workload

#: Where the data step keeps what it does not have to make twice.
_MADE_ONCE = (RAW, ROWS, FEATURES)
_DATA_STAGE = "Data"
_LOG_GROUP = ":log-group:"
_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})
_LIMIT_SECONDS = 120.0
#: What the gate does only if PROD serves nothing: it asks whether this is the first release, and notifies a person.
_GATE, _WITHOUT_PROD = "StepsGateRole", ("cloudformation:DescribeStacks", "sns:Publish", "kms:Decrypt", "kms:Generate")
_CREATED_IN_VAIN = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})


class Surroundings:
    def __init__(self, workload: Workload, declaration: dict[str, Any]) -> None:
        self._workload = workload
        self._declaration = declaration
        self._stack = workload.stack_name("Pipeline")
        self._cloudformation = cloud.client("cloudformation")

    @staticmethod
    def without_prod(mutation: Mutation) -> bool:
        """Whether a run needs the permission only if PROD serves nothing."""
        return mutation.role.logical_id == _GATE and mutation.action.startswith(_WITHOUT_PROD)

    def on_the_way_to(self, stage: str) -> None:
        """For use before the stages that lead there: the gate asks a person if what PROD served is gone."""
        declared = next(found for found in self._declaration["stages"] if found["name"] == stage)
        if any(action["actionTypeId"]["category"] == "Approval" for action in declared["actions"]):
            self._delete_prod()

    def reset(self, mutation: Mutation) -> None:
        """Removes what the first execution did not find."""
        use = mutation.use
        if use is None:
            return
        self.remove_failed_stacks()
        if self.without_prod(mutation):
            self._delete_prod()
        if mutation.action == "logs:CreateLogGroup":
            self._delete_log_groups(mutation)
        if use.execution == 0 and use.stage == _DATA_STAGE:
            self._forget_data()
        if use.execution == 0 and use.provider == "CloudFormation":
            self._delete_stacks(use.stage)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Without the stack's rules: the clean-up after a failed run would remove what a retry needs."""
        events = cloud.client("events")
        rules = self._physical("AWS::Events::Rule")
        for name in rules:
            events.disable_rule(Name=name)
        try:
            yield
        finally:
            for name in rules:
                events.enable_rule(Name=name)

    def _physical(self, resource_type: str) -> list[str]:
        found = self._cloudformation.describe_stack_resources(StackName=self._stack)["StackResources"]
        return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == resource_type]

    def _forget_data(self) -> None:
        glue = cloud.client("glue")
        if self._workload.glue:
            self._end_glue(glue)
        s3 = cloud.client("s3")
        bucket = next(name for name in self._physical("AWS::S3::Bucket") if "data" in name)
        for prefix in _MADE_ONCE:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
                items = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
                if keys:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        if self._workload.glue:
            for table in glue.get_tables(DatabaseName=self._workload.name)["TableList"]:
                glue.delete_table(DatabaseName=self._workload.name, Name=table["Name"])

    def _end_glue(self, glue: Any) -> None:
        """If a step may not look at its job run or its crawl, both continue."""

        def is_ready(crawler: str) -> bool:
            return bool(glue.get_crawler(Name=crawler)["Crawler"]["State"] == "READY")

        def has_ended(job: str) -> bool:
            runs = glue.get_job_runs(JobName=job, MaxResults=5)["JobRuns"]
            return all(run["JobRunState"] in _ENDED for run in runs)

        for name in self._physical("AWS::Glue::Crawler"):
            _until(partial(is_ready, name))
        for name in self._physical("AWS::Glue::Job"):
            _until(partial(has_ended, name))

    def remove_failed_stacks(self) -> None:
        """A stack whose creation was rolled back cannot be deployed again."""
        for stage in self._declaration["stages"]:
            self._delete_stacks(stage["name"], in_status=_CREATED_IN_VAIN)

    def _delete_prod(self) -> None:
        self._delete_stacks(self._declaration["stages"][-1]["name"])

    def _delete_stacks(self, stage: str, *, in_status: frozenset[str] = frozenset()) -> None:
        """Stacks that the stage's actions create, in any status if none is given. Stacks that they delete stay."""
        declared = next(found for found in self._declaration["stages"] if found["name"] == stage)
        for action in declared["actions"]:
            settings = action.get("configuration", {})
            if "StackName" not in settings or settings.get("ActionMode") == "DELETE_ONLY":
                continue
            try:
                (found,) = self._cloudformation.describe_stacks(StackName=settings["StackName"])["Stacks"]
            except ClientError:
                continue  # there is none
            if in_status and found["StackStatus"] not in in_status:
                continue
            self._cloudformation.delete_stack(StackName=settings["StackName"])
            self._cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=found["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )

    @staticmethod
    def _delete_log_groups(mutation: Mutation) -> None:
        logs = cloud.client("logs")
        for call in mutation.calls:
            name = call.resource.partition(_LOG_GROUP)[2].partition(":log-stream:")[0]
            try:
                logs.delete_log_group(logGroupName=name)
            except logs.exceptions.ResourceNotFoundException:
                continue


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"What an earlier step has begun has not ended within {_LIMIT_SECONDS:.0f} s.")
        time.sleep(0.2)
