"""The schema of a SparkML container."""

import json

import pytest
from schema import Schema, SchemaError, first_csv_record

GOOD = {"input": [{"name": "a", "type": "string"}], "output": {"name": "f", "type": "double", "struct": "vector"}}


def test_the_struct_is_basic_unless_said():
    """A column without struct is a single value; CSV makes every column one."""
    schema = Schema.parse(json.dumps(GOOD))
    assert schema.input[0].struct == "basic"
    assert (schema.output.struct, schema.output.as_basic().struct) == ("vector", "basic")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**GOOD, "input": [{"name": "a", "type": "text"}]}, "Data type passed in the request is wrong"),
        ({**GOOD, "input": [{"name": "a", "type": "int", "struct": "list"}]}, "struct of column a is list"),
        ({**GOOD, "input": [{"type": "int"}]}, "has no name"),
        ({"input": []}, "The schema cannot be read .KeyError: 'output'"),
    ],
)
def test_a_bad_schema_is_refused_with_its_fault(document, message):
    """Unknown types and structs, missing names and missing parts are refused."""
    with pytest.raises(SchemaError, match=message):
        Schema.parse(json.dumps(document))


def test_only_the_first_line_counts():
    """More lines and more columns are ignored; quotes are CSV's."""
    assert first_csv_record('low,"a,b",x\nhigh,c,y\n', 2) == ["low", "a,b"]


def test_a_short_row_is_refused_in_javas_words():
    """The refusal is the container's own message, which clients may know."""
    with pytest.raises(SchemaError, match="Index 5 out of bounds for length 5"):
        first_csv_record("1,2,3,4,5", 6)
