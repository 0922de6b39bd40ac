"""iam:SimulatePrincipalPolicy and iam:SimulateCustomPolicy, with the evaluator that decides real calls."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.iam.evaluation import Decision, Policies, Principal, Request, evaluate
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.iam.account_state import AccountState
    from localcloud.wire.api_requests import ApiRequest

OPERATIONS = frozenset({"SimulatePrincipalPolicy", "SimulateCustomPolicy"})
_KNOWN = frozenset(
    {
        *("Action", "Version", "PolicySourceArn", "PolicyInputList", "PermissionsBoundaryPolicyInputList"),
        *("ActionNames", "ResourceArns", "ResourcePolicy", "ContextEntries", "MaxItems", "CallerArn"),
    }
)


def simulate(request: ApiRequest, account_id: str, state: AccountState) -> HttpResponse:
    """One result for each action on each resource."""
    unknown = set(request.params) - _KNOWN
    if unknown:
        raise UnsupportedError(f"iam:{request.operation} with {min(unknown)}")
    policies = _policies(request, state)
    context = {entry["ContextKeyName"].lower(): _values(entry) for entry in _listed(request, "ContextEntries")}
    source = str(request.params.get("CallerArn") or request.params.get("PolicySourceArn") or "")
    principal = Principal(account_id=account_id, arn=source, role_arn=source if ":role/" in source else "")
    results = [
        (
            action,
            resource,
            evaluate(Request(principal=principal, action=action, resource=resource, context=context), policies),
        )
        for action in _listed(request, "ActionNames")
        for resource in _listed(request, "ResourceArns") or ["*"]
    ]
    return HttpResponse(status=200, headers={"content-type": "text/xml"}, body=_answer(request.operation, results))


def _policies(request: ApiRequest, state: AccountState) -> Policies:
    given = [
        parse_policy(text, name=f"PolicyInputList.{number}", kind=PolicyKind.IDENTITY)
        for number, text in enumerate(_listed(request, "PolicyInputList"), 1)
    ]
    boundaries = _listed(request, "PermissionsBoundaryPolicyInputList")
    boundary = parse_policy(boundaries[0], name="boundary", kind=PolicyKind.BOUNDARY) if boundaries else None
    text = request.params.get("ResourcePolicy")
    resource = parse_policy(text, name="ResourcePolicy", kind=PolicyKind.RESOURCE) if text else None
    if request.operation == "SimulateCustomPolicy":
        return Policies(identity=tuple(given), boundary=boundary, resource=resource)
    source = str(request.params.get("PolicySourceArn", ""))
    held = state.held_by_arn(source)
    if held is None:
        raise AwsError("NoSuchEntity", f"The principal {source} does not exist.", status=404)
    return Policies(identity=(*held.identity, *given), boundary=boundary or held.boundary, resource=resource)


def _answer(operation: str, results: Iterable[tuple[str, str, Decision]]) -> bytes:
    members = "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{decision.outcome.value}</EvalDecision>"
        f"<MatchedStatements>{_matched(decision)}</MatchedStatements><MissingContextValues/></member>"
        for action, resource, decision in results
    )
    return (
        f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>'
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults></{operation}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def _matched(decision: Decision) -> str:
    return "".join(
        f"<member><SourcePolicyId>{escape(policy)}</SourcePolicyId></member>" for policy, _ in decision.statements
    )


def _listed(request: ApiRequest, name: str) -> list[Any]:
    value = request.params.get(name, [])
    return value if isinstance(value, list) else []


def _values(entry: dict[str, Any]) -> tuple[str, ...]:
    values = entry.get("ContextKeyValues", [])
    return tuple(values) if isinstance(values, list) else (str(values),)
