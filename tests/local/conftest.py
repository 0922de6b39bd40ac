"""One local cloud for all tests of this folder."""

import uuid
from collections.abc import Iterator

import pytest

from bench.lab.sagemaker_world import World
from tests.clouds import LocalCloud
from tests.local.iam_account import Account
from tests.local.mute_endpoint import Following
from tests.local.steps import Steps


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("localcloud"))
    yield cloud
    cloud.down()


@pytest.fixture(scope="session")
def prepared(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """The data step of car_evaluation, done: its features lie in the bucket, its data.json in its folder."""
    steps = Steps(cloud=local_cloud, folder=tmp_path_factory.mktemp("data_step"), bucket="data-step")
    steps.create_resources()
    done = steps.prepare(job="data-step-transform")
    assert done.returncode == 0, done.stdout + done.stderr
    return steps


@pytest.fixture(scope="session")
def sagemaker_world(local_cloud: LocalCloud) -> World:
    """A bucket, a role and what SageMaker's tests train and serve."""
    return World(local_cloud)


@pytest.fixture(scope="session")
def mute(sagemaker_world: World) -> Iterator[Following]:
    """An update that takes a minute to fail, begun by the first test that asks for it."""
    following = Following(sagemaker_world)
    yield following
    following.ended()
    sagemaker_world.delete_endpoint("mute")


@pytest.fixture
def account(local_cloud: LocalCloud) -> Account:
    """Users and roles of one test, under a name of its own."""
    return Account(local_cloud)


@pytest.fixture
def bucket(local_cloud: LocalCloud) -> str:
    """A bucket with an object ``raw/a.csv``."""
    name = f"b{uuid.uuid4().hex[:10]}"
    local_cloud.client("s3").create_bucket(Bucket=name)
    local_cloud.client("s3").put_object(Bucket=name, Key="raw/a.csv", Body=b"1,2")
    return name
