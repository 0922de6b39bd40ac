"""A release that waits for a person."""

import threading
import time
from pathlib import Path

from tests.e2e.conftest import User
from tests.e2e.test_release import change


def test_a_release_waits_for_approval_and_goes_on(released: User) -> None:
    """With ``approval = true``, PROD is deployed after a person approves, and the topic is told before."""

    def edit(clone: Path) -> None:
        change(clone / "gatehouse.toml", r"(?m)^approval\s*=\s*false", "approval = true")

    before = released.outputs("CarEvaluationProd")["ServedPackageArn"]
    released.commit(edit, "A person approves")
    released.script("deploy", "car_evaluation")
    codepipeline = released.cloud.client("codepipeline")
    pipeline = codepipeline.list_pipelines()["pipelines"][0]["name"]
    served_while_waiting: list[str] = []

    def approve() -> None:
        action = waiting_action(codepipeline, pipeline)
        served_while_waiting.append(released.outputs("CarEvaluationProd")["ServedPackageArn"])
        codepipeline.put_approval_result(
            pipelineName=pipeline,
            stageName="Approve",
            actionName=action["actionName"],
            result={"summary": "looks good", "status": "Approved"},
            token=action["latestExecution"]["token"],
        )

    person = threading.Thread(target=approve)
    person.start()
    try:
        push = released.push()
    finally:
        person.join()
        released.run("git", "reset", "--quiet", "--hard", "HEAD~1")
        released.script("deploy", "car_evaluation")

    assert "Approve" in push.output
    assert served_while_waiting == [before]
    assert released.outputs("CarEvaluationProd")["ServedPackageArn"] != before


def waiting_action(codepipeline, pipeline: str):
    """The approval action, once it waits; fails after three minutes."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for stage in codepipeline.get_pipeline_state(name=pipeline)["stageStates"]:
            for action in stage["actionStates"]:
                if stage["stageName"] == "Approve" and "token" in action.get("latestExecution", {}):
                    return action
        time.sleep(0.3)
    raise AssertionError("nothing waits for approval")
