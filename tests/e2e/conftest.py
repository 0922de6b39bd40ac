"""From `git push` to PROD, as a user does it: a clone of the project, the real cdk, git and make's own scripts."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.clouds import PROJECT, LocalCloud
from tests.settings import bring
from tests.waiting import until

Edit = Callable[[Path], None]


@dataclass(frozen=True)
class Push:
    """What `make push` said and how it ended."""

    returncode: int
    output: str


@dataclass(frozen=True)
class User:
    """A user with a clone of the project and a local cloud, and the workload that they work on."""

    cloud: LocalCloud
    clone: Path
    workload: str = "car_evaluation"

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The command in the clone, with the local cloud's variables; it may take as long as a test."""
        done = subprocess.run(
            command, cwd=self.clone, env=self.cloud.environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done

    def script(self, name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", f"scripts.{name}", *arguments, check=check)

    def commit(self, edit: Edit, message: str) -> None:
        edit(self.clone)
        self.run("git", "commit", "--quiet", "--all", "--message", message)

    def push(self, *options: str, check: bool = True) -> Push:
        # Tests take commits back, which a user would not.
        done = self.script("push", self.workload, "--force", *options, check=check)
        return Push(returncode=done.returncode, output=done.stdout + done.stderr)

    def push_on_a_branch_of_its_own(self, edit: Edit, message: str) -> Push:
        """Commits, pushes and takes the commit back, so that the next test starts from the same HEAD."""
        self.commit(edit, message)
        try:
            return self.push(check=False)
        finally:
            self.run("git", "reset", "--quiet", "--hard", "HEAD~1")

    def outputs(self, stack: str) -> dict[str, str]:
        found = self.cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def stack_status(self, stack: str) -> str | None:
        """The status of a stack of this name; None where there is none."""
        stacks = self.cloud.client("cloudformation").list_stacks()["StackSummaries"]
        found = [s["StackStatus"] for s in stacks if s["StackName"] == stack and s["StackStatus"] != "DELETE_COMPLETE"]
        return found[0] if found else None

    def until_qa_is_gone(self) -> None:
        """Returns once the clean-up has left nothing of QA: no stack, no endpoint, configuration, model."""
        prefix = "".join(part.capitalize() for part in self.workload.split("_")) + "Qa"
        self.until_stack(prefix, lambda status: status is None, what="gone")
        assert self._left_of(prefix) == []

    def until_stack(self, name: str, good: Callable[[str | None], bool], *, what: str) -> str | None:
        """The stack's status once it is good; None where there is no stack."""
        return until(lambda: self.stack_status(name), good, what=f"stack {name} {what}")

    def _left_of(self, prefix: str) -> list[str]:
        sagemaker, endpoint = self.cloud.client("sagemaker"), f"{self.workload.replace('_', '-')}-qa"
        found = [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
        found += [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
        found += [each["ModelName"] for each in sagemaker.list_models()["Models"]]
        return [name for name in found if name == endpoint or name.lower().startswith(prefix.lower())]

    def ask(self, row: str) -> str:
        return self.script("ask", self.workload, row).stdout.strip()

    def call(self, row: str) -> dict[str, Any]:
        """What `make call` prints: the answer through the API."""
        answer: dict[str, Any] = json.loads(self.script("call", self.workload, row).stdout)
        return answer

    def packages(self) -> list[dict[str, Any]]:
        """The model packages, newest first, described."""
        sagemaker = self.cloud.client("sagemaker")
        listed = sagemaker.list_model_packages(
            ModelPackageGroupName=self.workload.replace("_", "-"), SortBy="CreationTime", SortOrder="Descending"
        )["ModelPackageSummaryList"]
        return [sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"]) for package in listed]

    def processes(self) -> list[str]:
        """The command lines of everything that this local cloud started and that still runs."""
        return list(self.cloud.started().values())

    @contextmanager
    def asking(self, endpoint: str, row: str, *, every_seconds: float = 0.2) -> Iterator[list[str]]:
        """Asks the endpoint for the row all the time, and gives the answers as they come; an error is one, too."""
        runtime, answers, done = self.cloud.client("sagemaker-runtime"), [], threading.Event()

        def keep_asking() -> None:
            while not done.wait(every_seconds):
                try:
                    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=row)
                    answers.append(answer["Body"].read().decode().strip())
                except (BotoCoreError, ClientError) as error:
                    answers.append(f"error: {error}")

        thread = threading.Thread(target=keep_asking)
        thread.start()
        try:
            yield answers
        finally:
            done.set()
            thread.join()


def clone_of_the_working_tree(folder: Path) -> Path:
    """A clone at HEAD, as main, with the working tree's changes to tracked files and the tests' settings, committed."""
    git = ["git", "-c", "user.name=e2e", "-c", "user.email=e2e@localhost"]
    subprocess.run([*git, "clone", "--quiet", str(PROJECT), str(folder)], check=True)
    subprocess.run([*git, "switch", "--quiet", "--force-create", "main"], cwd=folder, check=True)
    changes = subprocess.run(["git", "diff", "--binary", "HEAD"], cwd=PROJECT, capture_output=True, check=True).stdout
    subprocess.run(["git", "config", "user.name", "e2e"], cwd=folder, check=True)
    subprocess.run(["git", "config", "user.email", "e2e@localhost"], cwd=folder, check=True)
    if changes:
        subprocess.run(["git", "apply", "--index"], cwd=folder, input=changes, check=True)
    bring(folder)
    subprocess.run([*git, "commit", "--quiet", "--all", "--message", "The working tree"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose pipeline is deployed and has not run yet."""
    cloud = LocalCloud.up(tmp_path_factory.mktemp("localcloud"))
    user = User(cloud=cloud, clone=clone_of_the_working_tree(tmp_path_factory.mktemp("user") / "project"))
    user.script("deploy", "car_evaluation")
    yield user
    cloud.down()
    assert user.processes() == []


@pytest.fixture(scope="session")
def released(deployed: User) -> User:
    """A user whose HEAD is in PROD."""
    deployed.push()
    return deployed


@contextmanager
def in_prod(
    tmp_path_factory: pytest.TempPathFactory, workload: str, *, edit: Edit | None = None, message: str = ""
) -> Iterator[User]:
    """A user whose HEAD of the workload is in PROD, on a cloud of its own.

    ``edit``: what they commit first.
    """
    clone = clone_of_the_working_tree(tmp_path_factory.mktemp(f"{workload}_user") / "project")
    user = User(cloud=LocalCloud.up(tmp_path_factory.mktemp(f"{workload}_cloud")), clone=clone, workload=workload)
    try:
        yield _released(user, edit, message)
    finally:
        user.cloud.down()
    assert user.processes() == []


#: They share a cloud. Each has a branch of its own: a push to a branch starts every pipeline that was deployed of it.
SHARING = ("dog_breeds", "iris", "movie_recommender", "nyt_comments")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user of several workloads, of which none is deployed yet."""
    cloud = LocalCloud.up(tmp_path_factory.mktemp("workshop_cloud"))
    user = User(cloud=cloud, clone=clone_of_the_working_tree(tmp_path_factory.mktemp("workshop_user") / "project"))

    def give_branches(clone: Path) -> None:
        with (clone / "gatehouse.toml").open("a") as settings:
            settings.writelines(f'\n[workloads.{name}.github]\nbranch = "{name}"\n' for name in SHARING)

    user.commit(give_branches, "Each workload has a branch of its own")
    yield user
    cloud.down()
    assert user.processes() == []


@contextmanager
def in_prod_beside_others(
    workshop: User, workload: str, *, edit: Edit | None = None, message: str = ""
) -> Iterator[User]:
    """The user of the workshop with HEAD of this workload in PROD. Afterwards, HEAD is what it was.

    ``edit``: what they commit first.
    """
    user = replace(workshop, workload=workload)
    head = user.run("git", "rev-parse", "HEAD").stdout.strip()
    yield _released(user, edit, message)
    user.run("git", "reset", "--quiet", "--hard", head)


def _released(user: User, edit: Edit | None, message: str) -> User:
    if edit is not None:
        user.commit(edit, message)
    user.script("deploy", user.workload)
    user.push()
    return user


#: One user and one local cloud serve most of these files, in the order in which a user would live through them.
CHAPTERS = (
    "test_pythons",
    "test_cdk",
    "test_release",
    "test_documented",
    "test_door",
    "test_killed",
    "test_faults",
    "test_rollback",
    "test_competing_models",
    "test_approval",
    "test_hostile_pushes",
    "test_permissions",
    "test_tuning",
    "test_credit_default",
    "test_iris",
    "test_dog_breeds",
    "test_movie_recommender",
    "test_nyt_comments",
    "test_own_workload",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the chapters in their order; a file that is none of them is a mistake."""
    items.sort(key=lambda item: CHAPTERS.index(item.path.stem) if item.path.parent == Path(__file__).parent else -1)
