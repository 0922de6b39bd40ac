"""The input of a stack from a CloudFormation action: template, parameters, tags, capabilities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.artifacts import read_file, read_json

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext
    from localcloud.services.codepipeline.artifacts import Location

#: CloudFormation's limit for a template in the request. It reads larger ones from the bucket.
_BODY_LIMIT_BYTES = 51_200


def template(context: ActionContext) -> dict[str, str]:
    """TemplateBody, or TemplateURL for a template that is too large."""
    content = _file(context, "TemplatePath")
    if len(content) <= _BODY_LIMIT_BYTES:
        return {"TemplateBody": content.decode()}
    location = context.store.new_location("Template", suffix=".template")
    context.store.put(context.client("s3"), location, content, content_type="application/json")
    return {"TemplateURL": f"{context.endpoint_url}/{location.bucket}/{location.key}"}


def stack_input(context: ActionContext) -> dict[str, Any]:
    """Parameters, Tags, Capabilities and RoleARN. The action's overrides win over the configuration file."""
    found: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    if "TemplateConfiguration" in context.configuration:
        settings = _json_file(context, "TemplateConfiguration")
        unknown = settings.keys() - {"Parameters", "Tags"}
        if unknown:
            raise ActionFailedError(
                "ConfigurationError", f"TemplateConfiguration has {', '.join(sorted(unknown))}: not supported here"
            )
    overrides = context.json_of("ParameterOverrides", "{}")
    parameters = {**settings.get("Parameters", {}), **{key: _value(context, value) for key, value in overrides.items()}}
    found["Parameters"] = [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters.items()]
    if settings.get("Tags"):
        found["Tags"] = [{"Key": key, "Value": value} for key, value in settings["Tags"].items()]
    capabilities = context.configuration.get("Capabilities", "")
    if capabilities:
        found["Capabilities"] = [name.strip() for name in capabilities.split(",")]
    if "RoleArn" in context.configuration:
        found["RoleARN"] = context.configuration["RoleArn"]
    return found


def _value(context: ActionContext, value: Any) -> Any:
    """A parameter's value. Evaluates the two functions that read it from an artifact."""
    if not isinstance(value, dict):
        return value
    ((name, arguments),) = value.items()
    location = _artifact(context, arguments[0])
    if name == "Fn::GetParam":
        artifact, file, key = arguments
        document = read_json(context.client("s3"), artifact, location, file)
        if not isinstance(document, dict) or key not in document:
            known = ", ".join(sorted(document)) if isinstance(document, dict) else "no object"
            raise ActionFailedError("ConfigurationError", f"{artifact}::{file} has no key {key}; it has: {known}")
        return document[key]
    if name == "Fn::GetArtifactAtt":
        attributes = {
            "BucketName": location.bucket,
            "ObjectKey": location.key,
            "URL": f"{context.endpoint_url}/{location.bucket}/{location.key}",
        }
        if arguments[1] in attributes:
            return attributes[arguments[1]]
    raise ActionFailedError("ConfigurationError", f"ParameterOverrides: {json.dumps(value)} is not a known function")


def _artifact(context: ActionContext, name: str) -> Location:
    if name not in context.inputs:
        raise ActionFailedError(
            "ConfigurationError", f"ParameterOverrides names the artifact {name}, which is not an input of this action"
        )
    return context.inputs[name]


def _file(context: ActionContext, key: str) -> bytes:
    artifact, _, path = context.configuration[key].partition("::")
    return read_file(context.client("s3"), artifact, context.inputs[artifact], path)


def _json_file(context: ActionContext, key: str) -> dict[str, Any]:
    artifact, _, path = context.configuration[key].partition("::")
    found = read_json(context.client("s3"), artifact, context.inputs[artifact], path)
    if not isinstance(found, dict):
        raise ActionFailedError("ConfigurationError", f"{artifact}::{path} must hold a JSON object")
    return found
