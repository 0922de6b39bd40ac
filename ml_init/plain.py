"""Features without Spark: made of the canonical values of each row alone. There is nothing to fit.

A request goes to the model unchanged.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.data import LEARNED, Features
from handover.places import features as features_folder
from ml_init.source import FeatureMaker, Made, Source
from ml_init.table import label_counts, split_rows
from ml_steps.objects import upload_once
from ml_steps.running import timed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from handover.addresses import S3Address
    from ml_init.dataset import Dataset
    from ml_init.table import Row
    from ml_init.training_rows import TrainingRows


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainFeatures(FeatureMaker):
    """``kind``: how the rows are written for training."""

    kind: TrainingRows

    def make(self, s3: Any, source: Source) -> Made:
        dataset = source.dataset
        with timed("split"):
            parts = split_rows(source.rows, dataset)
        with timed("uploaded the features"):
            addresses = self._upload(s3, parts, dataset, source.bucket)
        return Made(
            features=Features(
                splits={name: str(address) for name, address in addresses.items()},
                content_type=self.kind.content_type,
                rows={name: len(rows) for name, rows in parts.items()},
                label_counts={name: label_counts(rows, dataset) for name, rows in parts.items()},
                labels=dataset.labels,
                features=tuple(column.name for column in dataset.features),
            )
        )

    def _upload(
        self, s3: Any, parts: Mapping[str, Sequence[Row]], dataset: Dataset, bucket: str
    ) -> dict[str, S3Address]:
        """Store the splits that training reads under the hash of both. Returns their prefixes."""
        contents = {name: self.kind.encode(parts[name], dataset) for name in LEARNED}
        parts_sha256 = "".join(hashlib.sha256(content).hexdigest() for content in contents.values())
        together = features_folder(bucket, hashlib.sha256(parts_sha256.encode()).hexdigest())
        prefixes = {name: together / f"{name}/" for name in LEARNED}
        for name, content in contents.items():
            upload_once(s3, content, _at(prefixes[name] / self.kind.file_name))
        return prefixes


def _at(address: S3Address) -> Callable[[str], S3Address]:
    """Ignores the content's own hash: the prefix holds the hash of both splits together."""
    return lambda _: address
