"""Publishes, describes and deletes versions of layers, and says who else may use them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.lambda_ import code
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.function_operations import page
from localcloud.services.lambda_.statements import (
    add_statement,
    no_policy,
    policy_text,
    remove_statement,
    require_readable,
    statement_of,
)

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_DESCRIBED = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
_SUMMARY = (*_DESCRIBED, "LayerVersionArn", "Version", "CreatedDate")
_MISSING = "The resource you requested does not exist."


class LayerOperations(LambdaOperations):
    @operation("PublishLayerVersion")
    def publish_layer_version(self, call: Call, params: Params) -> Params:
        name = self.layers.name_in(params["LayerName"])
        described = {"Description": ""} | {key: params[key] for key in _DESCRIBED if key in params}
        content = code.archive(self.cloud, call, params["Content"])
        _refuse_extensions(content)
        return self._described(self.layers.publish(name, content, described))

    @operation("GetLayerVersion")
    def get_layer_version(self, _: Call, params: Params) -> Params:
        return self._found(self.layers.name_in(params["LayerName"]), params["VersionNumber"])

    @operation("GetLayerVersionByArn")
    def get_layer_version_by_arn(self, _: Call, params: Params) -> Params:
        return self._found(*self.layers.version_in(params["Arn"]))

    @operation("ListLayerVersions")
    def list_layer_versions(self, _: Call, params: Params) -> Params:
        versions = self.layers.versions_of(self.layers.name_in(params["LayerName"]))
        return page("LayerVersions", [_summary(each) for each in versions if _fits(each, params)], params)

    @operation("ListLayers")
    def list_layers(self, call: Call, params: Params) -> Params:
        """Each layer with its latest version of those that fit."""
        del call
        found = []
        for name in self.layers.names():
            fitting = (each for each in self.layers.versions_of(name) if _fits(each, params))
            latest = next(fitting, None)
            if latest is not None:
                summary = _summary(latest)
                found.append({"LayerName": name, "LayerArn": latest["LayerArn"], "LatestMatchingVersion": summary})
        return page("Layers", found, params)

    @operation("DeleteLayerVersion")
    def delete_layer_version(self, _: Call, params: Params) -> None:
        """Functions that use it go on."""
        self.layers.delete(self.layers.name_in(params["LayerName"]), params["VersionNumber"], self.configurations())

    @operation("AddLayerVersionPermission")
    def add_layer_version_permission(self, _: Call, params: Params) -> Params:
        """In one account a permission admits those whose own policies say nothing of the layer."""
        if params.get("OrganizationId"):
            raise UnsupportedError("lambda:AddLayerVersionPermission with OrganizationId")
        name, number = self._version(params)
        statement = statement_of(self.layers.arn(f"{name}:{number}"), params)
        require_readable(statement)
        given = params.get("RevisionId") or None
        changed = self.layers.update(name, number, lambda found: add_statement(found, found, given, statement))
        return {"Statement": json.dumps(statement), "RevisionId": changed["RevisionId"]}

    @operation("RemoveLayerVersionPermission")
    def remove_layer_version_permission(self, _: Call, params: Params) -> None:
        given, sid = params.get("RevisionId") or None, params["StatementId"]
        self.layers.update(*self._version(params), lambda found: remove_statement(found, found, given, sid))

    @operation("GetLayerVersionPolicy")
    def get_layer_version_policy(self, _: Call, params: Params) -> Params:
        document = self.layers.find(*self._version(params))
        if document is None or not document.get("policy"):
            raise no_policy("No policy is associated with the given resource.")
        return {"Policy": policy_text(document["policy"]), "RevisionId": document["RevisionId"]}

    def _version(self, params: Params) -> tuple[str, int]:
        """Layer and number of a version; raises AwsError where it does not exist."""
        name, number = self.layers.name_in(params["LayerName"]), int(params["VersionNumber"])
        if self.layers.find(name, number) is None:
            arn = self.layers.arn(f"{name}:{number}")
            raise AwsError("ResourceNotFoundException", f"Layer version {arn} does not exist.", status=404)
        return name, number

    def _found(self, name: str, number: int) -> Params:
        document = self.layers.find(name, number)
        if document is None:
            raise AwsError("ResourceNotFoundException", _MISSING, status=404)
        return self._described(document)

    def _described(self, document: Document) -> Params:
        """The archive's location is a file here, on AWS an address for ten minutes."""
        content = {key: document[key] for key in ("CodeSha256", "CodeSize")}
        location = self.layers.archives.path(document["CodeSha256"]).as_uri()
        return {**_summary(document), "LayerArn": document["LayerArn"], "Content": {**content, "Location": location}}


def _refuse_extensions(content: bytes) -> None:
    """Raises UnsupportedError for a layer with programs that Lambda would run beside the function."""
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        found = [name for name in files.namelist() if name.startswith("extensions/") and not name.endswith("/")]
    if found:
        raise UnsupportedError(f"lambda: layers with extensions ({found[0]})")


def _summary(document: Document) -> Params:
    return {key: document[key] for key in _SUMMARY if key in document}


def _fits(document: Document, params: Params) -> bool:
    """Whether a version says that it is for the runtime and the architecture asked for, if any."""
    asked = (("CompatibleRuntime", "CompatibleRuntimes"), ("CompatibleArchitecture", "CompatibleArchitectures"))
    return all(params[one] in document.get(several, []) for one, several in asked if params.get(one))
