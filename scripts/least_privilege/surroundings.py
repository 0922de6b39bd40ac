"""What a stage finds: made as it was when a run first needed a permission, so that it needs it again."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.least_privilege.mutation import Mutation
    from stacks.specs import Workload

#: Where the data step keeps what it need not make twice.
_MADE_ONCE = ("raw/", "features/")
_DATA_STAGE = "Data"
_LOG_GROUP = ":log-group:"
_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})
_LIMIT_SECONDS = 120.0


class Surroundings:
    def __init__(self, workload: Workload, declaration: dict[str, Any]) -> None:
        self._workload = workload
        self._declaration = declaration
        self._stack = workload.stack_name("Pipeline")

    def reset(self, mutation: Mutation) -> None:
        """Takes away what the first execution did not find."""
        use = mutation.use
        if use is None:
            return
        if mutation.action == "logs:CreateLogGroup":
            self._delete_log_groups(mutation)
        if use.execution == 0 and use.stage == _DATA_STAGE:
            self._forget_data()
        if use.execution == 0 and use.provider == "CloudFormation":
            self._delete_stacks(use.stage)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Without the stack's rules: what tidies up after a failed run would take away what a retry needs."""
        events = boto3.client("events")
        rules = self._physical("AWS::Events::Rule")
        for name in rules:
            events.disable_rule(Name=name)
        try:
            yield
        finally:
            for name in rules:
                events.enable_rule(Name=name)

    def _physical(self, resource_type: str) -> list[str]:
        found = boto3.client("cloudformation").describe_stack_resources(StackName=self._stack)["StackResources"]
        return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == resource_type]

    def _forget_data(self) -> None:
        glue = boto3.client("glue")
        if self._workload.glue:
            self._end_glue(glue)
        s3 = boto3.client("s3")
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
        """Of a step that may not look at its run or its crawl, both go on."""
        for name in self._physical("AWS::Glue::Crawler"):
            _until(lambda name=name: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
        for name in self._physical("AWS::Glue::Job"):
            _until(
                lambda name=name: all(
                    run["JobRunState"] in _ENDED for run in glue.get_job_runs(JobName=name, MaxResults=5)["JobRuns"]
                )
            )

    def _delete_stacks(self, stage: str) -> None:
        """Those that the stage's actions create. One that it deletes has to be there."""
        client = boto3.client("cloudformation")
        declared = next(found for found in self._declaration["stages"] if found["name"] == stage)
        for action in declared["actions"]:
            settings = action.get("configuration", {})
            if "StackName" not in settings or settings.get("ActionMode") == "DELETE_ONLY":
                continue
            name = settings["StackName"]
            try:
                identifier = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
            except ClientError:
                continue  # there is none
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(
                StackName=identifier, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )

    @staticmethod
    def _delete_log_groups(mutation: Mutation) -> None:
        logs = boto3.client("logs")
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
