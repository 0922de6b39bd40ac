"""Serves a model like AWS's image sagemaker-xgboost:3.2-0: CSV or libsvm in, CSV or JSON out."""

from __future__ import annotations

import json
import os
import pickle
import sys
from typing import TYPE_CHECKING

import numpy as np
import xgboost
from container import description, opt_ml
from content_types import content_type
from http_server import Request, Response, serve
from hyperparameters import UserError
from libsvm import matrix, without_label

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
_ACCEPTS: list[str] = description(__file__)["serving"]["accepts"]
_MAX_PAYLOAD_MEGABYTES = 6


class Serving:
    def __init__(self, booster: xgboost.Booster) -> None:
        booster.set_param({"nthread": 1})  # a request is a row or a few: threads would cost more than they give
        self._booster = booster
        self._features = booster.num_features()
        #: Which only predicts from a matrix of its own.
        self._is_linear = '"name":"gblinear"' in booster.save_config().replace(" ", "")
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)

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
        if not request.body:
            return Response(status=204)
        declared = request.headers.get("content-type")
        try:
            rows = _rows(request.body, declared)
        except (UserError, ValueError) as error:
            return _refused(415, str(error))
        try:
            predictions = self._predict(rows)
        except (ValueError, xgboost.core.XGBoostError) as error:
            return _refused(400, f"Unable to evaluate payload provided: {error}")
        wanted = request.headers.get("accept", "").partition(";")[0].strip()
        accept = self._default_accept if wanted in {"", "*/*"} else wanted.lower()
        if accept not in _ACCEPTS:
            return _refused(
                406, f"Accept type {wanted} is not supported. Please use supported accept types: {_ACCEPTS}."
            )
        if accept == JSON_LINES:
            return _refused(500, f"{accept} is encoded by the container with selectable inference alone.")
        return Response(body=_encoded(predictions.tolist(), accept).encode(), content_type=accept)

    def _predict(self, rows: NDArray[np.float32] | csr_matrix) -> NDArray[np.float32]:
        width = rows.shape[1]
        sparse = not isinstance(rows, np.ndarray)
        if sparse and width < self._features:
            rows.resize((rows.shape[0], self._features))  # libsvm leaves out the zeros at the end
        elif width != self._features:
            raise ValueError(
                f"Feature size of {'libsvm' if sparse else 'csv'} inference data {width} is not consistent "
                f"with feature size of trained model {self._features}."
            )
        predictions: NDArray[np.float32] = (
            self._booster.predict(xgboost.DMatrix(rows)) if self._is_linear else self._booster.inplace_predict(rows)
        )
        return predictions


def _rows(body: bytes, declared: str | None) -> NDArray[np.float32] | csr_matrix:
    """The payload as a matrix; raises UserError or ValueError in the container's words."""
    kind = content_type(declared)
    try:
        lines = body.strip().decode().split("\n")
        if kind == "libsvm":
            return matrix([without_label(line) for line in lines])
        rows = np.array([[float(field or "nan") for field in line.split(",")] for line in lines], dtype=np.float32)
        if np.isinf(rows).any():
            raise ValueError("Input data contains `inf` or a value too large, while `missing` is not set to `inf`")
        return rows
    except ValueError as error:
        raise ValueError(
            f"Loading {kind} data failed with Exception, please ensure data is in {kind} format:\n"
            f" {type(error)}\n {error}"
        ) from error


def _encoded(predictions: list[object], accept: str) -> str:
    if accept == JSON:
        return json.dumps({"predictions": [{"score": score} for score in predictions]})
    return "".join(
        (",".join(map(str, score)) if isinstance(score, list) else str(score)) + "\n" for score in predictions
    )


def _refused(status: int, reason: str) -> Response:
    print(reason, file=sys.stderr, flush=True)
    return Response(status=status, body=reason.encode())


def load(folder: Path) -> xgboost.Booster:
    """Loads the first file of the model folder, saved by XGBoost or pickled; exits with the reason if it is neither."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        sys.exit(f"No model in {folder}: the archive has no file at its top")
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        sys.exit(f"Ensembles are not supported by the local cloud's sagemaker-xgboost: {names}")
    problems = []
    try:
        booster = xgboost.Booster()
        booster.load_model(files[0])
        return booster
    # For a pickle, XGBoost's error message is not valid text.
    except (xgboost.core.XGBoostError, UnicodeDecodeError) as error:
        problems.append(f"XGB load model error={str(error).splitlines()[-1]}")
    try:
        pickled = pickle.loads(files[0].read_bytes())  # noqa: S301  (the container does so; the model is the user's own)
        if isinstance(pickled, xgboost.Booster):
            return pickled
        problems.append(f"Pickle load error=it holds a {type(pickled).__name__} and not a Booster")
    except Exception as error:  # noqa: BLE001  (unpickling can raise anything)
        problems.append(f"Pickle load error={error}")
    sys.exit(f"Model {files[0]} cannot be loaded: {'; '.join(problems)}")


def main() -> None:
    if os.environ.get("SAGEMAKER_INFERENCE_OUTPUT"):
        sys.exit("SAGEMAKER_INFERENCE_OUTPUT is not supported by the local cloud's sagemaker-xgboost.")
    serve(Serving(load(opt_ml() / "model")).handle)


if __name__ == "__main__":
    main()
