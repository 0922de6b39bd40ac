"""How worn the test rows are: counted by row, whatever file they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ml_init.row_identity import hash_of
from ml_test import row_sets
from ml_test.earlier_decisions import count, record

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKET = "data"
ROWS = [f"{number:016x}" for number in range(100)]
OTHERS = [f"{number:016x}" for number in range(100, 200)]


def decide(s3: Any, rows: Sequence[str], answers: str, execution: str = "e1") -> int:
    """A decision on these rows: how many earlier ones it counts, before it is recorded itself."""
    earlier = count(s3, BUCKET, rows=rows, answers=answers)
    document = {
        "earlier_decisions": earlier,
        "verdict": "PROMOTE",
        "model_package_arn": "arn",
        "pipeline_execution": execution,
        "commit": "0123abc",
        "test_rows_sha256": hash_of(rows),
        "test_split_sha256": "5",
        "answers_sha256": answers,
    }
    row_sets.store(s3, BUCKET, rows)
    record(s3, BUCKET, document)
    return earlier


def test_each_other_model_counts_once(s3: Any) -> None:
    """A retry, and a model with the answers of an earlier one, are judged as that one was."""
    assert [decide(s3, ROWS, answers) for answers in ("a", "b", "b", "c", "a", "d")] == [0, 1, 1, 2, 0, 3]
    assert decide(s3, ROWS, "d", execution="e2") == 3


@pytest.mark.parametrize(
    "changed",
    [ROWS[1:], ROWS[::-1], [*ROWS, ROWS[0]], [*ROWS, OTHERS[0]]],
    ids=["a row removed", "rows in another order", "a row that comes twice", "a row appended"],
)
def test_a_changed_file_does_not_start_the_count_again(s3: Any, changed: Sequence[str]) -> None:
    """Two models were judged on these rows; a third is the third, although the file is another one."""
    decide(s3, ROWS, "a")
    decide(s3, ROWS, "b")
    assert decide(s3, changed, "c") == 2


def test_new_rows_lower_the_wear_by_their_share(s3: Any) -> None:
    """Three models on rows of which half are left make 1.5, rounded up; rows that are all new are not worn at all."""
    for answers in ("a", "b", "c"):
        decide(s3, ROWS, answers)
    assert count(s3, BUCKET, rows=[*ROWS[:50], *OTHERS[:50]], answers="d") == 2
    assert count(s3, BUCKET, rows=[ROWS[0], *OTHERS[:99]], answers="d") == 1
    assert count(s3, BUCKET, rows=OTHERS, answers="d") == 0


def test_looks_of_several_sets_add_up(s3: Any) -> None:
    """A row that two sets have shared has judged the models of both."""
    decide(s3, ROWS[:60], "a")
    decide(s3, ROWS[40:], "b")
    assert count(s3, BUCKET, rows=ROWS[40:60], answers="c") == 2
    assert count(s3, BUCKET, rows=ROWS[:40], answers="c") == 1


@pytest.mark.parametrize("loss", ["deleted", "changed"])
def test_rows_of_a_decision_that_are_no_longer_known_count_as_seen(s3: Any, loss: str) -> None:
    """A set of rows that is gone, or that is not of its hash, does not make a test set fresh."""
    decide(s3, ROWS, "a")
    key = f"gate/rows/{hash_of(ROWS)}.txt"
    if loss == "deleted":
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"\n".join(row.encode() for row in OTHERS))
    assert row_sets.load(s3, BUCKET, hash_of(ROWS)) is None
    assert count(s3, BUCKET, rows=OTHERS, answers="b") == 1


def test_equal_sets_are_stored_once(s3: Any) -> None:
    """Decisions on the same rows share one object, and each has one of its own."""
    for answers in ("a", "b"):
        decide(s3, ROWS, answers)
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert [key.split("/")[1] for key in keys] == ["decisions", "decisions", "rows"]
