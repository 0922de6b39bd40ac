"""Origin access controls, cache policies and response headers policies: create, read, update, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.cloudfront import managed
from localcloud.services.cloudfront.base import CloudFrontOperations
from localcloud.services.cloudfront.entities import Kind, new_id, new_policy_id

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_CONTROL, _CACHE, _HEADERS = "OriginAccessControl", "CachePolicy", "ResponseHeadersPolicy"


class PolicyOperations(CloudFrontOperations):
    @operation("CreateOriginAccessControl")
    def create_origin_access_control(self, _: Call, params: Params) -> Params:
        return self._create_entity(self.entities.access_controls, new_id(), params)

    @operation("GetOriginAccessControl")
    def get_origin_access_control(self, _: Call, params: Params) -> Params:
        return _shown(self.entities.access_controls, self.entities.access_controls.get(params["Id"]))

    @operation("UpdateOriginAccessControl")
    def update_origin_access_control(self, _: Call, params: Params) -> Params:
        return self._update_entity(self.entities.access_controls, params)

    @operation("DeleteOriginAccessControl")
    def delete_origin_access_control(self, _: Call, params: Params) -> None:
        self._delete_entity(self.entities.access_controls, params)

    @operation("ListOriginAccessControls")
    def list_origin_access_controls(self, _: Call, __: Params) -> Params:
        found = [
            {"Id": each["Id"], "Description": "", **each["config"]} for each in self.entities.access_controls.all()
        ]
        whole = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(found)}
        return {"OriginAccessControlList": whole | {"Items": found}}

    @operation("CreateCachePolicy")
    def create_cache_policy(self, _: Call, params: Params) -> Params:
        return self._create_entity(self.entities.cache_policies, new_policy_id(), params)

    @operation("GetCachePolicy")
    def get_cache_policy(self, _: Call, params: Params) -> Params:
        return _shown(self.entities.cache_policies, self.entities.cache_policies.get(params["Id"]))

    @operation("UpdateCachePolicy")
    def update_cache_policy(self, _: Call, params: Params) -> Params:
        return self._update_entity(self.entities.cache_policies, params)

    @operation("DeleteCachePolicy")
    def delete_cache_policy(self, _: Call, params: Params) -> None:
        self._delete_entity(self.entities.cache_policies, params)

    @operation("ListCachePolicies")
    def list_cache_policies(self, _: Call, params: Params) -> Params:
        return {"CachePolicyList": _listed(self.entities.cache_policies, params)}

    @operation("CreateResponseHeadersPolicy")
    def create_response_headers_policy(self, _: Call, params: Params) -> Params:
        return self._create_entity(self.entities.headers_policies, new_policy_id(), params)

    @operation("GetResponseHeadersPolicy")
    def get_response_headers_policy(self, _: Call, params: Params) -> Params:
        return _shown(self.entities.headers_policies, self.entities.headers_policies.get(params["Id"]))

    @operation("UpdateResponseHeadersPolicy")
    def update_response_headers_policy(self, _: Call, params: Params) -> Params:
        return self._update_entity(self.entities.headers_policies, params)

    @operation("DeleteResponseHeadersPolicy")
    def delete_response_headers_policy(self, _: Call, params: Params) -> None:
        self._delete_entity(self.entities.headers_policies, params)

    @operation("ListResponseHeadersPolicies")
    def list_response_headers_policies(self, _: Call, params: Params) -> Params:
        return {"ResponseHeadersPolicyList": _listed(self.entities.headers_policies, params)}

    def _create_entity(self, kind: Kind, entity_id: str, params: Params) -> Params:
        config = params[f"{kind.name}Config"]
        _check(kind.name, config)
        kind.refuse_same_name(config["Name"])
        return _shown(kind, kind.create(entity_id, config))

    def _update_entity(self, kind: Kind, params: Params) -> Params:
        config = params[f"{kind.name}Config"]
        _check(kind.name, config)
        kind.refuse_same_name(config["Name"], but=params["Id"])
        return _shown(kind, kind.update(params["Id"], config, params.get("IfMatch")))

    def _delete_entity(self, kind: Kind, params: Params) -> None:
        users = self.entities.users_of(kind.get(params["Id"])["Id"])
        if users:
            raise AwsError(f"{kind.name}InUse", f"{params['Id']} is in use by {', '.join(users)}.", status=409)
        kind.delete(params["Id"], params.get("IfMatch"))


def _shown(kind: Kind, found: Document) -> Params:
    shown = {"Id": found["Id"], "LastModifiedTime": found["LastModifiedTime"], f"{kind.name}Config": found["config"]}
    return {kind.name: shown, "ETag": found["ETag"]}


def _listed(kind: Kind, params: Params) -> dict[str, Any]:
    wanted = params.get("Type", "")
    documents = [("managed", each) for each in managed.of(kind.name)] + [("custom", each) for each in kind.all()]
    found = [
        {"Type": owner, kind.name: _shown(kind, each)[kind.name]} for owner, each in documents if wanted in ("", owner)
    ]
    return {"MaxItems": 100, "Quantity": len(found), "Items": found}


def _check(name: str, config: dict[str, Any]) -> None:
    """Raises UnsupportedError for what nothing of the local cloud would act on."""
    if name == _CONTROL:
        asked = (config["OriginAccessControlOriginType"], config["SigningBehavior"])
        if asked != ("s3", "always"):
            raise UnsupportedError(f"cloudfront: an origin access control for {asked[0]} that signs {asked[1]}")
    if name == _HEADERS and config.get("ServerTimingHeadersConfig", {}).get("Enabled"):
        raise UnsupportedError("cloudfront: ServerTimingHeadersConfig")
    if name == _CACHE:
        _check_key(config.get("ParametersInCacheKeyAndForwardedToOrigin", {}))


def _check_key(parameters: dict[str, Any]) -> None:
    for part, member in (("HeadersConfig", "HeaderBehavior"), ("CookiesConfig", "CookieBehavior")):
        behavior = parameters.get(part, {}).get(member, "none")
        if behavior != "none":
            raise UnsupportedError(f"cloudfront: {member} {behavior} of a cache policy (none is)")
    behavior = parameters.get("QueryStringsConfig", {}).get("QueryStringBehavior", "none")
    if behavior not in ("none", "all"):
        raise UnsupportedError(f"cloudfront: QueryStringBehavior {behavior} of a cache policy (none and all are)")
