"""The gate's program: sends the test rows to challenger and champion, decides, reports, and sets the approval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from handover.data import TEST, TRAIN
from handover.gate_report import Champion, Origin, Smoke
from handover.invocations import NoAnswer, invocation
from handover.places import GateFolder
from ml_steps.endpoint import CLIENT_CONFIG, Asker
from ml_steps.running import StepError, run, say, timed
from ml_test import archives, champion_report, curve, earlier_decisions, learned, proposed, row_sets
from ml_test.agreed import find as find_agreed
from ml_test.asking import Asked, ask_all, ask_dealt
from ml_test.champion import Gone, find
from ml_test.gate import report
from ml_test.gate.agreement import Proposed, asking
from ml_test.gate.agreement import judge as judge_by_both
from ml_test.gate.answers.kind import AskedRows
from ml_test.gate.document import answers_hash
from ml_test.gate.evidence import Evidence, Readers
from ml_test.gate.line import Line
from ml_test.gate.slices import groups
from ml_test.gate_step import conclude, pass_or_stop
from ml_test.known_data import KnownData
from ml_test.links import links
from ml_test.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.step_variables import GateVariables
    from ml_test.gate.agreement import Agreed, Agreement
    from ml_test.gate.decision import Decision
    from ml_test.gate.rules import Rules


def main() -> None:
    """Judge the challenger by the commit's rules and by the agreed ones. A REJECT stops the release."""
    pass_or_stop(lambda variables: judge(variables, proposal(variables.workload, variables.dataset)))


def proposal(workload: str, chosen: str | None) -> Proposed:
    """What the commit proposes. ``chosen``: the data set. StepError if a file is missing or wrong."""
    return Proposed(rules=proposed.rules(workload, chosen), contract=proposed.contract(workload, chosen))


def judge(variables: GateVariables, proposes: Proposed) -> Decision:
    """Ask, decide, report, and set the package's approval."""
    rules = proposes.rules
    s3 = boto3.client("s3")
    with timed("derived the test rows"):
        data = KnownData.read(s3, variables.bucket, proposes.contract)
    runtime = boto3.client("sagemaker-runtime", config=CLIENT_CONFIG)
    asker = Asker(runtime=runtime, invocation=invocation(variables.invocation))
    sagemaker = boto3.client("sagemaker")
    rival = find(
        sagemaker,
        boto3.client("cloudformation"),
        endpoint=variables.champion,
        stack=variables.champion_stack,
        challenger=variables.package_arn,
    )
    package = sagemaker.describe_model_package(ModelPackageName=variables.package_arn)
    subject = Subject.find(
        sagemaker, s3, endpoint=variables.endpoint, package=package, allowed=variables.images.split(",")
    )
    passed_by = champion_report.find(sagemaker, s3, rival)
    agreed = find_agreed(variables.workload, passed_by, variables.dataset)
    with timed("found what was learned"):
        learning = learned.find(sagemaker, s3, variables, data, package=package, report=passed_by)
    with timed("asked the endpoints"):
        evidence = gather(s3, asker, variables, data, asking(agreed.rules, rules), rival)
        smoke = [answer.text for answer in asker.ask(variables.endpoint, rules.smoke.requests)]
        evidence = replace(evidence, smoke=smoke, learning=learning, curve=curve.find(s3, variables.bucket, package))
    subject.check_unchanged(s3)
    with timed("judged"):
        needed = rules.answers.reads_archives or agreed.rules.answers.reads_archives
        found = archives.load(sagemaker, s3, subject.objects, rival, needed=needed)
        agreement = _decided(evidence, data, proposes, agreed, found)
        decision = agreement.both
    for check in decision.checks:
        say(f"  {'passed' if check.passed else check.outcome}: {check.sentence}")
    with timed("reported"):
        champion_page = passed_by.page if passed_by else ""
        about = replace(
            origin(variables, data, rival, rules, evidence.smoke, subject, attempt_of(s3, variables)),
            judged_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            champion_report=champion_page,
            links=links(variables, champion_page),
        )
        document = report.document(decision, evidence, rules, about.document(), agreement)
        # Before the report that names them: the next release reads them.
        for rows in (evidence.rows, learning.challenger.rows):
            if rows is not None:
                row_sets.store(s3, variables.bucket, rows)
        if decision.judged.requests:
            earlier_decisions.record(s3, variables.bucket, document)
        conclude(document, variables)
    return decision


def gather(
    s3: Any, asker: Asker, variables: GateVariables, data: KnownData, rules: Rules, rival: Champion | Gone | None
) -> Evidence:
    """The test rows, both models' answers to them, and what else is known whichever rules judge (``by_rules``)."""
    rows = asked_rows(data, rules)
    endpoints = [variables.endpoint, rival.endpoint] if isinstance(rival, Champion) else [variables.endpoint]
    challenger, *others = ask_all(asker, endpoints, rows.requests, rules)
    champion = others[0] if others else None
    return replace(
        of_one(rows, challenger, data),
        dealt=ask_dealt(asker, variables.endpoint, rows.requests, data.features, rules),
        champion=champion.answers if champion else None,
        champion_milliseconds=champion.milliseconds if champion else (),
        champion_line=champion.line if champion else Line(),
        champion_repeated=champion.repeated if champion else None,
        champion_missing=rival.reason if isinstance(rival, Gone) else "",
        earlier_decisions=earlier_decisions.count(
            s3, variables.bucket, rows=rows.identities, answers=answers_hash(challenger.answers)
        ),
    )


def of_one(rows: AskedRows, asked: Asked, data: KnownData) -> Evidence:
    """What is known of a model that nothing is compared with."""
    return Evidence(
        requests=rows.requests,
        rows=rows.identities,
        truth=rows.truth,
        answers=asked.answers,
        milliseconds=asked.milliseconds,
        line=asked.line,
        repeated=asked.repeated,
        labels=data.labels,
        seed=data.seed,
    )


def asked_rows(data: KnownData, rules: Rules) -> AskedRows:
    """What the rules' kind of answers asks of the test rows."""
    truth = data.truth if rules.answers.needs_truth else None
    rows = AskedRows(requests=data.requests, truth=truth, identities=data.test_identities)
    return rules.answers.asks(rows, data.learned_requests)


def attempt_of(s3: Any, variables: GateVariables) -> int:
    """How often the gate has run in this execution, with this time."""
    last = GateFolder.latest(s3, variables.bucket, variables.execution)
    return 1 if last is None else last.attempt + 1


def origin(
    variables: GateVariables,
    data: KnownData,
    rival: Champion | Gone | None,
    rules: Rules,
    smoke: Sequence[str],
    subject: Subject,
    attempt: int,
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
        objects=subject.objects,
        images=subject.images,
        attempt=attempt,
        data=data.dataset.name,
        smoke=tuple(
            Smoke(request=request, answer=answer)
            for request, answer in zip(rules.smoke.requests, smoke, strict=True)
            if not isinstance(answer, NoAnswer)
        ),
    )


def _decided(
    evidence: Evidence, data: KnownData, proposes: Proposed, agreed: Agreed, found: archives.Archives
) -> Agreement:
    """The decisions by the proposed and the agreed rules, from the same answers."""
    try:
        return judge_by_both(proposes, agreed, lambda rules: by_rules(rules, evidence, data, found))
    except ValueError as error:
        raise StepError(f"The test rows cannot be judged: {error}.") from error


def by_rules(rules: Rules, evidence: Evidence, data: KnownData, found: archives.Archives) -> Evidence:
    """The evidence as some rules read it: with their groups and baselines. ValueError if they need other test rows."""
    kind, by_column, rows = rules.answers, rules.popularity, asked_rows(data, rules)
    if list(rows.requests) != list(evidence.requests) or (rows.truth is None) is not (evidence.truth is None):
        raise ValueError(f"answers of the kind {kind.name!r} need other test rows")
    known: list[str] = []
    if by_column is not None:
        pairs = zip(data.column(by_column.column, TRAIN), data.baseline_labels, strict=True)
        known = kind.baseline_by(list(pairs), data.column(by_column.column, TEST))
    learned = data.learned_requests
    return replace(
        evidence,
        slices=groups(evidence.requests, data.features, rules.cuts, data.parts[TRAIN], label=data.labelled),
        baseline=kind.baseline(data.baseline_labels, data.labels),
        groups=data.column(kind.grouped_by, TEST) if kind.grouped_by else (),
        popularity=known,
        truth=rows.truth,
        readers=Readers(
            challenger=kind.reader(found.challenger, learned),
            champion=None if found.champion is None else kind.reader(found.champion, learned),
            baseline=kind.reader(None, learned),
        ),
    )


if __name__ == "__main__":
    run(main)
