"""Serves a model like SageMaker's built-in algorithm ntm: RecordIO-protobuf, CSV or JSON in, topic weights out."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

# A request is a document or a few: threads would cost more than they give. Before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from container import description, opt_ml
from http_server import Request, Response, serve
from json_records import JSON, JSON_LINES
from mxnet_model import ModelError, read
from recordio import CONTENT_TYPE, Record, Tensor, write
from topic_artifact import network_of
from topic_documents import of_request

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from topic_network import Network

_SERVING = description(__file__)["serving"]
_TYPES: list[str] = _SERVING["content_types"]
_ACCEPTS: list[str] = _SERVING["accepts"]
_MAX_PAYLOAD_MEGABYTES = 6
_REFUSED = "unable to evaluate payload provided"
ANSWER = "topic_weights"


class Serving:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._words = int(network.parameters["projection_weight"].shape[0])
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
            counts = of_request(request.body, kind, self._words)
        except (ValueError, TypeError, KeyError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return _refused(400, _REFUSED)
        wanted = request.headers.get("accept", "").partition(";")[0].strip().lower()
        # What the algorithm does not have, it answers as JSON.
        accept = wanted if wanted in _ACCEPTS else self._default_accept
        return Response(body=_encoded(self._network.weights(counts), accept), content_type=accept)


def _encoded(weights: NDArray[Any], accept: str) -> bytes:
    if accept == CONTENT_TYPE:
        return write(Record({}, {ANSWER: Tensor(np.asarray(row, "<f4"))}) for row in weights)
    answers = [{ANSWER: [float(weight) for weight in row]} for row in weights]
    if accept == JSON_LINES:
        return "".join(json.dumps(answer) + "\n" for answer in answers).encode()
    return json.dumps({"predictions": answers}).encode()


def _refused(status: int, reason: str) -> Response:
    print(reason, file=sys.stderr, flush=True)
    return Response(status=status, body=reason.encode())


def load(folder: Path) -> Network:
    """The model in the folder; exits with the reason if there is none."""
    files = sorted(folder.glob("model_algo-*"))
    if not files:
        sys.exit(f"No model in {folder}: the archive has no file model_algo-1 at its top")
    try:
        return network_of(read(files[0].read_bytes()))
    except (ModelError, ValueError) as error:
        sys.exit(f"Model {files[0]} cannot be loaded: {error}")


def main() -> None:
    serve(Serving(load(opt_ml() / "model")).handle)


if __name__ == "__main__":
    main()
