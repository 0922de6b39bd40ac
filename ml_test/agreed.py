"""Finds the agreed rules and the agreed data contract: those that let the champion pass.

They are in the champion's own report, whose hash its package keeps: nobody can change them afterwards. Without a
champion, those that were deployed with the pipeline hold. They lie beside this code.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.errors import HandOverError
from handover.packages import version_of
from ml_init.dataset import Dataset
from ml_steps.running import StepError, say
from ml_steps.strict import table
from ml_test.gate.agreement import Agreed
from ml_test.gate.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_test.champion_report import ChampionReport

PROJECT = Path(__file__).parents[1]


def find(workload: str, report: ChampionReport | None, chosen: str | None) -> Agreed:
    """The champion's own, or those deployed with the pipeline: with the reason, if the champion's cannot be read.

    ``chosen``: the data set that was deployed with the pipeline; None: the workload's own.
    """
    if report is None:
        return deployed(workload, chosen)
    if report.missing:
        return replace(deployed(workload, chosen), missing=report.missing)
    try:
        rules, contract = _parsed(report.document, report.name)
    except ValueError as error:
        return replace(deployed(workload, chosen), missing=str(error))
    arn = report.package_arn
    by = f"the rules that let version {version_of(arn)} pass"
    say(f"  agreed: {by}")
    return Agreed(rules=rules, contract=contract, by=by, package=arn)


def deployed(workload: str, chosen: str | None = None) -> Agreed:
    """Those that a person deployed with the pipeline."""
    try:
        return Agreed(
            rules=Rules.find(PROJECT, workload, chosen),
            contract=Dataset.find(PROJECT, workload, chosen),
            by="the rules that were deployed with the pipeline",
        )
    except (OSError, ValueError) as error:
        raise StepError(f"The pipeline was deployed without rules for {workload} that can be read: {error}") from error


def _parsed(document: Mapping[str, Any], name: str) -> tuple[Rules, Dataset]:
    """The rules and the contract in a report. ValueError if it has none, or another gate's form of them."""
    try:
        rules, contract = (table(document.get(key), key) for key in ("rules", "contract"))
        return Rules.of(rules), Dataset.of(contract)
    except (HandOverError, ValueError) as error:
        raise ValueError(f"{name} has a form that this gate does not know ({error})") from error
