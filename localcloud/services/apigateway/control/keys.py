"""API keys, the plans that say how much their holders may ask, and what they have used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import bad_request, conflict, new_id, not_found, now, part_of
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.base import ApiGatewayOperations, page, taken

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document, Table

_KEY = ("name", "description", "enabled", "value", "customerId", "tags", "generateDistinctId", "stageKeys")
_KEY_PATCHED = frozenset({"name", "description", "enabled", "customerId"})
_PLAN = ("name", "description", "apiStages", "throttle", "quota", "tags")
_PLAN_PATCHED = frozenset({"name", "description", "throttle", "quota"})
_SHORTEST_KEY = 20
_KEY_LENGTH = 40


class Keys(ApiGatewayOperations):
    @operation("CreateApiKey")
    def create_api_key(self, _: Call, params: Params) -> Params:
        given = taken(params, _KEY, "CreateApiKey")
        value = given.get("value") or new_id(_KEY_LENGTH)
        if not _SHORTEST_KEY <= len(value) <= 128:
            raise bad_request(f"API Key value should be at least {_SHORTEST_KEY} characters")
        if any(key["value"] == value for _, key in self.documents.keys.items()):
            raise conflict("API Key already exists")
        # Of the time before usage plans: AWS keeps these stages, and they allow nothing.
        stages = [f"{each['restApiId']}/{each['stageName']}" for each in given.get("stageKeys", [])]
        key = {
            **{name: given[name] for name in _KEY if name in given and name != "generateDistinctId"},
            "id": new_id(10),
            "value": value,
            "enabled": bool(given.get("enabled", False)),
            "stageKeys": stages,
            "createdDate": now(),
            "lastUpdatedDate": now(),
        }
        self.documents.keys.put(key["id"], key)
        return key

    @operation("GetApiKey")
    def get_api_key(self, _: Call, params: Params) -> Params:
        return _shown(self._one(self.documents.keys, "keys", params["apiKey"]), with_value=params.get("includeValue"))

    @operation("GetApiKeys")
    def get_api_keys(self, _: Call, params: Params) -> Params:
        named = [
            k for _, k in self.documents.keys.items() if k.get("name", "").startswith(params.get("nameQuery") or "")
        ]
        return page([_shown(key, with_value=params.get("includeValues")) for key in named], params)

    @operation("UpdateApiKey")
    def update_api_key(self, _: Call, params: Params) -> Params:
        self._one(self.documents.keys, "keys", params["apiKey"])
        asked, shape = patches.read(params), patches.output_shape("UpdateApiKey")

        def change(key: Document) -> None:
            patches.apply(key, asked, shape=shape, may=_KEY_PATCHED)
            key["lastUpdatedDate"] = now()

        return _shown(self.documents.keys.update(params["apiKey"], change))

    @operation("DeleteApiKey")
    def delete_api_key(self, _: Call, params: Params) -> None:
        self._one(self.documents.keys, "keys", params["apiKey"])
        for plan_id, plan in self.documents.plans.items():
            if params["apiKey"] in plan["keys"]:
                self.documents.plans.update(plan_id, lambda found: found["keys"].remove(params["apiKey"]))
        self.documents.keys.delete(params["apiKey"])

    @operation("CreateUsagePlan")
    def create_usage_plan(self, _: Call, params: Params) -> Params:
        plan = {"id": new_id(6), "apiStages": [], "keys": [], **taken(params, _PLAN, "CreateUsagePlan")}
        self._check_plan(plan)
        self.documents.plans.put(plan["id"], plan)
        return _shown_plan(plan)

    @operation("GetUsagePlan")
    def get_usage_plan(self, _: Call, params: Params) -> Params:
        return _shown_plan(self._plan(params))

    @operation("GetUsagePlans")
    def get_usage_plans(self, _: Call, params: Params) -> Params:
        plans = [plan for _, plan in self.documents.plans.items() if params.get("keyId") in (None, *plan["keys"])]
        return page([_shown_plan(plan) for plan in plans], params)

    @operation("UpdateUsagePlan")
    def update_usage_plan(self, _: Call, params: Params) -> Params:
        self._plan(params)
        asked, shape = patches.read(params), patches.output_shape("UpdateUsagePlan")

        def change(plan: Document) -> None:
            patches.apply(plan, asked, shape=shape, may=_PLAN_PATCHED, special=_take_stage_patch)
            self._check_plan(plan)

        return _shown_plan(self.documents.plans.update(params["usagePlanId"], change))

    @operation("DeleteUsagePlan")
    def delete_usage_plan(self, _: Call, params: Params) -> None:
        plan = self._plan(params)
        if plan["apiStages"]:
            raise bad_request(f"Cannot delete usage plan {plan['id']}: remove its API stages first.")
        for key in [name for name in self.documents.usage.names() if name.startswith(f"{plan['id']}/")]:
            self.documents.usage.delete(key)
        self.documents.plans.delete(plan["id"])

    @operation("CreateUsagePlanKey")
    def create_usage_plan_key(self, _: Call, params: Params) -> Params:
        self._plan(params)
        key = self._one(self.documents.keys, "keys", params["keyId"])
        if params["keyType"] != "API_KEY":
            raise bad_request(f"Invalid key type {params['keyType']}: it must be API_KEY")

        def change(plan: Document) -> None:
            if key["id"] in plan["keys"]:
                raise conflict(f"Usage Plan {plan['id']} already has this key")
            stages = {(each["apiId"], each["stage"]) for each in plan["apiStages"]}
            for other_id, other in self.documents.plans.items():
                shared = stages & {(each["apiId"], each["stage"]) for each in other["apiStages"]}
                if other_id != plan["id"] and key["id"] in other["keys"] and shared:
                    raise conflict(f"API Key {key['id']} already belongs to a usage plan for the same API stage")
            plan["keys"].append(key["id"])

        self.documents.plans.update(params["usagePlanId"], change)
        return _plan_key(key)

    @operation("GetUsagePlanKey")
    def get_usage_plan_key(self, _: Call, params: Params) -> Params:
        if params["keyId"] not in self._plan(params)["keys"]:
            raise not_found("keys")
        return _plan_key(self._one(self.documents.keys, "keys", params["keyId"]))

    @operation("GetUsagePlanKeys")
    def get_usage_plan_keys(self, _: Call, params: Params) -> Params:
        found = [self.documents.keys.get(key_id) for key_id in self._plan(params)["keys"]]
        return page([_plan_key(key) for key in found if key], params)

    @operation("DeleteUsagePlanKey")
    def delete_usage_plan_key(self, _: Call, params: Params) -> None:
        self._plan(params)

        def change(plan: Document) -> None:
            if params["keyId"] not in plan["keys"]:
                raise not_found("keys")
            plan["keys"].remove(params["keyId"])

        self.documents.plans.update(params["usagePlanId"], change)

    def _plan(self, params: Params) -> Document:
        return self._one(self.documents.plans, "plans", params["usagePlanId"])

    @staticmethod
    def _one(table: Table, kind: str, key: str) -> Document:
        found = table.get(key)
        if found is None:
            raise not_found(kind)
        return found

    def _check_plan(self, plan: Document) -> None:
        quota = plan.get("quota") or {}
        if quota and (quota.get("period") not in ("DAY", "WEEK", "MONTH") or int(quota.get("limit") or 0) < 1):
            raise bad_request(
                f"Usage Plan quota must have a limit above 0 and a period DAY, WEEK or MONTH, not {quota}"
            )
        places = [(stage["apiId"], stage["stage"]) for stage in plan["apiStages"]]
        if len(set(places)) < len(places):
            raise conflict("An API stage is in the usage plan twice")
        for api_id, stage in places:
            part_of(self.documents.api(api_id), "stages", stage)


def _take_stage_patch(plan: Document, patch: patches.Patch) -> bool:
    """Patches of ``/apiStages`` and of the throttles of its methods: the value, or the path, says ``api:stage``."""
    if patch.path[0] != "apiStages":
        return False
    if len(patch.path) == 1:
        api_id, _, stage = patch.value.partition(":")
        place = {"apiId": api_id, "stage": stage}
        kept = [each for each in plan["apiStages"] if not place.items() <= each.items()]
        plan["apiStages"] = kept if patch.removes else [*kept, place]
        return True
    api_id, _, stage = patch.path[1].partition(":")
    found = next((each for each in plan["apiStages"] if (each["apiId"], each["stage"]) == (api_id, stage)), None)
    if found is None or len(patch.path) < 3 or patch.path[2] != "throttle":
        raise bad_request(f"Invalid patch path '/{'/'.join(patch.path)}'")
    _patch_throttle(found.setdefault("throttle", {}), patch)
    return True


def _patch_throttle(throttles: dict[str, Any], patch: patches.Patch) -> None:
    rest = patch.path[3:]
    if patch.removes and len(rest) <= 2:
        for name in [key for key in throttles if not rest or key == "/".join(rest)]:
            del throttles[name]
        return
    if len(rest) != 3 or rest[2] not in ("rateLimit", "burstLimit"):
        raise bad_request(f"Invalid patch path '/{'/'.join(patch.path)}'")
    kind = "double" if rest[2] == "rateLimit" else "integer"
    throttles.setdefault(f"{rest[0]}/{rest[1]}", {})[rest[2]] = patches.typed(kind, patch.value, patch)


def _shown(key: Document, *, with_value: object = False) -> Params:
    return key if with_value else {name: value for name, value in key.items() if name != "value"}


def _shown_plan(plan: Document) -> Params:
    return {name: value for name, value in plan.items() if name != "keys"}


def _plan_key(key: Document) -> Params:
    return {"id": key["id"], "type": "API_KEY", "name": key.get("name", ""), "value": key["value"]}
