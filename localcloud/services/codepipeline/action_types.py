"""The supported action types, and the valid declarations of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Declaration = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionType:
    """One provider of AWS's action structure reference."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    inputs: tuple[int, int]
    """The minimum and maximum number of input artifacts."""
    outputs: tuple[int, int]
    default_timeout_minutes: int
    unsupported: frozenset[str] = frozenset()
    """Configuration of AWS that is refused by name here."""
    secret: frozenset[str] = frozenset()
    """Configuration that answers mask."""


_CODEBUILD = ActionType(
    required=frozenset({"ProjectName"}),
    optional=frozenset({"PrimarySource", "EnvironmentVariables"}),
    unsupported=frozenset({"BatchEnabled", "BuildspecOverride", "CombineArtifacts"}),
    inputs=(1, 5),
    outputs=(0, 5),
    default_timeout_minutes=8 * 60,
)

#: The source action whose object lies in S3.
S3 = ("Source", "AWS", "S3", "1")
#: The source action whose repository is reached through a connection.
CONNECTION = ("Source", "AWS", "CodeStarSourceConnection", "1")

#: (category, owner, provider, version) → provider.
ACTION_TYPES: dict[tuple[str, str, str, str], ActionType] = {
    ("Source", "ThirdParty", "GitHub", "1"): ActionType(
        required=frozenset({"Owner", "Repo", "Branch", "OAuthToken"}),
        optional=frozenset({"PollForSourceChanges"}),
        inputs=(0, 0),
        outputs=(1, 1),
        default_timeout_minutes=60,
        secret=frozenset({"OAuthToken"}),
    ),
    CONNECTION: ActionType(
        required=frozenset({"ConnectionArn", "FullRepositoryId", "BranchName"}),
        optional=frozenset({"OutputArtifactFormat", "DetectChanges"}),
        inputs=(0, 0),
        outputs=(1, 1),
        default_timeout_minutes=60,
    ),
    S3: ActionType(
        required=frozenset({"S3Bucket", "S3ObjectKey"}),
        optional=frozenset({"AllowOverrideForS3ObjectKey", "PollForSourceChanges"}),
        inputs=(0, 0),
        outputs=(1, 1),
        default_timeout_minutes=60,
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

#: The text that answers show for a secret.
MASK = "****"


def source_actions(pipeline: Declaration) -> list[Declaration]:
    """The actions of a pipeline's first stage."""
    found: list[Declaration] = pipeline["stages"][0]["actions"]
    return found


def type_key(action: Declaration) -> tuple[str, str, str, str]:
    found = action["actionTypeId"]
    return (found["category"], found["owner"], found["provider"], found["version"])


def action_type(action: Declaration) -> ActionType:
    """The provider of an action; raises KeyError for an unsupported type, which no stored declaration has."""
    return ACTION_TYPES[type_key(action)]


def masked(action: Declaration, configuration: dict[str, str]) -> dict[str, str]:
    """The configuration for answers and records, with secrets masked."""
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
