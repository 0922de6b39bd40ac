"""Deployments, which are unchangeable snapshots of an API, and the stages that serve them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import bad_request, conflict, new_id, now, part_of
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.base import ApiGatewayOperations, page, taken
from localcloud.services.apigateway.control.stage_settings import check_stage, take_patch
from localcloud.services.apigateway.serving.snapshots import check_snapshot

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

#: What a deployment keeps of its API.
_KEPT = (
    *("id", "name", "resources", "models", "validators", "authorizers", "gateway_responses", "binaryMediaTypes"),
    "policy",
)
_STAGE = ("stageName", "deploymentId", "description", "variables", "tags", "tracingEnabled")
_STAGE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_STAGE_PATCHED = frozenset({"deploymentId", "description", "variables", "accessLogSettings", "tracingEnabled"})


class Deployments(ApiGatewayOperations):
    @operation("CreateDeployment")
    def create_deployment(self, _: Call, params: Params) -> Params:
        names = ("restApiId", "stageName", "stageDescription", "description", "variables", "tracingEnabled")
        given = taken(params, names, "CreateDeployment")
        api = self.documents.api(params["restApiId"])
        snapshot = {name: api[name] for name in _KEPT if api.get(name) is not None}
        check_snapshot(snapshot)
        deployment: Document = {"id": new_id(6), "createdDate": now()}
        if given.get("description"):
            deployment["description"] = given["description"]
        self.documents.snapshots.put(f"{api['id']}/{deployment['id']}", snapshot)
        self.documents.change(api["id"], lambda found: found["deployments"].update({deployment["id"]: deployment}))
        if given.get("stageName"):
            self._deploy_to(given, deployment["id"])
        return deployment | {"apiSummary": _summary(snapshot)}

    @operation("GetDeployment")
    def get_deployment(self, _: Call, params: Params) -> Params:
        found = self.documents.part(params["restApiId"], "deployments", params["deploymentId"])
        if "apisummary" in (params.get("embed") or []):
            found["apiSummary"] = _summary(self.documents.snapshots.get(f"{params['restApiId']}/{found['id']}") or {})
        return found

    @operation("GetDeployments")
    def get_deployments(self, _: Call, params: Params) -> Params:
        return page(list(self.documents.api(params["restApiId"])["deployments"].values()), params)

    @operation("UpdateDeployment")
    def update_deployment(self, _: Call, params: Params) -> Params:
        key, asked = params["deploymentId"], patches.read(params)

        def change(api: Document) -> None:
            found, may = part_of(api, "deployments", key), frozenset({"description"})
            patches.apply(found, asked, shape=patches.output_shape("UpdateDeployment"), may=may)

        return part_of(self.documents.change(params["restApiId"], change), "deployments", key)

    @operation("DeleteDeployment")
    def delete_deployment(self, _: Call, params: Params) -> None:
        key = params["deploymentId"]

        def change(api: Document) -> None:
            part_of(api, "deployments", key)
            if any(stage["deploymentId"] == key for stage in api["stages"].values()):
                raise bad_request("Active stages pointing to this deployment must be moved or deleted")
            del api["deployments"][key]

        self.documents.change(params["restApiId"], change)
        self.documents.snapshots.delete(f"{params['restApiId']}/{key}")

    @operation("CreateStage")
    def create_stage(self, _: Call, params: Params) -> Params:
        given = taken(params, ("restApiId", *_STAGE), "CreateStage")
        stage = _new_stage({name: given[name] for name in _STAGE if name in given})

        def change(api: Document) -> None:
            if stage["stageName"] in api["stages"]:
                raise conflict("Stage already exists")
            check_stage(stage, api, self.documents.cloudwatch_role())
            api["stages"][stage["stageName"]] = stage

        self.documents.change(params["restApiId"], change)
        self._deployed(params["restApiId"], stage)
        return stage

    @operation("GetStage")
    def get_stage(self, _: Call, params: Params) -> Params:
        return self.documents.part(params["restApiId"], "stages", params["stageName"])

    @operation("GetStages")
    def get_stages(self, _: Call, params: Params) -> Params:
        stages = list(self.documents.api(params["restApiId"])["stages"].values())
        return {"item": [each for each in stages if params.get("deploymentId") in (None, each["deploymentId"])]}

    @operation("UpdateStage")
    def update_stage(self, _: Call, params: Params) -> Params:
        name, asked = params["stageName"], patches.read(params)

        def change(api: Document) -> None:
            stage = part_of(api, "stages", name)
            shape = patches.output_shape("UpdateStage")
            patches.apply(stage, asked, shape=shape, may=_STAGE_PATCHED, special=take_patch)
            check_stage(stage, api, self.documents.cloudwatch_role())
            stage["lastUpdatedDate"] = now()

        stage = part_of(self.documents.change(params["restApiId"], change), "stages", name)
        self._deployed(params["restApiId"], stage)
        return stage

    @operation("DeleteStage")
    def delete_stage(self, _: Call, params: Params) -> None:
        place = {"apiId": params["restApiId"], "stage": params["stageName"]}

        def change(api: Document) -> None:
            part_of(api, "stages", params["stageName"])
            del api["stages"][params["stageName"]]

        self.documents.change(params["restApiId"], change)
        self.documents.policies.delete(f"{params['restApiId']}/{params['stageName']}")
        for plan_id, plan in self.documents.plans.items():
            kept = [each for each in plan["apiStages"] if not place.items() <= each.items()]
            if len(kept) < len(plan["apiStages"]):
                self.documents.plans.put(plan_id, plan | {"apiStages": kept})

    @operation("FlushStageAuthorizersCache")
    def flush_stage_authorizers_cache(self, _: Call, params: Params) -> None:
        """Checks only that the stage exists: no answer of an authorizer is kept."""
        self.documents.part(params["restApiId"], "stages", params["stageName"])

    def _deploy_to(self, given: Params, deployment_id: str) -> None:
        """Makes the stage of a CreateDeployment, or moves it."""
        wanted: Document = {"stageName": given["stageName"], "deploymentId": deployment_id}
        wanted |= {name: given[name] for name in ("variables", "tracingEnabled") if name in given}
        wanted |= {"description": given["stageDescription"]} if given.get("stageDescription") else {}

        def change(api: Document) -> None:
            known = api["stages"].get(wanted["stageName"])
            stage = {**known, **wanted, "lastUpdatedDate": now()} if known else _new_stage(wanted)
            check_stage(stage, api, self.documents.cloudwatch_role())
            api["stages"][wanted["stageName"]] = stage

        api = self.documents.change(given["restApiId"], change)
        self._deployed(api["id"], api["stages"][wanted["stageName"]])

    def _deployed(self, api_id: str, stage: Document) -> None:
        """A policy counts from its deployment on."""
        snapshot = self.documents.snapshots.get(f"{api_id}/{stage['deploymentId']}") or {}
        self.documents.policies.put(f"{api_id}/{stage['stageName']}", {"policy": snapshot.get("policy") or ""})


def _new_stage(given: Document) -> Document:
    if not _STAGE_NAME.fullmatch(given["stageName"]):
        raise bad_request("Stage name only allows a-zA-Z0-9_-")
    if given.get("tracingEnabled"):
        raise UnsupportedError("apigateway: tracing with X-Ray")
    made: dict[str, Any] = {"cacheClusterEnabled": False, "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}}
    return {**made, "createdDate": now(), "lastUpdatedDate": now(), **given}


def _summary(snapshot: Document) -> Document:
    return {
        resource["path"]: {
            name: {"authorizationType": method["authorizationType"], "apiKeyRequired": method["apiKeyRequired"]}
            for name, method in resource["methods"].items()
        }
        for resource in snapshot.get("resources", {}).values()
        if resource["methods"]
    }
