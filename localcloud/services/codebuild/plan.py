"""The plan of one build: a project's settings with a StartBuild call's overrides, decided before anything runs."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from localcloud.platform.service import Params

IMAGE_PREFIXES = ("aws/codebuild/standard:", "aws/codebuild/amazonlinux")
DEFAULT_TIMEOUT_MINUTES = 60
DEFAULT_QUEUED_TIMEOUT_MINUTES = 480

#: Override of StartBuild → the project's setting that it replaces.
_WHOLE = {
    "sourceVersion": "sourceVersion",
    "secondarySourcesOverride": "secondarySources",
    "secondarySourcesVersionOverride": "secondarySourceVersions",
    "artifactsOverride": "artifacts",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "cacheOverride": "cache",
    "logsConfigOverride": "logsConfig",
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "autoRetryLimitOverride": "autoRetryLimit",
}
_IN_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "buildspecOverride": "buildspec",
    "sourceAuthOverride": "auth",
    "gitCloneDepthOverride": "gitCloneDepth",
    "gitSubmodulesConfigOverride": "gitSubmodulesConfig",
    "insecureSslOverride": "insecureSsl",
    "reportBuildStatusOverride": "reportBuildStatus",
    "buildStatusConfigOverride": "buildStatusConfig",
}
_IN_ENVIRONMENT = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "certificateOverride": "certificate",
    "privilegedModeOverride": "privilegedMode",
    "registryCredentialOverride": "registryCredential",
    "imagePullCredentialsTypeOverride": "imagePullCredentialsType",
    "fleetOverride": "fleet",
    "hostKernelOverride": "hostKernel",
}
_UNSUPPORTED = (
    "vpcConfig",
    "fileSystemLocations",
    "buildBatchConfig",
    "badgeEnabled",
    "autoRetryLimit",
    "debugSessionEnabled",
    "secondarySourceVersions",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildPlan:
    """Settings in AWS's own shapes (ProjectSource, ProjectArtifacts, ProjectEnvironment, …)."""

    project_name: str
    source: Params
    secondary_sources: list[Params]
    source_version: str
    artifacts: list[Params]
    """The artifacts, the primary one first, without those of type NO_ARTIFACTS."""
    cache: Params
    environment: Params
    logs: Params
    service_role: str
    timeout_minutes: int
    queued_timeout_minutes: int
    encryption_key: str

    def variable(self, name: str) -> str:
        """The value of a plain-text environment variable; empty where there is none."""
        found = [one["value"] for one in self.environment["environmentVariables"] if one["name"] == name]
        return str(found[-1]) if found else ""


def plan(project: Params, overrides: Params) -> BuildPlan:
    """Raises AwsError for a build that cannot start, UnsupportedError for what the local cloud cannot do."""
    wanted = merged(project, overrides)
    refuse_unsupported(wanted)
    if wanted["source"]["type"] == "CODEPIPELINE":
        raise AwsError(
            "InvalidInputException",
            f"Project {wanted['name']} takes its source from a pipeline: start the pipeline, "
            "or give sourceTypeOverride and sourceLocationOverride.",
        )
    artifacts = [wanted["artifacts"], *wanted.get("secondaryArtifacts", [])]
    for one in artifacts:
        if one["type"] == "S3" and not one.get("location"):
            raise AwsError(
                "InvalidInputException", f"Artifacts of type S3 need a location, in project {wanted['name']}."
            )
    return BuildPlan(
        project_name=wanted["name"],
        source=wanted["source"],
        secondary_sources=wanted.get("secondarySources", []),
        source_version=wanted.get("sourceVersion", ""),
        artifacts=[one for one in artifacts if one["type"] == "S3"],
        cache=wanted.get("cache") or {"type": "NO_CACHE"},
        environment=wanted["environment"],
        logs=(wanted.get("logsConfig") or {}).get("cloudWatchLogs") or {"status": "ENABLED"},
        service_role=wanted["serviceRole"],
        timeout_minutes=wanted.get("timeoutInMinutes") or DEFAULT_TIMEOUT_MINUTES,
        queued_timeout_minutes=wanted.get("queuedTimeoutInMinutes") or DEFAULT_QUEUED_TIMEOUT_MINUTES,
        encryption_key=wanted.get("encryptionKey", ""),
    )


def merged(project: Params, overrides: Params) -> Params:
    """The project with the overrides in place of its settings. Environment variables are overridden by name."""
    wanted = deepcopy(project)
    for name, target in _WHOLE.items():
        if name in overrides:
            wanted[target] = overrides[name]
    for names, part in ((_IN_SOURCE, "source"), (_IN_ENVIRONMENT, "environment")):
        wanted[part] |= {target: overrides[name] for name, target in names.items() if name in overrides}
    if overrides.get("debugSessionEnabled"):
        wanted["debugSessionEnabled"] = True
    variables = {one["name"]: one for one in wanted["environment"].get("environmentVariables", [])}
    variables |= {one["name"]: one for one in overrides.get("environmentVariablesOverride", [])}
    wanted["environment"]["environmentVariables"] = list(variables.values())
    return wanted


def refuse_unsupported(project: Params) -> None:
    """Raises UnsupportedError for the first setting of a project that the local cloud cannot honour."""
    _refuse_environment(project["environment"])
    for source in (project["source"], *project.get("secondarySources", [])):
        _refuse_kind("source type", source["type"], {"S3", "NO_SOURCE", "CODEPIPELINE"})
        if source["type"] == "S3" and not source.get("location"):
            raise AwsError("InvalidInputException", "A source of type S3 needs a location: bucket/key.")
    for artifacts in (project["artifacts"], *project.get("secondaryArtifacts", [])):
        _refuse_kind("artifacts type", artifacts["type"], {"S3", "NO_ARTIFACTS", "CODEPIPELINE"})
    for name in _UNSUPPORTED:
        if _asked(project.get(name)):
            raise UnsupportedError(f"codebuild: {name}")
    if ((project.get("logsConfig") or {}).get("s3Logs") or {}).get("status") == "ENABLED":
        raise UnsupportedError("codebuild: logsConfig.s3Logs")
    cache = project.get("cache") or {}
    if cache.get("cacheNamespace"):
        raise UnsupportedError("codebuild: cache.cacheNamespace")
    if cache.get("type") == "S3" and not cache.get("location"):
        raise AwsError("InvalidInputException", "A cache of type S3 needs a location: bucket/prefix.")
    if "LOCAL_DOCKER_LAYER_CACHE" in cache.get("modes", []):
        raise UnsupportedError("codebuild: cache mode LOCAL_DOCKER_LAYER_CACHE")


def _refuse_environment(environment: Params) -> None:
    _refuse_kind("environment type", environment["type"], {"LINUX_CONTAINER"})
    if not environment["image"].startswith(IMAGE_PREFIXES):
        raise UnsupportedError(f"codebuild: image {environment['image']} (aws/codebuild/*standard:* is)")
    for name in ("privilegedMode", "certificate", "registryCredential", "fleet", "dockerServer", "hostKernel"):
        if environment.get(name):
            raise UnsupportedError(f"codebuild: environment with {name}")


def _asked(value: Any) -> bool:
    """Whether a setting asks for something. The CDK and the console write empty ones too."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def _refuse_kind(what: str, value: str, supported: set[str]) -> None:
    if value not in supported:
        raise UnsupportedError(f"codebuild: {what} {value} ({', '.join(sorted(supported))} are)")
