"""``iam:PassRole``: a caller who passes a role to a service needs the permission for this role and this service.

AWS's reference says which actions depend on PassRole. This table adds the parameter that holds the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.iam.asks import Ask, Place
from localcloud.iam.patched import patched_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.wire.api_requests import ApiRequest

_CLOUDFORMATION = (
    *("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "RollbackStack", "ContinueUpdateRollback"),
)
_SAGEMAKER = (
    *("CreateTrainingJob", "CreateProcessingJob", "CreateNotebookInstance"),
    *("CreateAutoMLJob", "CreatePipeline", "UpdatePipeline"),
)

#: (signing name, operation) → parameter with the role, and the service that gets it.
_HANDED: dict[tuple[str, str], tuple[str, str]] = {
    **{("cloudformation", name): ("RoleARN", "cloudformation.amazonaws.com") for name in _CLOUDFORMATION},
    **{("sagemaker", name): ("RoleArn", "sagemaker.amazonaws.com") for name in _SAGEMAKER},
    ("sagemaker", "CreateHyperParameterTuningJob"): ("TrainingJobDefinition.RoleArn", "sagemaker.amazonaws.com"),
    ("sagemaker", "CreateModel"): ("ExecutionRoleArn", "sagemaker.amazonaws.com"),
    ("sagemaker", "CreateEndpointConfig"): ("ExecutionRoleArn", "sagemaker.amazonaws.com"),
    ("glue", "CreateJob"): ("Role", "glue.amazonaws.com"),
    ("glue", "UpdateJob"): ("JobUpdate.Role", "glue.amazonaws.com"),
    ("glue", "CreateCrawler"): ("Role", "glue.amazonaws.com"),
    ("glue", "UpdateCrawler"): ("Role", "glue.amazonaws.com"),
    ("codebuild", "CreateProject"): ("serviceRole", "codebuild.amazonaws.com"),
    ("codebuild", "UpdateProject"): ("serviceRole", "codebuild.amazonaws.com"),
    ("codebuild", "StartBuild"): ("serviceRoleOverride", "codebuild.amazonaws.com"),
    ("codepipeline", "CreatePipeline"): ("pipeline.roleArn", "codepipeline.amazonaws.com"),
    ("codepipeline", "UpdatePipeline"): ("pipeline.roleArn", "codepipeline.amazonaws.com"),
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
    ("events", "PutRule"): ("RoleArn", "events.amazonaws.com"),
    ("application-autoscaling", "RegisterScalableTarget"): (
        "RoleARN",
        "application-autoscaling.amazonaws.com",
    ),
}


def passed_roles(request: ApiRequest, place: Place) -> list[Ask]:
    return [
        Ask(action="iam:PassRole", resource=role, context={"iam:passedtoservice": (service,)})
        for role, service in dict.fromkeys([*handed_roles(request, place), *_of_actions(request)])
    ]


def handed_roles(request: ApiRequest, place: Place) -> list[tuple[str, str]]:
    """The ARN of each role that the service will assume, with the service's principal."""
    found = _HANDED.get((request.service, request.operation))
    roles = [(str(role), found[1]) for role in [_value(request.params, found[0])] if role] if found else []
    if (request.service, request.operation) == ("events", "PutTargets"):
        targets = request.params.get("Targets", [])
        roles += [(target["RoleArn"], "events.amazonaws.com") for target in targets if target.get("RoleArn")]
    if (request.service, request.operation) == ("apigateway", "UpdateAccount"):
        role = patched_value(request, "/cloudwatchRoleArn")
        roles += [(role, "apigateway.amazonaws.com")] if role else []
    return [(_role_arn(role, place), service) for role, service in roles]


def _of_actions(request: ApiRequest) -> Iterable[tuple[str, str]]:
    """The roles of a pipeline's actions, which the pipeline's own role assumes."""
    declared = request.params.get("pipeline")
    if request.service == "codepipeline" and isinstance(declared, dict):
        for stage in declared.get("stages", []):
            for action in stage.get("actions", []):
                if action.get("roleArn"):
                    yield action["roleArn"], "codepipeline.amazonaws.com"


def _value(params: dict[str, Any], path: str) -> Any:
    found: Any = params
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _role_arn(role: str, place: Place) -> str:
    """The role's ARN: Glue takes a name as well."""
    if role.startswith("arn:"):
        return role
    return f"arn:aws:iam::{place.account_id}:role{place.state.path('role', role) or '/'}{role}"
