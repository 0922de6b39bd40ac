"""Provisioned concurrency: environments that are ready before the first call, and what becomes of them."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.lab.left_over import left_over, standing
from tests.clouds import LocalCloud
from tests.faults import record
from tests.local.iam_account import Account, refused
from tests.local.lives.functions import ROLE
from tests.local.lives.life import Stack, attribute, ref
from tests.local.test_lambda import Function, archive
from tests.local.test_lambda_versions import answer, arn, publish
from tests.waiting import WAITER, until

pytestmark = pytest.mark.local

COUNTS = """
import json
import os
import time

BORN = time.time()

def handler(event, context):
    gate = event.get("gate")
    if gate:
        open(f"{gate}/{os.getpid()}", "w").close()
        while not os.path.exists(f"{gate}/open"):
            time.sleep(0.01)
    return {
        "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "pid": os.getpid(),
        "born": BORN,
        "version": context.function_version,
    }
"""


def provision(function: Function, qualifier: str, executions: int) -> dict[str, Any]:
    """Sets it, and waits for its end; returns its description."""
    named = {"FunctionName": function.name, "Qualifier": qualifier}
    put = function.client.put_provisioned_concurrency_config(**named, ProvisionedConcurrentExecutions=executions)
    assert put["Status"] == "IN_PROGRESS"
    return settled(function, qualifier)


def settled(function: Function, qualifier: str) -> dict[str, Any]:
    return until(
        lambda: function.client.get_provisioned_concurrency_config(FunctionName=function.name, Qualifier=qualifier),
        lambda found: found["Status"] != "IN_PROGRESS",
        what=f"provisioned concurrency of {function.name}:{qualifier}",
    )


def change_code(function: Function, text: str) -> None:
    function.client.update_function_code(FunctionName=function.name, ZipFile=archive(text))
    function.client.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig=WAITER)


def live(account: Account, code: str = COUNTS, **more: Any) -> Function:
    """A function whose version 1 is ``live``."""
    made = Function(account, code, **more)
    made.client.create_alias(FunctionName=made.name, Name="live", FunctionVersion=publish(made))
    return made


def test_provisioned_environments_wait_for_the_first_event(account: Account, tmp_path: Path) -> None:
    """They are initialised before it, tell the function so, and are as many as asked for; what is more spills over."""
    function = live(account, Timeout=300)
    ready = provision(function, "live", 2)
    assert (ready["Status"], ready["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 2)
    asked = time.time()
    first = answer(function, f"{function.name}:live")
    assert first["type"] == "provisioned-concurrency"
    assert first["born"] < asked
    assert answer(function, function.name)["type"] == "on-demand"
    with ThreadPoolExecutor(2) as threads:
        event = json.dumps({"gate": str(tmp_path)}).encode()
        calls = [threads.submit(answer, function, f"{function.name}:live", Payload=event) for _ in range(2)]
        until(lambda: list(tmp_path.iterdir()), lambda found: len(found) == 2, what="two calls at work")
        assert answer(function, f"{function.name}:live")["type"] == "on-demand"
        (tmp_path / "open").touch()
        assert [call.result()["type"] for call in calls] == ["provisioned-concurrency"] * 2
    listed = function.client.list_provisioned_concurrency_configs(FunctionName=function.name)
    described = listed["ProvisionedConcurrencyConfigs"]
    assert [(each["FunctionArn"], each["Status"]) for each in described] == [(arn(function, "live"), "READY")]
    assert provision(function, "live", 1)["AllocatedProvisionedConcurrentExecutions"] == 1
    function.client.delete_provisioned_concurrency_config(FunctionName=function.name, Qualifier="live")
    assert answer(function, f"{function.name}:live")["type"] == "on-demand"
    with refused("ProvisionedConcurrencyConfigNotFoundException"):
        function.client.get_provisioned_concurrency_config(FunctionName=function.name, Qualifier="live")


def test_a_function_that_cannot_be_initialised_is_not_ready(account: Account) -> None:
    """The state is FAILED with AWS's reason, and nothing is allocated."""
    function = live(account, "raise RuntimeError('no')\n")
    failed = provision(function, "live", 1)
    assert (failed["Status"], failed["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert failed["AllocatedProvisionedConcurrentExecutions"] == 0


def test_an_environment_that_ends_gets_a_successor(account: Account) -> None:
    """After a crash of the handler another one is initialised, without a call."""
    function = live(
        account,
        COUNTS + "\n\nworks = handler\n\ndef handler(event, context):\n"
        "    return os._exit(3) if event.get('exit') else works(event, context)\n",
    )
    provision(function, "live", 1)
    before = answer(function, f"{function.name}:live")["pid"]
    crashed = function.client.invoke(FunctionName=function.name, Qualifier="live", Payload=b'{"exit": true}')
    assert crashed["FunctionError"] == "Unhandled"
    until(
        lambda: settled(function, "live")["AllocatedProvisionedConcurrentExecutions"],
        lambda count: count == 1,
        what="a successor",
    )
    after = answer(function, f"{function.name}:live")
    assert after["type"] == "provisioned-concurrency"
    assert after["pid"] != before


def test_an_alias_moves_when_the_new_version_is_ready(account: Account) -> None:
    """Until then the old version answers from its own environments; a new one that fails does not get the traffic."""
    function = live(account)
    name, client = function.name, function.client
    provision(function, "live", 1)
    change_code(function, COUNTS.replace('"type"', '"new": True, "type"'))
    client.update_alias(FunctionName=name, Name="live", FunctionVersion=publish(function))
    assert settled(function, "live")["Status"] == "READY"
    moved = client.get_alias(FunctionName=name, Name="live")
    assert (moved["FunctionVersion"], "RoutingConfig" in moved) == ("2", False)
    found = answer(function, f"{name}:live")
    assert (found["version"], found["new"], found["type"]) == ("2", True, "provisioned-concurrency")
    change_code(function, "raise RuntimeError('no')\n")
    client.update_alias(FunctionName=name, Name="live", FunctionVersion=publish(function))
    assert settled(function, "live")["Status"] == "FAILED"
    found = answer(function, f"{name}:live")
    assert (found["version"], found["type"]) == ("2", "provisioned-concurrency")
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert settled(function, "live")["Status"] == "READY"
    assert "RoutingConfig" not in client.get_alias(FunctionName=name, Name="live")


def test_what_cannot_be_provisioned_is_refused(account: Account) -> None:
    """The latest version, an alias with weights, a version whose alias has it, and more than the account has."""
    function = live(account)
    name, client = function.name, function.client
    put = client.put_provisioned_concurrency_config
    with refused("InvalidParameterValueException", "cannot be applied to unpublished function versions"):
        put(FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1)
    with refused("ResourceNotFoundException", "Cannot find alias arn"):
        put(FunctionName=name, Qualifier="none", ProvisionedConcurrentExecutions=1)
    with refused("InvalidParameterValueException", "unreserved concurrency"):
        put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1001)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=100)
    with refused("InvalidParameterValueException", "local cloud provisions 30 executions on this machine"):
        put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=31)
    client.delete_function_concurrency(FunctionName=name)
    put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    with refused("ResourceConflictException", "Version is pointed by a Provisioned Concurrency alias"):
        put(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    with refused("InvalidParameterValueException", "should not be lower than function's total provisioned"):
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with refused("InvalidParameterValueException", "should not be greater than the reservedConcurrentExecution"):
        put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2)
    client.update_function_configuration(FunctionName=name, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAITER)
    half = {"AdditionalVersionWeights": {publish(function): 0.5}}
    with refused("InvalidParameterValueException", "Invalid alias configuration for Provisioned Concurrency"):
        client.update_alias(FunctionName=name, Name="live", RoutingConfig=half)
    client.create_alias(FunctionName=name, Name="both", FunctionVersion="1", RoutingConfig=half)
    with refused("InvalidParameterValueException", "Alias with weights can not be used with Provisioned Concurrency"):
        put(FunctionName=name, Qualifier="both", ProvisionedConcurrentExecutions=1)


def test_the_metrics_of_an_alias_are_awss(account: Account) -> None:
    """CloudWatch has the sums of invocations, errors and durations, and how much of what is provisioned was in use."""
    function = live(account)
    provision(function, "live", 1)
    name = function.name
    answer(function, f"{name}:live")
    function.client.invoke(FunctionName=name, Qualifier="live", Payload=b'{"gate": 1, "pid": 2}')
    cloudwatch = account.cloud.client("cloudwatch")

    def statistic(metric: str, statistic: str, *places: tuple[str, str]) -> float:
        now = datetime.now(UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in places],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        values = [point[statistic] for point in found]
        return float(max(values) if statistic == "Maximum" else sum(values)) if values else -1.0

    whole = ("FunctionName", name)
    alias = (whole, ("Resource", f"{name}:live"))
    until(lambda: statistic("Invocations", "Sum", *alias), lambda sum_: sum_ == 2, what="two invocations")
    assert statistic("Invocations", "Sum", whole) == 2
    assert statistic("Errors", "Sum", *alias) == 1
    assert statistic("Throttles", "Sum", *alias) == 0
    assert statistic("Duration", "Maximum", *alias) > 0
    assert statistic("ConcurrentExecutions", "Maximum", whole) == 1
    assert statistic("ProvisionedConcurrencyInvocations", "Sum", *alias) == 2
    assert statistic("ProvisionedConcurrencySpilloverInvocations", "Sum", *alias) == 0
    assert statistic("ProvisionedConcurrentExecutions", "Maximum", *alias) == 1
    assert statistic("ProvisionedConcurrencyUtilization", "Maximum", *alias) == 1


def test_the_report_of_the_first_call_says_what_the_initialisation_took(account: Account) -> None:
    """Init Duration is the time until the runtime asked for an event, long before the call, and is told once."""
    function = live(account, "import time\ntime.sleep(0.4)\n" + COUNTS)
    provision(function, "live", 1)
    reports = []
    for _ in range(2):
        answered = function.client.invoke(FunctionName=function.name, Qualifier="live", LogType="Tail", Payload=b"{}")
        reports.append(base64.b64decode(answered["LogResult"]).decode().splitlines()[-1])
    measured = re.search(r"Max Memory Used: (\d+) MB\tInit Duration: ([0-9.]+) ms", reports[0])
    assert measured is not None
    assert float(measured[2]) > 400
    assert 5 < int(measured[1]) < 128
    assert "Init Duration" not in reports[1]


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud.up(tmp_path)
    yield cloud
    cloud.down()


def test_everything_is_there_after_a_crash(own_cloud: LocalCloud) -> None:
    """Versions, aliases, policies and code are as they were, and provisioned environments are made anew."""
    function = live(Account(own_cloud))
    name, client = function.name, function.client
    client.add_permission(
        FunctionName=name, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction", Principal="123456789012"
    )
    change_code(function, "def handler(event, context):\n    return 'latest'\n")
    provision(function, "live", 1)

    def known() -> list[Any]:
        found = [
            client.list_versions_by_function(FunctionName=name)["Versions"],
            client.list_aliases(FunctionName=name)["Aliases"],
            client.get_policy(FunctionName=name, Qualifier="live")["Policy"],
            settled(function, "live"),
        ]
        for each in found:
            if isinstance(each, dict):
                each.pop("ResponseMetadata")
        return found

    before, pid = known(), answer(function, f"{name}:live")["pid"]
    own_cloud.kill()
    own_cloud.start_again()
    assert known() == before
    after = answer(function, f"{name}:live")
    assert (after["type"], after["version"]) == ("provisioned-concurrency", "1")
    assert after["pid"] != pid
    assert publish(function) == "2"


def served(code: str, number: int, executions: int = 1) -> dict[str, Any]:
    """A template as the CDK makes it: a version, under another logical id for other code, and its alias ``live``."""
    version = f"Version{number}"
    return {
        "Resources": {
            "Role": ROLE,
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "index.handler",
                    "Runtime": "python3.11",
                    "Role": attribute("Role"),
                    "Code": {"ZipFile": code},
                },
            },
            version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": ref("Function")}},
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": ref("Function"),
                    "FunctionVersion": attribute(version, "Version"),
                    "Name": "live",
                    "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": executions},
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": ref("Live"),
                    "Principal": "apigateway.amazonaws.com",
                },
            },
        },
        "Outputs": {"Name": {"Value": ref("Function")}, "Live": {"Value": ref("Live")}},
    }


@pytest.mark.fault
def test_a_stack_serves_by_an_alias(local_cloud: LocalCloud, account: Account) -> None:
    """An update ends when the new version is ready; one that cannot be initialised leaves the old one serving."""
    stack = Stack(cloud=local_cloud, name=f"Served{account.name}")
    outputs = stack.deploy(served(COUNTS, 1))
    client, name = stack.client("lambda"), outputs["Name"]
    assert outputs["Live"].endswith(f":function:{name}:live")

    def now() -> tuple[str, str, int]:
        found = json.load(client.invoke(FunctionName=outputs["Live"], Payload=b"{}")["Payload"])
        state = client.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
        assert state["Status"] == "READY"
        return found["version"], found["type"], state["AllocatedProvisionedConcurrentExecutions"]

    assert now() == ("1", "provisioned-concurrency", 1)
    assert "apigateway" in client.get_policy(FunctionName=name, Qualifier="live")["Policy"]
    stack.deploy(served(COUNTS + "# changed\n", 2, executions=2), update=True)
    assert now() == ("2", "provisioned-concurrency", 2)
    listed = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "2"]  # the first went in the clean-up
    same = served(COUNTS + "# changed\n", 3, executions=2)
    with pytest.raises(AssertionError, match=r"A version for this Lambda function exists \( 2 \)"):
        stack.deploy(same, update=True)
    broken = served("raise RuntimeError('cannot be loaded')\n", 4, executions=2)
    stood, began = standing(local_cloud, named=stack.name), time.monotonic()
    with pytest.raises(AssertionError, match="FUNCTION_ERROR_INIT_FAILURE"):
        stack.deploy(broken, update=True)
    seconds = time.monotonic() - began
    described = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"][0]
    assert described["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert now() == ("2", "provisioned-concurrency", 2)
    record(
        "a function that crashes at import",
        verdict="`FUNCTION_ERROR_INIT_FAILURE`: the stack is rolled back, and the version of before goes on answering",
        seconds=seconds,
        left_over=left_over(local_cloud, stood, named=stack.name),
    )
    stack.delete()
    with refused("ResourceNotFoundException"):
        client.get_alias(FunctionName=name, Name="live")
