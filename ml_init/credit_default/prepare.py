"""The data step: fetch, check, split, upload. Its output is ``out/data.json``.

The endpoint is one container, and gets a request as it comes: so the features are the values themselves, in canonical
writing, and there is nothing to fit.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.contract import fetch_checked
from ml_init.dataset import Dataset
from ml_init.split import SPLITS
from ml_init.step import S3Address, Settings, StepError, run, say, timed, to_json, write_output
from ml_init.table import csv_of, label_counts, split_rows
from ml_init.upload import read_lines, upload_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ml_init.table import Row

FOLDER = Path(__file__).parent


def main() -> None:
    settings = Settings()
    dataset = Dataset.read(FOLDER / "dataset.toml")
    s3 = boto3.client("s3")
    raw, checked = fetch_checked(dataset, FOLDER)
    salt = dataset.file.sha256
    with timed("split"):
        parts = split_rows(checked.rows, dataset, salt)
        counts = {name: label_counts(rows, dataset) for name, rows in parts.items()}
    with timed("uploaded"):
        upload_once(s3, raw, lambda digest: S3Address(bucket=settings.bucket, key=f"raw/{digest}/{dataset.file.name}"))
        addresses = upload(s3, parts, dataset, settings.bucket)
    with timed("checked the features"):
        check_features(s3, addresses, parts, counts, dataset)
    document = {
        "workload": settings.workload,
        "commit": settings.commit,
        "data_sha256": dataset.file.sha256,
        "salt": salt,
        "rows": {name: len(rows) for name, rows in parts.items()},
        "label_counts": counts,
        **{name: str(address) for name, address in addresses.items()},
        "labels": list(dataset.label.categories),
        "features": [column.name for column in dataset.features],
    }
    write_output("data.json", to_json(document))


def upload(s3: Any, parts: Mapping[str, Sequence[Row]], dataset: Dataset, bucket: str) -> dict[str, S3Address]:
    """Store each split under the hash of all of them; their prefixes."""
    contents = {name: csv_of(name, parts[name], dataset).encode() for name in SPLITS}
    parts_sha256 = "".join(hashlib.sha256(content).hexdigest() for content in contents.values())
    together = hashlib.sha256(parts_sha256.encode()).hexdigest()
    prefixes = {name: S3Address(bucket=bucket, key=f"features/{together}/{name}/") for name in SPLITS}
    for name, content in contents.items():
        upload_once(s3, content, _at(prefixes[name] / "rows.csv"))
    return prefixes


def _at(address: S3Address) -> Callable[[str], S3Address]:
    """The place of a part whose prefix has the hash already."""
    return lambda _: address


def check_features(
    s3: Any,
    addresses: Mapping[str, S3Address],
    parts: Mapping[str, Sequence[Row]],
    counts: Mapping[str, Mapping[str, int]],
    dataset: Dataset,
) -> None:
    """The bucket holds every row of each split, and no split lacks a label."""
    for name in SPLITS:
        say(f"  {name}: {len(parts[name])} rows {counts[name]}")
        if read_lines(s3, addresses[name]) != csv_of(name, parts[name], dataset).splitlines():
            raise StepError(f"{addresses[name]} does not hold the {len(parts[name])} rows of the {name} split.")
        missing = [label for label, count in counts[name].items() if not count]
        if missing:
            raise StepError(
                f"The {name} split has no row with {dataset.label.name} = {', '.join(missing)}: "
                "there are too few rows for the shares in dataset.toml."
            )


if __name__ == "__main__":
    run(main)
