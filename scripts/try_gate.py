"""Trains a workload on this machine and lets the gate judge the model, as it would a first release.

Rules, rows and the gate's code are those of the working tree. The model is trained and served by the local cloud's
stand-in for its image, without a cloud. The report is out/<workload>/gate.html.
"""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handover.data import TRAIN, VALIDATION
from handover.documents import to_json
from handover.gate_report import Origin, Smoke
from ml_steps.endpoint import Asker
from ml_test.archives import Archives
from ml_test.asking import ask_all, ask_dealt
from ml_test.evaluation import asked_rows, by_rules, of_one
from ml_test.gate import report
from ml_test.gate.decision import decide
from ml_test.gate.metrics.metric import ClosedForm
from ml_test.gate.rules import Rules
from ml_test.known_data import KnownData
from ml_training.containers import ModelContainer
from ml_training.training import BuiltIn, Training
from scripts.command import run
from scripts.container_here import ContainerHere
from scripts.datasets import chosen_name
from scripts.rows_here import RowsHere
from scripts.try_data import OUT
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml_test.gate.decision import Decision
    from ml_test.gate.evidence import Evidence
    from scripts.container_here import RuntimeHere

_MARKS = {"PROMOTE": "✓", "HOLD": "?", "REJECT": "✗"}


def main(workload: str) -> int:
    rows = RowsHere.of(workload)
    rules = Rules.find(Path(), workload, chosen_name(workload))
    training = built_in(workload, rows)
    with ContainerHere.of(WORKLOADS[workload].images[0].repository) as container:
        channels = {training.channels.get(name, name): rows.written[name] for name in (TRAIN, VALIDATION)}
        printed = container.train(training.hyperparameters_for(rows.features), channels, rows.kind.content_type)
        print(f"trained: {printed[-1].replace('#011', '  ')}")
        data = KnownData(dataset=rows.dataset, parts=rows.parts)
        with container.serving() as runtime:
            evidence = gathered(workload, runtime, data, rules)
    decision = decide(evidence, rules)
    for line in said(decision, evidence, rules):
        print(line)
    print(f"The report: {written(workload, decision, evidence, rules, data)}")
    return 0


def built_in(workload: str, rows: RowsHere) -> Training:
    """Its training. SystemExit if it is none that this machine can serve by itself."""
    training = Training.of_workload(workload, rows.features)
    if not isinstance(training.algorithm, BuiltIn) or training.containers != (ModelContainer(),):
        raise SystemExit(
            f"{workload} has a script or containers of its own, which only a cloud can serve: "
            f"`make push WORKLOAD={workload}`. "
            f"`make train-here WORKLOAD={workload}` runs a script."
        )
    return training


def gathered(workload: str, runtime: RuntimeHere, data: KnownData, rules: Rules) -> Evidence:
    """The test rows and the model's answers, as the gate's step gathers them for a first release."""
    asker, rows = Asker(runtime=runtime, invocation=WORKLOADS[workload].invocation), asked_rows(data, rules)
    (asked,) = ask_all(asker, ["here"], rows.requests, rules)
    dealt = ask_dealt(asker, "here", rows.requests, data.features, rules)
    smoke = [answer.text for answer in asker.ask("here", rules.smoke.requests)]
    return by_rules(rules, replace(of_one(rows, asked, data), smoke=smoke, dealt=dealt), data, Archives())


def said(decision: Decision, evidence: Evidence, rules: Rules) -> Iterator[str]:
    """The verdict and its checks; what floors it would pass; and what became of the same model at the next push."""
    for check in decision.checks:
        yield f"  {_MARKS[check.outcome]} {check.plain}"
    yield f"{decision.verdict}: {decision.reason}."
    compared = rules.compared[0]
    if isinstance(compared, ClosedForm):
        found = compared.estimate(decision.pair.challenger, seed=evidence.seed)
        yield (
            f"{compared.called} {found.value:.4f}, 95 % interval {found.low:.4f} to {found.high:.4f}: a "
            f"{compared.direction.limit} passes if the whole interval keeps it."
        )
    champion = replace(evidence, champion=evidence.answers, champion_milliseconds=evidence.milliseconds)
    unchanged = next(check for check in decide(champion, rules).checks if check.name == "comparison")
    yield f"The same model again, at the next push: {unchanged.outcome}: {unchanged.plain}."


def written(workload: str, decision: Decision, evidence: Evidence, rules: Rules, data: KnownData) -> Path:
    """The report, as gate.json and gate.html."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    about = Origin(
        workload=workload,
        commit=commit or "none",
        data_sha256=data.sha256,
        model_package_arn=f"model-package/{workload}/0",
        champion=None,
        pipeline_execution=f"none: make try-gate WORKLOAD={workload}",
        endpoint="this machine",
        objects=(),
        images=(),
        data=data.dataset.name,
        smoke=tuple(
            Smoke(request=request, answer=answer)
            for request, answer in zip(rules.smoke.requests, evidence.smoke, strict=True)
        ),
        judged_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
    )
    folder = OUT / workload
    folder.mkdir(parents=True, exist_ok=True)
    document = report.document(decision, evidence, rules, about.document())
    (folder / "gate.json").write_text(to_json(document))
    (folder / "gate.html").write_text(report.html(document))
    return folder / "gate.html"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
