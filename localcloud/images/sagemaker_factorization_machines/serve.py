"""Serves a model like SageMaker's built-in algorithm factorization-machines: JSON and RecordIO-protobuf, no CSV."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # a request is a row or a few: threads would cost more than they give
import numpy as np
from container import description, opt_ml
from factorization_machine import BINARY, THRESHOLD, Machine
from http_server import Request, Response, serve
from json_records import JSON, JSON_LINES, tensors_of
from mxnet_model import ModelError, read
from record_channels import matrix
from recordio import CONTENT_TYPE, VALUES, Record, Tensor, write
from recordio import read as read_records

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SERVING = description(__file__)["serving"]
_TYPES: list[str] = _SERVING["content_types"]
_ACCEPTS: list[str] = _SERVING["accepts"]
_MAX_PAYLOAD_MEGABYTES = 6
_REFUSED = "unable to evaluate payload provided"


class Serving:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)

    def handle(self, request: Request) -> Response:
        if request.path == "/invocations" and request.method == "POST":
            return self._invocation(request)
        if request.path == "/ping" and request.method == "GET":
            return Response()
        if request.path == "/execution-parameters" and request.method == "GET":
            parameters = {
                "MaxConcurrentTransforms": os.cpu_count(),
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": _MAX_PAYLOAD_MEGABYTES,
            }
            return Response(body=json.dumps(parameters).encode(), content_type=JSON)
        return Response(status=405 if request.path in {"/ping", "/invocations", "/execution-parameters"} else 404)

    def _invocation(self, request: Request) -> Response:
        declared = request.headers.get("content-type", JSON)
        kind = declared.partition(";")[0].strip().lower()
        if kind not in _TYPES:
            return _refused(415, f"content-type {declared} not supported")
        try:
            rows = matrix(self._tensors(request.body, kind), self._machine.feature_dim)
        except (ValueError, TypeError, KeyError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return _refused(400, _REFUSED)
        wanted = request.headers.get("accept", "").partition(";")[0].strip().lower()
        # What the algorithm does not have, it answers as JSON.
        accept = wanted if wanted in _ACCEPTS else self._default_accept
        return Response(body=self._encoded(self._machine.scores(rows), accept), content_type=accept)

    def _tensors(self, body: bytes, kind: str) -> list[Tensor | None]:
        if kind == CONTENT_TYPE:
            found = [record.features.get(VALUES) for record in read_records(body)]
            if not found:
                raise ValueError("the payload has no record")
            return found
        return list(tensors_of(body, kind))

    def _encoded(self, scores: NDArray[np.float32], accept: str) -> bytes:
        binary = self._machine.predictor_type == BINARY
        answers: list[dict[str, Any]] = [
            {"score": float(score), **({"predicted_label": float(score > THRESHOLD)} if binary else {})}
            for score in scores
        ]
        if accept == CONTENT_TYPE:
            return write(
                Record({}, {name: Tensor(np.array([value], "<f4")) for name, value in answer.items()})
                for answer in answers
            )
        if accept == JSON_LINES:
            return "".join(json.dumps(answer) + "\n" for answer in answers).encode()
        return json.dumps({"predictions": answers}).encode()


def _refused(status: int, reason: str) -> Response:
    print(reason, file=sys.stderr, flush=True)
    return Response(status=status, body=reason.encode())


def load(folder: Path) -> Machine:
    """The model in the folder; exits with the reason if there is none."""
    files = sorted(folder.glob("model_algo-*"))
    if not files:
        sys.exit(f"No model in {folder}: the archive has no file model_algo-1 at its top")
    try:
        return Machine.of(read(files[0].read_bytes()))
    except (ModelError, ValueError) as error:
        sys.exit(f"Model {files[0]} cannot be loaded: {error}")


def main() -> None:
    serve(Serving(load(opt_ml() / "model")).handle)


if __name__ == "__main__":
    main()
