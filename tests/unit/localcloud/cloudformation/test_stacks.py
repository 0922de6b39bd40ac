"""What is written down of a stack."""

from pathlib import Path
from typing import Any

import pytest

from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.stacks import Stacks
from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.platform.settings import Settings


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud.assemble(Settings(home=tmp_path))


def test_a_stack_is_never_without_a_status(cloud: Cloud) -> None:
    """A stack and its first status are one write, so a crash right after it leaves a stack that is taken up."""
    seen: list[dict[str, Any]] = []
    cloud.store.table("cloudformation.stacks").watch(lambda _, __, after: seen.append(dict(after or {})))
    stacks = Stacks(cloud)
    blank = stacks.blank("New")
    stacks.add(blank, "CREATE_IN_PROGRESS", OnFailure="ROLLBACK")
    assert [(stack["StackStatus"], stack["OnFailure"]) for stack in seen] == [("CREATE_IN_PROGRESS", "ROLLBACK")]
    (event,) = stacks.events_of(blank["StackId"])
    assert (event["ResourceStatus"], event["ResourceStatusReason"]) == ("CREATE_IN_PROGRESS", "User Initiated")


def test_an_operation_begins_in_one_write(cloud: Cloud) -> None:
    """One write holds all that the next start needs to go on with the operation."""
    engine = Engine(cloud)
    stack = engine.stacks.add(engine.stacks.blank("Old"), "CREATE_COMPLETE")
    seen: list[dict[str, Any]] = []
    cloud.store.table("cloudformation.stacks").watch(lambda _, __, after: seen.append(dict(after or {})))
    engine._begin(stack["StackId"], "DELETE_IN_PROGRESS", Retain=["Bucket"])
    assert [(each["StackStatus"], each["Retain"]) for each in seen] == [("DELETE_IN_PROGRESS", ["Bucket"])]
    with pytest.raises(AwsError, match="DELETE_IN_PROGRESS state and can not be updated"):
        engine._begin(stack["StackId"], "UPDATE_IN_PROGRESS")


def test_of_two_that_make_a_stack_of_one_name_one_is_refused(cloud: Cloud) -> None:
    """The second of two creations is refused, also where both found the name free before."""
    engine = Engine(cloud)
    first, second = engine.stacks.blank("Same"), engine.stacks.blank("Same")
    engine._begin(first["StackId"], "CREATE_IN_PROGRESS", blank=first)
    with pytest.raises(AwsError, match=r"Stack \[Same\] already exists"):
        engine._begin(second["StackId"], "CREATE_IN_PROGRESS", blank=second)
