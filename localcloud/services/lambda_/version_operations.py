"""Publishes versions of functions, and makes, moves and deletes the aliases that point to them."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.configuration import accept_only
from localcloud.services.lambda_.function_operations import page
from localcloud.services.lambda_.names import LATEST, Reference, function_name
from localcloud.services.lambda_.versions import require_revision, versions_in

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_ALIAS = ("FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig")
_ALIAS_NAME = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
_NUMBER = re.compile("[0-9]+")


class VersionOperations(LambdaOperations):
    @operation("PublishVersion")
    def publish_version(self, _: Call, params: Params) -> Params:
        accept_only(params, ("FunctionName", "CodeSha256", "Description", "RevisionId"), "PublishVersion")
        name = function_name(params["FunctionName"])
        require_revision(params.get("RevisionId"), self.functions.get(name)["configuration"])
        return self.versions.publish(
            name, description=params.get("Description"), code_sha256=params.get("CodeSha256") or None
        )

    @operation("ListVersionsByFunction")
    def list_versions_by_function(self, _: Call, params: Params) -> Params:
        name = function_name(params["FunctionName"])
        latest = self.versions.configuration(Reference(name, LATEST))
        return page("Versions", [latest, *self.versions.versions_of(name)], params)

    @operation("CreateAlias")
    def create_alias(self, _: Call, params: Params) -> Params:
        accept_only(params, _ALIAS, "CreateAlias")
        named = self._alias(params)
        self._require_version(named.name, params["FunctionVersion"])
        if str(named) in self.versions.aliases:
            raise AwsError(
                "ResourceConflictException", f"Alias already exists: {self.functions.arn(str(named))}", status=409
            )
        alias = {
            "AliasArn": self.functions.arn(str(named)),
            "Name": named.qualifier,
            "FunctionVersion": params["FunctionVersion"],
            "Description": params.get("Description", ""),
            **self._routing(named.name, params["FunctionVersion"], params),
            "RevisionId": str(uuid.uuid4()),
        }
        self.versions.aliases.put(str(named), {"alias": alias})
        return alias

    @operation("UpdateAlias")
    def update_alias(self, _: Call, params: Params) -> Params:
        accept_only(params, (*_ALIAS, "RevisionId"), "UpdateAlias")
        named = self._alias(params)
        self._existing(named, "Alias not found")

        def change(document: Document) -> None:
            alias = document["alias"]
            require_revision(params.get("RevisionId"), alias)
            before = alias["FunctionVersion"]
            alias |= {key: params[key] for key in ("FunctionVersion", "Description") if params.get(key) is not None}
            self._require_version(named.name, alias["FunctionVersion"])
            if "provisioned" in document:
                _move(document, before, params)
            elif "RoutingConfig" in params:
                alias.pop("RoutingConfig", None)
                alias |= self._routing(named.name, alias["FunctionVersion"], params)
            elif len(set(versions_in(alias))) < len(versions_in(alias)):
                raise _included_already(alias["FunctionVersion"])
            alias["RevisionId"] = str(uuid.uuid4())

        document = self.versions.update(named, change)
        if "provisioned" in document:
            self.engine.provisioned.moved(named, document)
        changed: Params = document["alias"]
        return changed

    @operation("GetAlias")
    def get_alias(self, _: Call, params: Params) -> Params:
        return self._existing(self._alias(params), "Cannot find alias arn")

    @operation("ListAliases")
    def list_aliases(self, _: Call, params: Params) -> Params:
        name = function_name(params["FunctionName"])
        self.functions.get(name)
        wanted = params.get("FunctionVersion")
        found = [alias for alias in self.versions.aliases_of(name) if not wanted or wanted in versions_in(alias)]
        return page("Aliases", found, params)

    @operation("DeleteAlias")
    def delete_alias(self, _: Call, params: Params) -> None:
        named = self._alias(params)
        self.functions.get(named.name)
        self.versions.aliases.delete(str(named))
        self.urls.delete(named)
        self.engine.provisioned.remove(named)

    def _alias(self, params: Params) -> Reference:
        if not re.fullmatch(_ALIAS_NAME, params["Name"]):
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{params['Name']}' at 'name' failed to satisfy constraint: Member "
                f"must satisfy regular expression pattern: {_ALIAS_NAME}",
            )
        return Reference(function_name(params["FunctionName"]), params["Name"])

    def _existing(self, named: Reference, missing: str) -> Params:
        found = self.versions.aliases.get(str(named))
        if found is None or named.name not in self.functions.table:
            raise AwsError("ResourceNotFoundException", f"{missing}: {self.functions.arn(str(named))}", status=404)
        alias: Params = found["alias"]
        return alias

    def _require_version(self, name: str, version: str) -> None:
        if version != LATEST and not _NUMBER.fullmatch(version):
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{version}' at 'functionVersion' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)",
            )
        self.versions.configuration(Reference(name, version))

    def _routing(self, name: str, version: str, params: Params) -> Params:
        """The alias's member for its second version; nothing where it has one version alone."""
        weights = (params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        if len(weights) > 1:
            raise _invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
        for other, weight in weights.items():
            _check_weight(other, weight)
            if other == version:
                raise _included_already(version)
            if version == LATEST:
                raise _invalid("$LATEST is not supported for an alias pointing to more than 1 version")
            self._require_version(name, other)
        return {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}


def _move(document: Document, before: str, params: Params) -> None:
    """Moves an alias with provisioned concurrency: the version that serves goes on until the new one is ready."""
    alias = document["alias"]
    if (params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or alias["FunctionVersion"] == LATEST:
        raise _invalid("Invalid alias configuration for Provisioned Concurrency")
    if alias["FunctionVersion"] == before:
        return
    serving = document.pop("moving_from", before)
    alias.pop("RoutingConfig", None)
    if serving != alias["FunctionVersion"]:
        document["moving_from"] = serving
        alias["RoutingConfig"] = {"AdditionalVersionWeights": {serving: 1.0}}


def _check_weight(version: str, weight: float) -> None:
    if not 0.0 <= weight <= 1.0:
        wrong = (
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have "
            "value greater than or equal to 0.0, Member must not be null]"
        )
    elif not _NUMBER.fullmatch(version):
        wrong = (
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have "
            "length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]"
        )
    else:
        return
    raise AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{{{version}={weight}}}' at 'routingConfig.additionalVersionWeights' "
        f"failed to satisfy constraint: {wrong}",
    )


def _included_already(version: str) -> AwsError:
    return _invalid(
        f"Invalid function version {version}. Function version {version} is already included in routing configuration."
    )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
