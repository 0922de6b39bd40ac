"""The table of releases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scripts.reads.prod import Served, Tenure
from scripts.reads.registry import Release
from scripts.releases import Past, table

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/"
WHEN = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)

NOTHING = Past.of([], [])


def release(version: int, **package: Any) -> Release:
    return Release.of(
        {
            "ModelPackageArn": f"{ARN}{version}",
            "ModelPackageVersion": version,
            "ModelApprovalStatus": "Approved",
            "CreationTime": WHEN,
            "CustomerMetadataProperties": {
                "commit": "0123456789abcdef",
                "verdict": "PROMOTE",
                "gate_report": "s3://data/gate/e1/gate.json",
            },
            "ApprovalDescription": "PROMOTE: accuracy 0.99",
            **package,
        }
    )


def test_verdict_and_reason_are_the_gates_own_words() -> None:
    """What a person wrote is a reason without a verdict; a package that nobody judged has neither."""
    judged = release(1, CustomerMetadataProperties={"verdict": "REJECT"}, ApprovalDescription="REJECT: too slow")
    assert (judged.verdict, judged.reason) == ("REJECT", "too slow")
    own = release(1, CustomerMetadataProperties={}, ApprovalDescription="HOLD: looks good to me")
    assert (own.verdict, own.reason) == ("", "HOLD: looks good to me")
    nobody = release(1, CustomerMetadataProperties={}, ApprovalDescription="")
    assert (nobody.verdict, nobody.reason) == ("", "")


def test_a_line_says_who_serves_since_when() -> None:
    """The table tells the release that serves, and the one that served, with their dates."""
    lines = table(
        [release(2), release(1)],
        [Served(variant="AllTraffic", weight=1.0, package_arn=f"{ARN}2")],
        Past.of([Tenure(package_arn=f"{ARN}1", since=WHEN), Tenure(package_arn=f"{ARN}2", since=WHEN)], []),
        width=200,
    ).splitlines()
    assert "serves since 2026-11-21 12:30" in lines[1]
    assert "served from 2026-11-21 12:30" in lines[2]
    assert [line.split()[:2] for line in lines[1:]] == [["2", "0123456789"], ["1", "0123456789"]]


def test_competing_variants_are_named_with_their_share() -> None:
    """Each line of an experiment has the variant's name and its share of the traffic."""
    served = [
        Served(variant="Champion", weight=0.8, package_arn=f"{ARN}1"),
        Served(variant="Challenger", weight=0.2, package_arn=f"{ARN}2"),
    ]
    lines = table([release(2), release(1)], served, NOTHING, width=200).splitlines()
    assert "Challenger 20%" in lines[1]
    assert "Champion 80%" in lines[2]


def test_what_only_competed_is_told_apart_from_what_served() -> None:
    """A challenger that never took over "competed", and does not count as having served."""
    past = Past.of([Tenure(package_arn=f"{ARN}1", since=WHEN)], [Tenure(package_arn=f"{ARN}2", since=WHEN)])
    lines = table([release(2), release(1)], [], past, width=200).splitlines()
    assert "competed from 2026-11-21 12:30" in lines[1]
    assert "served from 2026-11-21 12:30" in lines[2]


def test_a_long_reason_is_cut_to_the_terminal() -> None:
    """A line is no longer than the terminal is wide, and keeps its verdict."""
    lines = table(
        [release(1, CustomerMetadataProperties={"verdict": "HOLD"}, ApprovalDescription="HOLD: " + "why " * 100)],
        [],
        NOTHING,
        width=140,
    ).splitlines()
    assert len(lines[1]) <= 140
    assert lines[1].endswith("…")
    assert " HOLD " in lines[1]
