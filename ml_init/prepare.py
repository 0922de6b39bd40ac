"""The data step of every workload: fetch, check, upload, make features. Its output is ``out/data.json``.

A workload's own part is in ``ml_init/<workload>/``: ``dataset.toml``, and a Glue script if Spark makes the features.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from handover.addresses import S3Address
from handover.data import DATA_FILE, LEARNED, SPLITS, Data, Features
from handover.places import raw_file
from handover.step_variables import DataVariables
from ml_init.contract import fetch_checked
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_init.plain import PlainFeatures
from ml_init.side_channels import side_channels
from ml_init.source import Source
from ml_init.spark import SparkFeatures
from ml_init.training_rows import training_rows
from ml_steps.artifacts import write_output
from ml_steps.objects import read_all, read_if_there, upload_once
from ml_steps.running import StepError, run, say, timed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_init.source import FeatureMaker
    from ml_init.training_rows import TrainingRows

FOLDER = Path(__file__).parent


def main() -> None:
    variables = DataVariables.read()
    folder = FOLDER / variables.workload
    dataset = _dataset(variables)
    s3 = boto3.client("s3")
    stored = raw_file(variables.bucket, dataset.file.sha256, dataset.file.name)
    raw, checked = fetch_checked(dataset, folder, lambda: read_if_there(s3, stored))
    with timed("uploaded"):
        upload_once(s3, raw, lambda _: stored)
        store_titles(s3, dataset, folder, variables.bucket)
    source = Source(folder=folder, dataset=dataset, rows=checked.rows, bucket=variables.bucket)
    made = maker(variables).make(s3, source)
    with timed("checked the features"):
        check_features(s3, made.features, checked.good, dataset, training_rows(variables.training_rows))
    weights = side_channels(s3, dataset.pretrained, folder=folder, bucket=variables.bucket)
    data = Data(
        workload=variables.workload,
        commit=variables.commit,
        data_sha256=dataset.file.sha256,
        features=replace(made.features, side_channels={**made.features.side_channels, **weights}),
        made_by=made.made_by,
    )
    write_output(DATA_FILE, data.json())


def _dataset(variables: DataVariables) -> Dataset:
    """StepError for a data set that nobody described, or not well enough."""
    try:
        dataset = Dataset.find(FOLDER.parent, variables.workload, variables.dataset)
    except (OSError, ValueError) as error:
        raise StepError(f"The data set of {variables.workload} cannot be read: {error}") from error
    say(f"data set: {dataset.name}")
    return dataset


def store_titles(s3: Any, dataset: Dataset, folder: Path, bucket: str) -> None:
    """The file that names for people what the rows number, where the API's function reads it. A release needs none."""
    if dataset.titles is None:
        return
    address = raw_file(bucket, dataset.titles.sha256, dataset.titles.name)
    try:
        with tempfile.TemporaryDirectory() as into:
            path = fetch(dataset.titles, folder=folder, into=Path(into), stored=lambda: read_if_there(s3, address))
            upload_once(s3, path.read_bytes(), lambda _: address)
    except StepError as error:
        say(f"The API will answer with numbers instead of titles. {error}")


def maker(variables: DataVariables) -> FeatureMaker:
    """Spark if the stack has a Glue job for this workload, otherwise plain Python."""
    if variables.glue_job is None:
        return PlainFeatures(kind=training_rows(variables.training_rows))
    return SparkFeatures.of(variables)


def check_features(s3: Any, features: Features, good_rows: int, dataset: Dataset, kind: TrainingRows) -> None:
    """Every row that kept the contract was counted, training finds those it is to learn, and no split lacks a label."""
    check_splits(features, good_rows, dataset)
    for name in LEARNED:
        address = features.splits[name]
        found = sum(map(kind.count, read_all(s3, S3Address.parse(address))))
        if found != features.rows[name]:
            raise StepError(f"{address} holds {found} rows of the {name} split, but {features.rows[name]} were made.")
    if sum(features.rows.values()) != good_rows:
        raise StepError(f"{sum(features.rows.values())} rows were made, but {good_rows} keep the data contract.")


def check_splits(features: Features, good_rows: int, dataset: Dataset) -> None:
    """Says what each split has. StepError if one lacks a label, or has no row at all."""
    for name in SPLITS:
        rows = features.rows[name]
        say(f"  {name}: {rows} rows {dict(features.label_counts[name])}")
        missing = [label for label, count in features.label_counts[name].items() if not count]
        if missing or not rows:
            raise StepError(
                f"The {name} split has no row{_with(dataset, missing)}: "
                f"{good_rows} rows are too few for the shares in dataset.toml."
            )


def _with(dataset: Dataset, labels: Sequence[str]) -> str:
    return f" with {dataset.label_column().name} = {', '.join(labels)}" if labels else ""


if __name__ == "__main__":
    run(main)
