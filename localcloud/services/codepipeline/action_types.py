"""The action types that pipelines may use here, and what a declaration of each may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Declaration = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionType:
    """One provider, as AWS's action structure reference describes it."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    inputs: tuple[int, int]
    """Fewest and most input artifacts."""
    outputs: tuple[int, int]
    default_timeout_minutes: int
    unsupported: frozenset[str] = frozenset()
    """Configuration that AWS knows and that is refused by name here."""
    secret: frozenset[str] = frozenset()
    """Configuration that no answer shows."""


_CODEBUILD = ActionType(
    required=frozenset({"ProjectName"}),
    optional=frozenset({"PrimarySource", "EnvironmentVariables"}),
    unsupported=frozenset({"BatchEnabled", "BuildspecOverride", "CombineArtifacts"}),
    inputs=(1, 5),
    outputs=(0, 5),
    default_timeout_minutes=8 * 60,
)

#: (category, owner, provider, version) → what is known of it.
ACTION_TYPES: dict[tuple[str, str, str, str], ActionType] = {
    ("Source", "ThirdParty", "GitHub", "1"): ActionType(
        required=frozenset({"Owner", "Repo", "Branch", "OAuthToken"}),
        optional=frozenset({"PollForSourceChanges"}),
        inputs=(0, 0),
        outputs=(1, 1),
        default_timeout_minutes=60,
        secret=frozenset({"OAuthToken"}),
    ),
    ("Build", "AWS", "CodeBuild", "1"): _CODEBUILD,
    ("Test", "AWS", "CodeBuild", "1"): _CODEBUILD,
    ("Deploy", "AWS", "CloudFormation", "1"): ActionType(
        required=frozenset({"ActionMode", "StackName"}),
        optional=frozenset(
            {
                "Capabilities",
                "ChangeSetName",
                "OutputFileName",
                "ParameterOverrides",
                "RoleArn",
                "TemplateConfiguration",
                "TemplatePath",
            }
        ),
        inputs=(0, 10),
        outputs=(0, 1),
        default_timeout_minutes=3 * 24 * 60,
    ),
    ("Approval", "AWS", "Manual", "1"): ActionType(
        optional=frozenset({"NotificationArn", "CustomData", "ExternalEntityLink"}),
        inputs=(0, 0),
        outputs=(0, 0),
        default_timeout_minutes=7 * 24 * 60,
    ),
}

#: What an answer shows in place of a secret.
MASK = "****"


def type_key(action: Declaration) -> tuple[str, str, str, str]:
    found = action["actionTypeId"]
    return (found["category"], found["owner"], found["provider"], found["version"])


def action_type(action: Declaration) -> ActionType:
    """Raises KeyError for a type that is not supported; a stored declaration has been checked."""
    return ACTION_TYPES[type_key(action)]


def masked(action: Declaration, configuration: dict[str, str]) -> dict[str, str]:
    """The configuration as answers and records show it."""
    secret = action_type(action).secret
    return {name: MASK if name in secret else value for name, value in configuration.items()}


def masked_pipeline(pipeline: Declaration) -> Declaration:
    """A pipeline's declaration with every secret masked."""
    stages = [
        stage
        | {
            "actions": [
                action | {"configuration": masked(action, action.get("configuration", {}))}
                for action in stage["actions"]
            ]
        }
        for stage in pipeline["stages"]
    ]
    return pipeline | {"stages": stages}
