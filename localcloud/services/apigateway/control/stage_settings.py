"""A stage's settings: those of its methods, whose patch paths have a form of their own, and what is refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.apis import bad_request, log_group_of, part_of
from localcloud.services.apigateway.control.methods import METHODS
from localcloud.services.apigateway.control.patches import Patch, typed
from localcloud.services.apigateway.substitution import check_template

if TYPE_CHECKING:
    from localcloud.platform.store import Document

#: The end of a patch's path, after ``/<resource path>/<method>`` → the setting, its type, and AWS's default.
_SETTINGS: dict[tuple[str, str], tuple[str, str, Any]] = {
    ("metrics", "enabled"): ("metricsEnabled", "boolean", False),
    ("logging", "loglevel"): ("loggingLevel", "string", "OFF"),
    ("logging", "dataTrace"): ("dataTraceEnabled", "boolean", False),
    ("throttling", "burstLimit"): ("throttlingBurstLimit", "integer", -1),
    ("throttling", "rateLimit"): ("throttlingRateLimit", "double", -1.0),
    ("caching", "enabled"): ("cachingEnabled", "boolean", False),
    ("caching", "ttlInSeconds"): ("cacheTtlInSeconds", "integer", 300),
    ("caching", "dataEncrypted"): ("cacheDataEncrypted", "boolean", False),
    ("caching", "requireAuthorizationForCacheControl"): ("requireAuthorizationForCacheControl", "boolean", True),
    ("caching", "unauthorizedCacheControlHeaderStrategy"): (
        *("unauthorizedCacheControlHeaderStrategy", "string"),
        "SUCCEED_WITH_RESPONSE_HEADER",
    ),
}
_DEFAULTS = {name: default for name, _, default in _SETTINGS.values()}
_SETTING_PATH_SEGMENTS = 4
_VARIABLE = re.compile(r"[A-Za-z0-9_]+")


def take_patch(stage: Document, patch: Patch) -> bool:
    """Applies a patch of methods' settings; False where it is another one."""
    if len(patch.path) < 2:
        return False
    if patch.removes and patch.path[0] not in ("variables", "accessLogSettings") and len(patch.path) == 2:
        stage["methodSettings"].pop(_key(*patch.path), None)
        return True
    if len(patch.path) != _SETTING_PATH_SEGMENTS or patch.path[2:] not in _SETTINGS:
        return False
    if patch.path[1] not in (*METHODS, "*"):
        raise bad_request(f"Invalid method setting path: /{'/'.join(patch.path)}")
    name, kind, default = _SETTINGS[patch.path[2], patch.path[3]]
    settings = stage["methodSettings"].setdefault(_key(*patch.path[:2]), dict(_DEFAULTS))
    settings[name] = default if patch.removes else typed(kind, patch.value, patch)
    return True


def _key(resource_path: str, method: str) -> str:
    """AWS's key of a method's settings: ``*/*``, or ``~1predictions/POST``."""
    return f"{resource_path.replace('/', '~1')}/{method}"


def check_stage(stage: Document, api: Document, cloudwatch_role: str) -> None:
    """Raises AwsError for a stage that cannot be served as it is wanted."""
    part_of(api, "deployments", stage["deploymentId"])
    if stage.get("tracingEnabled"):
        raise UnsupportedError("apigateway: tracing with X-Ray")
    for name, value in (stage.get("variables") or {}).items():
        if not _VARIABLE.fullmatch(name):
            raise bad_request(f"Stage variable names only allow a-zA-Z0-9_, not {name!r}: {value}")
    for key, settings in stage["methodSettings"].items():
        if settings["cachingEnabled"]:
            raise UnsupportedError(f"apigateway: the cache of a stage ({key})")
        if settings["loggingLevel"] != "OFF" or settings["dataTraceEnabled"]:
            raise UnsupportedError(f"apigateway: execution logging ({key}: {settings['loggingLevel']})")
    if stage.get("accessLogSettings"):
        _check_access_log(stage["accessLogSettings"], cloudwatch_role)


def _check_access_log(settings: Document, cloudwatch_role: str) -> None:
    destination, line = settings.get("destinationArn"), settings.get("format")
    if not destination or not line:
        return
    if not cloudwatch_role:
        raise bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging")
    if log_group_of(destination) is None:
        raise UnsupportedError(f"apigateway: access logs to {destination} (only to a group of CloudWatch Logs)")
    check_template(line, "the access log")
    if "$context.requestId" not in line and "$context.extendedRequestId" not in line:
        raise bad_request("Access Log format must contain one of $context.requestId, $context.extendedRequestId")
