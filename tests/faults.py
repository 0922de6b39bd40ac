"""What the tests of faults have seen, for docs/faults.md: ``make faults`` runs them and writes the page anew.

A test marked ``fault`` says ``record(…)`` once it has checked its verdict, into the file that ``GATEHOUSE_FAULTS``
names. So the page is of one run, and of a whole one.
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

#: Every fault that has a test, and what is done in it; in the order of the page, under its headings.
CHAPTERS = {
    "Stopped before PROD": {
        "constant model": "trained on rows that are all `unacc`; served, and judged beside the champion",
        "shuffled labels": "trained on rows whose labels were dealt out at random",
        "worse by the margin": "trained without one kind of `acc`: 11 of 289 test rows fewer right than the champion",
        "worse in one slice only": "as good as the champion on the whole; of 67 rows `buying vhigh`, 9 fewer right",
        "better on average but slow": "8 rows more right than the champion; a quarter of a second for 1 row of 20",
        "answers that are not a number": "the last container answers `NaN` for one label of four",
        "the champion's endpoint is gone": "a release was approved before, and no endpoint serves it",
    },
    "In the canary": {
        "a container that dies in the canary": "SIGKILL to the new container while it bakes",
        "5XX for 2 % of requests in the canary": "the new container fails now and then",
        "latency tripled": "the new container takes three times as long",
        "`/ping` never answers": "the new container loads its model for ever; it is given 60 s, AWS's least",
        "an alarm without data, treated as not breaching": "a healthy release, guarded by such an alarm",
        "an alarm without data, treated as missing": "a healthy release, guarded by such an alarm",
        "an alarm without data, treated as breaching": "a healthy release; the alarm rings since before it",
        "an alarm that does not exist": "a healthy release, guarded by a name that no alarm has",
        "an answer class out of its expected band": "the new container answers everything alike",
        "success reported over a silent rollback": "SageMaker sends the release back, and nobody is told",
    },
    "Around a release": {
        "two pushes at once": "two commits pushed one right after the other, followed to their ends",
        "a push during a canary": "a commit pushed while the release before it bakes in PROD",
        "the build killed in the middle of a deployment": "SIGKILL to the verification in stage PROD",
        "SIGKILL to the local cloud during a canary": "it is started again",
    },
    "At the door": {
        "the model fails at a request": "its container raises an exception, and answers 500",
        "the model hangs": "its container takes a request and never answers",
        "the endpoint is deleted": "`DeleteEndpoint`, with the API as it was",
        "the model is being replaced": "callers ask the API while a canary takes over the traffic",
        "a function that crashes at import": "a release's stack, whose function raises an exception when it is loaded",
    },
}
FAULTS = tuple(fault for faults in CHAPTERS.values() for fault in faults)


def record(fault: str, *, verdict: str, seconds: float, left_over: Iterable[str]) -> None:
    """One row: what was done to it, what it came to, after how long, and what was left behind.

    Raises ValueError for a fault that ``FAULTS`` does not list.
    """
    if fault not in FAULTS:
        raise ValueError(f"{fault!r} is not among the faults of {__name__}.CHAPTERS: list it there, in its place")
    if VARIABLE in os.environ:
        path = Path(os.environ[VARIABLE])
        seen = json.loads(path.read_text()) if path.exists() else {}
        seen[fault] = {"verdict": verdict, "seconds": round(seconds, 1), "left_over": sorted(left_over)}
        path.write_text(json.dumps(seen, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def tables(seen: dict[str, Any]) -> str:
    """The page's tables, in Markdown, each under its heading."""
    lines = []
    for heading, faults in CHAPTERS.items():
        lines += ["", f"## {heading}", "", "| fault | what was done | verdict | seconds | left over |"]
        lines += ["|---|---|---|---:|---|"]
        for fault, done in faults.items():
            if row := seen.get(fault):
                left_over = ", ".join(row["left_over"]) or "nothing"
                lines.append(f"| {fault} | {done} | {row['verdict']} | {row['seconds']} | {left_over} |")
    return "\n".join(lines) + "\n"


def page(before: str, seen: dict[str, Any]) -> str:
    head, _, rest = before.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{tables(seen)}{_END}{tail}"


def main(path: Path) -> int:
    """Writes docs/faults.json and docs/faults.md from what one run has seen; neither where it lacks a fault."""
    seen = json.loads(path.read_text())
    lacking = [fault for fault in FAULTS if fault not in seen]
    if lacking:
        sys.stderr.write(f"{PAGE.relative_to(PROJECT)} is as it was: {path} lacks {', '.join(lacking)}\n")
        return 1
    SEEN.write_text(path.read_text())
    PAGE.write_text(page(PAGE.read_text(), seen))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
