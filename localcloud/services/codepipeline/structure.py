"""Checks a pipeline's declaration: first AWS's rules, then what the local cloud cannot do, which is refused by name."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline import conditions, triggers
from localcloud.services.codepipeline.action_types import ACTION_TYPES, MASK, S3, Declaration, type_key
from localcloud.services.codepipeline.variables import EXECUTION_NAMESPACE, PIPELINE_NAMESPACE, references

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Configuration of a source with a connection → its form.
_CONNECTION_FORMS = {
    "ConnectionArn": (
        re.compile(r"arn:aws(-\w+)*:(codeconnections|codestar-connections):[^:]+:\d{12}:connection/.+"),
        "the ARN of a connection",
    ),
    "FullRepositoryId": (re.compile(r"[^/]+/[^/]+"), "the owner and name of a repository, as in owner/name"),
    "DetectChanges": (re.compile(r"true|false", re.IGNORECASE), "true or false"),
    "OutputArtifactFormat": (re.compile(r"CODE_ZIP|CODEBUILD_CLONE_REF"), "CODE_ZIP or CODEBUILD_CLONE_REF"),
}

CLOUDFORMATION_MODES = (
    "CREATE_UPDATE",
    "REPLACE_ON_FAILURE",
    "CHANGE_SET_REPLACE",
    "CHANGE_SET_EXECUTE",
    "DELETE_ONLY",
)


def validate(pipeline: Declaration, *, region: str) -> None:
    """Raises AwsError (such as InvalidStructureException) or UnsupportedError for a pipeline that cannot run."""
    _refuse_unsupported(pipeline)
    _check_type(pipeline)
    stages = pipeline["stages"]
    if len(stages) < 2:
        raise _structure(f"Pipeline has {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline")
    _check_unique("Stage name", "a pipeline", [stage["name"] for stage in stages])
    for index, stage in enumerate(stages):
        _check_stage(stage, first=index == 0)
        for action in stage["actions"]:
            _check_action(action, region=region)
    namespaces = [action["namespace"] for stage in stages for action in stage["actions"] if "namespace" in action]
    _check_unique("Namespace", "a pipeline", namespaces)
    for reserved in {EXECUTION_NAMESPACE, PIPELINE_NAMESPACE} & set(namespaces):
        raise _structure(f"The namespace {reserved} is reserved by CodePipeline; give the action another one")
    triggers.check(pipeline)
    _check_flow(stages, {variable["name"] for variable in pipeline.get("variables", [])})


def _refuse_unsupported(pipeline: Declaration) -> None:
    if pipeline.get("artifactStores"):
        raise UnsupportedError("codepipeline: a pipeline with artifactStores")
    if "artifactStore" not in pipeline:
        raise _structure("Pipeline needs an artifactStore")
    for stage in pipeline["stages"]:
        conditions.check(stage)
        on_failure = stage.get("onFailure", {})
        if on_failure.get("conditions"):
            raise UnsupportedError(f"codepipeline: onFailure.conditions of stage {stage['name']}")
        if on_failure.get("result", "FAIL") not in {"FAIL", "RETRY"}:
            raise UnsupportedError(f"codepipeline: onFailure.result {on_failure['result']} of stage {stage['name']}")
        for action in stage["actions"]:
            _refuse_unsupported_action(action)


def _refuse_unsupported_action(action: Declaration) -> None:
    if type_key(action) not in ACTION_TYPES:
        raise UnsupportedError(f"codepipeline: action type {'/'.join(type_key(action))} of action {action['name']}")
    for name in ("commands", "outputVariables", "environmentVariables"):
        if action.get(name):
            raise UnsupportedError(f"codepipeline: {name} of action {action['name']}")
    for name in sorted(ACTION_TYPES[type_key(action)].unsupported & action.get("configuration", {}).keys()):
        raise UnsupportedError(f"codepipeline: configuration {name} of action {action['name']}")
    if any("files" in artifact for artifact in action.get("outputArtifacts", [])):
        raise UnsupportedError(f"codepipeline: files of an output artifact of action {action['name']}")
    polls = str(action.get("configuration", {}).get("PollForSourceChanges", "false")).lower() == "true"
    if polls and type_key(action) != S3:
        raise UnsupportedError(f"codepipeline: PollForSourceChanges=true of action {action['name']} (use a webhook)")


def _check_type(pipeline: Declaration) -> None:
    if pipeline.get("pipelineType", "V1") == "V2":
        return
    if pipeline.get("executionMode", "SUPERSEDED") != "SUPERSEDED":
        raise _structure(f"Execution mode {pipeline['executionMode']} needs a pipeline of type V2")
    if any(stage.get("beforeEntry") for stage in pipeline["stages"]):
        raise _structure("Conditions of a stage need a pipeline of type V2")
    if pipeline.get("variables"):
        raise _structure("Variables of a pipeline need a pipeline of type V2")


def _check_stage(stage: Declaration, *, first: bool) -> None:
    actions = stage["actions"]
    if not actions:
        raise AwsError("InvalidStageDeclarationException", f"Stage {stage['name']} has no actions")
    sources = [action for action in actions if action["actionTypeId"]["category"] == "Source"]
    if first and len(sources) != len(actions):
        raise _structure("Pipeline should start with a stage that only contains source actions")
    if sources and not first:
        raise _structure(
            f"Action {sources[0]['name']} in stage {stage['name']}: source actions may only occur in the first stage"
        )
    _check_unique("Action name", f"stage {stage['name']}", [action["name"] for action in actions])


def _check_action(action: Declaration, *, region: str) -> None:
    name, known = action["name"], ACTION_TYPES[type_key(action)]
    configuration = action.get("configuration", {})
    for key in sorted(configuration.keys() - known.required - known.optional):
        raise _action(f"Action configuration for action '{name}' contains unknown configuration '{key}'")
    for key in sorted(known.required - configuration.keys()):
        raise _action(f"Action configuration for action '{name}' is missing required configuration '{key}'")
    for key in known.secret:
        if configuration[key] == MASK:
            raise _action(
                f"Action configuration '{key}' of action '{name}' is the mask that GetPipeline shows; "
                "give the real value"
            )
    for kind, (fewest, most) in (("input", known.inputs), ("output", known.outputs)):
        count = len(action.get(f"{kind}Artifacts", []))
        if not fewest <= count <= most:
            raise _action(
                f"Action {name} has {count} {kind} artifacts; "
                f"{'/'.join(type_key(action))} takes {fewest if fewest == most else f'{fewest} to {most}'}"
            )
    if not 1 <= action.get("runOrder", 1) <= 999:
        raise _action(f"Action {name} has runOrder {action['runOrder']}; it must be between 1 and 999")
    if action.get("region", region) != region:
        raise UnsupportedError(
            f"codepipeline: action {name} in region {action['region']} (the pipeline is in {region})"
        )
    _check_configuration(action, configuration)


def _check_configuration(action: Declaration, configuration: dict[str, str]) -> None:
    provider = action["actionTypeId"]["provider"]
    if provider == "CodeBuild":
        inputs = _names(action, "inputArtifacts")
        primary = configuration.get("PrimarySource")
        if len(inputs) > 1 and primary is None:
            raise _action(
                f"Action {action['name']} has several input artifacts and needs configuration 'PrimarySource'"
            )
        if primary is not None and primary not in inputs:
            raise _action(f"PrimarySource '{primary}' of action {action['name']} is not one of its input artifacts")
        _check_json(action, "EnvironmentVariables", list)
    for key in ("AllowOverrideForS3ObjectKey", "PollForSourceChanges"):
        if provider == "S3" and configuration.get(key, "true").lower() not in {"true", "false"}:
            raise _action(
                f"Configuration '{key}' of action {action['name']} is '{configuration[key]}', not true or false"
            )
    if provider == "CodeStarSourceConnection":
        _check_connection(action, configuration)
    if provider == "CloudFormation":
        _check_cloudformation(action, configuration)


def _check_connection(action: Declaration, configuration: dict[str, str]) -> None:
    for key, (pattern, wanted) in _CONNECTION_FORMS.items():
        value = configuration.get(key)
        if value is not None and not pattern.fullmatch(value):
            raise _action(f"Configuration '{key}' of action {action['name']} is '{value}'; it must be {wanted}")
    if configuration.get("OutputArtifactFormat", "CODE_ZIP") != "CODE_ZIP":
        raise UnsupportedError(f"codepipeline: OutputArtifactFormat CODEBUILD_CLONE_REF of action {action['name']}")


def _check_cloudformation(action: Declaration, configuration: dict[str, str]) -> None:
    mode = configuration["ActionMode"]
    if mode not in CLOUDFORMATION_MODES:
        raise _action(f"ActionMode '{mode}' of action {action['name']} is not one of {', '.join(CLOUDFORMATION_MODES)}")
    needed = {
        "CREATE_UPDATE": ("TemplatePath",),
        "REPLACE_ON_FAILURE": ("TemplatePath",),
        "CHANGE_SET_REPLACE": ("TemplatePath", "ChangeSetName"),
        "CHANGE_SET_EXECUTE": ("ChangeSetName",),
        "DELETE_ONLY": (),
    }[mode]
    for key in needed:
        if key not in configuration:
            raise _action(f"ActionMode {mode} of action {action['name']} needs configuration '{key}'")
    for key in ("TemplatePath", "TemplateConfiguration"):
        artifact = configuration.get(key, "").partition("::")[0]
        if artifact and artifact not in _names(action, "inputArtifacts"):
            raise _action(
                f"{key} of action {action['name']} names '{artifact}', which is not one of its input artifacts"
            )
    if _names(action, "outputArtifacts") and "OutputFileName" not in configuration:
        raise _action(f"Action {action['name']} has an output artifact and needs configuration 'OutputFileName'")
    _check_json(action, "ParameterOverrides", dict)


def _check_json(action: Declaration, key: str, kind: type) -> None:
    text = action.get("configuration", {}).get(key)
    if text is None:
        return
    try:
        value: Any = json.loads(text)
    except ValueError as error:
        raise _action(f"Configuration '{key}' of action {action['name']} is not JSON: {error}") from error
    if not isinstance(value, kind):
        raise _action(f"Configuration '{key}' of action {action['name']} must be a JSON {kind.__name__}: {text[:200]}")


def _check_flow(stages: list[Declaration], pipeline_variables: set[str]) -> None:
    """Checks that artifacts and namespaces exist before their use, and that each artifact has one producer."""
    produced: set[str] = set()
    namespaces: set[str] = {EXECUTION_NAMESPACE, PIPELINE_NAMESPACE}
    for stage in stages:
        for rule, namespace, name in conditions.used_variables(stage):
            _check_reference(f"Rule {rule} of stage {stage['name']}", namespace, name, namespaces, pipeline_variables)
        for order in sorted({action.get("runOrder", 1) for action in stage["actions"]}):
            together = [action for action in stage["actions"] if action.get("runOrder", 1) == order]
            for action in together:
                _check_uses(action, produced, namespaces, pipeline_variables)
            for action in together:
                for artifact in _names(action, "outputArtifacts"):
                    if artifact in produced:
                        raise _structure(f"Output Artifact Bundle name must be unique within a pipeline: {artifact}")
                    produced.add(artifact)
                namespaces |= {action["namespace"]} if "namespace" in action else set()


def _check_uses(action: Declaration, produced: set[str], namespaces: set[str], pipeline_variables: set[str]) -> None:
    for artifact in _names(action, "inputArtifacts"):
        if artifact not in produced:
            raise _structure(
                f"Input Artifact Bundle {artifact} in action {action['name']} is not declared as Output Artifact "
                "Bundle in any of the preceding actions"
            )
    for key, text in action.get("configuration", {}).items():
        for namespace, name in references(text):
            where = f"Configuration '{key}' of action {action['name']}"
            _check_reference(where, namespace, name, namespaces, pipeline_variables)


def _check_reference(where: str, namespace: str, name: str, namespaces: set[str], pipeline_variables: set[str]) -> None:
    undeclared = namespace == PIPELINE_NAMESPACE and name not in pipeline_variables
    if namespace not in namespaces or undeclared:
        raise _action(
            f"{where} refers to #{{{namespace}.{name}}}, "
            f"but no preceding action has the namespace, or the pipeline no such variable"
        )


def _names(action: Declaration, kind: str) -> list[str]:
    return [artifact["name"] for artifact in action.get(kind, [])]


def _check_unique(what: str, where: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise _structure(f"{what} must be unique within {where}: {name}")


def _structure(message: str) -> AwsError:
    return AwsError("InvalidStructureException", message)


def _action(message: str) -> AwsError:
    return AwsError("InvalidActionDeclarationException", message)
