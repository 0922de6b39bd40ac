"""Pushes at once and in a canary, a build killed in a release, and two models that compete for real traffic."""

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

from bench.lab.left_over import left_over, standing
from tests.e2e.conftest import Push, User
from tests.e2e.test_door import api, own_keys
from tests.e2e.test_release import ROW, change
from tests.faults import record
from tests.waiting import until

STACK = "CarEvaluationProd"
AB = "\n[stages.prod.ab]\nchallenger_weight_percent = 30\nminimum_requests = 20\n"
ROWS = {ROW: "vgood", "vhigh,vhigh,2,2,small,low": "unacc"}


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """How a push ended that was followed, and when."""

    push: Push
    execution: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True, kw_only=True)
class ThreePushes:
    """The first one's verification is killed, the others come in its canary; and what PROD answered all the while."""

    champion: str
    first: Pushed
    second: Pushed
    third: Pushed
    killed: float
    answers: list[str]
    #: Beyond the champion and one challenger.
    left_over: list[str]


class Follower:
    """Pushes HEAD, and follows it on a thread of its own."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._began = time.monotonic()
        self._done: list[tuple[Push, float]] = []
        self._thread = threading.Thread(target=lambda: self._done.append((user.push(check=False), time.monotonic())))
        self._thread.start()
        #: Once it is known, another commit may be made: a push takes HEAD.
        self.execution = execution_of(user, head(user))

    def ended(self) -> Pushed:
        self._thread.join()
        push, ended = self._done[0]
        return Pushed(push=push, execution=self.execution, began=self._began, ended=ended)


@pytest.fixture(scope="module")
def pushed(released: User) -> Iterator[ThreePushes]:
    """Where releases compete: a push, two more at once while it bakes in PROD; its verification is killed."""
    released.commit(lambda clone: append(clone / "gatehouse.toml", AB), "Releases compete")
    released.script("deploy", "car_evaluation")
    champion, endpoint = (released.outputs(STACK)[name] for name in ("ServedPackageArn", "EndpointName"))
    released.until_qa_is_gone()
    stood = with_a_challenger(standing(released.cloud), endpoint)
    with released.asking(endpoint, ROW) as answers:
        released.commit(lambda clone: bake(clone, seconds=900), "First, bakes for long")
        first = Follower(released)
        killed: list[float] = []
        killing = threading.Thread(target=lambda: killed.append(kill_verification(released)))
        killing.start()
        released.commit(lambda clone: bake(clone, seconds=300), "Second, in the canary of the first")
        until_it_bakes(released, endpoint)
        second = Follower(released)
        released.commit(lambda clone: append(clone / "README.md", "\n"), "Third, right after the second")
        third = Follower(released)
        ended = [each.ended() for each in (first, second, third)]
        killing.join()
    yield ThreePushes(
        champion=champion,
        first=ended[0],
        second=ended[1],
        third=ended[2],
        killed=killed[0],
        answers=answers,
        left_over=left_over(released.cloud, stood),
    )
    released.run("git", "reset", "--quiet", "--hard", "HEAD~4")


@pytest.mark.fault
def test_a_killed_verification_fails_its_run_and_nothing_else(pushed: ThreePushes) -> None:
    """The run says which signal ended the build; PROD answers all the while, and the pushes behind it arrive."""
    assert pushed.first.push.returncode != 0
    assert "Verify" in pushed.first.push.output
    assert "SIGKILL" in pushed.first.push.output
    assert_arrived(pushed)
    record(
        "the build killed in the middle of a deployment",
        verdict="the verification Failed, SIGKILL named; PROD answers, the next pushes are released",
        seconds=pushed.first.ended - pushed.killed,
        left_over=pushed.left_over,
    )


@pytest.mark.fault
def test_a_push_during_a_canary_waits_for_its_end(released: User, pushed: ThreePushes) -> None:
    """The push is judged beside the champion that serves after the canary, and is deployed behind it."""
    ended, began = (times(released, each.execution) for each in (pushed.first, pushed.second))
    assert ended["DeployProd"][0] < began["GitHub"][0] < ended["DeployProd"][1]
    assert began["DeployProd"][0] >= ended["Verify"][1]
    assert_arrived(pushed)
    record(
        "a push during a canary",
        verdict="released, after the canary had ended; no request lost",
        seconds=pushed.second.seconds,
        left_over=pushed.left_over,
    )


@pytest.mark.fault
def test_the_later_of_two_pushes_is_what_is_released(released: User, pushed: ThreePushes) -> None:
    """Two executions deploy PROD one after the other; the later one's package competes with the champion in the end."""
    ended, began = (times(released, each.execution) for each in (pushed.second, pushed.third))
    assert began["GitHub"][0] < ended["Data"][1]
    assert began["DeployProd"][0] >= ended["Verify"][1]
    assert_arrived(pushed)
    newest, earlier = released.packages()[:2]
    assert newest["CustomerMetadataProperties"]["pipeline_execution"] == pushed.third.execution
    assert earlier["CustomerMetadataProperties"]["pipeline_execution"] == pushed.second.execution
    assert newest["CustomerMetadataProperties"]["parent"] == pushed.champion
    assert served(released) == {"AllTraffic": pushed.champion, "Challenger": newest["ModelPackageArn"]}
    record(
        "two pushes at once",
        verdict="both released, one after the other; PROD serves the later one",
        seconds=pushed.third.ended - pushed.second.began,
        left_over=pushed.left_over,
    )


def assert_arrived(pushed: ThreePushes) -> None:
    """The pushes that nothing was done to end well and say so; no request was lost, and nothing is left."""
    for each in (pushed.second, pushed.third):
        assert each.push.returncode == 0, each.push.output
        assert "✓ PROD     Verify" in each.push.output
    assert len(pushed.answers) > 50
    assert set(pushed.answers) == {"vgood"}
    assert pushed.left_over == []


@pytest.mark.usefixtures("pushed")
def test_both_take_their_share_and_are_compared(released: User, tmp_path: Path) -> None:
    """Requests reach both variants by weight or by name, and `make compare` knows how many were right."""
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
    assert "make end-experiment WORKLOAD=car_evaluation KEEP=" in said


@pytest.mark.usefixtures("pushed")
def test_an_answer_through_the_door_has_the_number_of_who_gave_it(released: User) -> None:
    """The API's answers name the champion's version and the challenger's, each at its turn, and no other."""
    seen: set[int] = set()

    def both() -> set[int]:
        seen.add(signed(released)["release"])
        return seen

    until(both, lambda found: len(found) == 2, what="answers of both variants", every_seconds=0.02)
    assert seen == {int(arn.rpartition("/")[2]) for arn in served(released).values()}


@pytest.mark.usefixtures("pushed")
def test_the_experiment_ends_in_favour_of_one(released: User) -> None:
    """The guarded update gives all traffic to the challenger, verified; then there is nothing to compare.

    Through the door, its number alone is in the answers.
    """
    challenger = served(released)["Challenger"]
    said = released.script("end_experiment", "car_evaluation", "challenger").stdout
    assert f"PROD serves version {challenger.rpartition('/')[2]} " in said
    assert served(released) == {"AllTraffic": challenger}
    assert {signed(released)["release"] for _ in range(10)} == {int(challenger.rpartition("/")[2])}
    again = released.script("end_experiment", "car_evaluation", "champion", check=False)
    assert again.returncode != 0
    assert "No experiment is under way" in again.stderr
    assert " serves since " in released.script("releases", "car_evaluation").stdout


def signed(user: User) -> dict[str, Any]:
    """What the door answers to a program with the user's own credentials."""
    answer = api(user, "/predictions", keys=own_keys(user))
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def with_a_challenger(stood: Counter[str], endpoint: str) -> Counter[str]:
    """Beside a champion that stood alone: as many containers again."""
    containers = {name: count for name, count in stood.items() if f"sagemaker-containers/{endpoint}-" in name}
    assert len(containers) >= 3, stood
    return stood + Counter(containers)


def bake(clone: Path, *, seconds: int) -> None:
    """For how long the canary of this commit's release bakes: a hundredth of it here."""
    change(clone / "gatehouse.toml", r"(?m)^bake_seconds\s*=\s*\d+", f"bake_seconds = {seconds}")


def until_it_bakes(user: User, endpoint: str) -> None:
    """Returns once the endpoint's new fleet has a share of the traffic."""
    sagemaker = user.cloud.client("sagemaker")

    def look() -> list[str]:
        pending = sagemaker.describe_endpoint(EndpointName=endpoint).get("PendingDeploymentSummary", {})
        return [variant["VariantStatus"][0]["Status"] for variant in pending.get("ProductionVariants", [])]

    until(look, lambda statuses: "Baking" in statuses, what=f"a fleet of {endpoint} that bakes", every_seconds=0.02)


def head(user: User) -> str:
    return user.run("git", "rev-parse", "HEAD").stdout.strip()


def pipeline_name(user: User) -> str:
    names = [each["name"] for each in user.cloud.client("codepipeline").list_pipelines()["pipelines"]]
    return str(next(name for name in names if name.startswith("CarEvaluation")))


def execution_of(user: User, commit: str) -> str:
    """The execution of a commit, once its source is known."""
    client, name = user.cloud.client("codepipeline"), pipeline_name(user)

    def look() -> str | None:
        for found in client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]:
            if any(revision.get("revisionId") == commit for revision in found.get("sourceRevisions", [])):
                return str(found["pipelineExecutionId"])
        return None

    return str(until(look, what=f"an execution of {commit}"))


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


def kill_verification(user: User) -> float:
    """SIGKILL to the next verification in this cloud, as soon as it runs; when that was."""
    owner = f"LOCALCLOUD_OWNER={user.cloud.home}".encode()

    def killed() -> bool:
        for folder in Path("/proc").iterdir():
            try:
                if (
                    folder.name.isdigit()
                    and b"ml_release.verify" in (folder / "cmdline").read_bytes().split(b"\0")
                    and owner in (folder / "environ").read_bytes().split(b"\0")
                ):
                    os.kill(int(folder.name), signal.SIGKILL)
                    return True
            except OSError:
                continue
        return False

    until(killed, what="a verification", every_seconds=0.02)
    return time.monotonic()


def compared(user: User, truths: str, *, judged: int) -> str:
    """What `make compare` says once all requests were captured, which SageMaker does some seconds later."""

    def counted(said: str) -> bool:
        rows = [line.split() for line in said.splitlines() if line.startswith(("champion", "challenger"))]
        return sum(int(row[-1]) for row in rows) == judged

    return until(
        lambda: user.script("compare", user.workload, "--truths", truths).stdout,
        counted,
        what=f"a comparison of {judged} requests",
    )
