"""Serves SavedModels like AWS's image tensorflow-inference: /invocations and /ping before TensorFlow Serving's REST.

TensorFlow itself runs the model, for its server is in no package registry.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: it tells of each missing GPU

import tensor_json
from container import description, opt_ml
from handlers import Context, answered, load
from http_server import Request, Response, serve, serve_beside
from requests_of_rest import CUSTOM_ATTRIBUTES, JSON, Target, serving_json
from saved_models import Model, ServingError, find_models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_CONTENT_TYPES: list[str] = description(__file__)["serving"]["content_types"]
_ACCEPTS: list[str] = description(__file__)["serving"]["accepts"]
_PREDICT = re.compile(r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>[^/:]+))?:(?P<method>[a-z]+)")
_STATUS = re.compile(r"/v1/models/(?P<model>[^/:]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """TensorFlow Serving's REST over the models. ``default``: the name of the one that a request means by none."""

    models: Mapping[str, Model]
    default: str

    def predict(self, target: Target, body: str) -> str:
        """Raises ServingError."""
        if target.method != "predict":
            raise ServingError(f"The method {target.method} is not supported by the local cloud, only predict", 501)
        name = target.model or self.default
        if name not in self.models:
            raise ServingError(f"Servable not found for request: Latest({name})", 404)
        version = self.models[name].version(target.version)
        request = tensor_json.parsed(body)
        signature = version.signature(request.get("signature_name", ""))
        inputs, rows = tensor_json.tensors(request, signature)
        return tensor_json.answer(signature.answers(inputs), rows=rows)

    def rest(self, request: Request) -> Response:
        """Its own addresses, which a user's handler calls."""
        found = _PREDICT.fullmatch(request.path)
        if found and request.method == "POST":
            target = Target(model=found["model"], version=found["version"], method=found["method"])
            return _json(lambda: self.predict(target, _decoded(request.body)))
        status = _STATUS.fullmatch(request.path)
        if status and status["model"] in self.models and request.method == "GET":
            return _json(lambda: self.status(status["model"]))
        return _error(404, f"Malformed request: {request.method} {request.path}")

    def status(self, name: str) -> str:
        state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        versions = [{"version": str(number), **state} for number in sorted(self.models[name].versions, reverse=True)]
        return json.dumps({"model_version_status": versions}, indent=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontDoor:
    """What SageMaker calls. ``handler``: the user's own; without one, requests go straight to the model."""

    serving: Serving
    handler: Callable[[Any, Any], tuple[Any, str]] | None = None
    rest_port: int = 0

    def handle(self, request: Request) -> Response:
        if request.path == "/ping":
            return Response()
        if request.path != "/invocations":
            return _error(404, "Not Found")
        if request.method != "POST":
            return Response(status=405)
        target = Target.of(request.headers.get(CUSTOM_ATTRIBUTES, ""))
        if self.handler is not None:
            return answered(self.handler, request, self._context(request, target))
        content_type = request.headers.get("content-type", "")
        if content_type not in _CONTENT_TYPES:
            return _error(415, f"Unsupported Media Type: {content_type or 'Unknown'}")
        answer = _json(lambda: self.serving.predict(target, serving_json(_decoded(request.body), content_type)))
        wanted = request.headers.get("accept", "").replace(" ", "").split(",")
        if any(accepted in wanted for accepted in _ACCEPTS):
            return Response(status=answer.status, body=answer.body.replace(b"\n", b""), content_type=wanted[0])
        return answer

    def _context(self, request: Request, target: Target) -> Any:
        version = f"/versions/{target.version}" if target.version else ""
        model = target.model or self.serving.default
        return Context(
            model_name=target.model,
            model_version=target.version,
            method=target.method,
            rest_uri=f"http://localhost:{self.rest_port}/v1/models/{model}{version}:{target.method}",
            grpc_port=None,
            channel=None,
            custom_attributes=request.headers.get(CUSTOM_ATTRIBUTES),
            request_content_type=request.headers.get("content-type") or JSON,
            accept_header=request.headers.get("accept") or JSON,
            content_length=len(request.body),
        )


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ServingError(f"JSON Parse error: Invalid encoding in string. at offset: {error.start}") from error


def _json(made: Callable[[], str]) -> Response:
    try:
        return Response(body=made().encode(), content_type=JSON)
    except ServingError as error:
        print(error, file=sys.stderr, flush=True)
        return _error(error.status, str(error))


def _error(status: int, text: str) -> Response:
    body = json.dumps({"error": text}, indent=4, ensure_ascii=False).encode()
    return Response(status=status, body=body, content_type=JSON)


def serving_of(root: Path) -> Serving:
    """The models below a folder, the default one loaded. Ends the program, with the reason, where nothing can serve."""
    models = find_models(root)
    if not models:
        sys.exit(
            f"ValueError: no SavedModel bundles found! {root} needs a folder named by a number, such as 1, with a "
            "saved_model.pb in it"
        )
    default = os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME") or next(iter(models))
    if default not in models:
        sys.exit(f"SAGEMAKER_TFS_DEFAULT_MODEL_NAME is {default}; the archive has {', '.join(models)}")
    serving = Serving(models=models, default=default)
    serving.models[default].version(None)
    return serving


def main() -> None:
    root = opt_ml() / "model"
    if os.environ.get("SAGEMAKER_MULTI_MODEL", "false").lower() == "true":
        sys.exit("SAGEMAKER_MULTI_MODEL is not supported by the local cloud")
    if (root / "code" / "requirements.txt").is_file():
        sys.exit("code/requirements.txt of a served model is not supported by the local cloud")
    serving = serving_of(root)
    script = root / "code" / "inference.py"
    if script.is_file():
        serve(FrontDoor(serving=serving, handler=load(script), rest_port=serve_beside(serving.rest)).handle)
    serve(FrontDoor(serving=serving).handle)


if __name__ == "__main__":
    main()
