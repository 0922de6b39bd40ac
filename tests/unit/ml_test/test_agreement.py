"""A push that changes its own rules: judged by the agreed ones and by its own, and what a person is told of it."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_init.dataset import Dataset
from ml_steps.running import StepError
from ml_test.agreed import deployed
from ml_test.gate import report
from ml_test.gate.agreement import Agreed, Agreement, Proposed, asking, judge
from ml_test.gate.evidence import Evidence
from ml_test.gate.rules import Cut, Load, Rules
from ml_test.gate.slices import groups
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import PROJECT, RULES, WORKLOAD, TestRows
from tests.unit.ml_test.test_evaluate import ARN, CHAMPION, Aws, gate, report_of

GATE, DATA = "ml_test/car_evaluation/gate.toml", "ml_init/car_evaluation/dataset.toml"
#: What a push wrote that shipped a worse model with it.
LOOSENED = (
    ("margin = 0.03", "margin = 0.9"),
    ("accuracy = 0.95", "accuracy = 0.01"),
    ("macro_f1 = 0.85", "macro_f1 = 0.01"),
    ("recall = 0.20", "recall = 0.0"),
    ("margin = 0.05", "margin = 1.0"),
    ("floor = 0.85", "floor = 0.01"),
)
SAID = (
    "comparison margin 0.03 → 0.9, floors accuracy 0.95 → 0.01, floors macro_f1 0.85 → 0.01, floors recall 0.2 → 0.0, "
    "slices margin 0.05 → 1.0, slices floor 0.85 → 0.01"
)
CONTRACT = Dataset.read(PROJECT / DATA)
AGREED = Agreed(rules=RULES, contract=CONTRACT, by="the rules that let version 6 pass", package=CHAMPION)


def commit(folder: Path, *gate_edits: tuple[str, str], data: tuple[str, str] = ("", "")) -> Path:
    """The pushed commit: the shipped rules and contract, with edits."""
    for file, edits in ((GATE, gate_edits), (DATA, [data])):
        text = (PROJECT / file).read_text()
        for found, written in edits:
            assert found in text
            text = text.replace(found, written, 1)
        path = folder / "commit" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "commit"


def proposed(*edits: tuple[str, str]) -> Proposed:
    text = (PROJECT / GATE).read_text()
    for found, written in edits:
        assert found in text
        text = text.replace(found, written, 1)
    return Proposed(rules=Rules.parse(text), contract=CONTRACT)


def of(evidence: Evidence, rows: TestRows) -> Callable[[Rules], Evidence]:
    return lambda rules: replace(evidence, slices=groups(rows.requests, rows.features, rules.cuts))


def judged(rows: TestRows, mistakes: int, *edits: tuple[str, str], agreed: Agreed = AGREED) -> Agreement:
    """A challenger with so many mistakes against a champion with three."""
    evidence = rows.evidence(rows.with_mistakes(mistakes), champion=rows.with_mistakes(3))
    return judge(proposed(*edits), agreed, of(evidence, rows))


def exported(folder: Path) -> dict[str, str]:
    """The variables that the gate hands to the pipeline."""
    lines = (folder / "out" / "variables.env").read_text().splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines)


def test_a_push_that_loosens_the_rules_for_a_worse_model_is_held(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old and new values stand in log, report, page, notification, package and question, with the agreed verdict."""
    aws = Aws(rows, rows.with_mistakes(34), champion=rows.with_mistakes(3))
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, *LOOSENED))

    assert aws.package["ModelApprovalStatus"] == "PendingManualApproval"
    assert aws.tagged == []
    document = report_of(aws)
    assert (document["verdict"], document["agreed"]["verdict"]) == ("HOLD", "REJECT")
    assert document["agreed"]["verdict_by_proposed"] == "PROMOTE"
    assert document["reason"].startswith(
        f"The push loosens 6 rules: {SAID}; by the rules that let version 1 pass it is a REJECT (it is worse than"
    )
    assert {"key": "floors recall", "before": "0.2", "after": "0.0", "effect": "looser"}.items() <= (
        document["agreed"]["changed"][3].items()
    )
    question = exported(tmp_path)["REASON"]
    assert SAID in question
    assert "by the rules that let version 1 pass it is a REJECT (it is worse than the champion: accuracy" in question
    assert len(question) <= 450
    assert SAID in aws.package["ApprovalDescription"]
    (message,) = aws.told
    assert message["Subject"] == "car_evaluation version 2: HOLD, a person decides"
    assert "- comparison margin 0.03 → 0.9\n- floors accuracy 0.95 → 0.01\n" in message["Message"]
    assert "To approve this release is to agree" in message["Message"]
    page = aws.stored["gate/e1/gate.html"].decode()
    assert "<td>comparison margin</td><td>0.03</td><td>0.9</td><td>looser</td>" in page
    assert "By them it is a <b>REJECT</b>: It is worse than the champion" in page
    assert "By the new rules alone it is a <b>PROMOTE</b>" in page


def test_what_a_person_agreed_to_holds_from_then_on(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The champion that a person approved has the new rules in its report, and the same rules are not looser again."""
    folder = commit(tmp_path, *LOOSENED)
    aws = Aws(rows, rows.with_mistakes(34), champion=rows.with_mistakes(3))
    gate(aws, tmp_path, monkeypatch, folder)
    aws.champion_properties = aws.package["CustomerMetadataProperties"]
    monkeypatch.setenv("PIPELINE_EXECUTION_ID", "e2")
    gate(aws, tmp_path, monkeypatch, folder)
    assert report_of(aws, "e2")["verdict"] == "PROMOTE"
    assert report_of(aws, "e2")["agreed"]["changed"] == []
    assert report_of(aws, "e2")["agreed"]["package"] == CHAMPION
    monkeypatch.setenv("PIPELINE_EXECUTION_ID", "e3")
    with pytest.raises(StepError, match="REJECT: It is worse than the champion"):
        gate(aws, tmp_path, monkeypatch)
    assert {change["effect"] for change in report_of(aws, "e3")["agreed"]["changed"]} == {"stricter"}


def test_a_good_model_with_looser_rules_is_held_too(rows: TestRows) -> None:
    """Nothing but PROMOTE by both, and still a person agrees to the rules."""
    found = judged(rows, 2, ("margin = 0.03", "margin = 0.04"))
    assert (found.by_proposed.verdict, found.decision.verdict) == (Verdict.PROMOTE, Verdict.PROMOTE)
    assert found.both.verdict is Verdict.HOLD
    assert found.both.reason == (
        "The push loosens 1 rule: comparison margin 0.03 → 0.04; by the rules that let version 6 pass it is a PROMOTE"
    )


def test_what_both_reject_is_rejected(rows: TestRows) -> None:
    """A model that breaks even the looser rules is no matter for a person; the change is reported all the same."""
    found = judged(rows, 60, ("margin = 0.03", "margin = 0.04"))
    assert found.both.verdict is Verdict.REJECT
    assert "rules" in [check.name for check in found.both.checks]


def test_stricter_rules_hold_at_once(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They need nobody's consent, decide this very release, and are said."""
    assert judged(rows, 3).both.verdict is Verdict.PROMOTE
    found = judged(rows, 3, ("accuracy = 0.95", "accuracy = 0.999"))
    assert (found.decision.verdict, found.both.verdict) == (Verdict.PROMOTE, Verdict.REJECT)
    aws = Aws(rows, rows.truth, champion=rows.truth)
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, ("p99_ratio = 2.0", "p99_ratio = 1.9")))
    document = report_of(aws)
    assert document["verdict"] == "PROMOTE"
    assert document["rules"]["latency"]["p99_ratio"] == 1.9
    (said,) = [check for check in document["checks"] if check["name"] == "stricter rules"]
    assert said["plain"].endswith("1 rule stricter, which holds at once: latency p99_ratio 2.0 → 1.9")
    assert (
        "<td>latency p99_ratio</td><td>2.0</td><td>1.9</td><td>stricter</td>"
        in aws.stored["gate/e1/gate.html"].decode()
    )


def test_looser_in_one_and_stricter_in_another_key_is_looser(rows: TestRows) -> None:
    """Nobody buys a lower floor with a smaller margin."""
    found = judged(rows, 2, ("margin = 0.03", "margin = 0.02"), ("recall = 0.20", "recall = 0.1"))
    assert found.both.verdict is Verdict.HOLD
    assert [check.name for check in found.both.decisive] == ["rules"]


@pytest.mark.parametrize(
    ("found", "written", "said"),
    [
        ("train_share = 0.70", "train_share = 0.80", "dataset.toml rows train_share 0.7 → 0.8"),
        ("bad_share_allowed = 0.0", "bad_share_allowed = 0.5", "dataset.toml rows bad_share_allowed 0.0 → 0.5"),
        ('"small", "med", "big"', '"small", "big", "med"', "dataset.toml features lug_boot categories "),
    ],
)
def test_a_loosened_contract_is_held(
    found: str, written: str, said: str, rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push cannot help itself by its data contract: by the split, bad rows, or the order of categories."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(3))
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, data=(found, written)))
    document = report_of(aws)
    assert document["verdict"] == "HOLD"
    assert document["reason"].startswith(f"The push loosens 1 rule: {said}")
    assert Dataset.of(document["contract"]) != CONTRACT
    assert Dataset.of(document["agreed"]["contract"]) == CONTRACT


def test_new_data_under_the_same_contract_pass(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file, by another hash, is the commonest release of all: nothing is loosened."""
    first, second, *others = (WORKLOAD / "car.data").read_bytes().splitlines(keepends=True)
    swapped = b"".join([second, first, *others])
    sha256 = hashlib.sha256(swapped).hexdigest()
    aws = Aws(rows, rows.with_mistakes(2), champion=rows.with_mistakes(3))
    aws.stored[f"raw/{sha256}/car.data"] = swapped
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, data=(CONTRACT.file.sha256, sha256)))
    document = report_of(aws)
    assert document["verdict"] == "PROMOTE"
    assert [(change["key"], change["effect"]) for change in document["agreed"]["changed"]] == [
        ("dataset.toml file sha256", "neutral")
    ]
    assert "Rules that this push changes" not in aws.stored["gate/e1/gate.html"].decode()


def test_a_first_release_is_judged_by_the_deployed_rules(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a champion, a person has agreed to what was deployed with the pipeline, and to nothing looser."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, ("accuracy = 0.95", "accuracy = 0.5")))
    document = report_of(aws)
    assert (document["verdict"], document["agreed"]["by"]) == (
        "HOLD",
        "the rules that were deployed with the pipeline",
    )
    assert "floors accuracy 0.95 → 0.5" in document["reason"]


Fault = Callable[[Aws], None]


def forget(aws: Aws) -> None:
    aws.champion_properties = {}


def lose(aws: Aws) -> None:
    del aws.stored["gate/e0/gate.json"]


def change(aws: Aws) -> None:
    aws.stored["gate/e0/gate.json"] = aws.stored["gate/e0/gate.json"].replace(b"0.03", b"0.93")


def age(aws: Aws) -> None:
    """A report of a time when gate.toml had other keys."""
    aws.let_pass_by(deployed("car_evaluation"))
    held = json.loads(aws.stored["gate/e0/gate.json"])
    rewrite(aws, held | {"rules": held["rules"] | {"luck": 1}})


def halve(aws: Aws) -> None:
    """A report of a time before contracts were kept."""
    rewrite(aws, {"rules": json.loads(aws.stored["gate/e0/gate.json"])["rules"]})


def garble(aws: Aws) -> None:
    aws.stored["gate/e0/gate.json"] = b"half a rep"
    aws.champion_properties["gate_report_sha256"] = hashlib.sha256(b"half a rep").hexdigest()


def rewrite(aws: Aws, document: dict[str, Any]) -> None:
    kept = Agreed(rules=Written(document["rules"]), contract=Written(document.get("contract")), by="")
    aws.let_pass_by(kept)


class Written:
    """Rules or a contract, as some report has them."""

    def __init__(self, document: Any) -> None:
        self.written = document

    def document(self) -> Any:
        return self.written


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (forget, f"the package {CHAMPION} names no report of a gate"),
        (lose, "NoSuchKey"),
        (change, "s3://data/gate/e0/gate.json was changed: its SHA-256 is"),
        (age, "has a form that this gate does not know (luck = 1 is not known here; allowed are answers"),
        (halve, "has a form that this gate does not know (contract = None: expected a table, [contract])"),
        (garble, "has a form that this gate does not know (s3://data/gate/e0/gate.json is no JSON"),
    ],
)
def test_a_champion_whose_rules_cannot_be_read_is_held(
    fault: Fault, said: str, rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, changed or outdated: a person decides with the reason, and the deployed rules stand in meanwhile."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(3))
    fault(aws)
    gate(aws, tmp_path, monkeypatch)
    document = report_of(aws)
    assert document["verdict"] == "HOLD"
    assert document["reason"].startswith("The rules that let the champion pass cannot be read: ")
    assert said in document["reason"]
    assert document["agreed"]["by"] == "the rules that were deployed with the pipeline"
    (check,) = [check for check in document["checks"] if check["name"] == "agreed rules"]
    assert check["sentence"].endswith("the rules that were deployed with the pipeline stand in for them")


def test_looser_than_the_stand_in_is_looser(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that was lost opens no way round: the deployed rules are compared with."""
    aws = Aws(rows, rows.with_mistakes(34), champion=rows.with_mistakes(3))
    forget(aws)
    gate(aws, tmp_path, monkeypatch, commit(tmp_path, *LOOSENED))
    assert report_of(aws)["reason"].startswith("The push loosens 6 rules: comparison margin 0.03 → 0.9")
    assert report_of(aws)["agreed"]["verdict"] == "REJECT"


def test_agreed_rules_that_do_not_fit_hold(rows: TestRows) -> None:
    """Groups by a column that is gone cannot be judged any more: a person is told, and nothing passes by it."""
    gone = replace(RULES, slices=replace(RULES.slices, by=(Cut(feature="colour"),)))
    found = judged(rows, 2, agreed=replace(AGREED, rules=gone))
    assert found.decision is None
    assert found.both.verdict is Verdict.HOLD
    said = "the rules that let version 6 pass cannot judge these test rows: gate.toml slices by ['colour']"
    assert [check.plain.startswith(said) for check in found.both.checks if check.name == "agreed rules"] == [True]


def test_the_endpoints_are_asked_by_the_stricter_load() -> None:
    """A push that times fewer rows, after more warm-up and with more looks, is timed as was agreed."""
    loose = replace(RULES, load=Load(one_at_a_time=5, warm_up=900, looks=99, connections=8))
    asked = asking(RULES, replace(loose, latency=replace(RULES.latency, p99_milliseconds=9000)))
    assert asked.load == Load(one_at_a_time=None, warm_up=50, looks=3, connections=8)
    assert asked.latency == RULES.latency


def test_nothing_is_asked_twice(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both decisions come from the same answers."""
    counts = []
    for name, edits in (("same", []), ("changed", LOOSENED)):
        aws, asked = Aws(rows, rows.truth, champion=rows.truth), []
        ask = aws.invoke_endpoint
        aws.invoke_endpoint = lambda ask=ask, asked=asked, **request: asked.append(1) or ask(**request)
        gate(aws, tmp_path / name, monkeypatch, commit(tmp_path / name, *edits))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_no_length_hides_a_change(rows: TestRows) -> None:
    """However many and however long they are: the number of the looser rules is said, and the report has them all."""
    long = Cut(feature="safety", values={"low": "x" * 4000, "med": "y\n<b>"})
    agreed = replace(RULES, floors={**RULES.floors, "accuracy": 0.96}, slices=replace(RULES.slices, by=(long,)))
    found = judged(rows, 2, *LOOSENED, agreed=replace(AGREED, rules=agreed))
    reason = found.both.reason
    assert reason.startswith("The push loosens 7 rules: comparison margin 0.03 → 0.9, ")
    assert re.search(r"… and \d more; by the rules|and \d more; by the rules", reason)
    assert len(reason) < 450
    evidence = rows.evidence(rows.with_mistakes(2), champion=rows.with_mistakes(3))
    about = {
        "workload": "car_evaluation",
        "commit": "0123abc",
        "model_package_arn": ARN,
        "champion": {"endpoint": "prod", "model_package_arn": ARN},
    }
    document = report.document(found.both, evidence, found.proposed.rules, about, found)
    page = report.html(json.loads(json.dumps(document)))
    assert "x" * 4000 in page
    assert "y\\n&lt;b&gt;" in page


def test_equal_inputs_give_equal_bytes(rows: TestRows) -> None:
    """The part on the agreed rules holds no clock and no chance either."""
    written = []
    for _ in range(2):
        found = judged(rows, 5, *LOOSENED)
        evidence = rows.evidence(rows.with_mistakes(5), champion=rows.with_mistakes(3))
        document = report.document(found.both, evidence, found.proposed.rules, {"workload": "w"}, found)
        written.append(json.dumps(document))
    assert written[0] == written[1]


def test_a_wrong_gate_toml_of_the_commit_decides_nothing(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step ends with the file and the fault, and the package stays as it is."""
    aws = Aws(rows, rows.truth)
    with pytest.raises(StepError, match=r"gate\.toml:11: \[comparison\] margin = 'wide': expected a number"):
        gate(aws, tmp_path, monkeypatch, commit(tmp_path, ("margin = 0.03", "margin = 'wide'")))
    assert aws.package == {}
