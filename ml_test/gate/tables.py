"""The report's lists and tables. They escape what they show."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ORIGIN = (
    "commit",
    "data_sha256",
    "test_split_sha256",
    "test_rows_sha256",
    "learned_rows_sha256",
    "model_package_arn",
    "pipeline_execution",
    "endpoint",
    "rows",
)
ROWS_ON_PAPER = 30
#: A confusion matrix with more labels fits on no screen.
_MOST_LABELS = 20
STATES = {"PROMOTE": ("passed", "passed"), "HOLD": ("held", "NOT SURE"), "REJECT": ("failed", "FAILED")}


def definitions(report: Mapping[str, Any]) -> str:
    """The model, the data and the run that the report is about, down to the versions of objects and images."""
    champion = report["champion"] or {}
    shown = {name: report.get(name) for name in ORIGIN} | {f"champion's {name}": champion[name] for name in champion}
    for place, each in enumerate(report.get("objects", ()), start=1):
        shown[f"object {place}"] = f"{each['address']}, version {each['version_id']}, SHA-256 {each['sha256']}"
    for place, image in enumerate(report.get("images", ()), start=1):
        shown[f"image {place}"] = image
    entries = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{link(report, name, str(value))}</dd>"
        for name, value in shown.items()
        if value
    )
    return f"<dl>{entries}</dl>"


def link(report: Mapping[str, Any], member: str, text: str) -> str:
    """The text of a member of the report; if there is a page about it, with a link to that."""
    address = report.get("links", {}).get(member, "")
    # Nothing but a page on the web: the report is read by people who trust it.
    return f"<a href='{escape(address)}'>{escape(text)}</a>" if address.startswith("https://") else escape(text)


def checks_list(checks: Sequence[Mapping[str, Any]]) -> str:
    """Each check in plain words, with its figures below."""
    items = "".join(
        f"<li class='{STATES[check['outcome']][0]}'><b>{STATES[check['outcome']][1]}</b> "
        f"{escape(check['plain'])}{_figures(check)}</li>"
        for check in checks
    )
    return f"<ul class='checks'>{items}</ul>"


def _figures(check: Mapping[str, Any]) -> str:
    return "" if check["sentence"] == check["plain"] else f"<small>{escape(check['sentence'])}</small>"


def confused(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Which labels were taken for which: all of them if there are few, and otherwise the most frequent mistakes."""
    if len(labels) <= _MOST_LABELS:
        return confusion(labels, matrix)
    answers = [*labels, "none"]
    mistakes = [
        (count, label, answers[column])
        for place, (label, counts) in enumerate(zip(labels, matrix, strict=True))
        for column, count in enumerate(counts)
        if count and column != place
    ]
    rows = [[label, answer, str(count)] for count, label, answer in sorted(mistakes, key=lambda each: -each[0])]
    return details(f"{len(rows)} labels taken for another one", ("truth", "answer", "rows"), rows)


def confusion(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """The confusion matrix as a table. The greater the share of a true label's rows, the darker the cell."""
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in (*labels, "none"))
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th>{_cells(place, counts)}</tr>"
        for place, (label, counts) in enumerate(zip(labels, matrix, strict=True))
    )
    return (
        "<div class='wide'><table><caption>Rows: the truth. Columns: the answer.</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def rows_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


def details(summary: str, head: Sequence[str], rows: Sequence[Sequence[str]], most: int = 200) -> str:
    """A table that a click opens; only the summary if there are no rows."""
    if not rows:
        return f"<p>{summary}.</p>"
    more = f"<p>The first {most}; all are in gate.json.</p>" if len(rows) > most else ""
    # On paper, a long table stays closed.
    long = " class='long'" if len(rows) > ROWS_ON_PAPER else ""
    return f"<details{long}><summary>{summary}</summary>{more}{rows_table(head, rows[:most])}</details>"


def _cells(place: int, counts: Sequence[int]) -> str:
    total = max(sum(counts), 1)
    return "".join(
        f"<td class='{'right' if column == place else 'wrong'}' style='--share:{count / total:.3f}'>{count}</td>"
        for column, count in enumerate(counts)
    )
