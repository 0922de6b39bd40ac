"""Reads each policy document that is put. A malformed one, or one that uses what is not evaluated, is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.iam.context import is_evaluated
from localcloud.iam.document import Policy, PolicyKind, malformed, on_itself, parse_policy
from localcloud.iam.patched import patched_value
from localcloud.iam.web_identity import is_key
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: (signing name, operation) → parameter with the document, and its kind.
_DOCUMENTS: dict[tuple[str, str], tuple[str, PolicyKind]] = {
    **{("iam", name): ("PolicyDocument", PolicyKind.IDENTITY) for name in ("PutRolePolicy", "PutUserPolicy")},
    **{("iam", name): ("PolicyDocument", PolicyKind.IDENTITY) for name in ("PutGroupPolicy", "CreatePolicy")},
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", PolicyKind.IDENTITY),
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", PolicyKind.TRUST),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", PolicyKind.TRUST),
    ("kms", "CreateKey"): ("Policy", PolicyKind.RESOURCE),
    ("kms", "PutKeyPolicy"): ("Policy", PolicyKind.RESOURCE),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy", PolicyKind.RESOURCE),
    ("ecr", "SetRepositoryPolicy"): ("policyText", PolicyKind.RESOURCE),
    ("sts", "AssumeRole"): ("Policy", PolicyKind.SESSION),
    ("sts", "AssumeRoleWithWebIdentity"): ("Policy", PolicyKind.SESSION),
    ("s3", "PutBucketPolicy"): ("body", PolicyKind.RESOURCE),
    ("apigateway", "CreateRestApi"): ("policy", PolicyKind.RESOURCE),
    ("events", "PutPermission"): ("Policy", PolicyKind.RESOURCE),
}
_WORDS = {
    "apigateway": "BadRequestException",
    "events": "ValidationException",
    "kms": "MalformedPolicyDocumentException",
    "s3": "MalformedPolicy",
    "secretsmanager": "MalformedPolicyDocumentException",
}


def check_policies(request: ApiRequest) -> tuple[Any, Policy] | None:
    """The document that is put, and what it says; None where the request puts none.

    Raises AwsError MalformedPolicyDocument, in the service's spelling, with the place in the document.
    """
    found = _document(request)
    if found is None:
        return None
    text, kind = found
    name = str(request.params.get("PolicyName") or request.params.get("RoleName") or request.operation)
    return read_policy(request.service, text, name=name, kind=kind)


def read_policy(service: str, text: Any, *, name: str, kind: PolicyKind) -> tuple[Any, Policy]:
    """A document that a service keeps, and what it says. Raises AwsError as :func:`check_policies`."""
    try:
        whole = _whole(service, text)
        policy = parse_policy(whole, name=name, kind=kind)
        _refuse_unevaluated(policy)
        return whole, policy
    except AwsError as error:
        raise AwsError(_WORDS.get(service, error.code), error.message) from error


def _document(request: ApiRequest) -> tuple[Any, PolicyKind] | None:
    known = _DOCUMENTS.get((request.service, request.operation))
    if known is not None:
        value = request.params.get(known[0])
    elif request.operation in ("SetTopicAttributes", "SetQueueAttributes", "CreateTopic", "CreateQueue"):
        value = _attribute(request)
        known = ("Policy", PolicyKind.RESOURCE)
    elif (request.service, request.operation) == ("apigateway", "UpdateRestApi"):
        value = patched_value(request, "/policy")
        known = ("policy", PolicyKind.RESOURCE)
    else:
        return None
    if not value:
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value, known[1]


def _whole(service: str, text: Any) -> Any:
    """The document with what it leaves out, for it is the resource's own."""
    if service == "ecr":
        return on_itself(text)
    return text.replace('"execute-api:/', '"arn:aws:execute-api:*:*:*/') if service == "apigateway" else text


def _attribute(request: ApiRequest) -> Any:
    params = request.params
    if params.get("AttributeName") == "Policy":
        return params.get("AttributeValue")
    attributes = params.get("Attributes")
    if isinstance(attributes, dict):
        return attributes.get("Policy")
    pairs = attributes if isinstance(attributes, list) else []
    return next((pair.get("value") for pair in pairs if pair.get("key") == "Policy"), None)


def _refuse_unevaluated(policy: Policy) -> None:
    for index, statement in enumerate(policy.statements):
        if statement.principals is not None and "CanonicalUser" in statement.principals.by_type:
            raise malformed(
                f"policy {policy.name}, Statement[{index}], Principal", "is a CanonicalUser, whom only S3's ACLs know"
            )
        for condition in statement.conditions:
            of_token = policy.kind is PolicyKind.TRUST and is_key(condition.key)
            if not of_token and not is_evaluated(condition.key):
                place = f"policy {policy.name}, Statement[{index}], Condition"
                what = (
                    f"uses {condition.key}, which the local cloud does not evaluate (docs/decisions/0008-iam-facts.md)"
                )
                raise malformed(place, what)
