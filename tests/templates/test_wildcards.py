"""Every wildcard in every policy of every stack has a written reason, and every reason a wildcard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from stacks.constructs.permissions import allow
from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import REASONS, as_list, render

#: Where a statement says what it is about and whom it is for.
PARTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal")


@pytest.fixture(params=["assembly", "assembly_with_key"])
def resources(request: pytest.FixtureRequest, workload: Workload) -> dict[str, dict[str, Any]]:
    """All resources of a workload's stacks, by stack and logical id."""
    assembly: CloudAssembly = request.getfixturevalue(request.param)
    return {
        f"{stack}/{logical_id}": resource
        for stack, template in assembly.templates.items()
        if stack.startswith(workload.camel_name)
        for logical_id, resource in template.resources.items()
    }


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """The statements of every policy document in a resource's properties, wherever it stands."""
    if isinstance(value, dict):
        if "Statement" in value:
            yield from as_list(value["Statement"])
        else:
            for inner in value.values():
                yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def wildcards(statement: dict[str, Any]) -> Iterator[str]:
    """The wildcards of what is allowed; a denial may be as wide as it likes."""
    if statement["Effect"] == "Allow":
        yield from (text for part in PARTS for text in texts(statement.get(part, [])) if "*" in text)


def texts(value: Any) -> list[str]:
    """An action, a resource, or ``{"Service": [a principal]}``, as text."""
    if isinstance(value, dict) and set(value) <= {"AWS", "Service", "Federated", "CanonicalUser"}:
        return [text for each in value.values() for text in texts(each)]
    return [render(each) for each in as_list(value)]


def reasons(resource: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(render(each["Wildcard"]), each["Reasons"]) for each in resource.get("Metadata", {}).get(REASONS, [])]


def test_every_wildcard_has_its_reason_beside_it(resources: dict[str, dict[str, Any]]) -> None:
    """The wildcards of a resource's policies are those for which its metadata has reasons."""
    found = 0
    for name, resource in resources.items():
        wild = {each for s in statements(resource.get("Properties", {})) for each in wildcards(s)}
        assert wild == {wildcard for wildcard, _ in reasons(resource)}, name
        found += len(wild)
    assert found > 20


def test_a_reason_is_a_sentences_worth_and_stands_there_once(resources: dict[str, dict[str, Any]]) -> None:
    """Each wildcard has its reasons once, of six words at the least."""
    for name, resource in resources.items():
        written = [wildcard for wildcard, _ in reasons(resource)]
        assert len(written) == len(set(written)), name
        assert [why for _, whys in reasons(resource) for why in whys if len(why.split()) < 6] == [], name


def test_a_wildcard_without_a_reason_is_refused_where_it_is_written() -> None:
    """Synthesis refuses the wildcard by name; a plain name needs no reason."""
    role = iam.Role(cdk.Stack(cdk.App(), "Stack"), "Reader", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
    allow(role, ["s3:GetObject"], ["arn:aws:s3:::bucket/key"])
    for actions, resources in (
        (["s3:GetObject"], ["arn:aws:s3:::bucket/*"]),
        (["s3:Get*"], ["arn:aws:s3:::bucket/key"]),
    ):
        with pytest.raises(
            ValueError, match=r"Stack/Reader is allowed \['[^']*\*[^']*'\]: name each, or say which rule"
        ):
            allow(role, actions, resources)
