"""The model: a linear part, and an interaction of each two features by the product of their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from mxnet_model import Array, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BINARY, REGRESSOR = "binary_classifier", "regressor"
#: A score above it is the label 1.
THRESHOLD = 0.5
#: The names of MXNet's arrays.
_BIAS, _LINEAR, _FACTORS = "arg:w0_weight", "arg:w1_weight", "arg:v"
_VERSION = "1.0"


@dataclass(slots=True)
class Machine:
    """``bias`` (1,), ``linear`` (features,) and ``factors`` (features, factors), float32."""

    predictor_type: str
    bias: NDArray[np.float32]
    linear: NDArray[np.float32]
    factors: NDArray[np.float32]

    @property
    def feature_dim(self) -> int:
        return len(self.linear)

    def margins(self, rows: Any) -> NDArray[np.float64]:
        """Of a sparse matrix of rows: w0 + x·w1 + ½ Σ over factors of (x·v)² - x²·v²."""
        products = rows @ self.factors.astype(np.float64)
        squares = rows.multiply(rows) @ (self.factors.astype(np.float64) ** 2)
        interactions = 0.5 * (products**2 - squares).sum(axis=1)
        margins: NDArray[np.float64] = self.bias.astype(np.float64) + rows @ self.linear + interactions
        return margins

    def scores(self, rows: Any) -> NDArray[np.float32]:
        """A probability of the label 1 for each row, or its number."""
        margins = self.margins(rows)
        found = sigmoid(margins) if self.predictor_type == BINARY else margins
        return found.astype(np.float32)

    def model(self, hyperparameters: Mapping[str, str], epoch: int) -> Model:
        """As the algorithm stores it."""
        arrays = {
            _LINEAR: Array.row_sparse(self.linear[:, None]),
            _BIAS: Array(self.bias),
            _FACTORS: Array.row_sparse(self.factors),
        }
        meta = {
            "version": _VERSION,
            "epoch_number": epoch,
            "training_parameters": dict(hyperparameters),
            "label_names": ["out_label"],
        }
        return Model(meta, symbol(self.predictor_type, self.feature_dim, self.factors.shape[1]), arrays)

    @classmethod
    def of(cls, model: Model) -> Machine:
        """From an artifact; ValueError if it is the artifact of another algorithm."""
        kind = model.meta.get("training_parameters", {}).get("predictor_type")
        missing = [name for name in (_BIAS, _LINEAR, _FACTORS) if name not in model.arrays]
        if kind not in {BINARY, REGRESSOR} or missing:
            raise ValueError(
                f"the artifact is none of factorization-machines: predictor_type {kind!r}, without {', '.join(missing)}"
            )
        bias, linear, factors = (model.arrays[name].dense().astype(np.float32) for name in (_BIAS, _LINEAR, _FACTORS))
        return cls(kind, bias.reshape(1), linear.reshape(-1), factors)


def sigmoid(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without an overflow, whatever the sign."""
    small = np.exp(-np.abs(margins))
    found: NDArray[np.float64] = np.where(margins >= 0, 1 / (1 + small), small / (1 + small))
    return found


def symbol(predictor_type: str, features: int, factors: int) -> dict[str, Any]:
    """The network as MXNet's graph: what the algorithm computes of ``data`` and the arrays of its artifact."""
    nodes: list[dict[str, Any]] = []

    def node(op: str, name: str, inputs: tuple[int, ...] = (), **attributes: str) -> int:
        described: dict[str, Any] = {"op": op, "name": name, "inputs": [[number, 0, 0] for number in inputs]}
        nodes.append(described | ({"attrs": attributes} if attributes else {}))
        return len(nodes) - 1

    data = node("null", "data", __storage_type__="2")
    linear = node("null", "w1_weight", __shape__=f"({features}, 1)", __storage_type__="1")
    bias = node("null", "w0_weight", __shape__="(1,)")
    matrix = node("null", "v", __shape__=f"({features}, {factors})", __storage_type__="1")
    weighted = node("dot", "linear", (data, linear))
    biased = node("broadcast_add", "biased", (weighted, bias))
    products = node("dot", "products", (data, matrix))
    squared = node("square", "products_squared", (products,))
    summed = node("sum", "products_summed", (squared,), axis="1", keepdims="True")
    data_squared = node("square", "data_squared", (data,))
    norms = node("_square_sum", "norms", (matrix,), axis="1", keepdims="True")
    own = node("dot", "own", (data_squared, norms))
    twice = node("elemwise_sub", "twice_interactions", (summed, own))
    interactions = node("_mul_scalar", "interactions", (twice,), scalar="0.5")
    margin = node("elemwise_add", "margin", (biased, interactions))
    label = node("null", "out_label")
    output = "LogisticRegressionOutput" if predictor_type == BINARY else "LinearRegressionOutput"
    head = node(output, "out", (margin, label))
    return {
        "nodes": nodes,
        "arg_nodes": [number for number, described in enumerate(nodes) if described["op"] == "null"],
        "node_row_ptr": list(range(len(nodes) + 1)),
        "heads": [[head, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }
