"""The registry of resource types, held against CloudFormation's own schemas."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud import coverage
from localcloud.front_door.registry import operation_groups
from localcloud.kept_only import KEPT_ONLY
from localcloud.moto_services.bridge import MOTO_SERVICES
from localcloud.resources import registry
from localcloud.resources.registry import resource_types

FOLDER = Path(registry.__file__).parent


def test_every_file_of_a_type_is_registered():
    """A provider that nobody registered would be refused at the first deployment."""
    files = {path.stem for path in FOLDER.glob("aws_*.py")}
    assert {type(each).__module__.rpartition(".")[2] for each in resource_types().values()} == files


@pytest.mark.parametrize("type_name", sorted(resource_types()))
def test_a_types_file_is_named_after_it(type_name: str):
    """AWS::SQS::QueuePolicy is found in aws_sqs_queuepolicy.py."""
    module = type(resource_types()[type_name]).__module__.rpartition(".")[2]
    assert module == type_name.lower().replace("::", "_")


@pytest.mark.parametrize("type_name", sorted(resource_types()))
def test_every_type_has_a_schema(type_name: str):
    """The engine validates properties, and decides on replacements, by it."""
    from cfnlint.schema.manager import ProviderSchemaManager

    assert ProviderSchemaManager().get_resource_schema("us-east-1", type_name).schema["typeName"] == type_name


def test_coverage_page_is_up_to_date(capsys: pytest.CaptureFixture[str]):
    """COVERAGE.md says what the code does: `python -m localcloud.coverage` writes it."""
    assert coverage.main(["--check"]) == 0, capsys.readouterr().err


def test_what_is_kept_only_is_answered():
    """Each operation that has no effect is one that the page would else call real."""
    answered: dict[str, set[str]] = {service: set(coverage.moto_operations(service)) for service in MOTO_SERVICES}
    for group in operation_groups():
        answered.setdefault(group.service, set()).update(group.operation_names())
    for service, operations in KEPT_ONLY.items():
        assert set(operations) <= answered[service], service


def test_a_stale_coverage_page_fails_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A page from before the last operation was added does not pass."""
    stale = tmp_path / "COVERAGE.md"
    stale.write_text(coverage.PAGE.read_text().replace("### s3", "### s4"))
    monkeypatch.setattr(coverage, "PAGE", stale)
    assert coverage.main(["--check"]) == 1
