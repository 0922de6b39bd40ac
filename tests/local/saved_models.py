"""Makes two versions of a SavedModel in the folder of the first argument, by the training image's TensorFlow."""

import sys
from pathlib import Path

import tensorflow as tf

ROWS = tf.TensorSpec([None, 2], tf.float32)


class Sums(tf.Module):
    def __init__(self, factor: float) -> None:
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[ROWS])
    def named(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        total = self.factor * tf.reduce_sum(rows, axis=1)
        return {"label": tf.where(total > 1, "large", "small"), "total": total}

    @tf.function(input_signature=[ROWS])
    def alone(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"total": self.factor * tf.reduce_sum(rows, axis=1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.int64)])
    def two(self, left: tf.Tensor, right: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": left + tf.cast(right, tf.float32)}


for version, factor in (("3", 10.0), ("20", 1.0)):
    model = Sums(factor)
    signatures = {"serving_default": model.named, "alone": model.alone, "two": model.two}
    tf.saved_model.save(model, str(Path(sys.argv[1]) / version), signatures=signatures)
