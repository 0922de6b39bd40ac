"""The gate's program: sends the test rows to challenger and champion, decides, reports, and sets the approval."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from handover.gate_report import Champion, Origin, Smoke
from handover.invocations import invocation
from ml_steps.endpoint import Answer, Asker
from ml_steps.running import StepError, run, say, timed
from ml_test import earlier_decisions, proposed
from ml_test.champion import Gone, find
from ml_test.gate import report
from ml_test.gate.decision import Decision, decide
from ml_test.gate.document import answers_hash, split_hash
from ml_test.gate.evidence import Evidence
from ml_test.gate.latency import judge as judge_latency
from ml_test.gate.latency import p99
from ml_test.gate.rules import Rules
from ml_test.gate.slices import groups
from ml_test.gate_step import conclude, pass_or_stop
from ml_test.known_data import KnownData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.variables import GateVariables
    from ml_init.table import Row
    from ml_test.gate.rules import Latency


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A model's answers to all test rows, and the times of the rows that were sent one at a time."""

    answers: Sequence[str]
    milliseconds: Sequence[float]


def main() -> None:
    """Judge the challenger by the workload's gate.toml. A REJECT stops the release."""
    pass_or_stop(lambda variables: judge(variables, rules_of(variables.workload)))


def rules_of(workload: str) -> Rules:
    """The rules in the workload's gate.toml. StepError if the file is missing or wrong."""
    path = Path(__file__).with_name(workload) / "gate.toml"
    try:
        return Rules.read(path)
    except OSError as error:
        raise StepError(f"The workload {workload} has no rules for its gate: {path} cannot be read.") from error
    except ValueError as error:
        raise StepError(str(error)) from error


def judge(variables: GateVariables, rules: Rules) -> Decision:
    """Ask, decide, report, and set the package's approval."""
    s3 = boto3.client("s3")
    with timed("derived the test rows"):
        data = KnownData.read(s3, variables.bucket, proposed.contract(variables.workload))
    asker = Asker(runtime=boto3.client("sagemaker-runtime"), invocation=invocation(variables.invocation))
    rival = find(
        boto3.client("sagemaker"),
        boto3.client("cloudformation"),
        endpoint=variables.champion,
        stack=variables.champion_stack,
        challenger=variables.package_arn,
    )
    with timed("asked the endpoints"):
        evidence = gather(s3, asker, variables, data, rules, rival)
        smoke = asker.ask(variables.endpoint, rules.smoke.requests)
    with timed("judged"):
        decision = _decided(evidence, rules)
    for check in decision.checks:
        say(f"  {'passed' if check.passed else check.outcome}: {check.sentence}")
    with timed("reported"):
        about = origin(variables, data, rival, rules, smoke)
        document = report.document(decision, evidence, rules, about.document())
        earlier_decisions.record(s3, variables.bucket, document)
        conclude(document, variables)
    return decision


def gather(
    s3: Any, asker: Asker, variables: GateVariables, data: KnownData, rules: Rules, rival: Champion | Gone | None
) -> Evidence:
    """The test rows, both models' answers to them, and all else that the decision needs."""
    requests, truth = test_rows(data.test, rules)
    endpoints = [variables.endpoint, rival.endpoint] if isinstance(rival, Champion) else [variables.endpoint]
    challenger, *others = ask_all(asker, endpoints, requests, rules)
    champion = others[0] if others else None
    return Evidence(
        requests=requests,
        truth=truth,
        answers=challenger.answers,
        milliseconds=challenger.milliseconds,
        labels=data.labels,
        baseline=rules.answers.baseline(data.baseline_labels),
        seed=data.seed,
        champion=champion.answers if champion else None,
        champion_milliseconds=champion.milliseconds if champion else (),
        champion_missing=rival.reason if isinstance(rival, Gone) else "",
        slices=groups(requests, data.features, rules.cuts),
        earlier_decisions=earlier_decisions.count(
            s3, variables.bucket, split=split_hash(requests, truth), answers=answers_hash(challenger.answers)
        ),
    )


def test_rows(rows: Sequence[Row], rules: Rules) -> tuple[Sequence[str], Sequence[str] | None]:
    """Requests and truth. The last column is the truth, unless the kind of answers needs none."""
    if not rules.answers.needs_truth:
        return [",".join(row) for row in rows], None
    return [",".join(row[:-1]) for row in rows], [row[-1] for row in rows]


def ask_all(asker: Asker, endpoints: Sequence[str], requests: Sequence[str], rules: Rules) -> list[Asked]:
    """Each endpoint's answers. The first rows go to all endpoints in turn and are timed; the others go in parallel."""
    load = rules.load
    timed_ones = len(requests) if load.one_at_a_time is None else load.one_at_a_time
    asker.ask_in_turn(endpoints, requests[: load.warm_up])
    looks = [asker.ask_in_turn(endpoints, requests[:timed_ones])]
    while requests and len(looks) < load.looks and not _quick_enough(_times(looks), rules.latency):
        say(f"  the times of look {len(looks)} would not pass: measured again, and judged together")
        looks.append(asker.ask_in_turn(endpoints, requests[:timed_ones]))
    rest = [asker.ask_at_once(endpoint, requests[timed_ones:], connections=load.connections) for endpoint in endpoints]
    return [
        Asked(answers=[answer.text for answer in (*before, *after)], milliseconds=milliseconds)
        for before, after, milliseconds in zip(looks[0], rest, _times(looks), strict=True)
    ]


def _times(looks: Sequence[Sequence[Sequence[Answer]]]) -> list[list[float]]:
    """Each endpoint's times in all looks, in milliseconds. looks: look → endpoint → answer."""
    return [[answer.milliseconds for answers in of_one for answer in answers] for of_one in zip(*looks, strict=True)]


def _quick_enough(milliseconds: Sequence[Sequence[float]], rule: Latency) -> bool:
    """Whether the times would pass. Slow requests of a busy moment do not recur; a slow model stays slow."""
    challenger, *others = [p99(times) for times in milliseconds]
    return all(check.passed for check in judge_latency(challenger, others[0] if others else None, rule))


def origin(
    variables: GateVariables, data: KnownData, rival: Champion | Gone | None, rules: Rules, smoke: Sequence[Answer]
) -> Origin:
    """The subject of the report."""
    return Origin(
        workload=variables.workload,
        commit=variables.commit,
        data_sha256=data.sha256,
        model_package_arn=variables.package_arn,
        champion=rival if isinstance(rival, Champion) else None,
        pipeline_execution=variables.execution,
        endpoint=variables.endpoint,
        smoke=tuple(
            Smoke(request=request, answer=answer.text)
            for request, answer in zip(rules.smoke.requests, smoke, strict=True)
        ),
    )


def _decided(evidence: Evidence, rules: Rules) -> Decision:
    try:
        return decide(evidence, rules)
    except ValueError as error:
        raise StepError(f"The test rows cannot be judged: {error}.") from error


if __name__ == "__main__":
    run(main)
