"""Which release a rollback puts back, and which it refuses to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from handover.gate_report import GateReport
from scripts.changes import into_prod, stack_update
from scripts.changes.into_prod import changeable, shift
from scripts.reads.guards import Ringing
from scripts.reads.prod import Deployed, Served, Tenure
from scripts.reads.registry import Release, Version
from scripts.rollback import plan, previous
from stacks.specs import Workload
from tests.gate_documents import gate_document
from tests.unit.scripts.test_releases import ARN, release

ALONE = Deployed(package_arn=f"{ARN}3", champion_arn=None)
COMPETING = Deployed(package_arn=f"{ARN}3", champion_arn=f"{ARN}1")
STATUSES = {1: "Approved", 2: "Rejected", 3: "Approved", 4: "PendingManualApproval"}


class Registry:
    group = "car"

    def versions(self) -> list[Version]:
        return [Version(arn=f"{ARN}{n}", number=n, status=STATUSES[n]) for n in sorted(STATUSES, reverse=True)]

    def release(self, arn: str) -> Release:
        number = int(arn.rpartition("/")[2])
        return release(number, ModelApprovalStatus=STATUSES[number])


class Prod:
    stack_name, endpoint_name = "CarProd", "car-prod"
    workload = Workload(name="car")

    def __init__(self, *, stack: str | None = "UPDATE_COMPLETE", endpoint: str | None = "InService") -> None:
        self._stack, self._endpoint = stack, endpoint

    def stack(self) -> dict[str, Any] | None:
        when = datetime(2026, 11, 21, 12, tzinfo=UTC)
        described = {"StackName": "CarProd", "StackStatus": self._stack, "CreationTime": when, "RoleARN": "role"}
        return described if self._stack else None

    def endpoint(self) -> dict[str, Any] | None:
        return {"EndpointStatus": self._endpoint, "FailureReason": "no space"} if self._endpoint else None

    def serves(self, _: Registry) -> tuple[Served, ...]:
        """An experiment: 1 is the champion, 3 the challenger."""
        found = (("AllTraffic", 0.8, 1), ("Challenger", 0.2, 3))
        return tuple(Served(variant=name, weight=weight, package_arn=f"{ARN}{n}") for name, weight, n in found)

    def history(self) -> list[Tenure]:
        return history(1, 2, 3)


def history(*versions: int) -> list[Tenure]:
    return [Tenure(package_arn=f"{ARN}{n}", since=datetime(2026, 11, 21, tzinfo=UTC)) for n in versions]


def test_without_a_version_what_served_before_and_is_still_approved_comes_back() -> None:
    """Version 2 served before 3 and was rejected since, so 1 comes back."""
    assert plan(Registry(), Prod(), ALONE, None).number == 1


def test_a_version_by_number() -> None:
    """A rollback takes the version that it is told."""
    assert plan(Registry(), Prod(), ALONE, 1).number == 1


def test_what_competes_gives_way_to_its_champion() -> None:
    """During an experiment a rollback goes to the champion alone, without the challenger."""
    assert plan(Registry(), Prod(), COMPETING, None).number == 1
    with pytest.raises(SystemExit, match="make end-experiment WORKLOAD=car KEEP=challenger"):
        plan(Registry(), Prod(), COMPETING, 3)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (9, "Version 9 is not in the registry car; it has 4, 3, 2, 1."),
        (3, "Version 3 is what CarProd has deployed already"),
        (2, r"Version 2 is Rejected, .* \(approved: 3, 1\)"),
        (4, "Version 4 is PendingManualApproval"),
    ],
)
def test_what_must_not_serve_is_refused_by_name(version: int, words: str) -> None:
    """The refusal names the version and why it must not serve."""
    with pytest.raises(SystemExit, match=words):
        plan(Registry(), Prod(), ALONE, version)


def test_nothing_known_to_go_back_to() -> None:
    """The message says what served before and why that is not taken."""
    with pytest.raises(
        SystemExit, match=r"before version 3: before it served 2 \(Rejected\), 1 \(deleted\)\. Name a version"
    ):
        previous(history(1, 2, 3), f"{ARN}3", {f"{ARN}2": "Rejected"})


@pytest.mark.parametrize(
    ("prod", "words"),
    [
        (Prod(stack=None), "nothing was released to PROD yet"),
        (Prod(stack="UPDATE_IN_PROGRESS"), "UPDATE_IN_PROGRESS since 12:00:00 UTC: PROD is being changed right now"),
        (Prod(stack="UPDATE_ROLLBACK_FAILED"), "continue-update-rollback --stack-name CarProd"),
        (Prod(endpoint=None), "car-prod is gone, though its stack CarProd stands"),
        (Prod(endpoint="Failed"), r"car-prod is Failed \(no space\)"),
    ],
)
def test_a_prod_that_cannot_be_changed_now_is_refused(prod: Prod, words: str) -> None:
    """The refusal says what PROD's stack is busy with, or what is wrong with it."""
    with pytest.raises(SystemExit, match=words):
        changeable(prod)


def test_a_prod_that_can_be_changed() -> None:
    """A stack that is at rest passes the check and is described."""
    assert changeable(Prod())["StackName"] == "CarProd"


@pytest.mark.parametrize(
    ("variants", "version", "how", "words"),
    [
        ([], 1, "guarded", ""),
        (["Challenger"], 1, "at-once", "The alarm CarProd-Challenger rings: slow"),
        (["AllTraffic"], 2, "at-once", "would be sent back to what makes it ring"),
        (["Challenger"], 3, "guarded", "rings for version 3 itself"),
        (["AllTraffic", "Challenger"], 3, "guarded", "rings for version 3 itself"),
    ],
)
def test_a_ringing_alarm_of_what_serves_now_watches_no_rollback(
    variants: list[str], version: int, how: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An alarm is left out that would send the traffic to what makes it ring; the release's own goes on watching."""
    alarms = [Ringing(name=f"CarProd-{variant}", says="slow", variant=variant) for variant in variants]
    assert shift(alarms, Registry().release(f"{ARN}{version}"), Prod(), Registry()) == how
    said = capsys.readouterr().out
    assert words in said
    assert bool(said) == bool(variants)


class Told:
    """The topic, and who asks."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def publish(self, _: object, subject: str, lines: Iterable[str]) -> None:
        self.messages.append((subject, "\n".join(lines)))

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::123456789012:user/on-call"}


STACK = {
    "Parameters": [
        {"ParameterKey": "ModelPackageArn", "ParameterValue": f"{ARN}3"},
        {"ParameterKey": "TrafficShift", "ParameterValue": "guarded"},
    ]
}
GATE = GateReport.of(
    gate_document(
        checks=[{"sentence": "accuracy 0.98, at least 0.9"}], model_package_arn=f"{ARN}1", pipeline_execution="run"
    )
)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """No alarm rings, and the gate's report is there."""
    told = Told()
    monkeypatch.setattr(into_prod.guards, "ringing", lambda _: [])
    monkeypatch.setattr(into_prod, "report_of", lambda _: GATE)
    monkeypatch.setattr(into_prod.notification, "publish", told.publish)
    monkeypatch.setattr(into_prod.cloud, "client", lambda _: told)
    monkeypatch.setattr(into_prod, "stack_of_api", lambda _: None)
    return told


def put(monkeypatch: pytest.MonkeyPatch, outcome: stack_update.Outcome, *, now: bool = False) -> tuple[int, Any]:
    """The exit code, and what the stack's parameters were changed to."""
    changed: list[Any] = []

    def update(_: object, changes: dict[str, str], __: object) -> stack_update.Outcome:
        changed.append(changes)
        return outcome

    monkeypatch.setattr(into_prod.stack_update, "update", update)
    to = release(1, CustomerMetadataProperties={"gate_report": "s3://data/gate/run/gate.json"})
    return into_prod.put(to, Prod(), Registry(), STACK, "rollback", now=now), changed[0]


def test_a_rollback_that_was_sent_back_says_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what failed, what serves and how to go without guards; the topic hears it with the figures."""
    failed = stack_update.Outcome(status="UPDATE_ROLLBACK_COMPLETE", reason="alarms are in ALARM: a", seconds=1)
    code, changes = put(monkeypatch, failed)
    assert (code, changes) == (1, {"ModelPackageArn": f"{ARN}1", "TrafficShift": "guarded"})
    ((subject, text),) = told.messages
    assert subject == "car: rollback failed"
    said = capsys.readouterr().err
    for words in (
        "alarms are in ALARM: a",
        "PROD serves version 1, version 3.",
        "make rollback WORKLOAD=car TO=1 NOW=1",
    ):
        assert words in text
        assert words in said
    for words in ("user/on-call", "- accuracy 0.98, at least 0.9", "s3://data/gate/run/gate.html"):
        assert words in text


def test_now_is_all_at_once(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """With --now all traffic moves at once, whether an alarm rings or not, and the output says what serves."""
    monkeypatch.setattr(into_prod, "verify", lambda *_: None)
    done = stack_update.Outcome(status="UPDATE_COMPLETE", reason="", seconds=1)
    code, changes = put(monkeypatch, done, now=True)
    assert (code, changes["TrafficShift"]) == (0, "at-once")
    ((subject, text),) = told.messages
    assert subject == "car: PROD serves version 1 (rollback)"
    assert "instead of version 3, verified" in text


API = {"StackName": "CarApi", "Parameters": STACK["Parameters"][:1]}


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_the_api_is_told_which_release_answers_now(
    monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    """The API's stack gets the same package once PROD serves it; if that fails, it is said, and PROD stays."""
    updated: list[tuple[str, dict[str, str]]] = []

    def update(stack: dict[str, Any], changes: dict[str, str], _: object) -> stack_update.Outcome:
        updated.append((stack.get("StackName", "CarProd"), changes))
        ended = status if stack is API else "UPDATE_COMPLETE"
        return stack_update.Outcome(status=ended, reason="no version", seconds=1)

    monkeypatch.setattr(into_prod, "verify", lambda *_: None)
    monkeypatch.setattr(into_prod, "stack_of_api", {"car": API}.get)
    monkeypatch.setattr(into_prod.stack_update, "update", update)
    assert into_prod.put(release(1), Prod(), Registry(), STACK, "rollback") == 0
    assert updated[1:] == [("CarApi", {"ModelPackageArn": f"{ARN}1"})]
    assert len(told.messages) == 1
    said = capsys.readouterr().err
    assert ("calls it by the number of before" in said) == (status != "UPDATE_COMPLETE")


def test_an_api_that_names_the_release_already_is_left_alone(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """CloudFormation refuses an update that changes nothing, so none is asked for."""
    updated: list[str] = []

    def update(stack: dict[str, Any], _changes: dict[str, str], _: object) -> stack_update.Outcome:
        updated.append(stack.get("StackName", "CarProd"))
        return stack_update.Outcome(status="UPDATE_COMPLETE", reason="", seconds=1)

    api = {"StackName": "CarApi", "Parameters": [{"ParameterKey": "ModelPackageArn", "ParameterValue": f"{ARN}1"}]}
    monkeypatch.setattr(into_prod, "verify", lambda *_: None)
    monkeypatch.setattr(into_prod, "stack_of_api", {"car": api}.get)
    monkeypatch.setattr(into_prod.stack_update, "update", update)
    assert into_prod.put(release(1), Prod(), Registry(), STACK, "rollback") == 0
    assert (len(updated), len(told.messages)) == (1, 1)


@pytest.mark.parametrize("kept", [1, 2])
def test_the_api_learns_that_an_experiment_has_ended(monkeypatch: pytest.MonkeyPatch, told: Told, kept: int) -> None:
    """Whichever of the two is kept, the API's stack gets its package, and no champion beside it."""
    updated: list[dict[str, str]] = []

    def update(stack: dict[str, Any], changes: dict[str, str], _: object) -> stack_update.Outcome:
        updated.append({"stack": stack.get("StackName", "CarProd"), **changes})
        return stack_update.Outcome(status="UPDATE_COMPLETE", reason="", seconds=1)

    given = {"ModelPackageArn": f"{ARN}2", "ChampionPackageArn": f"{ARN}1"}
    api = {
        "StackName": "CarApi",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    }
    monkeypatch.setattr(into_prod, "verify", lambda *_: None)
    monkeypatch.setattr(into_prod, "stack_of_api", {"car": api}.get)
    monkeypatch.setattr(into_prod.stack_update, "update", update)
    assert into_prod.put(release(kept), Prod(), Registry(), STACK, "experiment") == 0
    assert updated[1:] == [{"stack": "CarApi", "ModelPackageArn": f"{ARN}{kept}", "ChampionPackageArn": "none"}]
    assert len(told.messages) == 1
