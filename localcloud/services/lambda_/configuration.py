"""A function's configuration: AWS's defaults and limits, and the settings that the local cloud refuses by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.pythons import MINORS

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.platform.service import Params

#: Environment variables that Lambda itself sets.
_RESERVED = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)
_LARGEST_ENVIRONMENT_BYTES = 4096

#: Parameters of CreateFunction and UpdateFunctionConfiguration that the configuration takes over unchanged.
CARRIED = (
    *("Description", "Environment", "EphemeralStorage", "DeadLetterConfig", "Handler", "MemorySize", "Role"),
    *("Runtime", "Timeout", "Architectures"),
)
#: Parameter → the values that ask for nothing, and pass.
_NOTHING: dict[str, Any] = {
    "PackageType": "Zip",
    "TracingConfig": {"Mode": "PassThrough"},
    "SnapStart": {"ApplyOn": "None"},
    "VpcConfig": {},
    "Publish": False,
    "DryRun": False,
}


def accept_only(params: Params, known: Collection[str], operation: str) -> None:
    """Raises UnsupportedError for a parameter that the local cloud cannot honour."""
    for name, value in params.items():
        asks_for_nothing = value in (None, {}, [], "") or _NOTHING.get(name) == value
        if name == "VpcConfig" and isinstance(value, dict) and not any(value.values()):
            continue
        if name not in known and not asks_for_nothing:
            raise UnsupportedError(f"lambda:{operation} with {name} {value!r}")


def defaults(name: str) -> Params:
    return {
        "Description": "",
        "MemorySize": 128,
        "Timeout": 3,
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Version": "$LATEST",
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }


def taken(params: Params, name: str) -> Params:
    """The part of a configuration that these parameters set; raises AwsError for values that AWS refuses."""
    found = {key: params[key] for key in CARRIED if key in params}
    if "Runtime" in found:
        python_minor(found["Runtime"])
    for key, least, most in (("Timeout", 1, 900), ("MemorySize", 128, 10240)):
        if key in found and not least <= found[key] <= most:
            raise _invalid(f"{key} must be from {least} to {most}, not {found[key]}")
    if "Environment" in found:
        _check_environment(found["Environment"].get("Variables", {}))
    if "DeadLetterConfig" in found:
        check_destination(found["DeadLetterConfig"].get("TargetArn", ""), "DeadLetterConfig")
    if "LoggingConfig" in params:
        found["LoggingConfig"] = _logging(params["LoggingConfig"], name)
    return found


def check_destination(arn: str, what: str) -> None:
    if arn and arn.split(":")[2] not in ("sqs", "sns"):
        raise UnsupportedError(f"lambda: {what} that is neither a queue nor a topic ({arn})")


def python_minor(runtime: str) -> str:
    """The Python that a runtime names: ``3.12`` of ``python3.12``. Raises UnsupportedError for any other runtime."""
    minor = runtime.removeprefix("python")
    if minor == runtime or minor not in MINORS:
        known = ", ".join(f"python{known}" for known in MINORS)
        raise UnsupportedError(f"lambda: the runtime {runtime} ({known} are)")
    return minor


def _check_environment(variables: dict[str, str]) -> None:
    reserved = sorted(_RESERVED & variables.keys())
    if reserved:
        raise _invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    wrong = [name for name in variables if not re.fullmatch(r"[a-zA-Z]\w+", name)]
    if wrong:
        raise _invalid(f"{wrong[0]!r} is not the name of an environment variable: use letters, digits and underscores")
    if sum(len(name.encode()) + len(value.encode()) for name, value in variables.items()) > _LARGEST_ENVIRONMENT_BYTES:
        raise _invalid(f"The environment variables are larger than {_LARGEST_ENVIRONMENT_BYTES} bytes.")


def _logging(wanted: Params, name: str) -> Params:
    if wanted.get("LogFormat", "Text") != "Text":
        raise UnsupportedError(f"lambda: LoggingConfig with LogFormat {wanted['LogFormat']}")
    return {"LogFormat": "Text", "LogGroup": wanted.get("LogGroup") or f"/aws/lambda/{name}"}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
