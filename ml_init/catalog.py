"""The rows in the Data Catalog: the crawler's table, checked against the data contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.places import ROWS, ROWS_TABLE
from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from ml_init.dataset import Dataset


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogRows:
    """The rows of one data file: a partition of the table that the crawler makes of ``rows/``.

    ``predicate`` is SQL over the partition's key. The partitions of earlier data stay in the table, but no job reads
    them: each is found by the hash of its rows.
    """

    database: str
    table: str
    predicate: str

    @classmethod
    def find(cls, glue: Any, database: str, dataset: Dataset, sha256: str) -> Self:
        """Raises StepError if the table is missing, or differs from the data contract."""
        try:
            table = glue.get_table(DatabaseName=database, Name=ROWS_TABLE)["Table"]
        except glue.exceptions.EntityNotFoundException as error:
            raise StepError(
                f"The crawler left no table {ROWS_TABLE} in the database {database}. Its log says what it took the "
                f"files under {ROWS} for."
            ) from error
        check_columns(table, dataset)
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        if len(keys) != 1:
            raise StepError(
                f"The table {database}.{ROWS_TABLE} has the partition keys {', '.join(keys) or '(none)'}, "
                f"expected one: the folder under {ROWS} that is named after the rows' hash."
            )
        return cls(database=database, table=ROWS_TABLE, predicate=f"{keys[0]} = '{sha256}'")


def check_columns(table: Mapping[str, Any], dataset: Dataset) -> None:
    """Raises StepError that names table and columns if the catalog's columns or types differ from the contract's.

    It compares the types, and the names in order. Case does not count: the catalog keeps names in lower case.
    """
    name = f"{table['DatabaseName']}.{table['Name']}"
    found = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    expected = [(column.name.lower(), column.catalog_type) for column in dataset.columns]
    if [column for column, _ in found] != [column for column, _ in expected]:
        raise StepError(
            f"The table {name} has the columns {', '.join(column for column, _ in found)}; dataset.toml has "
            f"{', '.join(column for column, _ in expected)}. {_REMEDY}"
        )
    changed = [
        f"column {column} is {kind}, expected {wanted}"
        for (column, kind), (_, wanted) in zip(found, expected, strict=True)
        if kind != wanted
    ]
    if changed:
        raise StepError(f"The table {name} is not as dataset.toml says: {'; '.join(changed)}. {_REMEDY}")


_REMEDY = (
    f"The crawler makes the table of all rows under {ROWS}, those of earlier data too: where the contract has changed, "
    "delete the table and the earlier rows, and run the step again."
)
