"""The words of a text, and counts of words that are read back as the known texts."""

import pytest

from ml_init import recordio
from ml_init.dataset import Dataset
from ml_init.source import Source
from ml_init.spark import rows_of
from ml_init.training_rows import WORD_COUNTS, Beside
from ml_init.words import counts, words
from tests.clouds import PROJECT

TEXTS = Dataset.read(PROJECT / "ml_init" / "nyt_comments" / "dataset.toml")
VOCABULARY = ["cell", "gene", "wing"]
KNOWN = [("A cell, a gene",), ("cell gene",), ("wings of a wing",), ("nothing",)]
BESIDE = {"auxiliary": [b"cell\ngene\nwing\n"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Cells, cells!", ["the", "cells", "cells"]),
        ("R&amp;D &quot;x&quot; <b>bold</b><br/>y", ["r", "d", "x", "bold", "y"]),
        ("p<0.05 and n>3", ["p", "and", "n"]),
        ("naïve straße x2y Ⅻ don't", ["naïve", "straße", "x", "y", "don", "t"]),
        ("", []),
    ],
)
def test_words_are_letters_between_gaps(text: str, found: list[str]) -> None:
    """Markup, digits and signs are gaps; words are in lower case. tests/local holds Spark to the same rule."""
    assert words(text) == found


def test_counts_are_in_the_order_of_the_vocabulary() -> None:
    """Words without a place are not counted."""
    places = {word: place for place, word in enumerate(VOCABULARY)}
    assert list(counts("wing gene wing leaf cell gene", places).items()) == [(0, 1), (1, 2), (2, 2)]


def encoded(*found: dict[int, int]) -> bytes:
    return recordio.encode(
        recordio.Row(tuple(map(float, each.values())), tuple(each), len(VOCABULARY)) for each in found
    )


def test_counts_are_read_back_as_the_texts_that_have_them() -> None:
    """Each known text of equal counts is taken once, in the order of those to learn; one too many is the last."""
    content = encoded({0: 1, 1: 1}, {2: 1}, {0: 1, 1: 1}, {0: 1, 1: 1})
    assert WORD_COUNTS.count(content) == 4
    assert WORD_COUNTS.decode(content, TEXTS, Beside(files=BESIDE, known=KNOWN)) == [
        KNOWN[0],
        KNOWN[2],
        KNOWN[1],
        KNOWN[1],
    ]


def test_counts_of_no_known_text_are_a_row_of_their_own() -> None:
    """The gate counts them as rows that are none of the data."""
    (found,) = WORD_COUNTS.decode(encoded({0: 7}), TEXTS, Beside(files=BESIDE, known=KNOWN))
    assert found not in KNOWN


@pytest.mark.parametrize(
    ("content", "files", "message"),
    [
        (encoded({0: 1}), {}, "the channel auxiliary has 0 files"),
        (encoded({0: 1}), {"auxiliary": [b"cell\n"]}, "a row of 3 numbers holds no counts of 1 words"),
        (recordio.encode([recordio.Row((0.5,), (0,), 3)]), BESIDE, "holds no counts"),
        (recordio.encode([recordio.Row((1.0, 0.0, 0.0))]), BESIDE, "holds no counts"),
        (b"0,1,0\n", BESIDE, "cut off"),
    ],
)
def test_what_is_no_counts_is_refused(content: bytes, files: dict[str, list[bytes]], message: str) -> None:
    """What cannot be read back is named, and not taken for a row."""
    with pytest.raises(ValueError, match=message):
        WORD_COUNTS.decode(content, TEXTS, Beside(files=files, known=KNOWN))


def test_counts_are_written_by_spark_alone() -> None:
    """A data step without Spark has no vocabulary: it says what the registry needs."""
    with pytest.raises(ValueError, match=r"data=Glue"):
        WORD_COUNTS.encode([("a",)], TEXTS)


def test_texts_go_to_the_crawler_as_json_lines() -> None:
    """A text may hold commas and quotes; as JSON it is one value under its column's name."""
    source = Source(folder=PROJECT, dataset=TEXTS, rows=[('a, "b"',), ("ü",)], bucket="b")
    assert rows_of(source) == ("rows.json", '{"text": "a, \\"b\\""}\n{"text": "ü"}\n'.encode())
