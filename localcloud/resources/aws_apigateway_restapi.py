"""AWS::ApiGateway::RestApi."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import escaped, replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, refuse, renamed, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_NAMES = {"ApiKeySourceType": "ApiKeySource"}
_PATHS = {
    "Name": "/name",
    "Description": "/description",
    "ApiKeySource": "/apiKeySource",
    "Policy": "/policy",
    "DisableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
    "SecurityPolicy": "/securityPolicy",
    "EndpointAccessMode": "/endpointAccessMode",
}
#: An API from an OpenAPI document (the CDK's SpecRestApi), and what changes bodies on their way.
_REFUSED = ("Body", "BodyS3Location", "CloneFrom", "Parameters", "MinimumCompressionSize")
#: They say how a document is imported.
_IMPORT = ("Mode", "FailOnWarnings")


class RestApi(Resource):
    """Ref is the API's id. Its methods and deployments are resources of their own."""

    type_name = "AWS::ApiGateway::RestApi"

    def create(self, ctx: Context, properties: Properties) -> Created:
        client = ctx.client("apigateway")
        wanted = {"Name": ctx.logical_id, **_wanted(properties)}
        tags = tag_parameter(client, "CreateRestApi", tags_of(properties))
        api = call(client, "CreateRestApi", wanted, **tags)
        return Created(physical_id=api["id"], attributes=_attributes(api))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        client = ctx.client("apigateway")
        was, wanted = _wanted(previous), _wanted(properties)
        patches = [*replaced(was, wanted, _PATHS), *_media_type_patches(was, wanted), *_endpoint_patches(was, wanted)]
        if patches:
            client.update_rest_api(restApiId=physical_id, patchOperations=patches)
        arn = f"arn:{ctx.partition}:apigateway:{ctx.region}::/restapis/{physical_id}"
        operations = ("TagResource", "UntagResource")
        retag(client, operations, {"resourceArn": arn}, tags_of(previous), tags_of(properties))
        return _attributes(client.get_rest_api(restApiId=physical_id))

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("apigateway").delete_rest_api(restApiId=physical_id)


def _wanted(properties: Properties) -> Properties:
    refuse(properties, *_REFUSED)
    wanted: Properties = renamed(without(properties, "Tags", *_IMPORT, *_REFUSED), _NAMES)
    return wanted | ({"Policy": document(properties["Policy"])} if "Policy" in properties else {})


def _media_type_patches(was: Properties, wanted: Properties) -> list[dict[str, str]]:
    before, after = (set(each.get("BinaryMediaTypes") or []) for each in (was, wanted))
    changes = [("remove", kind) for kind in sorted(before - after)] + [("add", kind) for kind in sorted(after - before)]
    return [{"op": op, "path": f"/binaryMediaTypes/{escaped(kind)}"} for op, kind in changes]


def _endpoint_patches(was: Properties, wanted: Properties) -> list[dict[str, str]]:
    before, after = ((each.get("EndpointConfiguration") or {}).get("Types") or ["EDGE"] for each in (was, wanted))
    if before == after:
        return []
    return [{"op": "replace", "path": f"/endpointConfiguration/types/{before[0]}", "value": after[0]}]


def _attributes(api: dict[str, Any]) -> Attributes:
    return {"RestApiId": api["id"], "RootResourceId": api["rootResourceId"]}
