"""What Glue's crawler reads from a CSV text."""

import pytest

from localcloud.services.glue import csv_schema


def test_rows_without_names_get_numbered_columns():
    """The car data has no header: its columns are col0, col1, …, all text, and every row counts."""
    schema = csv_schema.infer("vhigh,2,small\nlow,5more,big\n")
    assert schema is not None
    assert [column.name for column in schema.columns] == ["col0", "col1", "col2"]
    assert {column.type for column in schema.columns} == {"string"}
    assert (schema.header, schema.rows, schema.delimiter) == (False, 2, ",")


def test_names_above_numbers_are_a_header():
    """A first row of names over a column that is not text is the header, and is not counted."""
    schema = csv_schema.infer("Name,Age\nann,31\nbob,7\n")
    assert schema is not None
    assert [(column.name, column.type) for column in schema.columns] == [("name", "string"), ("age", "bigint")]
    assert (schema.header, schema.rows) == (True, 2)


def test_text_all_over_has_no_header():
    """As with AWS's classifier, names over nothing but text cannot be told from a row."""
    schema = csv_schema.infer("name,colour\nann,red\nbob,blue\n")
    assert schema is not None
    assert not schema.header
    assert schema.rows == 3


def test_a_repeated_name_is_no_header():
    """Two equal cells cannot be the names of two columns."""
    schema = csv_schema.infer("a,a\nx,1\n")
    assert schema is not None
    assert not schema.header


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "+30"], "bigint"),
        (["1", "2.5"], "double"),
        ([".5", "1e-3"], "double"),
        (["true", "FALSE"], "boolean"),
        (["2024-02-29", "1999-12-31"], "string"),
        (["2024-13-01"], "string"),
        (["1", "true"], "string"),
        (["2024-01-01", "5"], "string"),
        (["1", "", "3"], "bigint"),
        (["", ""], "string"),
        (["12345678901234567890"], "double"),
    ],
)
def test_a_column_has_the_narrowest_type_that_holds_all_its_values(cells, expected):
    """Types widen from bigint to double, and to string where values do not mix; empty cells fit all."""
    text = "name,value\n" + "".join(f"x,{cell}\n" for cell in cells) + "x,\n"
    schema = csv_schema.infer(text)
    assert schema is not None
    assert schema.columns[1].type == expected


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\u0001"])
def test_the_delimiter_is_found(delimiter):
    """Every delimiter of AWS's classifier is told by its equal number of cells in all rows."""
    text = f"id{delimiter}text{delimiter}score\n1{delimiter}a b{delimiter}0.5\n2{delimiter}c{delimiter}1\n"
    schema = csv_schema.infer(text)
    assert schema is not None
    assert schema.delimiter == delimiter
    assert [column.type for column in schema.columns] == ["bigint", "string", "double"]


def test_a_delimiter_inside_quotes_does_not_split():
    """A quoted cell may hold the delimiter. The built-in classifier's table is read with the quotes all the same."""
    text = 'name,n\n"a,b",1\n"c",2\n'
    schema, custom = csv_schema.infer(text), csv_schema.infer(text, csv_schema.CsvRule(delimiter=",", header=True))
    assert schema is not None
    assert custom is not None
    assert schema.quote == '"'
    assert [(column.name, column.type) for column in schema.columns] == [("name", "string"), ("n", "bigint")]
    lazy = {"SerializationLibrary": csv_schema.LAZY_SERDE, "Parameters": {"field.delim": ","}}
    assert schema.serde() == schema.merged_with(schema).serde() == lazy
    assert custom.merged_with(custom).serde()["SerializationLibrary"] == csv_schema.QUOTED_SERDE


def test_the_last_column_may_be_empty_throughout():
    """A delimiter at the end of each line makes such a column; it has a number for its name."""
    schema = csv_schema.infer("city;people;\nBern;134;\nBasel;178;\n")
    assert schema is not None
    assert schema.header
    assert [column.name for column in schema.columns] == ["city", "people", "col2"]
    assert [column.type for column in schema.columns] == ["string", "bigint", "string"]


@pytest.mark.parametrize("text", ["city;people;\nBern;134;x\n", "city;;people\nBern;;134\n", ";people\n;134\n"])
def test_another_empty_name_is_no_header(text):
    """Every column with values has a name, and so has every column but the last."""
    schema = csv_schema.infer(text)
    assert schema is not None
    assert not schema.header


@pytest.mark.parametrize(("first", "last", "header"), [(149, 3, True), (150, 3, False), (3, 150, True), (3, 400, True)])
def test_only_the_last_name_may_be_long(first, last, header):
    """All others are shorter than 150 characters."""
    schema = csv_schema.infer(f"{'k' * first},{'v' * last}\na,1\nb,2\n")
    assert schema is not None
    assert schema.header is header


@pytest.mark.parametrize("name", ["price ($)", "50% off", "größe", "1st", "a:b"])
def test_a_name_may_have_any_character_of_a_line(name):
    """Glue's pattern of names leaves out control characters alone."""
    schema = csv_schema.infer(f"k,{name}\na,1\n")
    assert schema is not None
    assert [column.name for column in schema.columns] == ["k", name]


@pytest.mark.parametrize("text", ["", "one\ntwo\n", "a,b\n", "a,b\nc\n", "free text, with a comma\nand none\n"])
def test_what_is_not_csv_is_not_taken_for_it(text):
    """One column, one row, or rows of different width are no CSV table."""
    assert csv_schema.infer(text) is None


def test_a_custom_classifier_says_what_the_header_is():
    """Text all over has a header where the classifier says so, and none where it says that there is none."""
    words, numbers = "name,colour\nann,red\nbob,blue\n", "k,v\na,1\nb,2\n"
    present = csv_schema.infer(words, csv_schema.CsvRule(delimiter=",", header=True))
    absent = csv_schema.infer(numbers, csv_schema.CsvRule(delimiter=",", header=False))
    assert present is not None
    assert absent is not None
    assert [column.name for column in present.columns] == ["name", "colour"]
    assert (present.header, present.rows) == (True, 2)
    assert [(column.name, column.type) for column in absent.columns] == [("col0", "string"), ("col1", "string")]
    assert (absent.header, absent.rows) == (False, 3)


def test_a_custom_classifier_knows_its_own_delimiter_alone():
    """A file with another delimiter is not what it says; without a word on the header, that is found out."""
    rule = csv_schema.CsvRule(delimiter=";", header=None)
    assert csv_schema.infer("k,v\na,1\n", rule) is None
    found = csv_schema.infer("k;v\na;1\n", rule)
    assert found is not None
    assert [column.type for column in found.columns] == ["string", "bigint"]
    assert found.header


def test_files_of_one_table_widen_each_others_types():
    """Two files with the same columns make one schema that holds both."""
    first, second = csv_schema.infer("k,v\na,1\nb,2\n"), csv_schema.infer("k,v\na,1.5\nb,2\n")
    assert first is not None
    assert second is not None
    assert first.agrees_with(second)
    assert [column.type for column in first.merged_with(second).columns] == ["string", "double"]
    assert first.merged_with(second).rows == 4


def test_files_with_other_columns_do_not_agree():
    """A file with other names belongs to another table."""
    first, second = csv_schema.infer("k,v\na,1\nb,2\n"), csv_schema.infer("k,w\na,1\nb,2\n")
    assert first is not None
    assert second is not None
    assert not first.agrees_with(second)
