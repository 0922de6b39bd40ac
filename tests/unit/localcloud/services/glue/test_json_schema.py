"""Glue's built-in JSON classifier: the columns of JSON lines."""

import pytest

from localcloud.platform.errors import UnsupportedError
from localcloud.services.glue.csv_schema import infer as infer_csv
from localcloud.services.glue.json_schema import infer


def columns(text: str) -> dict[str, str]:
    found = infer(text)
    assert found is not None
    return {column.name: column.type for column in found.columns}


def test_columns_are_the_members_in_the_order_in_which_they_come() -> None:
    """Names in lower case; a type that fits all values; null fits any; empty lines are none."""
    text = '{"Text": "a, b", "n": 1, "x": 1}\n\n{"Text": "c", "x": 2.5, "n": null, "ok": true}\n{"Text": "1"}\n'
    assert columns(text) == {"text": "string", "n": "bigint", "x": "double", "ok": "boolean"}
    assert infer(text).rows == 3


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "[1]\n", '{"a": 1}\nb\n', "\n", "{}\n"])
def test_what_is_no_lines_of_objects_is_no_json(text: str) -> None:
    """Then the next classifier is asked."""
    assert infer(text) is None


def test_nested_values_are_refused_by_name() -> None:
    """AWS makes structs and arrays of them; nothing here reads those."""
    with pytest.raises(UnsupportedError, match="the member b"):
        infer('{"a": 1, "b": {"c": 1}}\n')


def test_files_of_one_table_add_their_columns() -> None:
    """A file with another member widens the table; a CSV file is none of it."""
    one, other = infer('{"a": 1}\n'), infer('{"a": 1.5, "b": "x"}\n')
    assert one.agrees_with(other)
    assert not one.agrees_with(infer_csv("a,b\n1,2\n3,4\n"))
    merged = one.merged_with(other)
    assert [(column.name, column.type) for column in merged.columns] == [("a", "double"), ("b", "string")]
    assert merged.rows == 2


def test_a_table_says_that_it_is_json() -> None:
    """Classification and SerDe are those that Glue's crawler writes."""
    found = infer('{"b": 1, "a": "x"}\n')
    assert found.parameters()["classification"] == "json"
    assert found.serde() == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"paths": "a,b"},
    }
