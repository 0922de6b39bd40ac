"""The gate's report as one HTML page, drawn from the JSON document alone."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_test.gate.charts import gain_chart, histogram, interval_chart, reliability
from ml_test.gate.document import document
from ml_test.gate.intervals import Estimate
from ml_test.gate.tables import checks_list, confusion, definitions, rows_table
from ml_test.gate.wording import EXPLAINED, NAMES, amount, figure, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["document", "html"]

STYLE = Path(__file__).with_name("report.css")
MARKS = {"PROMOTE": "✓", "HOLD": "?", "REJECT": "✕"}
MEANINGS = {
    "PROMOTE": "The new model may replace the one in PROD.",
    "HOLD": "The evidence does not suffice to let it pass by itself. A person decides, in stage Approve.",
    "REJECT": "The new model must not go to PROD. What serves now stays.",
}
ROWS_ON_PAPER = 30
STATES = {"PROMOTE": "passed", "HOLD": "held", "REJECT": "failed"}


def html(report: Mapping[str, Any]) -> str:
    """The report as one page: no scripts, nothing loaded, light and dark, on a phone and on paper."""
    verdict = report["verdict"]
    title = f"{escape(report['workload'])}: {escape(verdict)}"
    sections = (
        f"<h1>{title}</h1><div class='verdict {escape(verdict.lower())}'>",
        f"<p class='reason'><span class='mark'>{MARKS.get(verdict, '')}</span>{escape(report['reason'])}.</p>",
        f"<p class='meaning'>{MEANINGS.get(verdict, '')}</p></div>",
        _look_at(report),
        _gains(report),
        _slices(report),
        "<h2>What was checked</h2>",
        checks_list(sorted(report["checks"], key=lambda check: list(STATES).index(check["outcome"]), reverse=True)),
        _floors(report),
        _answered(report),
        _latency(report),
        _method(report),
        "<h2>Of what</h2>",
        definitions(report),
    )
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{STYLE.read_text()}</style></head>\n<body><main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main></body></html>\n"
    )


def _look_at(report: Mapping[str, Any]) -> str:
    if not report["look_at"] or report["verdict"] != "HOLD":
        return ""
    items = "".join(f"<li>{escape(entry)}</li>" for entry in report["look_at"])
    return f"<h2>What a person should look at</h2><ul>{items}</ul>"


def _rival(report: Mapping[str, Any]) -> str:
    return "the champion" if report["champion"] else "the baseline"


def _gains(report: Mapping[str, Any]) -> str:
    first, margin = report["gains"][0], report["rules"]["comparison"]["margin"]
    metric, rival = first["metric"], _rival(report)
    if report["champion"]:
        about = f"The dashed line is the margin: up to {amount(metric, margin)} worse still counts as equally good."
    elif report["champion_missing"]:
        about = (
            "The champion could not be asked, so it is shown beside knowing nothing but how often each label occurs."
        )
    else:
        about = "Nothing serves in PROD yet: it is compared with knowing nothing but how often each label occurs."
    drawn = [(NAMES[metric], first, STATES[_outcome(report, "comparison")])]
    drawn += [(NAMES[gain["metric"]], gain, "shown") for gain in report["gains"][1:]]
    shown = (
        f" Grey: {', '.join(NAMES[gain['metric']] for gain in report['gains'][1:])}, shown and not judged."
        if len(drawn) > 1
        else ""
    )
    return (
        f"<h2>Against {rival}</h2><p>On the same {first['rows']} test rows: {NAMES[metric]} "
        f"<b>{figure(metric, first['challenger'])}</b> against <b>{figure(metric, first['champion'])}</b>. "
        f"The dot is the difference, the line where it may really lie ({percent(first['confidence'])} sure). "
        f"{about}{shown}</p><p class='meaning'>{_words(report)}</p>"
        + gain_chart(drawn, margin, label=f"Difference to {rival}", judged=1 if report["champion"] else 0)
    )


def _words(report: Mapping[str, Any]) -> str:
    """What the metrics mean, for someone who has not met them."""
    return " ".join(f"{_capital(NAMES[gain['metric']])} is {EXPLAINED[gain['metric']]}." for gain in report["gains"])


def _outcome(report: Mapping[str, Any], name: str) -> str:
    return next((check["outcome"] for check in report["checks"] if check["name"] == name), "PROMOTE")


def _slices(report: Mapping[str, Any]) -> str:
    if not report["slices"]:
        return ""
    rule, metric = report["rules"]["slices"], report["rules"]["slices"]["metric"]
    small = (
        f" Too small to judge: {escape(', '.join(report['too_small_slices']))}." if report["too_small_slices"] else ""
    )
    if report["champion"]:
        sure = percent(report["slices"][0]["gain"]["confidence"])
        about = (
            f"Worse than the champion by more than {amount(metric, rule['margin'])} (dashed) and beyond chance would "
            f"stop the release. Lines are {sure} intervals, wider because {len(report['slices'])} groups are looked at."
        )
        drawn = [(entry["name"], entry["gain"], _slice_state(entry, rule["margin"])) for entry in report["slices"]]
        chart = gain_chart(drawn, rule["margin"], label="Differences by group")
    else:
        floor = rule["floor"]
        about = "Lines are 95 % intervals." + ("" if floor is None else " The mark is the floor for the dot.")
        chart = interval_chart(
            [(entry["name"], Estimate(**entry["own"]), floor, _own_state(entry, floor)) for entry in report["slices"]]
        )
    rows = [
        [entry["name"], str(entry["own"]["rows"]), figure(metric, entry["gain"]["champion"]),
         figure(metric, entry["own"]["value"])]
        for entry in report["slices"]
    ]  # fmt: skip
    return (
        f"<h2>Group by group</h2><p>{_capital(NAMES[metric])} for each group of rows. {about}{small}</p>{chart}"
        "<details><summary>The figures</summary>"
        + rows_table(("group", "rows", _rival(report), "new model"), rows)
        + "</details>"
    )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _slice_state(entry: Mapping[str, Any], margin: float) -> str:
    if entry["gain"]["value"] >= -margin or entry["suspected"][1] >= 0:
        return "passed"
    return "failed" if entry["gain"]["high"] < 0 else "held"


def _own_state(entry: Mapping[str, Any], floor: float | None) -> str:
    if floor is None or entry["own"]["value"] >= floor:
        return "passed"
    return "failed" if entry["own"]["high"] < floor else "held"


def _floors(report: Mapping[str, Any]) -> str:
    drawn = [
        (check["name"], Estimate(**check["estimate"]), check["floor"], STATES[check["outcome"]])
        for check in report["checks"]
        if check["estimate"]
    ]
    if not drawn:
        return ""
    ceiling = any(check["ceiling"] for check in report["checks"])
    note = "Dot: the figure on the test rows. Line: its 95 % interval. Mark: the floor for the line's lower end"
    note += ", or, for losses and errors, the ceiling for its upper end." if ceiling else "."
    return f"<h2>Figures against their floors</h2><p>{note}</p>" + interval_chart(drawn)


def _answered(report: Mapping[str, Any]) -> str:
    parts = ["<h2>What was answered</h2>"]
    if report["calibration"]:
        parts.append(
            "<p>Of the rows that were told 30 %, about 30 % should come true: dots on the dashed line are good. "
            "Lines are 95 % intervals.</p>" + reliability(report["calibration"])
        )
        parts.append(
            f"<p>From {report['threshold']:.3f} on, it is decided as {escape(report['rules']['positive'])}:</p>"
        )
    parts.append(confusion(report["labels"], report["confusion"]))
    wrong = [[entry["request"], entry["expected"], entry["answer"]] for entry in report["wrong"]]
    parts.append(_details(f"{len(wrong)} wrong answers", ("request", "truth", "answer"), wrong))
    if report["champion"]:
        differing = [[e["request"], e["expected"], e["answer"], e["champion"]] for e in report["differing"]]
        title = f"{len(differing)} rows on which the models differ"
        parts.append(_details(title, ("request", "truth", "new", "champion"), differing))
    return "".join(parts)


def _details(summary: str, head: tuple[str, ...], rows: list[list[str]], most: int = 200) -> str:
    if not rows:
        return f"<p>{summary}.</p>"
    more = f"<p>The first {most}; all are in gate.json.</p>" if len(rows) > most else ""
    # on paper, what is long stays closed
    long = " class='long'" if len(rows) > ROWS_ON_PAPER else ""
    return f"<details{long}><summary>{summary}</summary>{more}{rows_table(head, rows[:most])}</details>"


def _latency(report: Mapping[str, Any]) -> str:
    parts, series = [], []
    for name, key in (("new model", ""), ("champion", "champion_")):
        figures = report[f"{key}latency_milliseconds"]
        if figures:
            said = ", ".join(f"{escape(level)} {value:.1f} ms" for level, value in figures.items())
            parts.append(f"<p>{name.capitalize()}: {said}.</p>")
            series.append((name, report[f"{key}milliseconds"]))
    both = " Both models were asked in turn, so that the machine's load was the same." if len(series) > 1 else ""
    intro = (
        f"<p>{len(report['milliseconds'])} rows, one request at a time over a kept connection.{both} "
        "p99: 99 of 100 requests took no longer.</p>"
    )
    return "<h2>Latency</h2>" + intro + histogram(series, unit="ms") + "".join(parts)


def _method(report: Mapping[str, Any]) -> str:
    methods = dict.fromkeys(f"{_capital(NAMES[gain['metric']])}: {gain['method']}." for gain in report["gains"])
    return (
        f"<h2>How it was decided</h2><p>{escape(report['wear'])}</p>"
        f"<p>Differences: {escape(' '.join(methods))} Groups: {escape(report['slice_correction'])}. "
        "Floors: Wilson's interval for shares, DeLong's for AUC, a stratified bootstrap for macro-F1, the normal one "
        "for means, at 95 %.</p>"
    )
