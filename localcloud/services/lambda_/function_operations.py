"""Creates, changes and describes functions."""

from __future__ import annotations

import io
import logging
import threading
import uuid
from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.lambda_ import code
from localcloud.services.lambda_.archives import unpacked_bytes
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.configuration import CARRIED, accept_only, defaults, taken
from localcloud.services.lambda_.engine import role_credentials
from localcloud.services.lambda_.functions import touched
from localcloud.services.lambda_.names import LATEST, Reference, function_name, reference
from localcloud.services.lambda_.versions import PENDING, require_ready, require_revision

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.lambda")

_SETTINGS = ("FunctionName", "LoggingConfig", "Layers", *CARRIED)
_CODE = (
    *("FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri", "Architectures", "RevisionId"),
    "Publish",
)


#: Marks, in a function's document, the change that is under way or was the last.
CHANGE = "change"


class FunctionOperations(LambdaOperations):
    @operation("CreateFunction")
    def create_function(self, call: Call, params: Params) -> Params:
        """The function is Pending until code and runtime are ready, then Active."""
        name = function_name(params["FunctionName"])
        if params.get("PackageType") == "Image" or params["Code"].get("ImageUri"):
            raise UnsupportedError(f"lambda: functions from container images ({name})")
        accept_only(params, (*_SETTINGS, "Code", "Tags", "Publish"), "CreateFunction")
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
        content = code.archive(self.cloud, call, params["Code"])
        configuration |= self._layers_of(configuration, params, unpacked_bytes(io.BytesIO(content)))
        configuration |= self.functions.archives.keep(content) | PENDING
        touched(configuration)
        change = str(uuid.uuid4())
        self.functions.table.put(name, {"configuration": configuration, "tags": params.get("Tags", {}), CHANGE: change})
        answer = self.versions.publish(name, ready=False) if params.get("Publish") else configuration
        self._make_ready(name, change)
        return answer

    @operation("GetFunction")
    def get_function(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        configuration = self.versions.configuration(named)
        function = self.functions.get(named.name)
        answer = {
            "Configuration": configuration,
            "Code": {"RepositoryType": "S3", "Location": self._archive_url(configuration)},
            **({"Tags": function["tags"]} if function.get("tags") else {}),
        }
        if function.get("concurrency") is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function["concurrency"]}
        return answer

    @operation("GetFunctionConfiguration")
    def get_function_configuration(self, _: Call, params: Params) -> Params:
        return self.versions.configuration(reference(params["FunctionName"], params.get("Qualifier")))

    @operation("ListFunctions")
    def list_functions(self, _: Call, params: Params) -> Params:
        accept_only(params, ("Marker", "MaxItems"), "ListFunctions")
        return page("Functions", [function["configuration"] for _, function in self.functions.table.items()], params)

    @operation("UpdateFunctionCode")
    def update_function_code(self, call: Call, params: Params) -> Params:
        accept_only(params, _CODE, "UpdateFunctionCode")
        configuration = self._changeable(params)["configuration"]
        content = code.archive(self.cloud, call, params)
        same = {"Layers": [layer["Arn"] for layer in configuration.get("Layers", [])]}
        self._layers_of(configuration, same, unpacked_bytes(io.BytesIO(content)))
        kept = self.functions.archives.keep(content)
        return self._changed(configuration["FunctionName"], kept, publish=params.get("Publish", False))

    @operation("UpdateFunctionConfiguration")
    def update_function_configuration(self, _: Call, params: Params) -> Params:
        accept_only(params, (*_SETTINGS, "RevisionId"), "UpdateFunctionConfiguration")
        configuration = self._changeable(params)["configuration"]
        name = configuration["FunctionName"]
        wanted = taken(params, name)
        if "Role" in wanted:
            self._check_role(configuration | wanted)
        own = self.functions.archives.unpacked_bytes(configuration["CodeSha256"])
        return self._changed(name, wanted | self._layers_of(configuration, params, own))

    @operation("DeleteFunction")
    def delete_function(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        if named.qualifier == LATEST:
            raise _invalid("$LATEST version cannot be deleted without deleting the function.")
        if named.is_alias:
            raise _invalid("Deletion of aliases is not currently supported.")
        if named.qualifier:
            self.versions.delete_version(named)
            self.engine.provisioned.remove(named)
            self.engine.retire(str(named))
        else:
            self._delete(self.functions.get(named.name)["configuration"])
        self.layers.forget_unused(self.configurations())
        return {"StatusCode": 204}

    def resume(self) -> None:
        """Prepares functions that an earlier run left unprepared."""
        functions = [function for _, function in self.functions.table.items()]
        for function in functions:
            configuration = function["configuration"]
            if configuration["State"] == "Pending" or configuration.get("LastUpdateStatus") == "InProgress":
                self._make_ready(configuration["FunctionName"], function.get(CHANGE))

    def _delete(self, configuration: Params) -> None:
        name = configuration["FunctionName"]
        numbers = [version["Version"] for version in self.versions.versions_of(name)]
        aliases = [alias["Name"] for alias in self.versions.aliases_of(name)]
        self.functions.table.delete(name)
        for named in self.urls.of_function(name):
            self.urls.delete(named)
        self.versions.delete_all(name)
        self.versions.forget_unused(configuration["CodeSha256"])
        for qualifier in (*aliases, *numbers):
            self.engine.provisioned.remove(Reference(name, qualifier))
        for number in (LATEST, *numbers):
            self.engine.retire(str(Reference(name, number)))

    def _changeable(self, params: Params) -> Document:
        function = self.functions.get(function_name(params["FunctionName"]))
        require_ready(function["configuration"])
        require_revision(params.get("RevisionId"), function["configuration"])
        return function

    def _changed(self, name: str, wanted: Params, *, publish: bool = False) -> Params:
        mark = str(uuid.uuid4())
        before = self.functions.get(name)["configuration"]["CodeSha256"]

        def change(function: Document) -> None:
            function["configuration"].update(wanted)
            if not function["configuration"].get("Layers"):
                function["configuration"].pop("Layers", None)
            function["configuration"].update(
                LastUpdateStatus="InProgress",
                LastUpdateStatusReason="The function is being updated.",
                LastUpdateStatusReasonCode="Creating",
            )
            touched(function["configuration"])
            function[CHANGE] = mark

        configuration: Params = self.functions.update(name, change)["configuration"]
        answer = self.versions.publish(name, ready=False) if publish else configuration
        self.versions.forget_unused(before)
        self.layers.forget_unused(self.configurations())
        self._make_ready(name, mark)
        return answer

    def _layers_of(self, configuration: Params, params: Params, code_bytes: int) -> Params:
        """The member ``Layers`` of the configuration that these parameters ask for; nothing where they ask for none."""
        if "Layers" not in params:
            return {}
        found = self.layers.of_function(params["Layers"], configuration.get("Layers", []), code_bytes)
        return {"Layers": found} if found or "Layers" in configuration else {}

    def _check_role(self, configuration: Params) -> None:
        try:
            role_credentials(self.cloud, configuration)
        except AwsError as error:
            raise AwsError("InvalidParameterValueException", error.message) from error

    def _make_ready(self, name: str, change: str | None) -> None:
        threading.Thread(target=self._ready, args=(name, change), daemon=True, name=f"ready-{name}").start()

    def _ready(self, name: str, change: str | None) -> None:
        """Ends a creation or an update: Active and Successful, or Failed with the reason."""
        function = self.functions.table.get(name)
        if function is None or function.get(CHANGE) != change:
            return
        try:
            self.engine.prepare(function["configuration"])
            self.engine.retire(str(Reference(name, LATEST)))
            problem = ""
        except Exception as error:  # whatever it is, the function does not stay pending
            log.exception("%s", name)
            problem = str(error)

        def end(document: Document) -> None:
            if document.get(CHANGE) == change:
                _ended(document["configuration"], problem)

        try:
            self.functions.update(name, end)
            self.versions.finish(name, lambda configuration: _ended(configuration, problem))
        except AwsError:
            log.info("%s was deleted while it was made ready", name)

    def _archive_url(self, configuration: Params) -> str:
        """The archive's location: a file here, on AWS an address for ten minutes."""
        return self.functions.archives.path(configuration["CodeSha256"]).as_uri()


def page(member: str, found: list[Document], params: Params) -> Params:
    """One page of an answer that lists."""
    size, code = params.get("MaxItems", 50), "InvalidParameterValueException"
    shown, more = page_tokens.cut(found, params, size, code=code, named="Marker", following="NextMarker")
    return {member: shown, **more}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def _ended(configuration: Document, problem: str) -> None:
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
