"""AWS::ApiGateway::UsagePlan."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import Patch, entries, escaped, replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, renamed, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_NAMES = {"UsagePlanName": "Name"}
_PATHS = {"Name": "/name", "Description": "/description"}
#: Property → the end of a patch's path.
_THROTTLE = {"BurstLimit": "burstLimit", "RateLimit": "rateLimit"}
_QUOTA = {"Limit": "limit", "Offset": "offset", "Period": "period"}


class UsagePlan(Resource):
    """How much the holders of its keys may ask of its stages. Ref is its id."""

    type_name = "AWS::ApiGateway::UsagePlan"

    def create(self, ctx: Context, properties: Properties) -> Created:
        client = ctx.client("apigateway")
        wanted = {"Name": ctx.new_name(128), **renamed(without(properties, "Tags"), _NAMES)}
        tags = tag_parameter(client, "CreateUsagePlan", tags_of(properties))
        made = call(client, "CreateUsagePlan", wanted, **tags)["id"]
        return Created(physical_id=made, attributes={"Id": made})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        client = ctx.client("apigateway")
        was, wanted = renamed(previous, _NAMES), renamed(properties, _NAMES)
        patches = [
            *replaced(was, {"Name": was.get("Name"), **wanted}, _PATHS),
            *_structure(was.get("Throttle"), wanted.get("Throttle"), "/throttle", _THROTTLE),
            *_structure(was.get("Quota"), wanted.get("Quota"), "/quota", _QUOTA),
            *_stage_patches(was.get("ApiStages") or [], wanted.get("ApiStages") or []),
        ]
        if patches:
            client.update_usage_plan(usagePlanId=physical_id, patchOperations=patches)
        resource = {"resourceArn": f"arn:{ctx.partition}:apigateway:{ctx.region}::/usageplans/{physical_id}"}
        retag(client, ("TagResource", "UntagResource"), resource, tags_of(previous), tags_of(properties))
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        client = ctx.client("apigateway")
        with already_gone():
            stages = client.get_usage_plan(usagePlanId=physical_id).get("apiStages", [])
            places = [f"{stage['apiId']}:{stage['stage']}" for stage in stages]
            patches = [{"op": "remove", "path": "/apiStages", "value": place} for place in places]
            if patches:
                client.update_usage_plan(usagePlanId=physical_id, patchOperations=patches)
            client.delete_usage_plan(usagePlanId=physical_id)


def _structure(was: Any, wanted: Any, path: str, names: dict[str, str]) -> list[Patch]:
    if wanted is None:
        return [{"op": "remove", "path": path}] if was else []
    return entries(renamed(was or {}, names), renamed(wanted, names), path)


def _stage_patches(was: list[Properties], wanted: list[Properties]) -> list[Patch]:
    """A stage whose throttles change is taken out of the plan and put in again, in one request."""
    lost = [stage for stage in was if stage not in wanted]
    found: list[Patch] = [{"op": "remove", "path": "/apiStages", "value": _place(stage)} for stage in lost]
    for stage in wanted:
        if stage in was:
            continue
        found.append({"op": "add", "path": "/apiStages", "value": _place(stage)})
        for method, throttle in (stage.get("Throttle") or {}).items():
            path, _, verb = method.rpartition("/")
            place = f"/apiStages/{_place(stage)}/throttle/{escaped(path)}/{verb}"
            found += entries({}, renamed(throttle, _THROTTLE), place)
    return found


def _place(stage: Properties) -> str:
    return f"{stage['ApiId']}:{stage['Stage']}"
