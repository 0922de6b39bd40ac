"""The decision on one request: first explicit denies, then the policies that must allow it.

Source: "Policy evaluation logic" of the IAM user guide, for requests within one account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from localcloud.iam.document import Effect, Element, Policy, PolicyKind, Principals, Statement
from localcloud.iam.matching import RequestContext, UnresolvedVariableError, arn_matches, matches, substitute

if TYPE_CHECKING:
    from collections.abc import Iterable


class Outcome(Enum):
    """The decision, in the words of the policy simulator."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Grant(Enum):
    """How far a resource's policy alone admits a principal of its own account."""

    NONE = 0
    ACCOUNT = 1
    """It names the account. The identity's own policies decide."""
    ROLE = 2
    """It names the role, or everybody. Boundary and session policies still limit."""
    DIRECT = 3
    """It names the user or the role session. Only an explicit deny limits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """The caller. ``arn`` is the user, the role session or the account's root; ``role_arn`` is a session's role."""

    account_id: str
    arn: str
    role_arn: str = ""
    service: str = ""
    """``glue.amazonaws.com``, where an AWS service calls on its own behalf."""
    federated: str = ""
    """The ARN of the identity provider whose token says who calls."""

    @property
    def is_root(self) -> bool:
        return self.arn == f"arn:aws:iam::{self.account_id}:root"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    principal: Principal
    action: str
    resource: str
    context: RequestContext = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    outcome: Outcome
    #: The kind of policy that denied or did not allow the request; None where it is allowed.
    kind: PolicyKind | None = None
    #: The statements that decided, with the name of their policy.
    statements: tuple[tuple[str, Statement], ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED

    def reason(self) -> str:
        """The end of AWS's sentence, such as ``because no identity-based policy allows the … action``."""
        if self.kind is None:
            return ""
        article = "an" if self.kind.value[0] in "aeiou" else "a"
        if self.outcome is Outcome.EXPLICIT_DENY:
            return f"with an explicit deny in {article} {self.kind.value}"
        return f"because no {self.kind.value} allows the {{action}} action"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policies:
    """All policies that apply to a request; None for a boundary, session or resource policy that does not exist."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: Policy | None = None
    #: Keys and roles are reached through their own policy only. Unless it consents, identity policies do not count.
    resource_policy_required: bool = False


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decides in AWS's order: explicit denies; the resource's policy; identity, boundary and session policies."""
    everything = [
        *policies.identity,
        *_present(policies.boundary),
        *(policies.session or ()),
        *_present(policies.resource),
    ]
    for policy in everything:
        denying = _matching(policy, request, Effect.DENY)
        if denying:
            return Decision(outcome=Outcome.EXPLICIT_DENY, kind=policy.kind, statements=denying)
    grant, granting = _granted_by_resource(policies.resource, request)
    if grant is Grant.DIRECT:
        return Decision(outcome=Outcome.ALLOWED, statements=granting)
    if policies.resource_policy_required and grant is Grant.NONE:
        kind = policies.resource.kind if policies.resource else PolicyKind.RESOURCE
        return Decision(outcome=Outcome.IMPLICIT_DENY, kind=kind)
    if request.principal.is_root:
        return Decision(outcome=Outcome.ALLOWED)
    return _by_identity(request, policies, grant, granting)


def _by_identity(
    request: Request, policies: Policies, grant: Grant, granting: tuple[tuple[str, Statement], ...]
) -> Decision:
    allowing = tuple(found for policy in policies.identity for found in _matching(policy, request, Effect.ALLOW))
    if not allowing and grant is not Grant.ROLE:
        return Decision(outcome=Outcome.IMPLICIT_DENY, kind=PolicyKind.IDENTITY)
    if policies.boundary is not None and not _matching(policies.boundary, request, Effect.ALLOW):
        return Decision(outcome=Outcome.IMPLICIT_DENY, kind=PolicyKind.BOUNDARY)
    if policies.session is not None and not any(_matching(p, request, Effect.ALLOW) for p in policies.session):
        return Decision(outcome=Outcome.IMPLICIT_DENY, kind=PolicyKind.SESSION)
    return Decision(outcome=Outcome.ALLOWED, statements=allowing or granting)


def _granted_by_resource(policy: Policy | None, request: Request) -> tuple[Grant, tuple[tuple[str, Statement], ...]]:
    best = Grant.NONE
    statements: tuple[tuple[str, Statement], ...] = ()
    for found in _matching(policy, request, Effect.ALLOW) if policy else ():
        principals = found[1].principals
        grant = _grant(principals, request.principal) if principals else Grant.NONE
        if grant.value > best.value:
            best, statements = grant, (found,)
    return best, statements


def _matching(policy: Policy, request: Request, effect: Effect) -> tuple[tuple[str, Statement], ...]:
    return tuple(
        (policy.name, statement)
        for statement in policy.statements
        if statement.effect is effect and _applies(statement, policy, request)
    )


def _applies(statement: Statement, policy: Policy, request: Request) -> bool:
    if statement.principals is not None:
        named = _grant(statement.principals, request.principal) is not Grant.NONE
        if named == statement.principals.negated:
            return False
    return (
        _element_matches(statement.actions, request, policy, action=True)
        and (statement.resources is None or _element_matches(statement.resources, request, policy, action=False))
        and all(c.holds(request.context, with_variables=policy.has_variables) for c in statement.conditions)
    )


def _element_matches(element: Element, request: Request, policy: Policy, *, action: bool) -> bool:
    if action:
        found = any(matches(pattern, request.action, ignore_case=True) for pattern in element.patterns)
    else:
        found = any(_resource_matches(pattern, request, policy) for pattern in element.patterns)
    return found != element.negated


def _resource_matches(pattern: str, request: Request, policy: Policy) -> bool:
    try:
        wanted = substitute(pattern, request.context) if policy.has_variables else pattern
    except UnresolvedVariableError:
        return False
    return wanted == "*" or arn_matches(wanted, request.resource)


def _grant(principals: Principals, principal: Principal) -> Grant:
    """The furthest reach of any named principal for this caller."""
    return max(
        (_grant_of(kind, name, principal) for kind, names in principals.by_type.items() for name in names),
        key=lambda grant: grant.value,
        default=Grant.NONE,
    )


def _grant_of(kind: str, name: str, principal: Principal) -> Grant:
    if kind == "Service":
        return Grant.DIRECT if principal.service and name == principal.service else Grant.NONE
    if kind == "Federated":
        return Grant.DIRECT if principal.federated and name == principal.federated else Grant.NONE
    if kind != "AWS":
        return Grant.NONE
    if principal.service:  # which is everybody's policy's, too: a topic's default policy admits CloudWatch by it
        return Grant.DIRECT if name == "*" else Grant.NONE
    account = (principal.account_id, f"arn:aws:iam::{principal.account_id}:root")
    if name in account:
        return Grant.ACCOUNT
    if name in ("*", principal.role_arn):
        return Grant.ROLE
    return Grant.DIRECT if name == principal.arn else Grant.NONE


def _present(policy: Policy | None) -> Iterable[Policy]:
    return () if policy is None else (policy,)
