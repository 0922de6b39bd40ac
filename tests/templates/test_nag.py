"""cdk-nag's rules: nothing is found that is not acknowledged with a reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates.acknowledged import ALWAYS, WITH_A_DOOR, WITH_A_KEY, WITH_A_TOKEN, WITHOUT_A_KEY, Acknowledged
from tests.templates.cloud_assembly import CloudAssembly, Report, synthesize_under_rules
from tests.templates.template import REASONS, Template, render

PACKS = {"AwsSolutions", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"}


@pytest.fixture(scope="session")
def report(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What cdk-nag writes about this checkout."""
    return synthesize_under_rules(delivered, tmp_path_factory.mktemp("nag")).report


def findings(report: Report, workload: Workload) -> set[tuple[str, str]]:
    """Rule, without its pack, and the path of the construct, in the workload's stacks."""
    return {
        (violation["ruleName"].removeprefix(f"{pack['pluginName']}-"), construct["constructPath"])
        for pack in report["pluginReports"]
        if pack["pluginName"] in PACKS
        for violation in pack["violations"]
        for construct in violation["violatingConstructs"]
        if construct["constructPath"].startswith(workload.camel_name)
    }


def about_rules(report: Report, workload: Workload) -> set[tuple[str, str]]:
    """Findings but wildcards, in the words of ``acknowledged.py``."""
    return {(rule, place(path, workload)) for rule, path in findings(report, workload) if not rule.startswith("IAM5")}


def place(path: str, workload: Workload) -> str:
    """``CarEvaluationPipeline/Steps/Data/Role/DefaultPolicy/Resource`` → ``Steps/Data``; ``Qa/…`` of QA's stack."""
    inside = path.removeprefix(workload.camel_name).removeprefix("Pipeline/")
    return re.sub(r"(/Log|/Project)?(/Role)?(/DefaultPolicy)?(/Bucket)?(/Resource)?$", "", inside)


def places(acknowledged: tuple[Acknowledged, ...]) -> set[tuple[str, str]]:
    return {(each.rule, at) for each in acknowledged for at in each.at}


def explained(template: Template, path: str) -> set[str]:
    """The wildcards with a reason, of the policy that a construct makes."""
    logical_id = path.partition("/")[2].removesuffix("/Resource").replace("/", "")
    (policy,) = [r for name, r in template.resources.items() if name[:-8] == logical_id]
    return {render(each["Wildcard"]) for each in policy.get("Metadata", {}).get(REASONS, [])}


def test_all_packs_have_looked(report: Report) -> None:
    """The report has the findings of every pack of rules."""
    assert {pack["pluginName"] for pack in report["pluginReports"]} >= PACKS


def test_every_finding_is_acknowledged(report: Report, workload: Workload) -> None:
    """No rule finds anything that is not acknowledged with a reason; of a door only where there is one."""
    found = about_rules(report, workload)
    assert bool(found & places(WITH_A_DOOR)) == bool(workload.doors)
    assert sorted(found - places(ALWAYS) - places((*WITHOUT_A_KEY, *WITH_A_TOKEN, *WITH_A_DOOR))) == []


def test_with_a_key_of_ones_own_less_is_found(assembly_with_key: CloudAssembly, workload: Workload) -> None:
    """With a key of one's own, what is acknowledged for the lack of one is found no more."""
    found = about_rules(assembly_with_key.report, workload)
    assert sorted(found - places(ALWAYS) - places(WITH_A_KEY) - places(WITH_A_DOOR)) == []


def test_every_acknowledgement_is_needed(report: Report, assembly_with_key: CloudAssembly) -> None:
    """Each acknowledged finding is found in some workload."""
    for found_in, acknowledged in (
        (report, (*WITHOUT_A_KEY, *WITH_A_TOKEN, *WITH_A_DOOR)),
        (assembly_with_key.report, WITH_A_KEY),
    ):
        found = {each for workload in WORKLOADS.values() for each in about_rules(found_in, workload)}
        assert sorted((places(ALWAYS) | places(acknowledged)) - found) == []


def test_every_wildcard_that_is_found_has_its_reason_in_the_template(
    report: Report, assembly: CloudAssembly, workload: Workload
) -> None:
    """``IAM5[Resource::<Bucket.Arn>/raw/*]`` is the wildcard ``${Bucket.Arn}/raw/*``."""
    wildcards = [(rule, path) for rule, path in findings(report, workload) if rule.startswith("IAM5")]
    assert len(wildcards) > 20
    for rule, path in wildcards:
        wildcard = re.sub(r"<([A-Za-z0-9.]+)>", r"${\1}", rule.removesuffix("]").partition("::")[2])
        assert wildcard in explained(assembly.templates[path.partition("/")[0]], path)


def test_an_acknowledgement_says_why_and_says_it_once() -> None:
    """Each rule and place is acknowledged once, with a reason of six words at the least."""
    for acknowledged in ((*ALWAYS, *WITHOUT_A_KEY, *WITH_A_DOOR), (*ALWAYS, *WITH_A_KEY)):
        counts = Counter((each.rule, at) for each in acknowledged for at in each.at)
        assert [each for each, count in counts.items() if count > 1] == []
        assert [each.rule for each in acknowledged if len(each.reason.split()) < 6] == []
