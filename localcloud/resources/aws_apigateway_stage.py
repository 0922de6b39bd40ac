"""AWS::ApiGateway::Stage."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import Patch, entries, escaped, replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, flag, refuse, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_REFUSED = ("CacheClusterSize", "CanarySetting", "ClientCertificateId", "DocumentationVersion")
_REFUSED_FLAGS = ("CacheClusterEnabled", "TracingEnabled")
_PATHS = {"DeploymentId": "/deploymentId", "Description": "/description"}
_LOG_PATHS = {"DestinationArn": "/accessLogSettings/destinationArn", "Format": "/accessLogSettings/format"}
#: A property of a method's settings → the end of its patch's path.
_SETTINGS = {
    "MetricsEnabled": "metrics/enabled",
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "CachingEnabled": "caching/enabled",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CacheDataEncrypted": "caching/dataEncrypted",
}


class Stage(Resource):
    """A name under which a deployment is served. Ref is that name."""

    type_name = "AWS::ApiGateway::Stage"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _check(properties)
        client = ctx.client("apigateway")
        tags = tag_parameter(client, "CreateStage", tags_of(properties))
        own = without(properties, *_REFUSED, *_REFUSED_FLAGS, "AccessLogSetting", "MethodSettings", "Tags")
        stage = call(client, "CreateStage", {"StageName": "default", **own}, **tags)["stageName"]
        ctx.created(stage)
        _patch(client, properties, stage, _settings({}, properties))
        return Created(physical_id=stage)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _check(properties)
        client = ctx.client("apigateway")
        patches = replaced(previous, properties, _PATHS)
        patches += entries(previous.get("Variables") or {}, properties.get("Variables") or {}, "/variables")
        _patch(client, properties, physical_id, [*patches, *_settings(previous, properties)])
        path = f"/restapis/{properties['RestApiId']}/stages/{physical_id}"
        resource = {"resourceArn": f"arn:{ctx.partition}:apigateway:{ctx.region}::{path}"}
        retag(client, ("TagResource", "UntagResource"), resource, tags_of(previous), tags_of(properties))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("apigateway").delete_stage(restApiId=properties["RestApiId"], stageName=physical_id)


def _check(properties: Properties) -> None:
    refuse(properties, *_REFUSED, *(name for name in _REFUSED_FLAGS if flag(properties.get(name))))


def _patch(client: Any, properties: Properties, stage: str, patches: list[Patch]) -> None:
    if patches:
        client.update_stage(restApiId=properties["RestApiId"], stageName=stage, patchOperations=patches)


def _settings(previous: Properties, wanted: Properties) -> list[Patch]:
    """The patches of the access log and of the methods' settings."""
    found = replaced(previous.get("AccessLogSetting") or {}, wanted.get("AccessLogSetting") or {}, _LOG_PATHS)
    before, after = _by_method(previous), _by_method(wanted)
    found += [{"op": "remove", "path": place} for place in before if place not in after]
    for place, settings in after.items():
        refuse(settings, *(name for name in settings if name not in {*_SETTINGS, "HttpMethod", "ResourcePath"}))
        found += replaced(
            before.get(place, {}), settings, {name: f"{place}/{path}" for name, path in _SETTINGS.items()}
        )
    return found


def _by_method(properties: Properties) -> dict[str, Properties]:
    """The path of a method's settings, such as ``/*/*`` or ``/~1predictions/POST`` → the settings."""
    return {
        f"/{_path(each.get('ResourcePath', '/*'))}/{each.get('HttpMethod', '*')}": each
        for each in properties.get("MethodSettings") or []
    }


def _path(resource_path: str) -> str:
    """The CDK escapes a resource's path, templates by hand often do not."""
    rest = resource_path.removeprefix("/")
    return rest if rest == "*" or rest.startswith("~1") else escaped(resource_path)
