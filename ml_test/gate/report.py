"""The gate's report: a JSON document, and one HTML page drawn from it alone. Equal inputs give equal bytes."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.charts import histogram, interval_chart
from ml_test.gate.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.decision import Decision, Evidence

STYLE = Path(__file__).with_name("report.css")


def document(
    decision: Decision, evidence: Evidence, requests: Sequence[str], origin: Mapping[str, Any]
) -> dict[str, Any]:
    """What the gate found, as JSON values. ``requests`` are the test rows as sent; ``origin`` says of what and when."""
    times = np.asarray(evidence.milliseconds)
    wrong = [
        {"request": request, "expected": true, "answer": answer}
        for request, true, answer in zip(requests, evidence.truth, evidence.answers, strict=True)
        if answer != true
    ]
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        **origin,
        "rows": len(evidence.truth),
        "checks": [asdict(check) for check in decision.checks],
        "labels": list(evidence.labels),
        "confusion": decision.matrix.tolist(),
        "majority": evidence.majority,
        "wrong": wrong,
        "unknown_answers": sorted({answer for answer in evidence.answers if answer not in evidence.labels}),
        "latency_milliseconds": {
            **{f"p{level}": round(float(np.percentile(times, level)), 3) for level in (50, 95, 99)},
            "max": round(float(times.max()), 3),
            "first": round(float(times[0]), 3),
        },
        "milliseconds": [round(value, 3) for value in evidence.milliseconds],
    }


def html(report: Mapping[str, Any]) -> str:
    """The report as one page: no scripts, nothing loaded, light and dark, on a phone and on paper."""
    verdict = escape(report["verdict"])
    title = f"{escape(report['workload'])}: {verdict}"
    sections = (
        f"<h1>{title}</h1><p class='verdict {verdict.lower()}'>{escape(report['reason'])}</p>",
        _origin(report),
        "<h2>Figures against their floors</h2>",
        "<p>Dot: the figure on the test rows. Line: its 95 % interval. Mark: the floor for the line's lower end.</p>",
        interval_chart(_drawable(report["checks"])),
        _checks(report["checks"]),
        "<h2>What was answered</h2>",
        _confusion(report["labels"], report["confusion"]),
        _wrong(report["wrong"]),
        "<h2>Latency</h2>",
        _latency(report["latency_milliseconds"]),
        histogram(report["milliseconds"], unit="ms"),
    )
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{STYLE.read_text()}</style></head>\n<body><main>\n" + "\n".join(sections) + "\n</main></body></html>\n"
    )


def _drawable(checks: Sequence[Mapping[str, Any]]) -> list[tuple[str, Estimate, float]]:
    return [(check["name"], Estimate(**check["estimate"]), check["floor"]) for check in checks if check["estimate"]]


def _origin(report: Mapping[str, Any]) -> str:
    names = ("commit", "data_sha256", "model_package_arn", "pipeline_execution", "endpoint", "rows")
    entries = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(str(report[name]))}</dd>" for name in names
    )
    return f"<dl>{entries}</dl>"


def _checks(checks: Sequence[Mapping[str, Any]]) -> str:
    items = "".join(
        f"<li class='{'passed' if check['passed'] else 'failed'}'>"
        f"<b>{'passed' if check['passed'] else 'FAILED'}</b> {escape(check['sentence'])}</li>"
        for check in checks
    )
    return f"<ul class='checks'>{items}</ul>"


def _confusion(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """A table, shaded by the share of the true label's rows."""
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in (*labels, "no label"))
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th>{_cells(place, counts)}</tr>"
        for place, (label, counts) in enumerate(zip(labels, matrix, strict=True))
    )
    return (
        "<div class='wide'><table><caption>Rows: the truth. Columns: the answer.</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(place: int, counts: Sequence[int]) -> str:
    total = max(sum(counts), 1)
    return "".join(
        f"<td class='{'right' if column == place else 'wrong'}' style='--share:{count / total:.3f}'>{count}</td>"
        for column, count in enumerate(counts)
    )


def _wrong(wrong: Sequence[Mapping[str, str]]) -> str:
    if not wrong:
        return "<p>Every test row was answered right.</p>"
    rows = "".join(
        f"<tr><td>{escape(entry['request'])}</td><td>{escape(entry['expected'])}</td>"
        f"<td>{escape(entry['answer'])}</td></tr>"
        for entry in wrong
    )
    return (
        f"<details><summary>{len(wrong)} wrong answers</summary><div class='wide'><table><thead><tr>"
        "<th scope='col'>request</th><th scope='col'>truth</th><th scope='col'>answer</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _latency(latency: Mapping[str, float]) -> str:
    figures = ", ".join(f"{escape(name)} {value:.1f} ms" for name, value in latency.items())
    return f"<p>One request at a time over a kept connection: {figures}.</p>"
