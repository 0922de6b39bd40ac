"""What the tests of faults have seen, for docs/faults.md: ``make faults`` runs them and writes the page anew.

A test marked ``fault`` says ``record(…)`` once it has checked its verdict. ``GATEHOUSE_FAULTS`` names the file for it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = Path(__file__).parents[1]
SEEN = PROJECT / "docs" / "faults.json"
PAGE = PROJECT / "docs" / "faults.md"
VARIABLE = "GATEHOUSE_FAULTS"
_BEGIN, _END = "<!-- written by make faults: begin -->", "<!-- written by make faults: end -->"

#: Every fault that has a test, in the order of the page: what is decided before PROD, in the canary, around it.
FAULTS = (
    "constant model",
    "shuffled labels",
    "worse by the margin",
    "worse in one slice only",
    "better on average but slow",
    "answers that are not a number",
    "the champion's endpoint is gone",
    "a container that dies in the canary",
    "5XX for 2 % of requests in the canary",
    "latency tripled",
    "`/ping` never answers",
    "an alarm without data, treated as not breaching",
    "an alarm without data, treated as missing",
    "an alarm without data, treated as breaching",
    "an alarm that does not exist",
    "an answer class out of its expected band",
    "success reported over a silent rollback",
    "two pushes at once",
    "a push during a canary",
    "the build killed in the middle of a deployment",
    "SIGKILL to the local cloud during a canary",
)


def record(fault: str, *, verdict: str, seconds: float, left_over: Iterable[str] = ()) -> None:
    """One row: what was done to it, what it came to, after how long, and what was left behind.

    Raises ValueError for a fault that ``FAULTS`` does not list.
    """
    if fault not in FAULTS:
        raise ValueError(f"{fault!r} is not among the faults of {__name__}.FAULTS: list it there, in its place")
    if VARIABLE in os.environ:
        path = Path(os.environ[VARIABLE])
        seen = json.loads(path.read_text()) if path.exists() else {}
        seen[fault] = {"verdict": verdict, "seconds": round(seconds, 1), "left_over": sorted(left_over)}
        path.write_text(json.dumps(seen, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def table(seen: dict[str, Any]) -> str:
    """The page's table, in Markdown."""
    lines = ["| fault | verdict | seconds | left over |", "|---|---|---:|---|"]
    for fault in FAULTS:
        if fault in seen:
            row = seen[fault]
            left_over = ", ".join(row["left_over"]) or "nothing"
            lines.append(f"| {fault} | {row['verdict']} | {row['seconds']} | {left_over} |")
    return "\n".join(lines)


def page(before: str, seen: dict[str, Any]) -> str:
    head, _, rest = before.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{table(seen)}\n{_END}{tail}"


def main() -> int:
    """Writes docs/faults.md from what was seen; fails where a fault on the list was not."""
    seen = json.loads(SEEN.read_text())
    PAGE.write_text(page(PAGE.read_text(), seen))
    lacking = [fault for fault in FAULTS if fault not in seen]
    if lacking:
        sys.stderr.write(f"{PAGE.relative_to(PROJECT)} lacks: {', '.join(lacking)}\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
