"""Makes, changes and describes the URLs of functions and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.function_operations import page
from localcloud.services.lambda_.names import LATEST, Reference, reference

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params

_QUALIFIER = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"


class UrlOperations(LambdaOperations):
    @operation("CreateFunctionUrlConfig")
    def create_function_url_config(self, _: Call, params: Params) -> Params:
        named = _aliased(params)
        if self.versions.known(named) is None:
            raise AwsError("ResourceNotFoundException", "Function does not exist", status=404)
        if not self.urls.create(named, {"InvokeMode": "BUFFERED"} | _settings(params)):
            raise AwsError(
                "ResourceConflictException",
                f"Failed to create function url config for [functionArn = {self.functions.arn(str(named))}]. Error "
                "message:  FunctionUrlConfig exists for this Lambda function",
                status=409,
            )
        return self._url(named)

    @operation("GetFunctionUrlConfig")
    def get_function_url_config(self, _: Call, params: Params) -> Params:
        return self._url(_aliased(params))

    @operation("UpdateFunctionUrlConfig")
    def update_function_url_config(self, _: Call, params: Params) -> Params:
        named = _aliased(params)
        self.urls.update(named, _settings(params))
        return self._url(named)

    @operation("DeleteFunctionUrlConfig")
    def delete_function_url_config(self, _: Call, params: Params) -> None:
        named = _aliased(params)
        self._url(named)
        self.urls.delete(named)

    @operation("ListFunctionUrlConfigs")
    def list_function_url_configs(self, _: Call, params: Params) -> Params:
        name = reference(params["FunctionName"]).name
        self.functions.get(name)
        return page("FunctionUrlConfigs", [self._url(named) for named in self.urls.of_function(name)], params)

    def _url(self, named: Reference) -> Params:
        return self.urls.described(named, self.functions.arn(str(named)))


def _aliased(params: Params) -> Reference:
    """What has the URL: a function or an alias. Raises AwsError for a version."""
    named = reference(params["FunctionName"], params.get("Qualifier"))
    if named.qualifier.isdigit() or named.qualifier == LATEST:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{named.qualifier}' at 'qualifier' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_QUALIFIER}",
        )
    return named


def _settings(params: Params) -> Params:
    if params.get("InvokeMode", "BUFFERED") != "BUFFERED":
        raise UnsupportedError(f"lambda: function URLs with InvokeMode {params['InvokeMode']}")
    return {name: params[name] for name in ("AuthType", "Cors") if name in params}
