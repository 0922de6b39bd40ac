"""The report's section on the rules that the push changes: old and new value side by side, and what both lead to."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ml_test.gate.tables import checks_list, rows_table
from ml_test.gate.wording import capital

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = ("looser", "stricter")


def section(report: Mapping[str, Any]) -> str:
    """Nothing if the push changes no rule that decides. ``report``: gate.json."""
    agreed = report.get("agreed", {})
    shown = [change for effect in SHOWN for change in agreed.get("changed", ()) if change["effect"] == effect]
    if not shown:
        return ""
    rows = [[change["key"], change["before"], change["after"], change["effect"]] for change in shown]
    looser = any(change["effect"] == "looser" for change in shown)
    consent = (
        "To approve this release is to agree to the looser rules: they hold from then on, for every later release."
        if looser
        else "Stricter rules hold at once."
    )
    return (
        f"<h2>Rules that this push changes</h2><p>Agreed until now: {escape(agreed['by'])}. {_verdict(agreed)} "
        f"By the new rules alone it is a <b>{escape(agreed['verdict_by_proposed'])}</b>.</p><p>{consent}</p>"
        f"<div class='changes'>{rows_table(('rule', 'agreed', 'new', 'the new one is'), rows)}</div>" + _checks(agreed)
    )


def sentence(report: Mapping[str, Any]) -> str:
    """Whose rules decided."""
    agreed = report.get("agreed")
    if not agreed:
        return ""
    changes = [change for change in agreed["changed"] if change["effect"] in SHOWN]
    said = "The push changes none of them" if not changes else "The new ones of the push decided as well"
    return f"<p>{escape(capital(agreed['by']))} decided. {said}; the worse verdict counts.</p>"


def _verdict(agreed: Mapping[str, Any]) -> str:
    if agreed["verdict"] is None:
        return f"They cannot judge this release: {escape(agreed['fault'])}."
    return f"By them it is a <b>{escape(agreed['verdict'])}</b>: {escape(agreed['reason'])}."


def _checks(agreed: Mapping[str, Any]) -> str:
    if not agreed["checks"]:
        return ""
    return f"<details><summary>What was checked by the agreed rules</summary>{checks_list(agreed['checks'])}</details>"
