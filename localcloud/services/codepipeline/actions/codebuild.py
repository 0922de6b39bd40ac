"""Build and Test / AWS / CodeBuild / 1: one build of a project, from artifacts to artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.services.codepipeline.action_errors import ActionFailedError, ActionStoppedError, ActionTimedOutError
from localcloud.services.codepipeline.actions.outcome import Outcome

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext
    from localcloud.services.codepipeline.artifacts import Location

#: A build's end is heard of. What else is told of it, such as its log, is asked for this often.
_POLL_SECONDS = 1.0


def run(context: ActionContext) -> Outcome:
    codebuild = context.client("codebuild")
    outputs = {name: context.store.new_location(name) for name in context.outputs}
    build = codebuild.start_build(**_overrides(context, outputs))["build"]
    build_id = build["id"]
    context.report(
        externalExecutionId=build_id,
        externalExecutionUrl=(
            f"https://console.aws.amazon.com/codebuild/home?region={context.region}#/builds/{build_id}/view/new"
        ),
    )
    try:
        build = _finished(context, codebuild, build_id)
    except (ActionStoppedError, ActionTimedOutError):
        codebuild.stop_build(id=build_id)
        raise
    if build["buildStatus"] != "SUCCEEDED":
        raise ActionFailedError("JobFailed", _failure(build))
    variables = {entry["name"]: entry["value"] for entry in build.get("exportedEnvironmentVariables", [])}
    return Outcome(artifacts=outputs, variables=variables)


def _finished(context: ActionContext, codebuild: Any, build_id: str) -> dict[str, Any]:
    log_stream = ""
    while True:
        build: dict[str, Any] = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        found = _log_stream_arn(build)
        if found and found != log_stream:
            log_stream = found
            context.report(logStreamARN=log_stream)
        if build["buildStatus"] != "IN_PROGRESS":
            return build
        context.pause(_POLL_SECONDS)


def _overrides(context: ActionContext, outputs: dict[str, Location]) -> dict[str, Any]:
    """StartBuild's parameters, with the action's sources and artifacts in place of the project's."""
    primary = _primary(context)
    key = {"encryptionKeyOverride": context.store.kms_key} if context.store.kms_key else {}
    return {
        "projectName": context.configuration["ProjectName"],
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": _address(context.inputs[primary]),
        "secondarySourcesOverride": [
            {"type": "S3", "location": _address(location), "sourceIdentifier": name}
            for name, location in context.inputs.items()
            if name != primary
        ],
        **_artifacts(outputs),
        **key,
        "environmentVariablesOverride": _environment(context),
        "idempotencyToken": context.action_execution_id,
    }


def _primary(context: ActionContext) -> str:
    """The name of the artifact that is the build's primary source."""
    return context.configuration.get("PrimarySource") or next(iter(context.inputs))


def _artifacts(outputs: dict[str, Location]) -> dict[str, Any]:
    """The build's artifacts: a single output is the primary one, several are secondary ones by name."""
    if not outputs:
        return {"artifactsOverride": {"type": "NO_ARTIFACTS"}, "secondaryArtifactsOverride": []}
    described = {name: _artifact(location) for name, location in outputs.items()}
    if len(described) == 1:
        return {"artifactsOverride": next(iter(described.values())), "secondaryArtifactsOverride": []}
    return {
        "artifactsOverride": {"type": "NO_ARTIFACTS"},
        "secondaryArtifactsOverride": [entry | {"artifactIdentifier": name} for name, entry in described.items()],
    }


def _artifact(location: Location) -> dict[str, Any]:
    path, _, name = location.key.rpartition("/")
    return {
        "type": "S3",
        "location": location.bucket,
        "path": path,
        "name": name,
        "namespaceType": "NONE",
        "packaging": "ZIP",
    }


def _environment(context: ActionContext) -> list[dict[str, str]]:
    of_the_pipeline = {"CODEBUILD_INITIATOR": f"codepipeline/{context.pipeline}"}
    if _primary(context) in context.revisions:
        of_the_pipeline["CODEBUILD_RESOLVED_SOURCE_VERSION"] = context.revisions[_primary(context)]
    wanted = context.json_of("EnvironmentVariables", "[]")
    return [
        *({"name": name, "value": value, "type": "PLAINTEXT"} for name, value in of_the_pipeline.items()),
        *({"name": entry["name"], "value": entry["value"], "type": entry.get("type", "PLAINTEXT")} for entry in wanted),
    ]


def _address(location: Location) -> str:
    return f"{location.bucket}/{location.key}"


def _failure(build: dict[str, Any]) -> str:
    """The failure in CodePipeline's words: the state, then the failed phase with its code and message."""
    text = f"Build terminated with state: {build['buildStatus']}."
    for phase in build.get("phases", []):
        if phase.get("phaseStatus", "SUCCEEDED") not in {"SUCCEEDED", "IN_PROGRESS"}:
            contexts = phase.get("contexts", [{}])
            code, message = contexts[0].get("statusCode", ""), contexts[0].get("message", "")
            return f"{text} Phase: {phase['phaseType']}, Code: {code}, Message: {message}"
    return text


def _log_stream_arn(build: dict[str, Any]) -> str:
    logs = build.get("logs", {})
    if not logs.get("groupName") or not logs.get("streamName"):
        return ""
    region, account = build["arn"].split(":")[3:5]
    return f"arn:aws:logs:{region}:{account}:log-group:{logs['groupName']}:log-stream:{logs['streamName']}"
