"""Decides whether a caller may do what a request asks. Nothing else in the local cloud decides it.

A request becomes asks (action and resource). Each ask is checked against the caller's policies and the resource's, and
the first that is not allowed is refused in AWS's words.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from localcloud.iam import caller_identity, simulation
from localcloud.iam import context as contexts
from localcloud.iam.account_state import AccountState, parsed
from localcloud.iam.asks import Place
from localcloud.iam.cost import Cost
from localcloud.iam.document import PolicyKind
from localcloud.iam.evaluation import Decision, Policies, Principal, Request, evaluate
from localcloud.iam.not_evaluated import refuse_not_evaluated
from localcloud.iam.policy_check import check_policies
from localcloud.iam.policy_size import check_sizes
from localcloud.iam.principals import require_known
from localcloud.iam.public_access import check_public_access
from localcloud.iam.records import AccessRecords
from localcloud.iam.resource_tags import ResourceTags
from localcloud.iam.resources import asks_of
from localcloud.iam.session_length import check_session_length
from localcloud.iam.trust_check import check_trust
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.iam.asks import Ask
    from localcloud.iam.web_identity import WebIdentity
    from localcloud.platform.service import HttpResponse
    from localcloud.platform.store import Store
    from localcloud.wire.api_requests import ApiRequest

log = logging.getLogger("localcloud.iam")

#: The ARN of who has not signed: only the resource's policy can allow it anything.
ANONYMOUS = "anonymous"
#: Operation → the kind of identity that it deletes, and the parameter with its name.
_LEAVING = {"DeleteRole": ("role", "RoleName"), "DeleteUser": ("user", "UserName")}
_READS = ("Get", "List", "Simulate", "Generate")
#: Services whose refusal is not called AccessDeniedException.
_CODES = {"sns": "AuthorizationError"} | dict.fromkeys(
    ("cloudformation", "cloudfront", "iam", "monitoring", "s3", "sts", "ec2"), "AccessDenied"
)


class Authorization:
    def __init__(self, account_id: str, store: Store) -> None:
        self.state = AccountState(account_id, store)
        self._account_id = account_id
        self._records = AccessRecords(store)
        self._tags = ResourceTags(account_id, store)
        self.cost = Cost(store)
        self._leaving: dict[tuple[str, str], tuple[str, str]] = {}

    def authorize(self, request: ApiRequest, caller: Caller, region: str) -> None:
        """Raises AwsError AccessDenied where any ask of the request is not allowed, and where nobody can tell."""
        with self.cost.measured(calls=0):
            try:
                self._authorize(request, caller, region)
            except (LookupError, ValueError, TypeError, AttributeError) as error:
                # An ARN of three parts, a list in the place of a structure: AWS refuses such values too.
                log.warning("%s:%s cannot be authorised", request.service, request.operation, exc_info=error)
                code = "ValidationError" if _CODES.get(request.service) == "AccessDenied" else "ValidationException"
                raise AwsError(code, f"{request.service}:{request.operation} does not take these values") from error

    def _authorize(self, request: ApiRequest, caller: Caller, region: str) -> None:
        for refusal in self._refusals(request, caller, region):
            if refusal is not None:
                raise refusal
        refuse_not_evaluated(request)
        put = check_policies(request)
        if put is not None:
            require_known(request, put[1], self.state)
            self.state.departed.forget(put[0])
        check_public_access(request, put[1] if put else None, caller, self.state)
        check_session_length(request, caller, self.state)
        check_sizes(request, self.state)
        check_trust(request, Place(region=region, account_id=self._account_id, state=self.state))
        self._see_leave(request)

    def authorize_each(self, request: ApiRequest, caller: Caller, region: str) -> list[AwsError | None]:
        """The refusal of each resource in the request; None for those that are allowed."""
        return list(self._refusals(request, caller, region))

    def authorize_web_identity(self, request: ApiRequest, identity: WebIdentity, region: str) -> None:
        """Raises AwsError where the role's trust policy does not admit the token's holder, or not in this way."""
        role = str(request.params.get("RoleArn", ""))
        action = "sts:AssumeRoleWithWebIdentity"
        session: contexts.Context = {"sts:rolesessionname": (str(request.params.get("RoleSessionName", "")),)}
        policy, required = self.state.resource_policy(action, role)
        decision = evaluate(
            Request(
                principal=Principal(account_id="", arn="", federated=identity.provider),
                action=action,
                resource=role,
                context=contexts.surroundings(request, region) | identity.context() | session,
            ),
            Policies(resource=policy, resource_policy_required=required),
        )
        if not decision.allowed:
            message = f"Not authorized to perform {action}"
            who = f"{identity.issuer}:{identity.subject}"
            log.warning("denied: %s of %s by %s", action, role, who)
            self._records.denied(who, action, role, message)
            raise AwsError("AccessDenied", message, status=403)
        refuse_not_evaluated(request)
        check_policies(request)
        check_sizes(request, self.state)
        nobody = Caller(account_id=self._account_id, access_key_id="", arn=ANONYMOUS)
        check_session_length(request, nobody, self.state)

    def _refusals(self, request: ApiRequest, caller: Caller, region: str) -> Iterator[AwsError | None]:
        place = Place(region=region, account_id=self._account_id, state=self.state)
        base = contexts.request_context(request, caller, region, self.state.tags_of(caller))
        for ask in asks_of(request, place):
            if ask.or_role and self._allowed_to_role(ask, request, region):
                yield None
                continue
            decision = self.decide(ask, caller, contexts.AskContext(base, ask, self._tags))
            if decision.allowed and caller.role_arn:
                self._records.used(caller.role_arn, ask.action, ask.resource)
            yield None if decision.allowed else self._denied(request.service, caller, ask, decision)

    def _allowed_to_role(self, ask: Ask, request: ApiRequest, region: str) -> bool:
        role = Caller(account_id=self._account_id, access_key_id="", arn=ask.or_role, role_arn=ask.or_role, user_id="")
        base = contexts.request_context(request, role, region, self.state.tags_of(role))
        allowed = self.decide(ask, role, contexts.AskContext(base, ask, self._tags)).allowed
        if allowed:
            self._records.used(ask.or_role, ask.action, ask.resource)
        return allowed

    def decide(self, ask: Ask, caller: Caller, context: Mapping[str, tuple[str, ...]]) -> Decision:
        policy, required = self.state.resource_policy(ask.action, ask.resource)
        held = self.state.held(caller)
        session = parsed(caller.session_policy, "session", PolicyKind.SESSION) if caller.session_policy else None
        principal = Principal(
            account_id=caller.account_id,
            arn="" if caller.service else caller.arn,
            role_arn=caller.role_arn,
            service=caller.service,
        )
        return evaluate(
            Request(principal=principal, action=ask.action, resource=ask.resource, context=context),
            Policies(
                identity=held.identity,
                boundary=held.boundary,
                session=(session,) if session else None,
                resource=policy,
                resource_policy_required=required or caller.arn == ANONYMOUS,
            ),
        )

    def may_list(self, request: ApiRequest, caller: Caller, region: str) -> AwsError | None:
        """The refusal for those who may not list the bucket: S3 tells only the others that an object is missing."""
        from localcloud.iam.asks import Ask

        ask = Ask(action="s3:ListBucket", resource=f"arn:aws:s3:::{request.params['Bucket']}")
        base = contexts.request_context(request, caller, region, self.state.tags_of(caller))
        decision = self.decide(ask, caller, contexts.AskContext(base, ask, self._tags))
        if decision.allowed and caller.role_arn:
            self._records.used(caller.role_arn, ask.action, ask.resource)
        return None if decision.allowed else self._denied("s3", caller, ask, decision)

    def own_answer(self, request: ApiRequest, caller: Caller) -> HttpResponse | None:
        """Answers what moto cannot: what policies would allow, and who the administrator is."""
        if request.service == "iam" and request.operation in simulation.OPERATIONS:
            return simulation.simulate(request, self._account_id, self.state)
        if (request.service, request.operation) == ("sts", "GetCallerIdentity"):
            return caller_identity.identity(caller)
        if (request.service, request.operation) == ("iam", "GetUser") and not request.params.get("UserName"):
            return caller_identity.own_user(caller)
        return None

    def answered(self, request: ApiRequest) -> None:
        """Takes note of an answered call: its changes to policies count from now on."""
        if request.service == "iam" and not request.operation.startswith(_READS):
            self.state.iam_changed()
        leaving = _leaving(request)
        before = self._leaving.pop(leaving, None) if leaving else None
        if leaving and before and self.state.identity(*leaving) is None:
            self.state.departed.note(*before, self.state.policy_texts())

    def shown(self, request: ApiRequest, answer: HttpResponse) -> HttpResponse:
        """The answer with the ids of those whom a policy in it named and who are gone."""
        body = self.state.departed.shown(request, answer.body) if answer.status == HTTPStatus.OK else answer.body
        return answer if body == answer.body else answer.with_body(body)

    def _see_leave(self, request: ApiRequest) -> None:
        """Remembers who is to be deleted: afterwards, nobody knows the id."""
        leaving = _leaving(request)
        found = self.state.identity(*leaving) if leaving else None
        if leaving and found:
            self._leaving[leaving] = found

    def _denied(self, service: str, caller: Caller, ask: Ask, decision: Decision) -> AwsError:
        message = denial_message(caller.arn, ask, decision)
        log.warning("denied: %s", message)
        self._records.denied(caller.arn, ask.action, ask.resource, message)
        code = _CODES.get(service, "AccessDeniedException")
        return AwsError(code, message, status=400 if code == "AccessDeniedException" else 403)


def _leaving(request: ApiRequest) -> tuple[str, str] | None:
    """Kind and name of the identity that a request deletes; None if it deletes none."""
    if request.service != "iam" or request.operation not in _LEAVING:
        return None
    kind, parameter = _LEAVING[request.operation]
    return kind, str(request.params.get(parameter))


def denial_message(arn: str, ask: Ask, decision: Decision) -> str:
    """AWS's sentence: who, which action, which resource, and which kind of policy decided."""
    resource = f'"{ask.resource}"' if ask.resource.startswith("arn:aws:s3:") else ask.resource
    reason = decision.reason().format(action=ask.action)
    return f"User: {arn} is not authorized to perform: {ask.action} on resource: {resource} {reason}"
