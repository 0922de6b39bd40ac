"""Finds the agreed rules and the agreed data contract: those that let the champion pass.

They are in the champion's own report, whose hash its package keeps: nobody can change them afterwards. Without a
champion, those that were deployed with the pipeline hold. They lie beside this code.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.errors import HandOverError
from handover.gate_report import Champion
from handover.packages import version_of
from ml_init.dataset import Dataset
from ml_steps.running import StepError, say
from ml_steps.strict import table
from ml_test import champion_report
from ml_test.gate.agreement import Agreed
from ml_test.gate.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_test.champion import Gone

PROJECT = Path(__file__).parents[1]


def find(sagemaker: Any, s3: Any, workload: str, rival: Champion | Gone | None) -> Agreed:
    """The champion's own, or those deployed with the pipeline: with the reason, if the champion's cannot be read."""
    if not isinstance(rival, Champion):
        return deployed(workload)
    try:
        found = _of_champion(sagemaker, s3, rival.model_package_arn)
    except (ClientError, HandOverError, ValueError) as error:
        return replace(deployed(workload), missing=str(error))
    say(f"  agreed: {found.by}")
    return found


def deployed(workload: str) -> Agreed:
    """Those that a person deployed with the pipeline."""
    try:
        return Agreed(
            rules=Rules.read(PROJECT / "ml_test" / workload / "gate.toml"),
            contract=Dataset.read(PROJECT / "ml_init" / workload / "dataset.toml"),
            by="the rules that were deployed with the pipeline",
        )
    except (OSError, ValueError) as error:
        raise StepError(f"The pipeline was deployed without rules for {workload} that can be read: {error}") from error


def _of_champion(sagemaker: Any, s3: Any, arn: str) -> Agreed:
    """Raises ClientError, HandOverError or ValueError if the report is missing, changed, or of an unknown form."""
    name, document = champion_report.read(sagemaker, s3, arn)
    rules, contract = _parsed(document, name)
    return Agreed(rules=rules, contract=contract, by=f"the rules that let version {version_of(arn)} pass", package=arn)


def _parsed(document: Mapping[str, Any], name: str) -> tuple[Rules, Dataset]:
    """The rules and the contract in a report. ValueError if it has none, or another gate's form of them."""
    try:
        rules, contract = (table(document.get(key), key) for key in ("rules", "contract"))
        return Rules.of(rules), Dataset.of(contract)
    except (HandOverError, ValueError) as error:
        raise ValueError(f"{name} has a form that this gate does not know ({error})") from error
