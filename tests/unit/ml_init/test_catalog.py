"""The crawled table, held against the data contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ml_init.catalog import CatalogRows
from ml_init.columns import Categories, Decimals, Integers
from ml_steps.running import StepError

if TYPE_CHECKING:
    from ml_init.dataset import Dataset

SHA256 = "ab" * 32


class NotFoundError(Exception):
    pass


class Glue:
    """Has the table of rows with these columns, each ``name:type``; without any, it has no table."""

    def __init__(self, *columns: str, keys: tuple[str, ...] = ("partition_0",)) -> None:
        self.columns = [column.split(":") for column in columns]
        self.keys = keys

    class exceptions:  # noqa: N801  (as boto3 has it)
        EntityNotFoundException = NotFoundError

    def get_table(self, *, DatabaseName: str, Name: str) -> dict[str, Any]:
        if not self.columns:
            raise NotFoundError
        return {
            "Table": {
                "DatabaseName": DatabaseName,
                "Name": Name,
                "PartitionKeys": [{"Name": key, "Type": "string"} for key in self.keys],
                "StorageDescriptor": {"Columns": [{"Name": name, "Type": kind} for name, kind in self.columns]},
            }
        }


@pytest.fixture
def small(dataset: Dataset) -> Dataset:
    """A data set of four columns: words, whole numbers, decimals, and categories that are whole numbers."""
    features = (
        Categories(name="Doors", categories=("2", "5more")),
        Integers(name="age", low=0, high=99),
        Decimals(name="rate", low=0.0, high=1.0),
    )
    return replace(dataset, features=features, label=Categories(name="default", categories=("0", "1")))


def find(glue: Glue, dataset: Dataset) -> CatalogRows:
    return CatalogRows.find(glue, "loans", dataset, SHA256)


def test_rows_are_a_partition_of_the_table(small: Dataset) -> None:
    """The job is told database, table, and the partition of just these rows."""
    rows = find(Glue("doors:string", "age:bigint", "rate:double", "default:bigint"), small)
    assert rows == CatalogRows(database="loans", table="rows", predicate=f"partition_0 = '{SHA256}'")


def test_changed_type_is_named(small: Dataset) -> None:
    """The step ends with table, column, the type found and the type expected, for each such column."""
    message = (
        r"The table loans\.rows is not as dataset\.toml says: "
        r"column age is string, expected bigint; column default is double, expected bigint\."
    )
    with pytest.raises(StepError, match=message):
        find(Glue("doors:string", "age:string", "rate:double", "default:double"), small)


@pytest.mark.parametrize(
    "columns",
    [
        ("col0:string", "col1:bigint", "col2:double", "col3:bigint"),
        ("age:bigint", "doors:string", "rate:double", "default:bigint"),
        ("doors:string", "age:bigint"),
        ("doors:string", "age:bigint", "rate:double", "default:bigint", "more:string"),
    ],
)
def test_other_columns_are_named(small: Dataset, columns: tuple[str, ...]) -> None:
    """Columns with other names, in another order, too few or too many end the step with both lists."""
    with pytest.raises(
        StepError, match=r"loans\.rows has the columns .*; dataset\.toml has doors, age, rate, default\."
    ):
        find(Glue(*columns), small)


def test_missing_table_is_named(small: Dataset) -> None:
    """A crawl that made no table ends the step."""
    with pytest.raises(StepError, match="The crawler left no table rows in the database loans"):
        find(Glue(), small)


def test_table_without_one_partition_key_is_refused(small: Dataset) -> None:
    """No job starts that could not tell these rows from others."""
    columns = ("doors:string", "age:bigint", "rate:double", "default:bigint")
    with pytest.raises(StepError, match=r"the partition keys \(none\), expected one"):
        find(Glue(*columns, keys=()), small)
    with pytest.raises(StepError, match="the partition keys partition_0, partition_1, expected one"):
        find(Glue(*columns, keys=("partition_0", "partition_1")), small)


@pytest.mark.parametrize(
    ("categories", "kind"),
    [(("1", "2", "-3"), "bigint"), (("01", "2"), "string"), (("1", "more"), "string"), (("1.5", "2"), "string")],
)
def test_numbers_are_numbers_where_they_lose_nothing(categories: tuple[str, ...], kind: str) -> None:
    """A column of categories is expected as numbers only where a number, written again, is the category."""
    assert Categories(name="c", categories=categories).catalog_type == kind
