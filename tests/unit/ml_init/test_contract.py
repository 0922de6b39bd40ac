"""The data contract of car_evaluation: which rows are good, and how a bad one is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ml_init.contract import check_file
from ml_steps.running import StepError

if TYPE_CHECKING:
    from pathlib import Path

    from ml_init.dataset import Dataset

GOOD = "low,low,5more,more,big,high,vgood"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "car.data"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_shipped_rows_keep_the_contract(tmp_path: Path, dataset: Dataset, lines: list[str]) -> None:
    """All 1,728 shipped rows are good."""
    checked = check_file(written(tmp_path, *lines), dataset)
    assert (checked.good, checked.bad) == (1728, ())


def test_unknown_category_is_named_by_file_line_and_value(tmp_path: Path, dataset: Dataset) -> None:
    """One unknown value ends the step with file, line, column, value and what is allowed."""
    path = written(tmp_path, GOOD, GOOD.replace("big", "huge"), GOOD)
    with pytest.raises(StepError) as caught:
        check_file(path, dataset)
    assert "car.data:2: lug_boot is 'huge', expected one of small, med, big" in str(caught.value)
    assert "1 of 3 rows (33.33%) break the data contract, 0.00% are allowed" in str(caught.value)


def test_every_bad_row_is_named(tmp_path: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has also those bad rows for which the message has no room."""
    path = written(tmp_path, GOOD, *[GOOD.replace("vgood", f"label{number}") for number in range(30)])
    with pytest.raises(StepError, match="and 10 more, all in the log"):
        check_file(path, dataset)
    log = capsys.readouterr().out
    assert all(f"car.data:{number + 2}: acceptability is 'label{number}'" in log for number in range(30))


def test_missing_column_is_the_files_fault(tmp_path: Path, dataset: Dataset) -> None:
    """A file whose rows all lack a column is refused in one sentence, not in 1,728."""
    path = written(tmp_path, *["low,low,5more,more,big,high"] * 5)
    with pytest.raises(StepError, match=r"5 of 5 rows have 6 values, expected 7 .*: a column is missing"):
        check_file(path, dataset)


def test_row_of_wrong_width_is_named(tmp_path: Path, dataset: Dataset) -> None:
    """A single short row and a single empty line are bad rows like others."""
    path = written(tmp_path, GOOD, GOOD, "low,low", GOOD, "", GOOD)
    with pytest.raises(StepError) as caught:
        check_file(path, dataset)
    assert "car.data:3: 2 values, expected 7: 'low,low'" in str(caught.value)
    assert "car.data:5: the line is empty" in str(caught.value)


def test_empty_file_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    """An empty file is refused, and does not pass as a data set without faults."""
    with pytest.raises(StepError, match=r"car\.data is empty \(0 bytes, no rows\)"):
        check_file(written(tmp_path), dataset)


def test_bad_rows_up_to_the_stated_share_are_left_out(tmp_path: Path, dataset: Dataset) -> None:
    """The step goes on without the bad rows at the allowed share, and ends just above it."""
    lines = [GOOD] * 9 + [GOOD.replace("high", "perfect")]
    checked = check_file(written(tmp_path, *lines), replace(dataset, bad_share_allowed=0.1))
    assert (checked.good, len(checked.bad)) == (9, 1)
    with pytest.raises(StepError, match=r"9\.90% are allowed"):
        check_file(written(tmp_path, *lines), replace(dataset, bad_share_allowed=0.099))
