"""Compares the two models that compete in PROD, by what data capture and CloudWatch know of their real traffic."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.names import CHALLENGER_VARIANT
from handover.packages import version_of
from ml_test.gate import experiment
from ml_test.gate.experiment import Traffic
from ml_test.gate.rules import Rules
from ml_test.gate.verdict import Verdict
from scripts.command import run
from scripts.reads import captures
from scripts.reads.prod import Prod
from scripts.reads.registry import Registry
from scripts.reads.variant_metrics import counted
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.verdict import Check
    from scripts.reads.prod import Served

_MARKS = {Verdict.PROMOTE: "✓", Verdict.HOLD: "?", Verdict.REJECT: "✗"}
_NEXT = {
    Verdict.PROMOTE: "The challenger may take over: make end-experiment WORKLOAD={workload} KEEP=challenger",
    Verdict.REJECT: "The champion is to stay: make end-experiment WORKLOAD={workload} KEEP=champion",
    Verdict.HOLD: "Not decided. Let it go on, or decide by what stands above: "
    "make end-experiment WORKLOAD={workload} KEEP=…",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--truths", help="a CSV file or s3:// address: inference_id or request, and truth")
    options = parser.parse_args()
    prod = Prod(options.workload)
    found = prod.serving()
    served = {one.variant: one for one in prod.serves(Registry(options.workload))}
    challenger = served.pop(CHALLENGER_VARIANT, None)
    if found is None or challenger is None or len(served) != 1:
        raise SystemExit(
            f"No experiment is under way in {prod.endpoint_name}: with [stages.prod.ab] in gatehouse.toml, the next"
            " push starts one."
        )
    champion = next(iter(served.values()))
    known = captures.truths(options.truths) if options.truths else {}
    config = found.config
    models = [traffic(one, prod.endpoint_name, config, known) for one in (champion, challenger)]
    rules = rules_of(options.workload)
    checks = experiment.compare(models[0], models[1], rules, minimum=minimum_requests(options.workload))
    print(f"{prod.endpoint_name} since {config['CreationTime']:%Y-%m-%d %H:%M:%S} UTC")
    print("\n".join([*summary(models, (champion, challenger)), "", *sentences(checks, options.workload)]))
    return 0


def rules_of(workload: str) -> Rules:
    """The gate's rules; raises SystemExit for an invalid gate.toml."""
    try:
        return Rules.find(Path(), workload, load_settings(Path("gatehouse.toml")).of(workload).dataset)
    except ValueError as error:
        raise SystemExit(str(error)) from error


def traffic(one: Served, endpoint: str, config: Mapping[str, Any], known: Mapping[str, str]) -> Traffic:
    """The variant's traffic since the endpoint's configuration was created: the experiment began then."""
    capture = config.get("DataCaptureConfig", {})
    if not capture.get("EnableCapture"):
        raise SystemExit(f"{endpoint} captures nothing: set capture_percent in gatehouse.toml.")
    since = config["CreationTime"]
    found = list(captures.captured(capture["DestinationS3Uri"], endpoint, one.variant, since))
    count = counted(endpoint, one.variant, since)
    return Traffic(
        package=one.package_arn,
        invocations=count.invocations,
        errors=count.errors,
        p99_milliseconds=count.p99_milliseconds,
        answers=tuple(each.answer for each in found),
        judged=captures.judged(found, known),
    )


def minimum_requests(workload: str) -> int:
    """The requests that each variant needs, from gatehouse.toml."""
    ab = load_settings(Path("gatehouse.toml")).of(workload).stages.prod.ab
    if ab is None:
        raise SystemExit("gatehouse.toml has no [stages.prod.ab], so it does not say how many requests are enough.")
    return ab.minimum_requests


def summary(models: Sequence[Traffic], served: Sequence[Served]) -> list[str]:
    """A line for each variant."""
    lines = [f"{'':<12}{'version':>8}{'share':>7}{'requests':>10}{'5XX':>6}{'p99 ms':>9}{'captured':>10}{'judged':>8}"]
    for name, model, one in zip(("champion", "challenger"), models, served, strict=True):
        p99 = f"{model.p99_milliseconds:.1f}" if model.p99_milliseconds is not None else "-"
        lines.append(
            f"{name:<12}{version_of(one.package_arn):>8}{one.weight:>7.0%}{model.invocations:>10}{model.errors:>6}"
            f"{p99:>9}{len(model.answers):>10}{len(model.judged):>8}"
        )
    return lines


def sentences(checks: Sequence[Check], workload: str) -> list[str]:
    """The verdict first, then each condition in plain words, with its figures."""
    verdict = Verdict.of(checks)
    lines = [f"{verdict}: {next(check.plain for check in checks if check.outcome is verdict)}"]
    for check in checks:
        lines.append(f"  {_MARKS[check.outcome]} {check.name}: {check.sentence}")
        if check.look_at:
            lines.append(f"    look at: {check.look_at}")
    return [*lines, _NEXT[verdict].format(workload=workload)]


if __name__ == "__main__":
    run(main)
