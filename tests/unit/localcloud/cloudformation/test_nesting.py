"""Stacks in stacks: whose child one is, and how many the local cloud makes of one."""

from pathlib import Path

import pytest

from localcloud.cloudformation import nesting
from localcloud.cloudformation.stacks import Stack, Stacks
from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import UnsupportedError
from localcloud.platform.settings import Settings


@pytest.fixture
def stacks(tmp_path: Path) -> Stacks:
    return Stacks(Cloud.assemble(Settings(home=tmp_path)))


def made(stacks: Stacks, name: str, parent: Stack | None = None) -> Stack:
    tags = [{"Key": "own", "Value": "x"}]
    if parent is not None:
        tags.append({"Key": nesting.PARENT_TAG, "Value": parent["StackId"]})
    params = {"Tags": tags}
    family = nesting.taken_out(params, stacks)
    assert params["Tags"] == [{"Key": "own", "Value": "x"}]
    return stacks.add(stacks.blank(name), "CREATE_IN_PROGRESS", **family)


def test_a_stack_knows_its_parent_and_its_root(stacks: Stacks) -> None:
    """A child's child has the same root; a stack that no other makes has neither."""
    root = made(stacks, "Root")
    child = made(stacks, "Child", root)
    grandchild = made(stacks, "Grandchild", child)
    assert "ParentId" not in root
    assert (grandchild["ParentId"], grandchild["RootId"]) == (child["StackId"], root["StackId"])


def test_a_template_that_names_itself_comes_to_an_end(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """In depth and in breadth; stacks that were deleted do not count."""
    level = root = made(stacks, "Root")
    for number in range(10):
        level = made(stacks, f"Level{number}", level)
    with pytest.raises(UnsupportedError, match="more than 10 levels"):
        made(stacks, "Deeper", level)
    monkeypatch.setattr(nesting, "_MOST_STACKS", 11)
    last = made(stacks, "Last", root)
    with pytest.raises(UnsupportedError, match="more than 11 stacks"):
        made(stacks, "More", root)
    stacks.set_status(last["StackId"], "DELETE_COMPLETE")
    assert made(stacks, "Again", root)["RootId"] == root["StackId"]
