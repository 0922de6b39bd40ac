"""The Glue job: splits the rows, fits the encoders on the training rows, writes what training and endpoint need.

It writes under ``--output``

- ``train/``, ``validation/``: CSV for XGBoost, the label's index first, no header,
- ``preprocess/model.tar.gz``, ``postprocess/model.tar.gz``: MLeap bundles for the endpoint's first and last container,
- ``result.json``: ``handover.data.Features``. It is written last: if it exists, so does all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import boto3
from awsglue.context import GlueContext
from pyspark.ml import PipelineModel
from pyspark.ml.feature import IndexToString, StringIndexerModel, VectorAssembler
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

from handover.data import LEARNED, SPLITS, TRAIN, Features, Transformation
from ml_init.columns import Categories
from ml_init.glue_script import Arguments, in_order, upload_bundle
from ml_init.split import spark_place, spark_split
from ml_steps.running import say, timed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyspark.sql import DataFrame, Row

    from handover.addresses import S3Address
    from ml_init.dataset import Dataset


def main() -> None:
    s3 = boto3.client("s3")
    arguments = Arguments.read(s3)
    dataset, output = arguments.dataset, arguments.output
    with timed("Spark is up"):
        session = start_session(dataset.name)
    with timed("read and counted"):
        rows = split(read_rows(GlueContext(session.sparkContext), arguments), dataset)
        seen = Seen.of(rows, dataset)
        counts = {name: seen.labels(name, dataset) for name in SPLITS}
        sizes = {name: sum(counts[name].values()) for name in SPLITS}
        if not any(sizes.values()):
            raise arguments.no_rows()
    *indexers, label = fit_indexers(seen, dataset)
    with timed("written"):
        write_rows(rows, sizes, PipelineModel(stages=[*indexers, label]), dataset, output)
    preprocess = [*indexers, assembler(dataset)]
    postprocess = [IndexToString(inputCol="prediction", outputCol="label", labels=label.labels)]
    features = Features(
        splits={name: f"{output / name}/" for name in LEARNED},
        content_type="text/csv",
        rows=sizes,
        label_counts=counts,
        labels=tuple(label.labels),
        features=tuple(column.name for column in dataset.features),
        transformations={
            "preprocess": Transformation(
                bundle=upload_bundle(s3, preprocess, output, "preprocess"), schema=preprocess_schema(dataset)
            ),
            "postprocess": Transformation(
                bundle=upload_bundle(s3, postprocess, output, "postprocess"), schema=POSTPROCESS_SCHEMA
            ),
        },
    )
    s3.put_object(**(output / "result.json").arguments, Body=features.json().encode())
    for name in SPLITS:
        say(f"{name}: {features.rows[name]} rows, {counts[name]}")
    session.stop()


def start_session(name: str) -> SparkSession:
    return (
        SparkSession.builder.appName(name)
        # Of what is counted, there are a few groups: 200 partitions, Spark's default, would be 200 tasks to schedule.
        .config("spark.sql.shuffle.partitions", "1")
        # SageMaker treats every object under a channel's prefix as data.
        .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .getOrCreate()
    )


def read_rows(glue: GlueContext, arguments: Arguments) -> DataFrame:
    """The rows that keep the data contract, one string column for each of the data set's columns.

    The catalog holds whole numbers as numbers. As text they are the same as in the file, because its values are
    canonical. Decimals are not: Java formats them differently. ``columns_of`` refuses them.
    """
    columns = arguments.dataset.columns
    return arguments.rows(glue).select(*(F.col(column.name).cast("string").alias(column.name) for column in columns))


def split(rows: DataFrame, dataset: Dataset) -> DataFrame:
    """The rows with ``place`` and ``split``."""
    place = spark_place([column.name for column in dataset.features])
    return rows.withColumn("place", place).withColumn("split", spark_split(F.col("place"), dataset.split))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one walk through the rows finds: how many there are, and the values of each column, by split and label."""

    groups: Sequence[Row]

    @classmethod
    def of(cls, rows: DataFrame, dataset: Dataset) -> Self:
        label = dataset.label_column().name
        values = (F.collect_set(column.name).alias(column.name) for column in dataset.features)
        found = rows.groupBy("split", F.col(label).alias("label")).agg(F.count("*").alias("count"), *values)
        return cls(found.collect())

    def labels(self, part: str, dataset: Dataset) -> dict[str, int]:
        """The number of rows with each label in a split."""
        found = {group["label"]: group["count"] for group in self.groups if group["split"] == part}
        return {label: found.get(label, 0) for label in dataset.labels}

    def values(self, part: str, column: Categories, dataset: Dataset) -> set[str]:
        """The values of a column in a split."""
        groups = [group for group in self.groups if group["split"] == part]
        if column.name == dataset.label_column().name:
            return {group["label"] for group in groups}
        return {value for group in groups for value in group[column.name]}


def fit_indexers(seen: Seen, dataset: Dataset) -> list[StringIndexerModel]:
    """An indexer for each column. It ranks the categories seen in the training rows in the order of their meaning.

    The order comes from the data contract, which existed before any row. The set of categories is learned from the
    training rows alone. The model could not answer for a category that they lack, so the job fails rather than let
    the endpoint guess.
    """
    return [indexer(column, seen.values(TRAIN, column, dataset)) for column in columns_of(dataset)]


def columns_of(dataset: Dataset) -> list[Categories]:
    """The columns of a row. Raises ValueError for a column without categories: this job supports no others."""
    columns = [column for column in dataset.columns if isinstance(column, Categories)]
    others = {column.name for column in dataset.columns} - {column.name for column in columns}
    if others:
        raise ValueError(f"{', '.join(sorted(others))}: this job knows columns of categories only (dataset.toml).")
    return columns


def indexer(column: Categories, seen: Collection[str]) -> StringIndexerModel:
    """Raises ValueError for a category that was not seen."""
    unseen = [category for category in column.categories if category not in seen]
    if unseen:
        raise ValueError(
            f"No training row has {column.name} = {', '.join(unseen)}: the model cannot learn what it never sees. "
            "Take the category out of dataset.toml, or bring more rows."
        )
    return StringIndexerModel.from_labels(
        list(column.categories), inputCol=column.name, outputCol=_index(column.name), handleInvalid="error"
    )


def write_rows(
    rows: DataFrame, sizes: Mapping[str, int], indexers: PipelineModel, dataset: Dataset, output: S3Address
) -> None:
    """``sizes``: how many rows each split has."""
    label = dataset.label_column()
    numbers = [_index(column.name) for column in (label, *dataset.features)]
    for name in LEARNED:
        part = in_order(rows.where(F.col("split") == name), sizes[name], label.name)
        indexers.transform(part).select(*numbers).write.mode("overwrite").csv(str(output / name))


def assembler(dataset: Dataset) -> VectorAssembler:
    return VectorAssembler(inputCols=[_index(column.name) for column in dataset.features], outputCol="features")


def preprocess_schema(dataset: Dataset) -> Mapping[str, Any]:
    """The first container's SAGEMAKER_SPARKML_SCHEMA: a request's columns in, XGBoost's features out."""
    return {
        "input": [{"name": column.name, "type": "string"} for column in dataset.features],
        "output": {"name": "features", "type": "double", "struct": "vector"},
    }


# The last container's: XGBoost's answer in, the label out.
POSTPROCESS_SCHEMA: Mapping[str, Any] = {
    "input": [{"name": "prediction", "type": "double"}],
    "output": {"name": "label", "type": "string"},
}


def _index(name: str) -> str:
    return f"{name}_index"


if __name__ == "__main__":
    main()
