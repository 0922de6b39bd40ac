"""What a local cloud can be in the middle of when it is killed, each made with boto3 as a user would make it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.lab.sagemaker_world import World
from tests.clouds import LocalCloud
from tests.local.roles import working_role
from tests.local.test_lambda import archive
from tests.waiting import WAITER, until

NAME = "in-the-air"
ROW = "1,1,1,1,1,1"
#: Parameters of the stack that is being deleted, each deleted before the next: as many as a template has room for.
CHAIN = 350


@dataclass
class Traffic:
    """One caller after another asks the endpoint and notes what answered; a refused connection is no request."""

    world: World
    answers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _go_on(self) -> None:
        runtime = self.world.cloud.client("sagemaker-runtime")
        while not self._ended.wait(0.01):
            try:
                answer = runtime.invoke_endpoint(EndpointName="prod", Body=ROW, ContentType="text/csv")
                self.answers.append(answer["InvokedProductionVariant"])
            except BotoCoreError:
                self._ended.wait(0.1)
            except ClientError as error:
                self.errors.append(str(error))


class GlueWork:
    """A job's run that sleeps, and a crawl that has megabytes to read."""

    def __init__(self, cloud: LocalCloud, bucket: str) -> None:
        self.glue, self._s3, self._bucket = cloud.client("glue"), cloud.client("s3"), bucket
        role = working_role(cloud, f"{NAME}-glue", "glue")
        self._s3.put_object(Bucket=bucket, Key="code/sleep.py", Body="import time\ntime.sleep(3612)\n")
        self.glue.create_job(
            Name=NAME,
            Role=role,
            GlueVersion="5.1",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/code/sleep.py", "PythonVersion": "3"},
        )
        self.run_id = self.start_run()
        rows = "".join(f"{number},word {number},{number / 7}\n" for number in range(30_000))
        for number in range(4):
            self._s3.put_object(Bucket=bucket, Key=f"crawled/{number}.csv", Body=rows)
        self.glue.create_database(DatabaseInput={"Name": NAME})
        target = {"S3Targets": [{"Path": f"s3://{bucket}/crawled/"}]}
        self.glue.create_crawler(Name=NAME, Role=role, DatabaseName=NAME, Targets=target)

    def start_run(self) -> str:
        return str(self.glue.start_job_run(JobName=NAME)["JobRunId"])

    def run(self, run_id: str) -> dict[str, Any]:
        return dict(self.glue.get_job_run(JobName=NAME, RunId=run_id)["JobRun"])

    def until_run(self, run_id: str, state: str) -> None:
        """Returns once the run is in this state."""
        until(lambda: self.run(run_id)["JobRunState"], lambda found: found == state, what=f"run {run_id} in {state}")

    def crawler(self) -> dict[str, Any]:
        return dict(self.glue.get_crawler(Name=NAME)["Crawler"])

    def stop(self, run_id: str) -> None:
        self.glue.batch_stop_job_run(JobName=NAME, JobRunIds=[run_id])


class Sales:
    """A function that one event at a time may invoke. The first time that it hears of a sale, it takes for ever."""

    HANDLER = f"""
import boto3, time

def handler(event, context):
    s3, name = boto3.client("s3"), event["detail"]["name"]
    known = s3.list_objects_v2(Bucket="{NAME}-sales", Prefix=name).get("KeyCount")
    s3.put_object(Bucket="{NAME}-sales", Key=f"{{name}}/{{'told' if known or name == 'second' else 'begun'}}")
    if name == "first" and not known:
        time.sleep(900)
"""

    def __init__(self, cloud: LocalCloud) -> None:
        self._s3, self._events = cloud.client("s3"), cloud.client("events")
        self._s3.create_bucket(Bucket=f"{NAME}-sales")
        functions = cloud.client("lambda")
        function = functions.create_function(
            FunctionName=NAME,
            Role=working_role(cloud, f"{NAME}-lambda", "lambda"),
            Runtime="python3.11",
            Handler="index.handler",
            Code={"ZipFile": archive(self.HANDLER)},
            Timeout=900,
        )["FunctionArn"]
        functions.get_waiter("function_active_v2").wait(FunctionName=NAME, WaiterConfig=WAITER)
        functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=1)
        rule = self._events.put_rule(Name=NAME, EventPattern=json.dumps({"source": ["my.shop"]}))["RuleArn"]
        functions.add_permission(
            FunctionName=NAME,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule,
        )
        self._events.put_targets(Rule=NAME, Targets=[{"Id": "function", "Arn": function}])

    def sell(self, name: str) -> None:
        detail = json.dumps({"name": name})
        answer = self._events.put_events(Entries=[{"Source": "my.shop", "DetailType": "Sale", "Detail": detail}])
        assert answer["FailedEntryCount"] == 0

    def told(self) -> set[str]:
        return {item["Key"] for item in self._s3.list_objects_v2(Bucket=f"{NAME}-sales").get("Contents", [])}


class CutStacks:
    """A stack that is being made, of a parameter and an endpoint, and one of many parameters that is being deleted."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloudformation, self.ssm = cloud.client("cloudformation"), cloud.client("ssm")
        self.sagemaker = cloud.client("sagemaker")
        chain = {f"P{number}": parameter(f"/going/{number}") for number in range(CHAIN)}
        for number in range(1, CHAIN):
            chain[f"P{number}"]["DependsOn"] = f"P{number - 1}"
        self.create("Going", chain)

    def create(self, name: str, resources: dict[str, Any]) -> None:
        text = json.dumps({"Resources": resources}, separators=(",", ":"))
        self.cloudformation.create_stack(StackName=name, TemplateBody=text)

    def create_coming(self, config: str) -> None:
        endpoint = {"EndpointName": "coming", "EndpointConfigName": config}
        resources = {
            "Parameter": parameter("/coming"),
            "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": endpoint, "DependsOn": "Parameter"},
        }
        self.create("Coming", resources)

    def until_it_comes(self) -> None:
        """Returns when the endpoint of the stack that is being made is being made."""
        until(self.endpoints, lambda found: found.get("coming") == "Creating", what="endpoint coming in Creating")

    def delete_going(self) -> None:
        """Returns when the first of its parameters are gone."""

        def delete() -> None:
            try:
                self.cloudformation.delete_stack(StackName="Going")
            except BotoCoreError:
                return  # the local cloud was killed before it answered

        self.cloudformation.get_waiter("stack_create_complete").wait(StackName="Going", WaiterConfig=WAITER)
        threading.Thread(target=delete, daemon=True).start()
        last = f"/going/{CHAIN - 1}"  # nothing depends on it, so it goes first
        until(lambda: self.ssm.get_parameters(Names=[last])["InvalidParameters"], what="a stack with a parameter gone")

    def endpoints(self) -> dict[str, str]:
        listed = self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]
        return {endpoint["EndpointName"]: endpoint["EndpointStatus"] for endpoint in listed}

    def going(self) -> list[str]:
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path="/going")
        return [found["Name"] for page in pages for found in page["Parameters"]]

    def when_gone(self) -> list[datetime]:
        """When each resource of the stack that is being deleted was gone."""
        newest = next(s for s in self.cloudformation.list_stacks()["StackSummaries"] if s["StackName"] == "Going")
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=newest["StackId"])
        return [
            event["Timestamp"]
            for page in pages
            for event in page["StackEvents"]
            if event["ResourceStatus"] == "DELETE_COMPLETE" and event["ResourceType"] == "AWS::SSM::Parameter"
        ]

    def until_status(self, name: str, status: str) -> None:
        """Returns once the newest stack of this name has the status."""
        until(lambda: self.status(name), lambda found: found == status, what=f"stack {name} in {status}")

    def status(self, name: str) -> str:
        """The status of the newest stack of this name, which may be a deleted one."""
        stacks = self.cloudformation.list_stacks()["StackSummaries"]
        return next(str(stack["StackStatus"]) for stack in stacks if stack["StackName"] == name)


def parameter(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": name, "Value": "v"}}
