"""A role that is passed to a service must trust it. The refusal is in the service's own words.

Only the principals of the trust policy count here. Its conditions (``aws:SourceArn``) are checked when the service
assumes the role. CloudFormation and Lambda assume the role at once, and report a failure themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.document import Effect
from localcloud.iam.pass_role import handed_roles
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.iam.asks import Place
    from localcloud.iam.document import Policy
    from localcloud.wire.api_requests import ApiRequest

_SAGEMAKERS = (
    "Could not assume role {role}. "
    "Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
)
#: Signing name → code and message.
_WORDS = {
    "codebuild": ("InvalidInputException", "CodeBuild is not authorized to perform: sts:AssumeRole on {role}"),
    "codepipeline": (
        "InvalidStructureException",
        "CodePipeline is not authorized to perform AssumeRole on role {role}",
    ),
    "events": (
        "ValidationException",
        "Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.",
    ),
    "glue": ("InvalidInputException", "Service is unable to assume provided role. Please verify role's TrustPolicy"),
    "sagemaker": ("ValidationException", _SAGEMAKERS),
}


def check_trust(request: ApiRequest, place: Place) -> None:
    """Raises AwsError in the words of the service that gets the role."""
    words = _WORDS.get(request.service)
    for role, principal in handed_roles(request, place) if words else ():
        policy = place.state.trust_policy(role)
        if words and (policy is None or not _trusts(policy, principal)):
            raise AwsError(words[0], words[1].format(role=role))


def _trusts(policy: Policy, principal: str) -> bool:
    named = [
        name
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and statement.principals is not None
        for name in (*statement.principals.by_type.get("Service", ()), *statement.principals.by_type.get("AWS", ()))
    ]
    return principal in named or "*" in named
