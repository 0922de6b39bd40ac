"""APIs themselves, the account's settings, and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.iam.document import PolicyKind
from localcloud.iam.policy_check import read_policy
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import ACCOUNT_THROTTLE, bad_request, new_id, not_found, now, part_of
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.base import ApiGatewayOperations, page, taken

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document, Table

_GIVEN = (
    *("name", "description", "version", "binaryMediaTypes", "apiKeySource", "endpointConfiguration", "policy", "tags"),
    *("disableExecuteApiEndpoint", "securityPolicy", "endpointAccessMode"),
)
_SHOWN = ("id", "createdDate", "rootResourceId", *_GIVEN)
_PATCHED = frozenset({*_GIVEN} - {"version", "tags"})
_ACCOUNT = {"throttleSettings": ACCOUNT_THROTTLE, "features": ["UsagePlans"], "apiKeyVersion": "4"}


class RestApis(ApiGatewayOperations):
    @operation("CreateRestApi")
    def create_rest_api(self, _: Call, params: Params) -> Params:
        given = taken(params, _GIVEN, "CreateRestApi")
        check_api(given)
        api = new_api(given)
        self.documents.apis.put(api["id"], api)
        return shown(api)

    @operation("GetRestApi")
    def get_rest_api(self, _: Call, params: Params) -> Params:
        return shown(self.documents.api(params["restApiId"]))

    @operation("GetRestApis")
    def get_rest_apis(self, _: Call, params: Params) -> Params:
        return page([shown(api) for _, api in self.documents.apis.items()], params)

    @operation("UpdateRestApi")
    def update_rest_api(self, _: Call, params: Params) -> Params:
        asked, shape = patches.read(params), patches.output_shape("UpdateRestApi")

        def change(api: Document) -> None:
            patches.apply(api, asked, shape=shape, may=_PATCHED)
            check_api(api)

        return shown(self.documents.change(params["restApiId"], change))

    @operation("DeleteRestApi")
    def delete_rest_api(self, _: Call, params: Params) -> None:
        api = self.documents.api(params["restApiId"])
        for table in (self.documents.snapshots, self.documents.policies):
            for key in [name for name in table.names() if name.startswith(f"{api['id']}/")]:
                table.delete(key)
        for plan_id, plan in self.documents.plans.items():
            kept = [stage for stage in plan["apiStages"] if stage["apiId"] != api["id"]]
            if len(kept) < len(plan["apiStages"]):
                self.documents.plans.put(plan_id, plan | {"apiStages": kept})
        self.documents.apis.delete(api["id"])

    @operation("GetAccount")
    def get_account(self, _: Call, __: Params) -> Params:
        return _ACCOUNT | (self.documents.account.get("account") or {})

    @operation("UpdateAccount")
    def update_account(self, call: Call, params: Params) -> Params:
        account = self.documents.account.get("account") or {}
        patches.apply(
            account,
            patches.read(params),
            shape=patches.output_shape("UpdateAccount"),
            may=frozenset({"cloudwatchRoleArn"}),
        )
        self.documents.account.put("account", account)
        return self.get_account(call, params)

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        table, key, stage = self._tagged(params)
        table.update(key, lambda found: _tags_of(found, stage).update(params["tags"]))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        table, key, stage = self._tagged(params)

        def remove(found: Document) -> None:
            for name in params["tagKeys"]:
                _tags_of(found, stage).pop(name, None)

        table.update(key, remove)

    @operation("GetTags")
    def get_tags(self, _: Call, params: Params) -> Params:
        table, key, stage = self._tagged(params)
        return {"tags": _tags_of(table.get(key) or {}, stage)}

    def _tagged(self, params: Params) -> tuple[Table, str, str]:
        """Table, key and stage of what an ARN names, such as ``arn:aws:apigateway:us-east-1::/restapis/a/stages/b``."""
        kind, _, rest = str(params["resourceArn"]).partition("::/")[2].partition("/")
        key, _, more = rest.partition("/")
        tables = {"restapis": self.documents.apis, "apikeys": self.documents.keys, "usageplans": self.documents.plans}
        if kind not in tables or (more and not more.startswith("stages/")):
            raise bad_request(f"Invalid ARN specified in the request: {params['resourceArn']}")
        document = tables[kind].get(key)
        if document is None:
            raise (
                self.documents.no_api(key) if kind == "restapis" else not_found({"apikeys": "keys"}.get(kind, "plans"))
            )
        stage = more.removeprefix("stages/")
        if stage:
            part_of(document, "stages", stage)
        return tables[kind], key, stage


def _tags_of(document: Document, stage: str) -> Document:
    found: Document = (document["stages"][stage] if stage else document).setdefault("tags", {})
    return found


def new_api(given: Document) -> Document:
    """An API with these settings, and nothing in it."""
    root = new_id(10)
    return {
        "id": new_id(10),
        "createdDate": now(),
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"]},
        "disableExecuteApiEndpoint": False,
        **given,
        "rootResourceId": root,
        "resources": {root: {"id": root, "path": "/", "methods": {}}},
        **{kind: {} for kind in ("models", "validators", "authorizers", "gateway_responses")},
        **{kind: {} for kind in ("stages", "deployments")},
    }


def check_api(api: Document) -> None:
    """Raises AwsError for settings that AWS refuses, and UnsupportedError for those that are not served here."""
    if not str(api.get("name") or "").strip():
        raise bad_request("API name cannot be blank")
    if api.get("apiKeySource", "HEADER") != "HEADER":
        raise UnsupportedError(f"apigateway: an API whose apiKeySource is {api['apiKeySource']}")
    endpoint: dict[str, Any] = api.get("endpointConfiguration") or {}
    if "PRIVATE" in (endpoint.get("types") or []) or endpoint.get("vpcEndpointIds"):
        raise UnsupportedError("apigateway: a private API")
    if api.get("policy"):
        try:
            read_policy("apigateway", api["policy"], name=api["name"], kind=PolicyKind.RESOURCE)
        except AwsError as error:
            message = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
            raise bad_request(f"{message} {error.message}") from error


def shown(api: Document) -> Params:
    """The API as operations describe it."""
    return {name: api[name] for name in _SHOWN if name in api}
