"""The data contract of credit_default: the traps of its file, and the split."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from handover.data import SPLITS
from ml_init.columns import Categories, Integers
from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_init.table import label_counts, split_rows
from ml_init.training_rows import VALUES
from ml_steps.running import StepError

WORKLOAD = Path(__file__).parents[3] / "ml_init" / "credit_default"


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return Dataset.read(WORKLOAD / "dataset.toml")


@pytest.fixture(scope="module")
def lines(credit: Dataset) -> list[str]:
    """The shipped file: a header and 30,000 rows."""
    content = gzip.decompress((WORKLOAD / credit.file.sources[0]).read_bytes())
    assert hashlib.sha256(content).hexdigest() == credit.file.sha256
    return content.decode().splitlines()


@pytest.fixture(scope="module")
def rows(credit: Dataset, lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[str, ...], ...]:
    return check_file(written(tmp_path_factory.mktemp("rows"), lines), credit).rows


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "credit.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def edited(lines: list[str], number: int, place: int, value: str) -> list[str]:
    """The lines, with one value of the row with this ID another."""
    values = lines[number].split(",")
    values[place] = value
    return [*lines[:number], ",".join(values), *lines[number + 1 :]]


def refused(folder: Path, lines: list[str], credit: Dataset) -> str:
    with pytest.raises(StepError) as caught:
        check_file(written(folder, lines), credit)
    return str(caught.value)


def test_shipped_rows_keep_the_contract(
    credit: Dataset, rows: tuple[tuple[str, ...], ...], tmp_path: Path, lines: list[str]
) -> None:
    """All 30,000 rows are good, and each undocumented code occurs as often as dataset.toml says."""
    assert len(rows) == 30_000
    for column in credit.features:
        for recoding in column.recoded if isinstance(column, Categories) else ():
            one_less = replace(recoding, rows_allowed=recoding.rows_allowed - 1)
            strict = replace(column, recoded=tuple(one_less if r == recoding else r for r in column.recoded))
            features = tuple(strict if feature == column else feature for feature in credit.features)
            message = refused(tmp_path, lines, replace(credit, features=features))
            assert f"{column.name} is {recoding.code}, an undocumented code, in {recoding.rows_allowed} rows" in message


def test_undocumented_codes_are_taken_for_other(credit: Dataset, rows: tuple[tuple[str, ...], ...]) -> None:
    """No row has EDUCATION 0, 5, 6 or MARRIAGE 0 any more, and no row is lost."""
    places = {column.name: place for place, column in enumerate(credit.columns)}
    assert Counter(row[places["education"]] for row in rows)["4"] == 123 + 14 + 280 + 51
    assert Counter(row[places["marriage"]] for row in rows)["3"] == 323 + 54


def test_numbers_are_written_in_one_way(rows: tuple[tuple[str, ...], ...]) -> None:
    """5.00E+05 becomes 500000, so that equal rows have equal hashes."""
    column = Integers(name="amount", low=-10, high=10**6)
    assert [column.canonical(value) for value in ("5.00E+05", "500000", "-2.0")] == ["500000", "500000", "-2"]
    assert all(str(int(value)) == value for row in rows[:2000] for value in row)


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (3, "7", "education is '7', expected one of 1, 2, 3, 4"),
        (5, "-24", "age is '-24', expected 18 to 110"),
        (5, "24.5", "age is '24.5', expected a whole number"),
        (1, "nan", "credit_limit is 'nan', expected a whole number"),
        (1, "inf", "credit_limit is 'inf', expected a whole number"),
        (12, "", "bill_september is '', expected a whole number"),
        (24, "", "default is '', expected one of 0, 1"),
    ],
)
def test_a_wrong_value_is_named(
    place: int, value: str, fault: str, tmp_path: Path, credit: Dataset, lines: list[str]
) -> None:
    """The error names file, line, column, value and what is allowed, for a missing label too."""
    assert f"credit.csv:8: {fault}" in refused(tmp_path, edited(lines, 7, place, value), credit)


def test_columns_in_another_order_are_refused(tmp_path: Path, credit: Dataset, lines: list[str]) -> None:
    """Swapped columns are refused although X12 and X13 would keep every range."""
    header = lines[0].replace("X12,X13", "X13,X12")
    assert "expected the header 'ID,X1,X2" in refused(tmp_path, [header, *lines[1:]], credit)
    assert "expected the header" in refused(tmp_path, lines[1:], credit)


def test_a_lost_and_a_doubled_row_are_named(tmp_path: Path, credit: Dataset, lines: list[str]) -> None:
    """Row 7 twice without row 9 is refused, although there are still 30,000 rows."""
    message = refused(tmp_path, edited(lines, 9, 0, "7"), credit)
    assert "ID 1 to 30000: 1 missing (9)" in message
    assert "ID 1 to 30000: 1 there more than once (7)" in message


def test_a_bad_row_that_is_allowed_is_no_lost_one(tmp_path: Path, credit: Dataset, lines: list[str]) -> None:
    """A bad row is left out, and its number does not count as missing."""
    checked = check_file(written(tmp_path, edited(lines, 7, 5, "-24")), replace(credit, bad_share_allowed=0.01))
    assert (checked.good, len(checked.bad)) == (29_999, 1)


def test_labels_out_of_order_are_found(tmp_path: Path, credit: Dataset, lines: list[str]) -> None:
    """Labels that are one row further down are refused, although every row for itself is good."""
    split = [line.rpartition(",") for line in lines[1:]]
    labels = [label for *_, label in split]
    moved = [f"{rest},{label}" for (rest, *_), label in zip(split, [labels[-1], *labels[:-1]], strict=True)]
    message = refused(tmp_path, [lines[0], *moved], credit)
    assert "features and labels do not belong together" in message


def test_the_split_is_whole_and_keeps_copies_together(credit: Dataset, rows: tuple[tuple[str, ...], ...]) -> None:
    """Every row is in one split, the shares are as wanted, and 56 copies never straddle two splits."""
    parts = split_rows(rows, credit)
    assert sorted(row for part in parts.values() for row in part) == sorted(rows)
    assert {name: len(part) for name, part in parts.items()} == {"train": 20987, "validation": 4543, "test": 4470}
    features = [{row[:-1] for row in parts[name]} for name in SPLITS]
    assert len(set.union(*features)) == sum(map(len, features))
    assert label_counts(parts["test"], credit) == {"0": 3445, "1": 1025}


def test_the_order_of_the_file_does_not_matter(credit: Dataset, rows: tuple[tuple[str, ...], ...]) -> None:
    """A file whose rows are turned round is split into the same rows."""
    assert split_rows(rows[::-1], credit) == split_rows(rows, credit)


def test_xgboost_gets_the_label_first_and_the_gate_last(credit: Dataset, rows: tuple[tuple[str, ...], ...]) -> None:
    """Rows for training have the label in front, and rows for the gate have it at the end."""
    row = rows[0]
    assert VALUES.encode([row], credit).decode() == f"{row[-1]},{','.join(row[:-1])}\n"


def test_a_recoding_to_no_category_is_refused() -> None:
    """A code cannot be taken for a value that the column does not have."""
    text = (WORKLOAD / "dataset.toml").read_text().replace('code = "0", taken_for = "3"', 'code = "0", taken_for = "9"')
    with pytest.raises(ValueError, match="marriage: the code 0 cannot be taken for 9; the categories are 1, 2, 3"):
        Dataset.parse(text)


def test_packed_source_is_unpacked_within_its_limit(tmp_path: Path, credit: Dataset) -> None:
    """A source is refused that unpacks to more than max_bytes, or that is not packed at all."""
    assert fetch(credit.file, folder=WORKLOAD, into=tmp_path).stat().st_size == 2_905_603
    with pytest.raises(StepError, match="unpacked, it is larger than max_bytes = 1000"):
        fetch(replace(credit.file, max_bytes=1000), folder=WORKLOAD, into=tmp_path)
    (tmp_path / "x.gz").write_bytes(b"no gzip at all")
    with pytest.raises(StepError, match="it cannot be unpacked: BadGzipFile"):
        fetch(replace(credit.file, sources=("x.gz",)), folder=tmp_path, into=tmp_path)


def test_licence_and_source_are_shipped_with_the_data() -> None:
    """The attribution names author, licence, source and changes, as CC BY asks."""
    text = (WORKLOAD / "ATTRIBUTION.md").read_text()
    for needed in ("I-Cheng Yeh", "Creative Commons Attribution 4.0", "10.24432/C55S3H", "Changed against"):
        assert needed in text
