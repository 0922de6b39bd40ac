"""Turns a crawl's findings into tables and partitions of the catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol, Self

from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.services.glue.csv_schema import Column


class Schema(Protocol):
    """What a classifier finds in a file: the columns, and how the files of such a table are read."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def rows(self) -> int: ...

    def agrees_with(self, other: object) -> bool:
        """Whether both can be files of one table."""

    def merged_with(self, other: Any) -> Self:
        """Of both files together, which agree."""

    def parameters(self) -> dict[str, str]: ...

    def serde(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CrawledFile:
    key: str
    size: int
    #: How many bytes the schema was read from.
    sampled: int
    schema: Schema

    @property
    def records(self) -> int:
        """The number of data rows: counted, or estimated where only the beginning was read."""
        return round(self.schema.rows * self.size / self.sampled)


@dataclass(frozen=True, kw_only=True, slots=True)
class CrawledFolder:
    """The files of one folder, which have the same columns."""

    address: str
    files: tuple[CrawledFile, ...]
    schema: Schema
    #: Key → value of the folder's partition; empty for a table's own folder.
    partition: dict[str, str]

    @classmethod
    def of(cls, address: str, files: list[CrawledFile]) -> CrawledFolder:
        """Raises EngineError where the files' columns differ."""
        first = files[0]
        for file in files:
            if not file.schema.agrees_with(first.schema):
                raise EngineError(
                    f"{address}: {file.key} and {first.key} differ in delimiter, header or columns. "
                    "Files of one table lie in one folder, others in another."
                )
        schema = reduce(lambda left, right: left.merged_with(right), (file.schema for file in files))
        return cls(address=address, files=tuple(files), schema=schema, partition={})

    def as_table(self, address: str) -> CrawledFolder:
        return replace(self, address=address)

    def as_partition(self, base: str) -> CrawledFolder:
        """The keys of partitions: from folders such as ``key=value``, otherwise partition_0, partition_1, …"""
        names = [name for name in self.address.removeprefix(base).split("/") if name]
        partition = {}
        for number, name in enumerate(names):
            key, equals, value = name.partition("=")
            partition[key.lower() if equals else f"partition_{number}"] = value if equals else name
        return replace(self, partition=partition)


def table_input(name: str, folders: list[CrawledFolder], *, crawler: str) -> Params:
    """The TableInput of one table, with the keys that Glue's crawler writes."""
    schema = reduce(lambda left, right: left.merged_with(right), (folder.schema for folder in folders))
    keys = list(folders[0].partition)
    location = folders[0].address
    for _ in keys:
        location = location.rpartition("/")[0]
    parameters = {
        **_parameters(schema, folders),
        "UPDATED_BY_CRAWLER": crawler,
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
    }
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "Parameters": parameters,
        "StorageDescriptor": _storage(schema, _as_location(location, folders), parameters),
    }


def partition_input(table: Params, folder: CrawledFolder) -> Params:
    parameters = _parameters(folder.schema, [folder])
    return {
        "Values": list(folder.partition.values()),
        "Parameters": parameters,
        "StorageDescriptor": {
            **table["StorageDescriptor"],
            "Location": f"{folder.address}/",
            "Parameters": parameters,
        },
    }


def _as_location(address: str, folders: list[CrawledFolder]) -> str:
    """The table's address. A folder's ends with a slash; a single file's does not."""
    is_file = len(folders) == 1 and folders[0].files[0].key and address.endswith(f"/{folders[0].files[0].key}")
    return address if is_file else f"{address}/"


def _parameters(schema: Schema, folders: list[CrawledFolder]) -> dict[str, str]:
    files = [file for folder in folders for file in folder.files]
    size, records = sum(file.size for file in files), sum(file.records for file in files)
    return {
        **schema.parameters(),
        "objectCount": str(len(files)),
        "recordCount": str(records),
        "averageRecordSize": str(size // max(records, 1)),
        "sizeKey": str(size),
    }


def _storage(schema: Schema, location: str, parameters: dict[str, str]) -> Params:
    return {
        "Columns": [{"Name": column.name, "Type": column.type} for column in schema.columns],
        "Location": location,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": schema.serde(),
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }
