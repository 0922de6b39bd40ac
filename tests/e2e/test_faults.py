"""What goes wrong on the way: each fault ends in a clear message, the right state, and nothing left over.

Bad models meet the gate in `tests/local/test_gate_stops_bad_models.py`, and as pushes in `test_hostile_pushes.py`.
"""

import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.lab.left_over import left_over, standing
from tests.clouds import LocalCloud
from tests.e2e.conftest import Push, User, clone_of_the_working_tree
from tests.e2e.test_release import ROW, change
from tests.waiting import DEADLINE_SECONDS, until

DATA = "ml_init/car_evaluation"
TRAINING = "ml_training/car_evaluation"
#: Where a script begins to run, as a pattern.
BEGIN = r'(?m)^if __name__ == "__main__":$'


@pytest.fixture(autouse=True)
def prod_is_untouched_and_nothing_is_left(released: User):
    """After every fault: PROD serves what it served, and of QA, of builds and of jobs nothing stands or runs."""
    name = released.outputs("CarEvaluationProd")["EndpointName"]
    before = released.cloud.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointConfigName"]
    released.until_qa_is_gone()
    stood = standing(released.cloud)
    yield
    endpoint = released.cloud.client("sagemaker").describe_endpoint(EndpointName=name)
    assert (endpoint["EndpointConfigName"], endpoint["EndpointStatus"]) == (before, "InService")
    assert released.ask(ROW) == "vgood"
    released.until_qa_is_gone()
    assert left_over(released.cloud, stood) == []


def failed(push: Push, *said: str) -> None:
    assert push.returncode != 0
    for text in said:
        assert text in push.output, f"{text!r} is not in:\n{push.output}"


def test_a_row_with_an_unknown_category(released: User) -> None:
    """The data contract stops the run and names file, line and value."""

    def edit(clone: Path) -> None:
        lines = (clone / DATA / "car.data").read_text().splitlines(keepends=True)
        for number in range(100):
            lines[number] = lines[number].replace("vhigh", "sky-high", 1)
        (clone / DATA / "car.data").write_text("".join(lines))
        use_the_new_checksum(clone)

    failed(
        released.push_on_a_branch_of_its_own(edit, "Unknown category"),
        "car.data:20: buying is 'sky-high', expected one of low, med",
    )


def test_a_data_file_with_a_wrong_checksum(released: User) -> None:
    """A changed file is not used, and the message has both checksums."""

    def edit(clone: Path) -> None:
        with (clone / DATA / "car.data").open("a") as file:
            file.write("low,low,2,2,small,low,unacc\n")
        change(clone / DATA / "dataset.toml", r'(?m)^  "https:.*$', "")

    failed(released.push_on_a_branch_of_its_own(edit, "Changed data"), "b703a9ac")


def test_a_spark_job_that_fails(released: User) -> None:
    """The Glue run's own error reaches the pipeline's message."""

    def edit(clone: Path) -> None:
        change(clone / DATA / "transform.py", BEGIN, raising("spark is unwell"))

    failed(released.push_on_a_branch_of_its_own(edit, "Broken Spark job"), "spark is unwell")


def test_a_training_that_fails(released: User) -> None:
    """The training job's failure reason reaches the pipeline's message."""
    failed(
        released.push_on_a_branch_of_its_own(
            lambda clone: change(clone / TRAINING / "training.toml", r"(?m)^max_depth\s*=.*$", 'max_depth = "deep"'),
            "A hyperparameter that is none",
        ),
        "max_depth",
    )


def test_a_training_script_that_fails(released: User) -> None:
    """A step that raises fails its stage, with the exception in the log that the push shows."""

    def edit(clone: Path) -> None:
        change(clone / "ml_training" / "train.py", BEGIN, raising("no training today"))

    failed(released.push_on_a_branch_of_its_own(edit, "Broken step"), "no training today", "Train")


def test_a_build_killed_by_a_signal(released: User) -> None:
    """The build fails and says which signal ended it."""

    def data_steps() -> list[int]:
        folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [int(folder.name) for folder in folders if _is_data_step(folder, released.cloud)]

    def kill_the_data_step() -> None:
        for pid in until(data_steps, what="the data step's process"):
            os.kill(pid, signal.SIGKILL)

    with ThreadPoolExecutor() as threads:
        killer = threads.submit(kill_the_data_step)
        push = released.push_on_a_branch_of_its_own(
            lambda clone: change(clone / "README.md", r"\Z", "\n"), "Nothing but a newline"
        )
        killer.result()
    failed(push, "Data", "SIGKILL")


def test_a_release_that_is_stopped_while_qa_is_made(released: User) -> None:
    """What there is of QA goes, and PROD stays as it is."""
    codepipeline = released.cloud.client("codepipeline")

    def stop_in_qa() -> None:
        released.until_stack("CarEvaluationQa", lambda status: status is not None, what="of this release")
        name = codepipeline.list_pipelines()["pipelines"][0]["name"]
        newest = codepipeline.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]
        codepipeline.stop_pipeline_execution(
            pipelineName=name, pipelineExecutionId=newest["pipelineExecutionId"], abandon=True, reason="A mistake"
        )

    with ThreadPoolExecutor() as threads:
        stopper = threads.submit(stop_in_qa)
        push = released.push_on_a_branch_of_its_own(lambda clone: change(clone / "README.md", r"\Z", "\n"), "A mistake")
        stopper.result()
    failed(push, "■ QA", ": Stopped")


def test_down_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """`make down` during a build ends everything and leaves no process."""
    cloud = LocalCloud.up(tmp_path / "home")
    user = User(cloud=cloud, clone=clone_of_the_working_tree(tmp_path / "project"))
    user.script("deploy", "car_evaluation")
    push = subprocess.Popen(
        [sys.executable, "-m", "scripts.push", "car_evaluation"],
        cwd=user.clone,
        env=cloud.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(
        lambda: user.processes()[1:],
        lambda lines: any("buildspec" in line or "npm" in line or "cdk" in line for line in lines),
        what="a build's process",
    )

    cloud.down()

    assert user.processes() == []
    assert push.wait(DEADLINE_SECONDS) != 0


def _is_data_step(folder: Path, cloud: LocalCloud) -> bool:
    try:
        command = (folder / "cmdline").read_bytes().split(b"\0")
        environment = (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"LOCALCLOUD_OWNER={cloud.home}".encode() in environment and b"ml_init.prepare" in command


def use_the_new_checksum(clone: Path) -> None:
    digest = hashlib.sha256((clone / DATA / "car.data").read_bytes()).hexdigest()
    change(clone / DATA / "dataset.toml", r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"')


def raising(message: str) -> str:
    """A script's beginning that raises before anything is done."""
    return f'if __name__ == "__main__":\n    raise RuntimeError("{message}")\nif __name__ == "__main__":'
