"""Creates, changes and describes functions."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, EngineError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.lambda_ import code
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.configuration import CARRIED, accept_only, defaults, taken
from localcloud.services.lambda_.engine import role_credentials
from localcloud.services.lambda_.functions import hex_of, touched
from localcloud.services.lambda_.names import function_name

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.lambda")

_SETTINGS = ("FunctionName", "LoggingConfig", *CARRIED)
_CODE = ("FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri", "Architectures", "RevisionId")
_PENDING = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}


class FunctionOperations(LambdaOperations):
    @operation("CreateFunction")
    def create_function(self, call: Call, params: Params) -> Params:
        """The function is Pending until code and runtime are ready, then Active."""
        name = function_name(params["FunctionName"])
        if params.get("PackageType") == "Image" or params["Code"].get("ImageUri"):
            raise UnsupportedError(f"lambda: functions from container images ({name})")
        accept_only(params, (*_SETTINGS, "Code", "Tags"), "CreateFunction")
        if name in self.functions.table:
            raise AwsError("ResourceConflictException", f"Function already exist: {name}", status=409)
        for needed in ("Runtime", "Handler"):
            if not params.get(needed):
                raise AwsError("InvalidParameterValueException", f"{needed} is mandatory for functions from archives.")
        configuration = {
            "FunctionName": name,
            "FunctionArn": self.functions.arn(name),
            **defaults(name),
            **taken(params, name),
        }
        self._check_role(configuration)
        configuration |= self.functions.keep(code.archive(self.cloud, call, params["Code"])) | _PENDING
        touched(configuration)
        self.functions.table.put(name, {"configuration": configuration, "tags": params.get("Tags", {})})
        self._make_ready(configuration)
        return configuration

    @operation("GetFunction")
    def get_function(self, _: Call, params: Params) -> Params:
        function = self._named(params)
        answer = {
            "Configuration": function["configuration"],
            "Code": {"RepositoryType": "S3", "Location": self._archive_url(function["configuration"])},
            **({"Tags": function["tags"]} if function.get("tags") else {}),
        }
        if function.get("concurrency") is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function["concurrency"]}
        return answer

    @operation("GetFunctionConfiguration")
    def get_function_configuration(self, _: Call, params: Params) -> Params:
        found: Params = self._named(params)["configuration"]
        return found

    @operation("ListFunctions")
    def list_functions(self, _: Call, params: Params) -> Params:
        accept_only(params, ("Marker", "MaxItems"), "ListFunctions")
        found = [function["configuration"] for _, function in self.functions.table.items()]
        start, most = int(params.get("Marker", "0")), params.get("MaxItems", 50)
        more = {"NextMarker": str(start + most)} if start + most < len(found) else {}
        return {"Functions": found[start : start + most], **more}

    @operation("ListVersionsByFunction")
    def list_versions_by_function(self, _: Call, params: Params) -> Params:
        configuration = self._named(params)["configuration"]
        return {"Versions": [{**configuration, "FunctionArn": f"{configuration['FunctionArn']}:$LATEST"}]}

    @operation("UpdateFunctionCode")
    def update_function_code(self, call: Call, params: Params) -> Params:
        accept_only(params, _CODE, "UpdateFunctionCode")
        name = self._changeable(params)["configuration"]["FunctionName"]
        kept = self.functions.keep(code.archive(self.cloud, call, params))
        return self._changed(name, kept)

    @operation("UpdateFunctionConfiguration")
    def update_function_configuration(self, _: Call, params: Params) -> Params:
        accept_only(params, (*_SETTINGS, "RevisionId"), "UpdateFunctionConfiguration")
        configuration = self._changeable(params)["configuration"]
        name = configuration["FunctionName"]
        wanted = taken(params, name)
        if "Role" in wanted:
            self._check_role(configuration | wanted)
        return self._changed(name, wanted)

    @operation("DeleteFunction")
    def delete_function(self, _: Call, params: Params) -> Params:
        configuration = self._named(params)["configuration"]
        self.functions.table.delete(configuration["FunctionName"])
        self.functions.forget_unused(configuration["CodeSha256"])
        self.engine.retire(configuration["FunctionName"])
        return {"StatusCode": 204}

    def resume(self) -> None:
        """Prepares functions that an earlier run left unprepared."""
        functions = [function for _, function in self.functions.table.items()]
        for function in functions:
            configuration = function["configuration"]
            if configuration["State"] == "Pending" or configuration.get("LastUpdateStatus") == "InProgress":
                self._make_ready(configuration)

    def _named(self, params: Params) -> Document:
        return self.functions.get(function_name(params["FunctionName"], params.get("Qualifier")))

    def _changeable(self, params: Params) -> Document:
        function = self._named(params)
        configuration = function["configuration"]
        if configuration["State"] == "Pending" or configuration.get("LastUpdateStatus") == "InProgress":
            raise AwsError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for resource: "
                f"{configuration['FunctionArn']}",
                status=409,
            )
        if params.get("RevisionId") not in (None, configuration["RevisionId"]):
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to "
                "retrieve the latest RevisionId",
                status=412,
            )
        return function

    def _changed(self, name: str, wanted: Params) -> Params:
        before = self.functions.get(name)["configuration"]["CodeSha256"]

        def change(function: Document) -> None:
            function["configuration"].update(wanted)
            function["configuration"].update(
                LastUpdateStatus="InProgress",
                LastUpdateStatusReason="The function is being updated.",
                LastUpdateStatusReasonCode="Creating",
            )
            touched(function["configuration"])

        configuration: Params = self.functions.update(name, change)["configuration"]
        self.functions.forget_unused(before)
        self._make_ready(configuration)
        return configuration

    def _check_role(self, configuration: Params) -> None:
        try:
            role_credentials(self.cloud, configuration)
        except AwsError as error:
            raise AwsError("InvalidParameterValueException", error.message) from error

    def _make_ready(self, configuration: Params) -> None:
        name = configuration["FunctionName"]
        threading.Thread(
            target=self._ready, args=(name, configuration["RevisionId"]), daemon=True, name=f"ready-{name}"
        ).start()

    def _ready(self, name: str, revision: str) -> None:
        """Ends a creation or an update: Active and Successful, or Failed with the reason."""
        function = self.functions.table.get(name)
        if function is None or function["configuration"]["RevisionId"] != revision:
            return
        try:
            self.engine.prepare(function["configuration"])
            self.engine.retire(name)
            problem = ""
        except (EngineError, OSError) as error:
            log.exception("%s", name)
            problem = str(error)
        try:
            self.functions.update(name, lambda document: _ended(document["configuration"], revision, problem))
        except AwsError:
            log.info("%s was deleted while it was made ready", name)

    def _archive_url(self, configuration: Params) -> str:
        """The archive's location: a file here, on AWS an address for ten minutes."""
        return self.functions.archive(hex_of(configuration["CodeSha256"])).as_uri()


def _ended(configuration: Document, revision: str, problem: str) -> None:
    if configuration["RevisionId"] != revision:
        return
    for name in ("StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"):
        configuration.pop(name, None)
    created = configuration["State"] == "Pending"
    if problem and created:
        configuration.update(State="Failed", StateReason=problem, StateReasonCode="InternalError")
    elif problem:
        configuration.update(
            LastUpdateStatus="Failed", LastUpdateStatusReason=problem, LastUpdateStatusReasonCode="InternalError"
        )
    else:
        configuration.update(State="Active", LastUpdateStatus="Successful")
