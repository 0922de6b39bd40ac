"""What the Glue scripts share: their arguments, the rows from the Data Catalog, and fitted stages as bundles."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from handover.addresses import S3Address
from handover.places import BUNDLE
from ml_init.dataset import Dataset
from ml_init.mleap_bundle import pack, write_bundle

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame

#: Few enough that a second core has work where there are many, and so many that small data are one file.
ROWS_IN_A_PART = 250_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Arguments:
    """Which rows of the Data Catalog the job reads, their contract, and the prefix that it fills."""

    database: str
    table: str
    predicate: str
    dataset: Dataset
    output: S3Address

    @classmethod
    def read(cls, s3: Any, arguments: list[str] | None = None) -> Self:
        """From the command line. Glue adds arguments of its own, such as --TempDir: they are ignored."""
        parser = argparse.ArgumentParser(allow_abbrev=False)
        parser.add_argument("--database", required=True, help="the Data Catalog's database")
        parser.add_argument("--table", required=True, help="its table of rows that keep the data contract")
        parser.add_argument("--predicate", required=True, help="SQL over the table's partition key: which rows")
        parser.add_argument("--dataset", required=True, help="the contract, as JSON, s3://…")
        parser.add_argument("--output", required=True, help="the prefix that the job fills, s3://…")
        found = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)[0]
        contract = s3.get_object(**S3Address.parse(found.dataset).arguments)["Body"].read()
        return cls(
            database=found.database,
            table=found.table,
            predicate=found.predicate,
            dataset=Dataset.of(json.loads(contract)),
            output=S3Address.parse(found.output.rstrip("/")),
        )

    def rows(self, glue: GlueContext) -> DataFrame:
        """The rows that keep the contract."""
        return glue.create_dynamic_frame.from_catalog(
            database=self.database, table_name=self.table, push_down_predicate=self.predicate
        ).toDF()

    def no_rows(self) -> ValueError:
        """What to raise if there are none."""
        return ValueError(f"{self.database}.{self.table} has no rows where {self.predicate}.")


def in_order(placed: DataFrame, rows: int, *keys: str) -> DataFrame:
    """The rows by ``place`` and then by the keys, in as many parts as so many rows fill.

    Which row is where depends on the data alone. A part is one task, and one file.
    """
    return placed.repartition(1 + rows // ROWS_IN_A_PART, "place").sortWithinPartitions("place", *keys)


def upload_bundle(s3: Any, stages: list[Any], output: S3Address, name: str) -> str:
    """Write the stages as an MLeap bundle in ``<output>/<name>/model.tar.gz``. Returns its address."""
    address = output / name / BUNDLE
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bundle"
        write_bundle(stages, folder, name=name)
        s3.put_object(**address.arguments, Body=pack(folder))
    return str(address)
