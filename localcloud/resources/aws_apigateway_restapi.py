"""AWS::ApiGateway::RestApi."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import escaped, replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource, ResourceError
from localcloud.resources.shapes import call, document, flag, only, refuse, renamed, without
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
#: Copies of other APIs, and what changes bodies on their way.
_REFUSED = ("CloneFrom", "MinimumCompressionSize")
#: An OpenAPI document, and how it is imported.
_IMPORT = ("Body", "BodyS3Location", "Mode", "FailOnWarnings", "Parameters")
#: What the document says of the API as well; the template's word counts.
_SAID_TWICE = {name: _PATHS[name] for name in ("Name", "Description")}


class RestApi(Resource):
    """Ref is the API's id. Its deployments are resources of their own, and its methods unless a document has them."""

    type_name = "AWS::ApiGateway::RestApi"

    def create(self, ctx: Context, properties: Properties) -> Created:
        client = ctx.client("apigateway")
        body = _body(ctx, properties)
        named = ((properties.get("Body") or {}).get("info") or {}).get("title") or ctx.logical_id
        wanted = {"Name": named, **_wanted(properties)}
        tags = tag_parameter(client, "CreateRestApi", tags_of(properties))
        api = call(client, "CreateRestApi", wanted, **tags)
        ctx.created(api["id"])
        if body is not None:
            _put(client, api["id"], body, properties)
        return Created(physical_id=api["id"], attributes=_attributes(api))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        client = ctx.client("apigateway")
        was, wanted = _wanted(previous), _wanted(properties)
        if only(properties, *_IMPORT) != only(previous, *_IMPORT):
            body = _body(ctx, properties)
            if body is None:
                raise ResourceError("An API that was made from an OpenAPI document cannot go on without one.")
            _put(client, physical_id, body, properties)
            was["BinaryMediaTypes"] = client.get_rest_api(restApiId=physical_id).get("binaryMediaTypes", [])
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


def _body(ctx: Context, properties: Properties) -> bytes | None:
    """The OpenAPI document, from the template or from a bucket."""
    _check_import(properties)
    if properties.get("Body"):
        return document(properties["Body"]).encode()
    place = properties.get("BodyS3Location")
    if not place:
        return None
    version = {"VersionId": place["Version"]} if place.get("Version") else {}
    found: bytes = ctx.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"], **version)["Body"].read()
    return found


def _check_import(properties: Properties) -> None:
    if properties.get("Mode", "overwrite") != "overwrite":
        refuse(properties, "Mode")
    types = (properties.get("EndpointConfiguration") or {}).get("Types") or ["EDGE"]
    if properties.get("Parameters") not in (None, {}, {"endpointConfigurationTypes": types[0]}):
        refuse(properties, "Parameters")


def _put(client: Any, api: str, body: bytes, properties: Properties) -> None:
    strict = flag(properties.get("FailOnWarnings"))
    client.put_rest_api(restApiId=api, mode="overwrite", failOnWarnings=strict, body=body)
    said = replaced({}, only(properties, *_SAID_TWICE), _SAID_TWICE)
    if said:
        client.update_rest_api(restApiId=api, patchOperations=said)


def _wanted(properties: Properties) -> Properties:
    refuse(properties, *_REFUSED)
    wanted: Properties = renamed(without(properties, "Tags", *_IMPORT), _NAMES)
    if "BinaryMediaTypes" in wanted:  # templates may escape the slash, as patches do
        wanted["BinaryMediaTypes"] = [kind.replace("~1", "/") for kind in wanted["BinaryMediaTypes"]]
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
