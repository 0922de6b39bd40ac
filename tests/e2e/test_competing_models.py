"""Two pushes at once, a build killed in the middle of a release, and two models that compete for real traffic."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Push, User
from tests.e2e.test_release import ROW
from tests.faults import record

STACK = "CarEvaluationProd"
AB = "\n[stages.prod.ab]\nchallenger_weight_percent = 30\nminimum_requests = 20\n"
ROWS = {ROW: "vgood", "vhigh,vhigh,2,2,small,low": "unacc"}


@dataclass(frozen=True)
class TwoPushes:
    """What was served before, how the two pushes ended, and what PROD answered all the while."""

    champion: str
    first: Push
    second: Push
    executions: tuple[str, str]
    answers: list[str]
    #: From the first push to the end of each.
    seconds: tuple[float, float]


@pytest.fixture(scope="module")
def pushed(released: User) -> Iterator[TwoPushes]:
    """Two commits pushed within seconds, where releases compete; the first one's verification is killed."""
    released.commit(lambda clone: append(clone / "gatehouse.toml", AB), "Releases compete")
    released.script("deploy", "car_evaluation")
    champion = released.outputs(STACK)["ServedPackageArn"]
    first: list[Push] = []
    seconds: list[float] = []
    began = time.monotonic()

    def push_first() -> None:
        first.append(released.push(check=False))
        seconds.append(time.monotonic() - began)

    with released.asking(released.outputs(STACK)["EndpointName"], ROW) as answers:
        released.commit(lambda clone: append(clone / "README.md", "\n"), "First of two")
        pushing = threading.Thread(target=push_first)
        pushing.start()
        executions = [execution_of(released, head(released))]
        killing = threading.Thread(target=kill_verification, args=(released, executions[0]))
        killing.start()
        released.commit(lambda clone: append(clone / "README.md", "\n"), "Second of two")
        second = released.push(check=False)
        pushing.join()
        seconds.append(time.monotonic() - began)
        executions.append(execution_of(released, head(released)))
        killing.join()
    yield TwoPushes(
        champion=champion,
        first=first[0],
        second=second,
        executions=(executions[0], executions[1]),
        answers=answers,
        seconds=(seconds[0], seconds[1]),
    )
    released.run("git", "reset", "--quiet", "--hard", "HEAD~3")


@pytest.mark.fault
def test_a_killed_verification_fails_its_run_and_nothing_else(pushed: TwoPushes) -> None:
    """The run says which signal ended the build; PROD answers all the while, and the push behind it arrives."""
    assert pushed.first.returncode != 0
    assert "Verify" in pushed.first.output
    assert "SIGKILL" in pushed.first.output
    assert pushed.second.returncode == 0, pushed.second.output
    assert len(pushed.answers) > 50
    assert set(pushed.answers) == {"vgood"}
    record(
        "the build killed in the middle of a deployment",
        verdict="Verify Failed, SIGKILL named; PROD answers, the next push is released",
        seconds=pushed.seconds[0],
    )


@pytest.mark.fault
def test_the_later_push_is_what_is_released(released: User, pushed: TwoPushes) -> None:
    """PROD was deployed by one after the other, and the second one's package is there, beside the champion."""
    ended, began = (times(released, execution) for execution in pushed.executions)
    assert began["DeployProd"][0] >= ended["Verify"][1]
    newest = released.packages()[0]
    assert newest["CustomerMetadataProperties"]["parent"] == pushed.champion
    assert served(released) == {"AllTraffic": pushed.champion, "Challenger": newest["ModelPackageArn"]}
    assert released.qa_is_gone()


@pytest.mark.usefixtures("pushed")
def test_both_take_their_share_and_are_compared(released: User, tmp_path: Path) -> None:
    """By weight or by name; `make compare` knows both variants' requests, and with the truth how right they were."""
    runtime, endpoint = released.cloud.client("sagemaker-runtime"), released.outputs(STACK)["EndpointName"]
    for variant in ("AllTraffic", "Challenger"):
        asked = {"EndpointName": endpoint, "ContentType": "text/csv", "Body": ROW, "TargetVariant": variant}
        assert runtime.invoke_endpoint(**asked)["InvokedProductionVariant"] == variant
    truths, shares = ["inference_id,truth"], Counter[str]()
    for number in range(200):
        row = list(ROWS)[number % 2]
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="text/csv", Body=row, InferenceId=f"request-{number}"
        )
        shares[answer["InvokedProductionVariant"]] += 1
        truths.append(f"request-{number},{ROWS[row]}")
    assert 30 <= shares["Challenger"] <= 90, shares
    (tmp_path / "truths.csv").write_text("\n".join(truths) + "\n")
    said = compared(released, str(tmp_path / "truths.csv"), judged=200)
    assert "5XX: 0 of" in said
    assert "accuracy 1.0000 against 1.0000" in said
    assert re.search(r"^(PROMOTE|HOLD): ", said, re.MULTILINE)
    assert "make end-experiment KEEP=" in said


@pytest.mark.usefixtures("pushed")
def test_the_experiment_ends_in_favour_of_one(released: User) -> None:
    """All traffic to the challenger by the guarded update, verified; then there is nothing to compare."""
    challenger = served(released)["Challenger"]
    said = released.script("end_experiment", "car_evaluation", "challenger").stdout
    assert f"PROD serves version {challenger.rpartition('/')[2]} " in said
    assert served(released) == {"AllTraffic": challenger}
    again = released.script("end_experiment", "car_evaluation", "champion", check=False)
    assert again.returncode != 0
    assert "No experiment is under way" in again.stderr
    assert " serves since " in released.script("releases", "car_evaluation").stdout


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def head(user: User) -> str:
    return user.run("git", "rev-parse", "HEAD").stdout.strip()


def pipeline_name(user: User) -> str:
    names = [each["name"] for each in user.cloud.client("codepipeline").list_pipelines()["pipelines"]]
    return str(next(name for name in names if name.startswith("CarEvaluation")))


def execution_of(user: User, commit: str) -> str:
    """The execution of a commit, once its source is known."""
    client, name, deadline = user.cloud.client("codepipeline"), pipeline_name(user), time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]:
            if any(revision.get("revisionId") == commit for revision in found.get("sourceRevisions", [])):
                return str(found["pipelineExecutionId"])
        time.sleep(0.2)
    raise AssertionError(f"no execution of {commit}")


def times(user: User, execution: str) -> dict[str, tuple[Any, Any]]:
    """Action → when it began and ended."""
    answer = user.cloud.client("codepipeline").list_action_executions(
        pipelineName=pipeline_name(user), filter={"pipelineExecutionId": execution}
    )
    return {
        each["actionName"]: (each["startTime"], each["lastUpdateTime"]) for each in answer["actionExecutionDetails"]
    }


def served(user: User) -> dict[str, str]:
    """Variant → package, asked of the endpoint."""
    sagemaker = user.cloud.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=user.outputs(STACK)["EndpointName"])
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    found = {}
    for variant in config["ProductionVariants"]:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        found[variant["VariantName"]] = model["PrimaryContainer"]["ModelPackageName"]
    return found


def kill_verification(user: User, execution: str) -> None:
    """SIGKILL to the verification of this execution, as soon as it runs."""
    wanted = {f"LOCALCLOUD_OWNER={user.cloud.home}".encode(), f"PIPELINE_EXECUTION_ID={execution}".encode()}
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for folder in Path("/proc").iterdir():
            try:
                if (
                    folder.name.isdigit()
                    and b"ml_test.verify" in (folder / "cmdline").read_bytes().split(b"\0")
                    and wanted <= set((folder / "environ").read_bytes().split(b"\0"))
                ):
                    os.kill(int(folder.name), signal.SIGKILL)
                    return
            except OSError:
                continue
        time.sleep(0.02)


def compared(user: User, truths: str, *, judged: int) -> str:
    """What `make compare` says once all requests were captured, which SageMaker does some seconds later."""
    deadline = time.monotonic() + 60
    while True:
        said = user.script("compare", user.workload, "--truths", truths).stdout
        rows = [line.split() for line in said.splitlines() if line.startswith(("champion", "challenger"))]
        if sum(int(row[-1]) for row in rows) == judged or time.monotonic() > deadline:
            return said
