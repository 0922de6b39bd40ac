"""The gate: asks the QA endpoint for every test row, judges the probabilities, lets the model pass or stops it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import numpy as np

from ml_init.step import S3Address, input_artifact, run, say, timed
from ml_init.upload import read_lines
from ml_test.endpoint import Answer, ask, ask_at_once
from ml_test.gate import report
from ml_test.gate.binary import BinaryEvidence, BinaryFloors, Costs, calibration, decide_binary, probability
from ml_test.gate.decision import Decision, Evidence
from ml_test.gate_step import Settings, conclude, pass_or_stop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

GATE = tomllib.loads(Path(__file__).with_name("gate.toml").read_text())


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The test rows: as sent, what is true of each, what was answered, and the times of those asked one by one."""

    requests: Sequence[str]
    truth: Sequence[str]
    answers: Sequence[str]
    milliseconds: Sequence[float]


def main() -> None:
    pass_or_stop(judge)


def judge(settings: Settings) -> Decision:
    """Ask, decide, report, and set the package's approval."""
    data = input_artifact("DataOutput", "data.json")
    s3, runtime = boto3.client("s3"), boto3.client("sagemaker-runtime")
    with timed("asked the endpoint"):
        asked = gather(s3, runtime, settings.endpoint, data)
        smoke = ask(runtime, settings.endpoint, GATE["smoke"]["requests"])
    with timed("judged"):
        evidence = evidence_of(asked, data)
        decision = decide_binary(evidence, BinaryFloors(**GATE["floors"], **GATE["ceilings"]))
    for check in decision.checks:
        say(f"  {'passed' if check.passed else 'FAILED'}: {check.sentence}")
    with timed("reported"):
        conclude(document(decision, evidence, asked, smoke, data, settings), settings)
    return decision


def gather(s3: Any, runtime: Any, endpoint: str, data: Mapping[str, Any]) -> Asked:
    """Every test row is asked for. The latency is that of the first ones, one at a time; the rest go side by side."""
    rows = [line.rsplit(",", 1) for line in read_lines(s3, S3Address.parse(data["test"]))]
    requests, load = [row[0] for row in rows], GATE["load"]
    timed_ones = load["one_at_a_time"]
    first = ask(runtime, endpoint, requests[:timed_ones])
    rest = ask_at_once(runtime, endpoint, requests[timed_ones:], connections=load["connections"])
    return Asked(
        requests=requests,
        truth=[row[1] for row in rows],
        answers=[answer.text for answer in (*first, *rest)],
        milliseconds=[answer.milliseconds for answer in first],
    )


def evidence_of(asked: Asked, data: Mapping[str, Any]) -> BinaryEvidence:
    never, event = data["labels"]
    return BinaryEvidence(
        truth=np.array([label == event for label in asked.truth], dtype=np.int64),
        scores=np.array([probability(answer) for answer in asked.answers]),
        slices=slices(asked.requests, data["features"]),
        milliseconds=asked.milliseconds,
        labels=(never, event),
        costs=Costs(**GATE["costs"]),
    )


def slices(requests: Sequence[str], features: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Masks of the rows by name, as gate.toml's ``slices`` say: single values, or bands from one bound to the next."""
    columns = dict(zip(features, zip(*(request.split(",") for request in requests), strict=True), strict=True))
    found: dict[str, NDArray[np.bool_]] = {}
    for entry in GATE["slices"]:
        values = np.array(columns[entry["feature"]])
        for value, name in entry.get("values", {}).items():
            found[name] = values == value
        for low, high in pairwise([*entry.get("bounds", []), np.inf]):
            name = f"{low} to {high - 1}" if high < np.inf else f"from {low}"
            numbers = values.astype(float)
            found[f"{entry['feature']} {name}"] = (numbers >= low) & (numbers < high)
    return found


def document(
    decision: Decision,
    evidence: BinaryEvidence,
    asked: Asked,
    smoke: Sequence[Answer],
    data: Mapping[str, Any],
    settings: Settings,
) -> dict[str, Any]:
    """The report: as of a model that answers with labels, by what it decides, and beside it what it answered."""
    training_labels: Mapping[str, int] = data["label_counts"]["train"]
    decided = Evidence(
        truth=asked.truth,
        answers=evidence.answers,
        milliseconds=evidence.milliseconds,
        labels=evidence.labels,
        majority=max(training_labels, key=training_labels.__getitem__),
        seed=0,
    )
    origin = {
        "workload": settings.workload,
        "commit": settings.commit,
        "data_sha256": data["data_sha256"],
        "model_package_arn": settings.package_arn,
        "pipeline_execution": settings.execution,
        "endpoint": settings.endpoint,
        "smoke": [
            {"request": request, "answer": answer.text}
            for request, answer in zip(GATE["smoke"]["requests"], smoke, strict=True)
        ],
        "threshold": evidence.costs.threshold,
        "calibration": calibration(evidence.truth, evidence.judged_scores),
        "answers": list(asked.answers),
    }
    return report.document(decision, decided, asked.requests, origin)


if __name__ == "__main__":
    run(main)
