"""Grants held against calls, and what is taken away of them: without a cloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scripts.least_privilege.document import granted_only, rows, section, without_reason
from scripts.least_privilege.grants import Deployed, Role, Statement
from scripts.least_privilege.mutation import FirstUse, Mutation, Result, Verdict, mutations
from scripts.least_privilege.mutation_table import unexplained
from scripts.least_privilege.reasons import Reason, reason_for
from scripts.least_privilege.tried import Tried
from scripts.least_privilege.usage import Call, Used, use_of
from scripts.reads.pipeline import Action

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BUCKET = "arn:aws:s3:::stack-databucket-abc"
STATEMENT = Statement(
    policy="p",
    index=0,
    effect="Allow",
    actions=("s3:GetObject*", "s3:PutObject", "s3:DeleteObject"),
    resources=(f"{BUCKET}/raw/*", f"{BUCKET}/code/x.py", f"{BUCKET}/none/*"),
)
ROLE = Role(
    stack="Stack",
    logical_id="StepRole",
    name="Stack-StepRole-1",
    arn="arn:aws:iam::1:role/Stack-StepRole-1",
    assumed_by=("codebuild.amazonaws.com",),
    statements=(STATEMENT, Statement(policy="p", index=1, effect="Deny", actions=("s3:*",), resources=("*",))),
)
DEPLOYED = Deployed(roles=(ROLE,), names=(("stack-databucket-abc", "DataBucket"),), account="1", region="us-east-1")


def call(action: str, resource: str, *, seconds: float = 0, role: str = ROLE.arn) -> Call:
    return Call(role_arn=role, action=action, resource=resource, first=BEGIN + timedelta(seconds=seconds))


def action(stage: str, begin: float, end: float, provider: str = "CodeBuild") -> Action:
    return Action(
        stage=stage,
        name=stage,
        status="Succeeded",
        started=BEGIN + timedelta(seconds=begin),
        ended=BEGIN + timedelta(seconds=end),
        external_id="",
        provider=provider,
        message="",
        variables={},
    )


CALLS = [
    call("s3:GetObject", f"{BUCKET}/raw/a.csv", seconds=3),
    call("s3:PutObject", f"{BUCKET}/code/x.py", seconds=12),
    call("s3:DeleteObject", f"{BUCKET}/other/a"),
    call("s3:DeleteObject", f"{BUCKET}/raw/a", role="arn:aws:iam::1:role/other"),
]


def test_each_grant_is_marked_by_its_use() -> None:
    """A grant is used exactly, by a wildcard, or never; calls of other roles do not count."""
    (use,) = use_of(ROLE, CALLS)
    assert dict(use.actions) == {
        "s3:GetObject*": Used.BY_WILDCARD,
        "s3:PutObject": Used.EXACTLY,
        "s3:DeleteObject": Used.NEVER,
    }
    assert [used for _, used in use.resources] == [Used.BY_WILDCARD, Used.EXACTLY, Used.NEVER]
    assert use.never == ("s3:DeleteObject", f"{BUCKET}/none/*")


def test_what_is_never_used_needs_a_reason() -> None:
    """A reason covers the grants of a role by pattern, and an unused grant without one is named."""
    known = (Reason(roles="Stack / Step*", granted=("s3:Delete*",), because="so"),)
    assert reason_for("Stack / StepRole", "s3:DeleteObject", known) == "so"
    assert reason_for("Other / StepRole", "s3:DeleteObject", known) is None
    assert without_reason(rows(DEPLOYED, CALLS)) == [
        "Stack / StepRole: 1. s3:DeleteObject",
        "Stack / StepRole: 1. arn:aws:s3:::<DataBucket>/none/*",
    ]


def test_a_document_differs_by_its_grants_and_not_by_the_run() -> None:
    """Two runs that used different grants list the same ones; another grant is another line."""
    assert section(DEPLOYED, CALLS) != section(DEPLOYED, [])
    assert granted_only(section(DEPLOYED, CALLS)) == granted_only(section(DEPLOYED, []))
    assert "stack-databucket-abc" not in section(DEPLOYED, CALLS)


def test_a_permission_is_tried_in_the_stage_that_first_needed_it() -> None:
    """The stage is that of the permission's first call; what no stage needed has none."""
    executions = [(action("Source", 0, 5), action("Data", 5, 20)), (action("Source", 30, 40),)]
    found = {mutation.action: mutation for mutation in mutations(DEPLOYED, CALLS, executions)}
    stages = {name: one.use and (one.use.stage, one.use.execution) for name, one in found.items()}
    assert stages == {"s3:GetObject*": ("Source", 0), "s3:PutObject": ("Data", 0), "s3:DeleteObject": None}


def test_what_no_stage_needs_is_tried_with_none(tmp_path: Path) -> None:
    """Captured requests and functions that events call work beside the stages, and are tried without one."""
    executions = [(action("Source", 0, 5), action("Data", 5, 20))]
    captured = call("s3:PutObject", "arn:aws:s3:::stack-databucket-abc/capture/1/x.jsonl", seconds=3)
    statement = replace(STATEMENT, actions=("s3:PutObject",), resources=("arn:aws:s3:::stack-databucket-abc/*",))
    serving = replace(ROLE, statements=(statement,))
    function = replace(serving, logical_id="CountFunctionRole", assumed_by=("lambda.amazonaws.com",))
    kept = call("s3:PutObject", "arn:aws:s3:::stack-databucket-abc/raw/x", seconds=8)
    for role, calls in ((serving, [captured]), (function, [captured, kept])):
        (found,) = mutations(replace(DEPLOYED, roles=(role,)), calls, executions)
        assert found.use is None
        (result,) = Tried(tmp_path / "tried.json", [found]).results()
        assert result.verdict is Verdict.BESIDE
    assert unexplained([result]) == []
    (found,) = mutations(replace(DEPLOYED, roles=(serving,)), [captured, kept], executions)
    assert found.use is not None
    assert found.use.stage == "Data"


def test_a_denied_call_is_told_from_others() -> None:
    """A denied call counts as a permission's absence only where the removed statement had allowed it."""
    mutation = Mutation(role=ROLE, statement=STATEMENT, action="s3:GetObject*", calls=(), use=None)
    assert mutation.was_for("s3:GetObjectVersion", f"{BUCKET}/raw/a")
    assert not mutation.was_for("s3:PutObject", f"{BUCKET}/raw/a")
    assert not mutation.was_for("s3:GetObject", f"{BUCKET}/features/a")


def test_a_run_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    """The next run knows what was tried, tries again what is unclear, and explains nothing that was not tried."""
    use = FirstUse(moment=BEGIN, stage="Source", provider="CodeBuild", execution=0)
    todo = [Mutation(role=ROLE, statement=STATEMENT, action=name, calls=(), use=use) for name in STATEMENT.actions]
    tried = Tried(tmp_path / "tried.json", todo)
    tried.add(Result(mutation=todo[0], verdict=Verdict.FAILED, said="no", where="the build's log"))
    tried.add(Result(mutation=todo[1], verdict=Verdict.UNCLEAR))
    again = Tried(tmp_path / "tried.json", todo)
    assert [mutation in again for mutation in todo] == [True, False, False]
    verdicts = [Verdict.FAILED, Verdict.UNTRIED, Verdict.UNTRIED]
    assert [result.verdict for result in again.results()] == verdicts
    assert len(unexplained(again.results())) == 2
