"""Every resource type's life through CloudFormation: made, changed in place, deleted; the service itself is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.lives import access, machine_learning, messaging, storage
from tests.local.lives.life import Life, Stack

pytestmark = pytest.mark.local

LIVES = [*storage.LIVES, *access.LIVES, *messaging.LIVES, *machine_learning.LIVES]


@pytest.fixture
def stack(local_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Stack]:
    name = "".join(each for each in request.node.name.title() if each.isalnum())[-60:]
    made = Stack(cloud=local_cloud, name=name)
    yield made
    made.delete()


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.type_name.removeprefix("AWS::").replace("::", "-"))
def test_a_resource_is_made_changed_in_place_and_deleted(stack: Stack, life: Life):
    """The service shows what the template asks for, then what it asks for later under the same id, then nothing."""
    made = stack.deploy(life.template(life.first))
    assert life.look(stack, made) == life.at_first
    if life.then is not None:
        changed = stack.deploy(life.template(life.then), update=True)
        assert life.look(stack, changed) == life.later
        assert changed["Ref"] == made["Ref"]
    stack.delete()
    if life.gone is not None:
        assert life.look(stack, made) == life.gone
    else:
        with pytest.raises((ClientError, IndexError, KeyError)):
            life.look(stack, made)
