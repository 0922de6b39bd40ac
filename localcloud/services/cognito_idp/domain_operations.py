"""Domains: the prefix of a pool's sign-in page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp.base import CognitoOperations

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params

_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_RESERVED = ("aws", "amazon", "cognito")


class DomainOperations(CognitoOperations):
    @operation("CreateUserPoolDomain")
    def create_user_pool_domain(self, _: Call, params: Params) -> Params:
        accept_only(params, ("Domain", "UserPoolId", "ManagedLoginVersion"), "cognito-idp:CreateUserPoolDomain")
        name, pool = params["Domain"], self.directory.pools.get(params["UserPoolId"])
        if "." in name:
            raise UnsupportedError(f"cognito-idp: a custom domain ({name})")
        if not _PREFIX.fullmatch(name) or any(word in name for word in _RESERVED):
            raise AwsError("InvalidParameterException", f"{name} is no domain prefix, or has one of AWS's names in it.")
        if name in self.directory.domains:
            raise AwsError("InvalidParameterException", "Domain already associated with another user pool.")
        if any(domain["UserPoolId"] == pool["Id"] for _, domain in self.directory.domains.items()):
            raise AwsError("InvalidParameterException", "User pool already has a domain configured.")
        _check_version(params)
        version = params.get("ManagedLoginVersion", 1)
        self.directory.domains.put(name, {"UserPoolId": pool["Id"], "ManagedLoginVersion": version})
        return {"ManagedLoginVersion": version}

    @operation("DescribeUserPoolDomain")
    def describe_user_pool_domain(self, call: Call, params: Params) -> Params:
        """An unknown domain is described by nothing, as on AWS."""
        found = self.directory.domains.get(params["Domain"])
        if found is None:
            return {"DomainDescription": {}}
        whole = {"Domain": params["Domain"], "AWSAccountId": call.account_id, "Status": "ACTIVE"}
        return {"DomainDescription": found | whole}

    @operation("UpdateUserPoolDomain")
    def update_user_pool_domain(self, _: Call, params: Params) -> Params:
        accept_only(params, ("Domain", "UserPoolId", "ManagedLoginVersion"), "cognito-idp:UpdateUserPoolDomain")
        self._check_owner(params)
        _check_version(params)
        version = params.get("ManagedLoginVersion", 1)
        self.directory.domains.update(params["Domain"], lambda domain: domain.update(ManagedLoginVersion=version))
        return {"ManagedLoginVersion": version}

    @operation("DeleteUserPoolDomain")
    def delete_user_pool_domain(self, _: Call, params: Params) -> None:
        self._check_owner(params)
        self.directory.domains.delete(params["Domain"])

    def _check_owner(self, params: Params) -> None:
        found = self.directory.domains.get(params["Domain"])
        if found is None or found["UserPoolId"] != params["UserPoolId"]:
            raise AwsError("ResourceNotFoundException", f"No such domain {params['Domain']} of {params['UserPoolId']}.")


def _check_version(params: Params) -> None:
    """Both versions are the one plain page; version 2 without a branding would show nothing on AWS."""
    if params.get("ManagedLoginVersion", 1) not in (1, 2):
        raise AwsError("InvalidParameterException", "ManagedLoginVersion must be 1 or 2.")
