"""One crawl: lists the targets with the crawler's role, classifies the files, and writes tables to the catalog.

Files directly in a target make one table, named after the target's last folder. Files in folders below it make one
table, partitioned by these folders, if their columns agree; otherwise each first folder becomes a table.
"""

from __future__ import annotations

import fnmatch
import re
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from localcloud.platform.errors import EngineError
from localcloud.services.glue import csv_schema, json_schema
from localcloud.services.glue.catalog import TABLE_FIELDS
from localcloud.services.glue.crawled_table import CrawledFile, CrawledFolder, partition_input, table_input

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from localcloud.platform.role_session import RoleSession
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document
    from localcloud.services.glue.crawled_table import Schema
    from localcloud.services.glue.csv_schema import CsvRule

#: How much of each file is read. The number of further rows is estimated from the file's size.
SAMPLE_BYTES = 1 << 20
#: First bytes of formats that Glue recognizes and this crawler does not read.
OTHER_FORMATS = {
    b"PAR1": "Parquet",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"[": "a JSON array",
    b"<": "XML",
}


class CrawlStoppedError(Exception):
    """StopCrawler was called."""


@dataclass(kw_only=True, slots=True)
class Counts:
    TablesCreated: int = 0
    TablesUpdated: int = 0
    TablesDeleted: int = 0

    def as_metrics(self) -> dict[str, int]:
        return asdict(self)


class Crawl:
    def __init__(
        self,
        role: RoleSession,
        crawler: Document,
        counts: Counts,
        *,
        rules: Sequence[CsvRule],
        say: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self._s3 = role.client("s3")
        self._glue = role.client("glue")
        self._crawler = crawler
        self._counts = counts
        self._rules = rules
        self._say = say
        self._stop = stop
        self._written: set[str] = set()

    def run(self) -> None:
        """Raises EngineError or botocore's ClientError. LastCrawl shows the reason."""
        for target in self._crawler["Targets"]["S3Targets"]:
            bucket, _, prefix = target["Path"].removeprefix("s3://").partition("/")
            self._crawl(bucket, prefix, target.get("Exclusions", []))
        self._retire_vanished()

    def _crawl(self, bucket: str, prefix: str, exclusions: list[str]) -> None:
        files = self._files(bucket, prefix, exclusions)
        if not files:
            self._say(f"WARN : s3://{bucket}/{prefix} holds no files to crawl")
            return
        folders = self._folders(bucket, files)
        for name, group in grouped(f"s3://{bucket}/{prefix}".rstrip("/"), folders).items():
            self._write(name, group)

    def _files(self, bucket: str, prefix: str, exclusions: list[str]) -> list[Params]:
        """The objects with data: those not empty, not hidden (``_SUCCESS``, ``.crc``) and not excluded."""
        if prefix and not prefix.endswith("/"):
            exact = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
            if not exact or exact[0]["Key"] != prefix:
                prefix += "/"
        found = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                relative = item["Key"].removeprefix(prefix)
                hidden = PurePosixPath(item["Key"]).name.startswith(("_", "."))
                if item["Size"] and not hidden and not any(fnmatch.fnmatch(relative, glob) for glob in exclusions):
                    found.append(item)
        return found

    def _folders(self, bucket: str, files: list[Params]) -> list[CrawledFolder]:
        folders: dict[str, list[CrawledFile]] = defaultdict(list)
        for item in files:
            if self._stop.is_set():
                raise CrawlStoppedError
            read = self._read(bucket, item)
            if read is not None:
                folders[item["Key"].rpartition("/")[0]].append(read)
        return [CrawledFolder.of(f"s3://{bucket}/{folder}".rstrip("/"), found) for folder, found in folders.items()]

    def _read(self, bucket: str, item: Params) -> CrawledFile | None:
        """The classification of one file; None where Glue would not recognize it."""
        address = f"s3://{bucket}/{item['Key']}"
        answer = self._s3.get_object(Bucket=bucket, Key=item["Key"], Range=f"bytes=0-{SAMPLE_BYTES - 1}")
        sample: bytes = answer["Body"].read()
        for beginning, name in OTHER_FORMATS.items():
            if sample.lstrip().startswith(beginning):
                raise EngineError(
                    f"{address} is {name}: the local cloud's crawler reads uncompressed CSV and JSON lines alone."
                )
        if len(sample) < item["Size"]:
            sample = sample[: sample.rfind(b"\n") + 1]
        schema = self._classified(sample.decode("utf-8-sig", "replace"))
        if schema is None:
            self._say(f"INFO : {address} is classified as UNKNOWN, no table is made of it")
            return None
        kind = schema.parameters()["classification"]
        self._say(f"INFO : {address} is classified as {kind} with {len(schema.columns)} columns")
        return CrawledFile(key=item["Key"], size=item["Size"], sampled=len(sample), schema=schema)

    def _classified(self, text: str) -> Schema | None:
        """By the first custom classifier that knows the text, else by a built-in one: JSON before CSV, as in Glue."""
        for rule in self._rules:
            if (schema := csv_schema.infer(text, rule)) is not None:
                return schema
        return json_schema.infer(text) or csv_schema.infer(text)

    def _write(self, name: str, folders: list[CrawledFolder]) -> None:
        prefix = self._crawler.get("TablePrefix", "")
        database = self._crawler["DatabaseName"]
        table = table_input(table_name(prefix + name), folders, crawler=self._crawler["Name"])
        self._written.add(table["Name"])
        try:
            before = self._glue.get_table(DatabaseName=database, Name=table["Name"])["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            self._glue.create_table(DatabaseName=database, TableInput=table)
            self._counts.TablesCreated += 1
            self._say(f"BENCHMARK : Created table {table['Name']} in database {database}")
        else:
            self._update(database, before, table)
        self._write_partitions(database, table, folders)

    def _update(self, database: str, before: Params, table: Params) -> None:
        behaviour = self._crawler["SchemaChangePolicy"].get("UpdateBehavior", "UPDATE_IN_DATABASE")
        if behaviour == "LOG" and before["StorageDescriptor"]["Columns"] != table["StorageDescriptor"]["Columns"]:
            self._say(f"INFO : The schema of {table['Name']} changed; the policy is LOG, the table stays as it is")
            return
        if all(before.get(key) == value for key, value in table.items()):
            self._say(f"INFO : Table {table['Name']} is as it was")
            return
        self._glue.update_table(DatabaseName=database, TableInput=table)
        self._counts.TablesUpdated += 1
        self._say(f"BENCHMARK : Updated table {table['Name']} in database {database}")

    def _retire_vanished(self) -> None:
        """Applies the SchemaChangePolicy to tables of this crawler whose files are gone."""
        behaviour = self._crawler["SchemaChangePolicy"].get("DeleteBehavior", "DEPRECATE_IN_DATABASE")
        database = self._crawler["DatabaseName"]
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
        for table in [table for page in pages for table in page["TableList"]]:
            parameters = table.get("Parameters", {})
            if parameters.get("UPDATED_BY_CRAWLER") != self._crawler["Name"] or table["Name"] in self._written:
                continue
            self._say(f"INFO : The files of table {table['Name']} are gone ({behaviour})")
            if behaviour == "DELETE_FROM_DATABASE":
                self._glue.delete_table(DatabaseName=database, Name=table["Name"])
                self._counts.TablesDeleted += 1
            elif behaviour == "DEPRECATE_IN_DATABASE" and "DEPRECATED_BY_CRAWLER" not in parameters:
                deprecated = parameters | {"DEPRECATED_BY_CRAWLER": str(time.time_ns() // 1_000_000)}
                kept = {key: table[key] for key in TABLE_FIELDS if key in table}
                changed = {"Name": table["Name"], **kept, "Parameters": deprecated}
                self._glue.update_table(DatabaseName=database, TableInput=changed)

    def _write_partitions(self, database: str, table: Params, folders: list[CrawledFolder]) -> None:
        if not table["PartitionKeys"]:
            return
        inputs = [partition_input(table, folder) for folder in folders]
        for start in range(0, len(inputs), 100):
            answer = self._glue.batch_create_partition(
                DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs[start : start + 100]
            )
            for error in answer.get("Errors", []):
                if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                    raise EngineError(f"Partition {error['PartitionValues']}: {error['ErrorDetail']['ErrorMessage']}")


def grouped(base: str, folders: list[CrawledFolder]) -> dict[str, list[CrawledFolder]]:
    """Table name → folders of the table. ``base``: the target, a folder or one file.

    Raises EngineError where files lie at different depths.
    """
    if not folders:
        return {}
    if len(folders) == 1 and not folders[0].address.startswith(f"{base}/"):
        only = folders[0]
        is_file = only.address != base
        return {(PurePosixPath(only.files[0].key).name if is_file else _last(base)): [only.as_table(base)]}
    parts = [folder.address.removeprefix(base).strip("/").split("/") for folder in folders]
    if all(folder.schema.agrees_with(folders[0].schema) for folder in folders):
        depths = {len(names) if names != [""] else 0 for names in parts}
        if len(depths) > 1:
            raise EngineError(
                f"{base} has files of one schema in folders of different depths ({sorted(depths)}): the local cloud's "
                "crawler does not know how AWS would partition them. Point the crawler at one depth."
            )
        return {_last(base): [folder.as_partition(base) for folder in folders]}
    below = defaultdict(list)
    for folder, names in zip(folders, parts, strict=True):
        below[names[0]].append(folder)
    if "" in below:
        raise EngineError(f"{base} has files of its own and folders with other columns: point the crawler at either.")
    tables: dict[str, list[CrawledFolder]] = {}
    for name, group in below.items():
        tables |= grouped(f"{base}/{name}", group)
    return tables


def _last(address: str) -> str:
    return address.rpartition("/")[2]


def table_name(text: str) -> str:
    """Glue's name for a folder or file: in lower case, with underscores for anything but letters and digits."""
    return re.sub(r"[^0-9a-z_]", "_", text.lower())
