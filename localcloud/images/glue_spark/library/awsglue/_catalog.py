"""Reads a table of the Data Catalog as the job's role: its columns, its format and its partitions are the catalog's.

CSV tables of the crawler alone. What a table has beyond that is refused by name.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import boto3
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from awsglue import unsupported

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TYPES = {
    "string": T.StringType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
}


def read_table(session: SparkSession, *, database: str, name: str, predicate: str) -> DataFrame:
    """The table's rows, its partition keys as further columns; of its partitions those for which the predicate holds.

    Raises botocore's ClientError with AWS's words where the role may not read the catalog, and NotImplementedError for
    a table that is not read here. A value that is not of its column's type fails the job: AWS would make a choice of
    types of the column.
    """
    glue = boto3.client("glue")
    table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    options = _options(table)
    if not keys:
        return session.read.csv(table["StorageDescriptor"]["Location"], **options)
    parts = []
    for partition in _partitions(session, glue, table, predicate):
        rows = session.read.csv(partition["StorageDescriptor"]["Location"], **options)
        parts.append(
            rows.withColumns({key: F.lit(value) for key, value in zip(keys, partition["Values"], strict=True)})
        )
    schema = T.StructType([*options["schema"].fields, *(T.StructField(key, T.StringType()) for key in keys)])
    return reduce(lambda left, right: left.union(right), parts) if parts else session.createDataFrame([], schema)


def _partitions(session: SparkSession, glue: Any, table: dict[str, Any], predicate: str) -> list[dict[str, Any]]:
    """All of the catalog's are listed, and Spark says for which the predicate holds: so does AWS."""
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=table["DatabaseName"], TableName=table["Name"])
    found = [partition for page in pages for partition in page["Partitions"]]
    if not predicate or not found:
        return found
    numbered = T.StructType([T.StructField(key["Name"], T.StringType()) for key in table["PartitionKeys"]])
    numbered = numbered.add("awsglue_place", T.LongType())
    rows = [(*partition["Values"], place) for place, partition in enumerate(found)]
    kept = session.createDataFrame(rows, numbered).where(predicate).orderBy("awsglue_place").collect()
    return [found[row["awsglue_place"]] for row in kept]


def _options(table: dict[str, Any]) -> dict[str, Any]:
    """How Spark's CSV reader reads the table's files. Columns are found by their place: the catalog names them."""
    what, storage, parameters = f"a table ({table['Name']})", table["StorageDescriptor"], table.get("Parameters", {})
    if parameters.get("classification") != "csv":
        raise unsupported(f"{what} with classification {parameters.get('classification')!r} (only 'csv')")
    serde = storage.get("SerdeInfo", {})
    if serde.get("SerializationLibrary") != SERDE:
        raise unsupported(f"{what} with SerDe {serde.get('SerializationLibrary')!r} (only {SERDE!r})")
    header = parameters.get("skip.header.line.count", "0")
    if header not in {"0", "1"}:
        raise unsupported(f"{what} with skip.header.line.count = {header!r} (only '0' or '1')")
    for column in storage["Columns"]:
        if column["Type"] not in TYPES:
            raise unsupported(f"{what} with a column ({column['Name']}) of type {column['Type']}")
    return {
        "schema": T.StructType([T.StructField(column["Name"], TYPES[column["Type"]]) for column in storage["Columns"]]),
        "sep": serde.get("Parameters", {}).get("field.delim", ","),
        "header": header == "1",
        "mode": "FAILFAST",
    }
