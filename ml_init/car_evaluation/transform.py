"""The Glue job: splits the rows, fits the encoders on the training rows, writes what training and endpoint need.

It writes under ``--output``

- ``train/``, ``validation/``: CSV for XGBoost, the label's index first, no header,
- ``preprocess/model.tar.gz``, ``postprocess/model.tar.gz``: MLeap bundles for the endpoint's first and last container,
- ``result.json``: ``handover.data.Features``. It is written last: if it exists, so does all the rest.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
from awsglue.context import GlueContext
from pyspark.ml import PipelineModel
from pyspark.ml.feature import IndexToString, StringIndexerModel, VectorAssembler
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

from handover.data import LEARNED, SPLITS, TRAIN, Features, Transformation
from ml_init.columns import Categories
from ml_init.glue_script import Arguments, upload_bundle
from ml_init.split import spark_fraction, spark_split
from ml_steps.running import say, timed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyspark.sql import DataFrame

    from handover.addresses import S3Address
    from ml_init.dataset import Dataset


def main() -> None:
    s3 = boto3.client("s3")
    arguments = Arguments.read(s3)
    dataset, output = arguments.dataset, arguments.output
    with timed("Spark is up"):
        session = start_session(dataset.name)
    with timed("read and split"):
        whole = read_rows(GlueContext(session.sparkContext), arguments)
        rows = split(whole, dataset).cache()
        counts = count_labels(rows, dataset)
        if not any(sum(found.values()) for found in counts.values()):
            raise arguments.no_rows()
    with timed("fitted"):
        *indexers, label = fit_indexers(rows, dataset)
    with timed("written"):
        write_rows(rows, PipelineModel(stages=[*indexers, label]), dataset, output)
    preprocess = [*indexers, assembler(dataset)]
    postprocess = [IndexToString(inputCol="prediction", outputCol="label", labels=label.labels)]
    features = Features(
        splits={name: f"{output / name}/" for name in LEARNED},
        content_type="text/csv",
        rows={name: sum(counts[name].values()) for name in SPLITS},
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
        # A few thousand rows: 200 partitions, Spark's default, would only be 200 tasks to schedule.
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
    """The rows with ``place`` (in [0, 1)) and ``split``, sorted by place: the order too depends on the data alone."""
    place = spark_fraction([column.name for column in dataset.features])
    placed = rows.withColumn("place", place).withColumn("split", spark_split(F.col("place"), dataset.split))
    return placed.orderBy("place", dataset.label_column().name).coalesce(1)


def count_labels(rows: DataFrame, dataset: Dataset) -> dict[str, dict[str, int]]:
    """The number of rows with each label in each split."""
    groups = rows.groupBy("split", dataset.label_column().name).count().collect()
    found = Counter({(part, label): count for part, label, count in groups})
    return {name: {label: found[name, label] for label in dataset.labels} for name in SPLITS}


def fit_indexers(rows: DataFrame, dataset: Dataset) -> list[StringIndexerModel]:
    """An indexer for each column. It ranks the categories seen in the training rows in the order of their meaning.

    The order comes from the data contract, which existed before any row. The set of categories is learned from the
    training rows alone. The model could not answer for a category that they lack, so the job fails rather than let
    the endpoint guess.
    """
    train = rows.where(F.col("split") == TRAIN)
    seen = train.agg(*(F.collect_set(column.name).alias(column.name) for column in dataset.columns)).first()
    return [indexer(column, seen[column.name]) for column in columns_of(dataset)]


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


def write_rows(rows: DataFrame, indexers: PipelineModel, dataset: Dataset, output: S3Address) -> None:
    indexed = indexers.transform(rows)
    numbers = [_index(column.name) for column in (dataset.label_column(), *dataset.features)]
    for name in LEARNED:
        part = indexed.where(F.col("split") == name).select(*numbers)
        part.write.mode("overwrite").csv(str(output / name))


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
