"""How good the training of a script is, by the script itself as SageMaker starts it.

    python -m bench.script_quality

iris: trained on the source system's own 120 rows with five seeds, and measured on its own 30; and on three splits that
the pipeline does not use, made by its rule with a salt as if it were one more feature. Nothing was chosen by these
figures. About a minute of processor time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import PROJECT
from bench.training_quality import other_split
from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_init.training_rows import VALUES
from ml_training.training import Training
from scripts.train_here import trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_init.table import Row

WORKLOAD = "iris"
SEEDS, SALTS = range(5), range(3)
#: The file has the source system's training rows first, then its test rows.
SOURCE_ROWS = 120
#: Of its 30 test rows.
TARGET = 29
#: Answers the labels of rows on its standard input by the model in a folder.
ANSWER = """
import json, sys
import tensorflow as tf
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answer = signature(features=tf.constant(json.load(sys.stdin), tf.float32))
print(json.dumps([label.decode() for label in answer["label"].numpy()]))
"""


class Iris:
    def __init__(self) -> None:
        folder = PROJECT / "ml_init" / WORKLOAD
        self.dataset = Dataset.read(folder / "dataset.toml")
        with tempfile.TemporaryDirectory() as copy:
            self.rows = check_file(fetch(self.dataset.file, folder=folder, into=Path(copy)), self.dataset).rows
        training = Training.read(PROJECT / "ml_training" / WORKLOAD / "training.toml")
        source = training.algorithm.source(PROJECT / "ml_training" / WORKLOAD)
        assert source is not None  # noqa: S101
        self.source, self.hyperparameters = source, training.hyperparameters
        image = image_of("registry/tensorflow-training:1")
        self.python = image.python(Environments(Settings.cache_folder(), say=print))

    def right(self, train: Sequence[Row], validation: Sequence[Row], test: Sequence[Row], seed: int) -> int:
        """How many test rows a model answers rightly."""
        with tempfile.TemporaryDirectory() as root:
            parts = {"train": train, "validation": validation}
            rows = {name: ("rows.csv", VALUES.encode(part, self.dataset)) for name, part in parts.items()}
            given = {**self.hyperparameters, "labels": list(self.dataset.labels), "seed": seed}
            trained(Path(root), self.source, self.python, given, rows)
            features = [[float(value) for value in self.dataset.features_of(row)] for row in test]
            model = str(Path(root) / "model" / "1")
            done = subprocess.run(
                [self.python, "-c", ANSWER, model],
                input=json.dumps(features),
                capture_output=True,
                text=True,
                check=True,
            )
        answers = json.loads(done.stdout)
        return sum(answer == self.dataset.truth_of(row) for answer, row in zip(answers, test, strict=True))


def main() -> int:
    iris = Iris()
    train, test = iris.rows[:SOURCE_ROWS], iris.rows[SOURCE_ROWS:]
    counts = [iris.right(train, train, test, seed) for seed in SEEDS]
    print(f"the source system's split: {', '.join(map(str, counts))} of {len(test)} right with seeds 0 to 4")
    shares = []
    for salt in SALTS:
        parts = other_split(iris.rows, iris.dataset, f"gatehouse-{salt}")
        found, of = iris.right(parts["train"], parts["validation"], parts["test"], seed=0), len(parts["test"])
        shares.append(found / of)
        print(f"split gatehouse-{salt}: {found} of {of} right")
    print(f"accuracy on the other splits: {statistics.mean(shares):.3f}")
    print(f"target, {TARGET} of {len(test)} with each seed: {'met' if min(counts) >= TARGET else 'MISSED'}")
    return int(min(counts) < TARGET)


if __name__ == "__main__":
    sys.exit(main())
