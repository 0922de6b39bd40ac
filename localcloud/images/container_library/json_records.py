"""JSON requests of the built-in algorithms: rows in full, or sparse, as AWS's common format for inference has them.

``{"instances": [{"features": [1.5, 2]}, {"data": {"features": {"keys": [3], "shape": [9], "values": [1]}}}]}``, or one
such instance a line.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from recordio import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON, JSON_LINES = "application/json", "application/jsonlines"


def tensors_of(body: bytes, content_type: str) -> Iterator[Tensor]:
    """The features of each record in order; raises ValueError, TypeError or KeyError for anything else."""
    if content_type == JSON_LINES:
        instances: list[Any] = [json.loads(line) for line in body.decode().splitlines() if line.strip()]
    else:
        instances = json.loads(body)["instances"]
    if not isinstance(instances, list) or not instances:
        raise ValueError("the payload has no instance")
    for instance in instances:
        yield _tensor(instance)


def _tensor(instance: dict[str, Any]) -> Tensor:
    features = instance["data"]["features"] if "data" in instance else instance["features"]
    if isinstance(features, list):
        features = {"values": features}
    values = np.array(features["values"], "<f4")
    if values.ndim != 1:
        raise ValueError(f"an instance has values of {values.ndim} dimensions")
    shape = tuple(int(size) for size in features.get("shape", ()))
    if "keys" not in features:
        return Tensor(values, None, shape)
    keys = features["keys"]
    if len(keys) != len(values) or not all(type(key) is int and key >= 0 for key in keys):
        raise ValueError(f"{len(values)} values have the keys {keys}")
    return Tensor(values, tuple(keys), shape)
