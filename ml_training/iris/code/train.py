"""Learns iris with TensorFlow: normalization, two hidden layers of 10 and 20 units, and a probability for each species.

Runs as SageMaker's script mode starts it, and so does ``make train-here``: hyperparameters are arguments, folders are
variables. Seeds are fixed and each epoch sees all rows at once, so the same rows give the same model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # it tells of each missing GPU

import keras
import numpy as np
import tensorflow as tf

#: In the model archive, a numbered folder is a version of the model.
VERSION = "1"
#: After so many epochs, it tells how good it is.
EPOCHS_TOGETHER = 10


def main() -> None:
    given = arguments()
    keras.utils.set_random_seed(given.seed)
    tf.config.experimental.enable_op_determinism()
    features, labels = rows(Path(os.environ["SM_CHANNEL_TRAIN"]))
    validation = rows(Path(os.environ["SM_CHANNEL_VALIDATION"]))
    model = network(features, len(given.labels), given.learning_rate)

    def tell(epoch: int, _logs: object) -> None:
        if (epoch + 1) % EPOCHS_TOGETHER and epoch + 1 < given.epochs:
            return
        for name, (inputs, truth) in (("train", (features, labels)), ("validation", validation)):
            loss, accuracy = model.evaluate(inputs, truth, batch_size=len(inputs), verbose=0)
            # training.toml finds the values by regular expressions.
            print(f"{name}_loss: {loss:.5f} {name}_accuracy: {accuracy:.5f}", flush=True)

    telling = keras.callbacks.LambdaCallback(on_epoch_end=tell)
    model.fit(features, labels, batch_size=len(features), epochs=given.epochs, verbose=0, callbacks=[telling])
    save(model, given.labels, features.shape[1], Path(os.environ["SM_MODEL_DIR"]) / VERSION)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--labels", type=json.loads, required=True, help="the species, by their index in the rows")
    return parser.parse_args()


def rows(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The features and the label's index of each row in the channel's files, which have the label first."""
    table = np.concatenate([np.loadtxt(path, delimiter=",", ndmin=2) for path in sorted(folder.glob("*.csv"))])
    return table[:, 1:].astype(np.float32), table[:, 0].astype(np.int32)


def network(features: np.ndarray, classes: int, learning_rate: float) -> keras.Model:
    normalization = keras.layers.Normalization()
    normalization.adapt(features)
    model = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            normalization,
            keras.layers.Dense(10, activation="relu"),
            keras.layers.Dense(20, activation="relu"),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def save(model: keras.Model, labels: list[str], width: int, folder: Path) -> None:
    """As a SavedModel that answers ``label``, the likeliest species, and ``probabilities``, in the order of labels.

    Keras' own export would write the same variables in another order each time.
    """
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    names = tf.constant(labels)

    @tf.function(input_signature=[tf.TensorSpec([None, width], tf.float32, name="features")])  # type: ignore[untyped-decorator]
    def classify(features: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = model(features, training=False)
        return {"label": tf.gather(names, tf.argmax(probabilities, axis=1)), "probabilities": probabilities}

    tf.saved_model.save(module, str(folder), signatures={"serving_default": classify})


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001  (whatever it is, it belongs in the failure file)
        # SageMaker's failure reason. Without it, the SDK's driver would write its own traceback, which tells no cause.
        Path(os.environ["SM_OUTPUT_FAILURE"]).write_text(traceback.format_exc())
        traceback.print_exc()
        sys.exit(1)
