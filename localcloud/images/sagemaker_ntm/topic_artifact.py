"""The network as the algorithm stores it, in the file ``model_algo-1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from mxnet_model import Array, Model
from topic_network import ACTIVATIONS, Network

if TYPE_CHECKING:
    from collections.abc import Mapping

#: AWS's name for the words of the topics, of shape (words, topics). The other names are ours: AWS publishes none.
PROJECTION = "arg:projection_weight"
_PREFIX = "arg:"
_VERSION = "1.0"


def model_of(network: Network, hyperparameters: Mapping[str, str], epoch: int) -> Model:
    """With the batch normalization folded in, so that the encoder's layers alone make the topic weights."""
    parameters = network.folded().parameters
    names = ["projection_weight", *(name for name in parameters if name != "projection_weight")]
    arrays = {f"{_PREFIX}{name}": Array(np.ascontiguousarray(parameters[name], np.float32)) for name in names}
    meta = {
        "version": _VERSION,
        "epoch_number": epoch,
        "training_parameters": dict(hyperparameters),
        "label_names": ["out_label"],
    }
    return Model(meta, _symbol(network), arrays)


def network_of(model: Model) -> Network:
    """From an artifact; ValueError if it is the artifact of another algorithm."""
    parameters = {name.removeprefix(_PREFIX): array.dense().astype(np.float32) for name, array in model.arrays.items()}
    activation = model.meta.get("training_parameters", {}).get("encoder_layers_activation", "sigmoid")
    layers = sum(1 for name in parameters if name.startswith("encoder_") and name.endswith("_weight"))
    needed = [
        *(f"encoder_{place}_{part}" for place in range(layers) for part in ("weight", "bias")),
        *(f"{name}_{part}" for name in ("mean", "logvar") for part in ("weight", "bias")),
        "projection_weight",
    ]
    missing = [name for name in needed if name not in parameters]
    if missing or activation not in ACTIVATIONS:
        raise ValueError(f"the artifact is none of ntm: activation {activation!r}, without {', '.join(missing)}")
    network = Network({name: parameters[name] for name in needed}, activation, layers)
    words = network.parameters["projection_weight"].shape[0]
    first = network.parameters["encoder_0_weight" if layers else "mean_weight"]
    if first.shape[1] != words:
        raise ValueError(f"the artifact's encoder takes {first.shape[1]} words, and its topics have {words}")
    return network


def _symbol(network: Network) -> dict[str, Any]:
    """The network as MXNet's graph, from word counts to topic weights and to words."""
    nodes: list[dict[str, Any]] = []

    def node(op: str, name: str, inputs: tuple[int, ...] = (), **attributes: str) -> int:
        described: dict[str, Any] = {"op": op, "name": name, "inputs": [[number, 0, 0] for number in inputs]}
        nodes.append(described | ({"attrs": attributes} if attributes else {}))
        return len(nodes) - 1

    def layer(name: str, source: int, outputs: int) -> int:
        weight, bias = node("null", f"{name}_weight"), node("null", f"{name}_bias")
        return node("FullyConnected", name, (source, weight, bias), num_hidden=str(outputs))

    source = node("L2Normalization", "data_normalized", (node("null", "data", __storage_type__="2"),))
    for place in range(network.layers):
        size = network.parameters[f"encoder_{place}_bias"].shape[0]
        source = node(
            "Activation",
            f"encoder_{place}_activation",
            (layer(f"encoder_{place}", source, size),),
            act_type=network.activation,
        )
    mean = layer("mean", source, network.topics)
    layer("logvar", source, network.topics)
    weights = node("softmax", "topic_weights", (mean,))
    projection = node("null", "projection_weight")
    words = network.parameters["projection_weight"].shape[0]
    logits = node("FullyConnected", "projection", (weights, projection), num_hidden=str(words), no_bias="True")
    head = node("log_softmax", "out", (logits,))
    return {
        "nodes": nodes,
        "arg_nodes": [number for number, described in enumerate(nodes) if described["op"] == "null"],
        "node_row_ptr": list(range(len(nodes) + 1)),
        "heads": [[head, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }
