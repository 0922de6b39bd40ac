"""The application that a model's archive brings, and how it answers: what Ray Serve does with it, in one process."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from typing import TYPE_CHECKING, Any

import yaml
from ray.serve import WITHOUT_EFFECT, Application
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CONFIG = "config.yaml"
VARIABLE = "SM_RAYSERVE_APP"
_OF_THE_FILE = frozenset({"applications", "http_options", "grpc_options", "logging_config", "proxy_location"})
_OF_AN_APPLICATION = frozenset({"name", "route_prefix", "import_path", "deployments", "args"})
_OF_A_DEPLOYMENT = WITHOUT_EFFECT | {"name", "user_config"}


class ModelError(Exception):
    """The archive has no application that can be served. The text says what is wrong."""


class Replica:
    """The application's one replica, on an event loop of its own."""

    def __init__(self, call: Callable[[Any], Any]) -> None:
        self._call = call
        self._loop = asyncio.new_event_loop()

    def answer(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        """Status, body and content type."""
        return self._loop.run_until_complete(self._answer(body, headers))

    async def _answer(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": pairs}
        found = self._call(Request(scope, receive))
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, StreamingResponse):
            raise ModelError("The deployment answers in a stream, which the local cloud cannot pass on")
        return written(found)


def written(found: Any) -> tuple[int, bytes, str]:
    """An answer as Ray Serve writes it, by its type."""
    if isinstance(found, Response):
        return found.status_code, bytes(found.body), found.headers.get("content-type", "")
    if found is None:
        return 200, b"", "text/plain"
    if isinstance(found, bytes):
        return 200, found, "text/plain"
    if isinstance(found, str):
        return 200, found.encode(), "text/plain; charset=utf-8"
    return 200, json.dumps(found, separators=(",", ":"), default=_plain).encode(), "application/json"


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy as JSON has them. Ray Serve, too, takes no tensor."""
    if type(value).__module__ == "numpy":
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")


def load(model: Path, environment: Mapping[str, str]) -> Replica:
    """The replica of the model's application; its folder has to be on ``sys.path``. Raises ModelError."""
    path = model / CONFIG
    if path.exists():
        return _configured(_one_application(path), path)
    if environment.get(VARIABLE):
        return Replica(_imported(environment[VARIABLE]).replica())
    raise ModelError(
        f"No Ray Serve application found. Provide one of: /opt/ml/model/{CONFIG}, or the variable {VARIABLE} "
        "(module:app)"
    )


def _one_application(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ModelError(f"{CONFIG}: {error}") from error
    if not isinstance(values, dict) or not isinstance(values.get("applications"), list):
        raise ModelError(f"{CONFIG} has no list of applications")
    _known(values, _OF_THE_FILE, CONFIG)
    if len(values["applications"]) != 1:
        raise ModelError(f"{CONFIG} has {len(values['applications'])} applications; the local cloud serves one")
    application: dict[str, Any] = values["applications"][0]
    _known(application, _OF_AN_APPLICATION, f"{CONFIG}: the application")
    if application.get("route_prefix", "/") != "/":
        raise ModelError(f"route_prefix is {application['route_prefix']}; /invocations asks for / alone")
    if "import_path" not in application:
        raise ModelError(f"{CONFIG}: the application has no import_path")
    return application


def _configured(application: dict[str, Any], path: Path) -> Replica:
    found = _imported(application["import_path"], application.get("args"))
    user_config = None
    for deployment in application.get("deployments", []):
        _known(deployment, _OF_A_DEPLOYMENT, f"{path.name}: the deployment {deployment.get('name')}")
        if deployment.get("name") != found.deployment.name:
            raise ModelError(
                f"{path.name} has the deployment {deployment.get('name')}; {application['import_path']} has "
                f"{found.deployment.name}"
            )
        user_config = deployment.get("user_config")
    return Replica(found.replica(user_config))


def _imported(import_path: str, arguments: Any = None) -> Application:
    """What ``module:variable`` names: an application, or a function that makes one of the arguments."""
    module, separator, variable = import_path.partition(":")
    if not separator:
        module, _, variable = import_path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), variable)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"import_path {import_path}: {error}") from error
    if inspect.isfunction(found):
        found = found(arguments or {})
    if not isinstance(found, Application):
        raise ModelError(f"{import_path} is a {type(found).__name__}, not a bound deployment (`Class.bind()`)")
    return found


def _known(values: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(values.keys() - known)
    if unknown:
        raise ModelError(f"{where} has {', '.join(unknown)}, which the local cloud cannot follow")
