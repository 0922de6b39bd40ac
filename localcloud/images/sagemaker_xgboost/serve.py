"""Serves models like AWS's image sagemaker-xgboost:3.2-0: CSV or libsvm in; CSV, JSON or what is selected out."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import numpy as np
import payloads
from container import description, opt_ml
from http_server import Request, Response, serve
from hyperparameters import UserError
from models import Models, load
from selectable_inference import Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"
_ACCEPTS: list[str] = description(__file__)["serving"]["accepts"]
_MAX_PAYLOAD_BYTES = 6 * 1024**2


class Serving:
    def __init__(self, models: Models) -> None:
        self._models = models
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)
        self._most_bytes = int(os.environ.get("MAX_CONTENT_LENGTH", _MAX_PAYLOAD_BYTES))
        self._batch = bool(os.environ.get("SAGEMAKER_BATCH"))
        listed = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT")
        self._selection = None if listed is None else Selection.of(listed, models.objective, models.classes)

    def handle(self, request: Request) -> Response:
        if request.path == "/invocations" and request.method == "POST":
            return self._invocation(request)
        if request.path == "/ping" and request.method == "GET":
            return Response()
        if request.path == "/execution-parameters" and request.method == "GET":
            parameters = {
                "MaxConcurrentTransforms": os.cpu_count(),
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": int(self._most_bytes / 1024**2),
            }
            return Response(body=json.dumps(parameters).encode(), content_type=JSON)
        return Response(status=405 if request.path in {"/ping", "/invocations", "/execution-parameters"} else 404)

    def _invocation(self, request: Request) -> Response:
        if not request.body:
            return Response(status=204)
        if len(request.body) > self._most_bytes:
            return _refused(413, f"The payload has {len(request.body)} bytes; MAX_CONTENT_LENGTH is {self._most_bytes}")
        try:
            rows = payloads.rows(request.body, request.headers.get("content-type"))
        except (UserError, ValueError) as error:
            return _refused(415, str(error))
        try:
            predictions = self._models.predict(rows)
        except ValueError as error:
            return _refused(400, f"Unable to evaluate payload provided: {error}")
        wanted = request.headers.get("accept", "").partition(";")[0].strip()
        said = wanted not in {"", "*/*"}
        accept = wanted.lower() if said else self._default_accept
        if said and accept not in _ACCEPTS:
            return _refused(
                406, f"Accept type {wanted} is not supported. Please use supported accept types: {_ACCEPTS}."
            )
        try:
            body = self._encoded(predictions, accept)
        except ValueError as error:
            return _refused(500, str(error))
        return Response(body=body, content_type=accept)

    def _encoded(self, predictions: NDArray[np.float32], accept: str) -> bytes:
        """In a transform job a line a row, whatever was asked for: of several numbers a list in brackets."""
        if self._selection:
            return self._selection.answer(predictions, accept) + (b"\n" if self._batch and accept == CSV else b"")
        return in_lines(predictions) if self._batch else encoded(predictions, accept)


def in_lines(predictions: NDArray[np.float32]) -> bytes:
    return ("\n".join(map(str, predictions.tolist())) + "\n").encode()


def encoded(predictions: NDArray[np.float32], accept: str) -> bytes:
    """ValueError for what the container encodes with selectable inference alone."""
    scores = predictions.tolist()
    if accept == JSON:
        return json.dumps({"predictions": [{"score": score} for score in scores]}).encode()
    if accept == NPY:
        buffer = io.BytesIO()
        np.save(buffer, scores)
        return buffer.getvalue()
    if accept != CSV:
        raise ValueError(f"{accept} is encoded by the container with selectable inference alone.")
    lines = (",".join(map(str, score)) if isinstance(score, list) else str(score) for score in scores)
    return "".join(f"{line}\n" for line in lines).encode()


def _refused(status: int, reason: str) -> Response:
    print(reason, file=sys.stderr, flush=True)
    return Response(status=status, body=reason.encode())


def main() -> None:
    together = os.environ.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true") == "true"
    serve(Serving(load(opt_ml() / "model", ensemble=together)).handle)


if __name__ == "__main__":
    main()
