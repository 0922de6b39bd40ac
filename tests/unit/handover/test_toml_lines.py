"""In which line of a TOML file something stands."""

from __future__ import annotations

import tomllib

import pytest

from handover.toml_lines import line_of

TEXT = '''# A file.

name = "n"
words = [
  "a",  # not = this
  "b",
]
long = """
[not.a.table]
not_a_key = 1
"""
dotted.key = 1

[table]
key = 1

[table.inner]
key = 2
"quoted key" = { deep = 3 }

[[rows]]
key = 1
[[rows]]

key = 2
[[rows.parts]]
size = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 3),
        (("words",), 4),
        (("words", 1), 4),
        (("long",), 8),
        (("dotted", "key"), 12),
        (("table",), 14),
        (("table", "key"), 15),
        (("table", "inner"), 17),
        (("table", "inner", "key"), 18),
        (("table", "inner", "quoted key", "deep"), 19),
        (("rows",), 21),
        (("rows", 0), 21),
        (("rows", 0, "key"), 22),
        (("rows", 1), 23),
        (("rows", 1, "key"), 25),
        (("rows", 1, "parts", 0, "size"), 27),
    ],
)
def test_the_line_is_that_of_the_statement(path: tuple[str | int, ...], line: int) -> None:
    """Keys, tables, tables in lists, values over several lines, dotted and quoted keys."""
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("path", [(), ("nothing",), ("rows", 2), ("name", "n"), ("words", "a"), ("not_a_key",)])
def test_what_is_not_there_has_no_line(path: tuple[str | int, ...]) -> None:
    """The whole file has none either, and what a text says is no statement."""
    assert line_of(TEXT, path) is None


def test_lines_may_end_as_they_do_on_windows() -> None:
    """They are counted all the same."""
    assert line_of(TEXT.replace("\n", "\r\n"), ("rows", 1, "key")) == 25


def test_what_is_no_toml_is_said() -> None:
    """The caller has read the file before, and knows that it is TOML."""
    with pytest.raises(tomllib.TOMLDecodeError):
        line_of("a = ", ("a",))


def test_a_file_of_very_many_lines_is_not_searched() -> None:
    """A push brings files, and none may keep the gate busy for long."""
    assert line_of("a = 1\n" + "\n" * 5_000, ("a",)) is None
