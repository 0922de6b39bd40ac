"""The training curve, as the report shows it: a drawing for each thing measured, with a line for each channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from handover.training_curve import Series, TrainingCurve
from ml_test.gate.charts import line_chart
from ml_test.gate.tables import rows_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TITLE = "<h2>How it was trained</h2>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """``unknown``: why there is no curve."""

    found: TrainingCurve | None = None
    unknown: str = ""

    def document(self) -> dict[str, Any]:
        """The part of the gate's report."""
        metrics = self.found.metrics if self.found else ()
        return {"metrics": [asdict(series) for series in metrics], "unknown": self.unknown}


def section(report: Mapping[str, Any]) -> str:
    """Nothing in a report to which no training job belongs, such as that of a trial without a cloud."""
    part = report.get("curve")
    if not part:
        return ""
    if part["unknown"]:
        return f"{_TITLE}<p>The training curve could not be read: {escape(part['unknown'])}.</p>"
    metrics = [Series(name=each["name"], count=each["count"], values=tuple(each["values"])) for each in part["metrics"]]
    if not metrics:
        return f"{_TITLE}<p>The training job reported no metric more than once, so there is no curve.</p>"
    measured = dict.fromkeys(series.measured for series in metrics)
    drawn = "".join(_drawing(name, [series for series in metrics if series.measured == name]) for name in measured)
    return (
        f"{_TITLE}<p>What the training job reported of itself while it learned, from the first to the last value. "
        f"Nothing is judged by this: the push's own code reports it.</p>{drawn}"
        f"<details><summary>The figures</summary>{_table(metrics)}</details>"
    )


def _drawing(measured: str, metrics: Sequence[Series]) -> str:
    # The training rows' line is the faint one: what counts is the other.
    ordered = sorted(metrics, key=lambda series: series.name.startswith("train:"))
    lines = [(series.name, series.count, series.values) for series in ordered]
    return f"<p>{escape(measured)}</p>" + line_chart(lines, label=f"Training curve: {measured}")


def _table(metrics: Sequence[Series]) -> str:
    rows = [
        [
            series.name,
            f"{series.count:,}",
            *(
                f"{value:.6g}"
                for value in (series.values[0], min(series.values), max(series.values), series.values[-1])
            ),
        ]
        for series in metrics
    ]
    return rows_table(("metric", "values", "first", "least", "greatest", "last"), rows)
