"""Reads a table of the Data Catalog as the job's role: its columns, its format and its partitions are the catalog's.

The crawler's tables of CSV and of JSON lines alone. What a table has beyond that is refused by name.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import boto3
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812

from awsglue import unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

SERDES = {
    "csv": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "json": "org.openx.data.jsonserde.JsonSerDe",
}
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
    schema = _schema(table)
    read = _reader(session, table, schema)
    if not keys:
        return read(table["StorageDescriptor"]["Location"])
    parts = []
    for partition in _partitions(session, glue, table, predicate):
        rows = read(partition["StorageDescriptor"]["Location"])
        parts.append(
            rows.withColumns({key: F.lit(value) for key, value in zip(keys, partition["Values"], strict=True)})
        )
    whole = T.StructType([*schema.fields, *(T.StructField(key, T.StringType()) for key in keys)])
    return reduce(lambda left, right: left.union(right), parts) if parts else session.createDataFrame([], whole)


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


def _schema(table: dict[str, Any]) -> T.StructType:
    storage = table["StorageDescriptor"]
    for column in storage["Columns"]:
        if column["Type"] not in TYPES:
            raise unsupported(f"a table ({table['Name']}) with a column ({column['Name']}) of type {column['Type']}")
    return T.StructType([T.StructField(column["Name"], TYPES[column["Type"]]) for column in storage["Columns"]])


def _reader(session: SparkSession, table: dict[str, Any], schema: T.StructType) -> Callable[[str], DataFrame]:
    """How Spark reads the files at an address. CSV's columns are found by their place, JSON's by their names."""
    what, parameters = f"a table ({table['Name']})", table.get("Parameters", {})
    kind, serde = parameters.get("classification"), table["StorageDescriptor"].get("SerdeInfo", {})
    if kind not in SERDES:
        raise unsupported(f"{what} with classification {kind!r} (only {' or '.join(SERDES)})")
    if serde.get("SerializationLibrary") != SERDES[kind]:
        raise unsupported(f"{what} with SerDe {serde.get('SerializationLibrary')!r} (only {SERDES[kind]!r})")
    if kind == "json":
        return lambda address: session.read.json(address, schema=schema, mode="FAILFAST")
    header = parameters.get("skip.header.line.count", "0")
    if header not in {"0", "1"}:
        raise unsupported(f"{what} with skip.header.line.count = {header!r} (only '0' or '1')")
    options = {
        "schema": schema,
        "sep": serde.get("Parameters", {}).get("field.delim", ","),
        "header": header == "1",
        "mode": "FAILFAST",
    }
    return lambda address: session.read.csv(address, **options)
