"""What the cdk command is told: what it sends, and what would change the templates."""

from __future__ import annotations

import json
from pathlib import Path

CDK_JSON = json.loads((Path(__file__).parents[3] / "cdk.json").read_text())


def test_nothing_phones_out() -> None:
    """No telemetry, no notices, no version reporting: a synthesis needs no network and says nothing about its user."""
    assert CDK_JSON["context"]["cli-telemetry"] is False
    assert CDK_JSON["notices"] is False
    assert CDK_JSON["versionReporting"] is False


def test_templates_hold_nothing_of_the_machine() -> None:
    """No path of this machine gets into a template's metadata."""
    assert CDK_JSON["pathMetadata"] is False
    assert CDK_JSON["assetMetadata"] is False


def test_the_app_is_one_command_and_nothing_is_looked_up() -> None:
    """A looked-up value would come from an account; what a synthesis needs stands in the commit."""
    assert CDK_JSON["app"] == "python3 app.py"
    assert not (Path(__file__).parents[3] / "cdk.context.json").exists()


def test_the_flags_that_make_policies_smaller_are_on() -> None:
    """CDK's feature flags keep policies small and trust narrow."""
    flags = {key: value for key, value in CDK_JSON["context"].items() if key.startswith("@aws-cdk/")}
    assert flags["@aws-cdk/aws-iam:minimizePolicies"] is True
    assert flags["@aws-cdk/pipelines:reduceStageRoleTrustScope"] is True
    assert flags["@aws-cdk/pipelines:reduceCrossAccountActionRoleTrustScope"] is True
    assert flags["@aws-cdk/core:target-partitions"] == ["aws"]
