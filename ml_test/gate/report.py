"""The gate's report as an HTML page, made from nothing but the JSON document."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.packages import version_of
from ml_test.gate import curve, rule_changes
from ml_test.gate.answers import KINDS
from ml_test.gate.charts import gain_chart, histogram, interval_charts
from ml_test.gate.document import document
from ml_test.gate.intervals import Estimate
from ml_test.gate.tables import checks_list, definitions, details, link, rows_table
from ml_test.gate.wording import SHARE, Unit, capital, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.answers.kind import AnswerKind

__all__ = ["document", "html"]

STYLE = Path(__file__).with_name("report.css")
MARKS = {"PROMOTE": "✓", "HOLD": "?", "REJECT": "✕"}
MEANINGS = {
    "PROMOTE": "The new model may replace the one in PROD.",
    "HOLD": "This is not for the gate alone to decide. A person decides, in stage Approve.",
    "REJECT": "The new model must not go to PROD. PROD keeps the model that serves now.",
}
STATES = {"PROMOTE": "passed", "HOLD": "held", "REJECT": "failed"}


def html(report: Mapping[str, Any], *, kinds: Sequence[type[AnswerKind[Any]]] = KINDS) -> str:
    """One page without scripts, which loads nothing, for light and dark screens, phones and paper."""
    kind = next(kind for kind in kinds if kind.name == report["rules"]["answers"]["kind"])
    verdict = report["verdict"]
    title = f"{escape(report['workload'])}: {escape(verdict)}"
    sections = (
        f"<h1>{title}</h1>{_release(report)}{_data(report)}<div class='verdict {escape(verdict.lower())}'>",
        f"<p class='reason'><span class='mark'>{MARKS.get(verdict, '')}</span>{escape(report['reason'])}.</p>",
        f"<p class='meaning'>{MEANINGS.get(verdict, '')}</p></div>",
        _look_at(report),
        rule_changes.section(report),
        _gains(report, kind),
        _slices(report),
        "<h2>What was checked</h2>",
        checks_list(sorted(report["checks"], key=lambda check: list(STATES).index(check["outcome"]), reverse=True)),
        _floors(report),
        "<h2>What was answered</h2>" + kind.section(report),
        _importance(report),
        curve.section(report),
        _repeats(report),
        _unanswered(report),
        _latency(report),
        _method(report),
        "<h2>What was judged</h2>",
        definitions(report),
    )
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{STYLE.read_text()}</style></head>\n<body><main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main></body></html>\n"
    )


def _release(report: Mapping[str, Any]) -> str:
    """Which release this is, when and where it was judged, and the report by which the champion passed."""
    when = f", judged {escape(report['judged_at'])}" if report.get("judged_at") else ""
    commit = link(report, "commit", report["commit"][:10])
    said = f"Version {version_of(report['model_package_arn'])} of commit {commit}{when}."
    if report["champion"]:
        page = report.get("champion_report")
        passed = f", released by {link(report, 'champion_report', page)}" if page else ""
        said += f" The champion is version {version_of(report['champion']['model_package_arn'])}{passed}."
    return f"<p class='meaning'>{said}</p>"


def _data(report: Mapping[str, Any]) -> str:
    return f"<p>Data: {escape(report['data'])}</p>" if report.get("data") else ""


def _look_at(report: Mapping[str, Any]) -> str:
    if not report["look_at"] or report["verdict"] != "HOLD":
        return ""
    items = "".join(f"<li>{escape(entry)}</li>" for entry in report["look_at"])
    return f"<h2>What a person should look at</h2><ul>{items}</ul>"


def _rival(report: Mapping[str, Any]) -> str:
    return "the champion" if report["champion"] else "the baseline"


def _unit(report: Mapping[str, Any], metric: str) -> Unit:
    return Unit(**report["metrics"][metric]["unit"])


def _name(report: Mapping[str, Any], metric: str) -> str:
    return escape(report["metrics"][metric]["called"])


def _gains(report: Mapping[str, Any], kind: type[AnswerKind[Any]]) -> str:
    if not report["gains"]:
        return ""
    first, margin = report["gains"][0], report["rules"]["comparison"]["margin"]
    sure = percent(first["confidence"])
    unit, rival = _unit(report, first["metric"]), _rival(report)
    names = [_name(report, gain["metric"]) for gain in report["gains"]]
    if report["champion"]:
        about = (
            f"The dashed line is the margin: a model that is up to {unit.amount(margin)} worse counts as equally good."
        )
    elif report["champion_missing"]:
        about = f"The champion could not be asked. The comparison is with a model that knows {kind.baseline_knows}."
    else:
        about = f"Nothing serves in PROD yet. The comparison is with a model that knows {kind.baseline_knows}."
    states = [STATES[_outcome(report, "comparison")], *["shown"] * (len(names) - 1)]
    drawn = list(zip(names, report["gains"], states, strict=True))
    shown = f" What is grey ({', '.join(names[1:])}) is shown and not judged." if len(names) > 1 else ""
    return (
        f"<h2>Against {rival}</h2><p>On the same {first['rows']} test rows: {names[0]} "
        f"<b>{unit.figure(first['challenger'])}</b> against <b>{unit.figure(first['champion'])}</b>. "
        f"The dot is the difference. The line shows where the true difference may lie ({sure} sure). "
        f"{about}{shown}{_left_out(report)}</p><p class='meaning'>{_words(report)}</p>"
        + gain_chart(
            drawn,
            margin,
            label=f"Difference to {rival}",
            judged=1 if report["champion"] else 0,
            points=all(_unit(report, gain["metric"]) == SHARE for gain in report["gains"]),
        )
    )


def _left_out(report: Mapping[str, Any]) -> str:
    return f" {escape(report['left_out'])}." if report["left_out"] else ""


def _words(report: Mapping[str, Any]) -> str:
    """What the metrics mean, for a reader who does not know them."""
    metrics = [report["metrics"][gain["metric"]] for gain in report["gains"]]
    return escape(" ".join(f"{capital(metric['called'])} is {metric['explained']}." for metric in metrics))


def _outcome(report: Mapping[str, Any], name: str) -> str:
    return next((check["outcome"] for check in report["checks"] if check["name"] == name), "PROMOTE")


def _slices(report: Mapping[str, Any]) -> str:
    if not report["slices"]:
        return ""
    rule, metric = report["rules"]["slices"], report["rules"]["slices"]["metric"]
    unit = _unit(report, metric)
    small = (
        f" Too small to judge: {escape(', '.join(report['too_small_slices']))}." if report["too_small_slices"] else ""
    )
    if report["champion"] and any(entry["gain"] for entry in report["slices"]):
        drawn = [
            (entry["name"], entry["gain"], _slice_state(entry, rule["margin"]))
            for entry in report["slices"]
            if entry["gain"]
        ]
        sure = percent(drawn[0][1]["confidence"])
        about = (
            f"A group stops the release if it is worse than with the champion by more than "
            f"{unit.amount(rule['margin'])} (dashed), and not by chance. "
            f"The lines are {sure} intervals, because {len(drawn)} groups are compared."
        )
        chart = gain_chart(drawn, rule["margin"], label="Differences by group", points=unit == SHARE)
    else:
        less = report["metrics"][metric]["less_is_better"]
        limit = rule.get("ceiling" if less else "floor")
        mark = f" The mark is the {'ceiling' if less else 'floor'} of the dot."
        about = "The lines are 95 % intervals." + ("" if limit is None else mark)
        states = [_own_state(entry["own"], limit, sign=-1 if less else 1) for entry in report["slices"]]
        chart = interval_charts(
            [
                (entry["name"], Estimate(**entry["own"]), limit, state)
                for entry, state in zip(report["slices"], states, strict=True)
            ]
        )
    rows = [
        [entry["name"], str(entry["own"]["rows"]), unit.figure(entry["gain"]["champion"]) if entry["gain"] else "",
         unit.figure(entry["own"]["value"])]
        for entry in report["slices"]
    ]  # fmt: skip
    return (
        f"<h2>Group by group</h2><p>{capital(_name(report, metric))} for each group of rows. {about}{small}</p>{chart}"
        "<details><summary>The figures</summary>"
        + rows_table(("group", "rows", _rival(report), "new model"), rows)
        + "</details>"
    )


def _slice_state(entry: Mapping[str, Any], margin: float) -> str:
    if entry["gain"]["value"] >= -margin or entry["suspected"][1] >= 0:
        return "passed"
    return "failed" if entry["gain"]["high"] < 0 else "held"


def _own_state(own: Mapping[str, float], limit: float | None, *, sign: int) -> str:
    """sign: 1 if more is better, -1 if less is."""
    if limit is None or sign * own["value"] >= sign * limit:
        return "passed"
    return "failed" if sign * own["high" if sign > 0 else "low"] < sign * limit else "held"


def _floors(report: Mapping[str, Any]) -> str:
    drawn = [
        (check["name"], Estimate(**check["estimate"]), check["floor"], STATES[check["outcome"]])
        for check in report["checks"]
        if check["estimate"]
    ]
    if not drawn:
        return ""
    ceiling = any(check["ceiling"] for check in report["checks"])
    note = "The dot is the figure on the test rows, and the line is its 95 % interval. The mark is the floor: the line "
    note += "must not begin left of it."
    note += " For losses and errors it is the ceiling: the line must not end right of it." if ceiling else ""
    return f"<h2>Figures and their floors</h2><p>{note}</p>" + interval_charts(drawn)


def _importance(report: Mapping[str, Any]) -> str:
    if not report["importance"]:
        return ""
    first = report["importance"][0]
    name, unit = _name(report, first["metric"]), _unit(report, first["metric"])
    return (
        "<h2>What the answers depend on</h2><p>The values of one column at a time were dealt out to other rows, in "
        f"{first['rows']} test rows, and the new model was asked again. The dot is what {name} gains or loses by that, "
        "the line its 95 % interval. A column that loses nothing may still matter: another one may say the same. "
        "Nothing is judged by this.</p>"
        + gain_chart(
            [(entry["column"], entry, "shown") for entry in report["importance"]],
            0.0,
            label="What is lost without a column",
            judged=0,
            points=unit == SHARE,
        )
    )


def _repeats(report: Mapping[str, Any]) -> str:
    found = report["repeats"]["differing"]
    if not found:
        return ""
    rows = [[entry["request"], entry["model"], entry["answer"], entry["other"]] for entry in found]
    title = f"{len(rows)} rows that were answered in two ways"
    return "<h2>What was answered differently</h2>" + details(title, ("request", "asked", "answer", "other"), rows)


def _unanswered(report: Mapping[str, Any]) -> str:
    rows = [[entry["request"], entry["model"], entry["cause"]] for entry in report["unanswered"]]
    if not rows:
        return ""
    title = f"{len(rows)} rows without an answer, which are left out for both models"
    return "<h2>What was not answered</h2>" + details(title, ("request", "asked", "cause"), rows)


def _latency(report: Mapping[str, Any]) -> str:
    if not report["milliseconds"]:
        return ""
    parts, series = [], []
    for name, key in (("new model", ""), ("champion", "champion_")):
        figures = report[f"{key}latency_milliseconds"]
        if figures:
            said = ", ".join(f"{escape(level)} {value:.1f} ms" for level, value in figures.items())
            parts.append(f"<p>{name.capitalize()}: {said}.</p>")
            series.append((name, report[f"{key}milliseconds"]))
    both = " Both models were asked in turn, so that the machine's load was the same." if len(series) > 1 else ""
    intro = (
        f"<p>{len(report['milliseconds'])} requests, one at a time over one connection.{both} "
        "p99 is the time that 99 of 100 requests keep.</p>"
    )
    return "<h2>Latency</h2>" + intro + histogram(series, unit="ms") + "".join(parts)


def _method(report: Mapping[str, Any]) -> str:
    metrics, rules = report["metrics"], report["rules"]
    methods = [f"{capital(metrics[gain['metric']]['called'])}: {gain['method']}." for gain in report["gains"]]
    own = [
        f"{metrics[name]['called']}: {metrics[name]['own_method']}" for name in (*rules["floors"], *rules["ceilings"])
    ]
    floors = f" Floors, at 95 %: {'; '.join(own)}." if own else ""
    return (
        f"<h2>How it was decided</h2>{rule_changes.sentence(report)}<p>{escape(report['wear'])}</p>"
        f"<p>Differences: {escape(' '.join(methods))} Groups: {escape(report['slice_correction'])}."
        f"{escape(floors)}</p>"
    )
