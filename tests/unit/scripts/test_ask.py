"""What `make ask` sends for a picture, and how it tells an answer of many labels."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from scripts import ask
from scripts.ask import labels, row_of_file, short, told
from scripts.reads.errors import NotThereError
from tests.settings import in_a_project

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)


def test_a_picture_is_the_row_that_the_data_set_would_have(tmp_path: Path) -> None:
    """The file goes to the endpoint as it is; another kind of file is refused by its first bytes."""
    picture, other = tmp_path / "a.png", tmp_path / "b.png"
    picture.write_bytes(PNG)
    other.write_bytes(b"GIF89a")
    assert base64.b64decode(row_of_file("dog_breeds", picture)) == PNG
    with pytest.raises(SystemExit, match=r"b.png: it begins with b'GIF89a', expected image/png or image/jpeg\."):
        row_of_file("dog_breeds", other)
    with pytest.raises(NotThereError, match="There is no file"):
        row_of_file("dog_breeds", tmp_path / "none.png")
    with pytest.raises(SystemExit, match="iris takes no files: give ROW="):
        row_of_file("iris", picture)


def test_the_most_probable_labels_are_told() -> None:
    """Five of them with their probabilities; an answer of another form is told as it came."""
    names = [f"l{number}" for number in range(7)]
    assert told(json.dumps([0.1, 0.5, 0.04, 0.03, 0.2, 0.02, 0.11]), names) == (
        "l1 50.0%, l4 20.0%, l6 11.0%, l0 10.0%, l2 4.0%"
    )
    for answer in ("setosa", "0.25", "[0.5, 0.5]", "0.1,0.9", '["a"]'):
        assert told(answer, names) == answer


def test_labels_are_the_data_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Their order is that of the probabilities."""
    in_a_project(tmp_path, monkeypatch)
    assert labels("dog_breeds")[0] == "Balinese/character01"
    assert len(labels("dog_breeds")) == 133
    assert labels("nyt_comments") == ()


@pytest.mark.parametrize(
    ("workload", "row", "said"),
    [
        (
            "car_evaluation",
            "low,low",
            "'low,low' has 2 values: expected 6 (buying,maint,doors,persons,lug_boot,safety)",
        ),
        ("car_evaluation", "low,low,2,2,small,low,unacc", "'low,low,2,2,small,low,unacc' has 7 values: expected 6"),
        ("movie_recommender", "196", "'196' has 1 value: expected 2 (user,movie)"),
    ],
)
def test_a_row_of_another_width_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workload: str, row: str, said: str
) -> None:
    """The refusal names the columns; a label, which a file's row has, is a value too many."""
    in_a_project(tmp_path, monkeypatch)
    with pytest.raises(SystemExit) as refused:
        ask.check_row(workload, row)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("outputs", [{}, {"Outputs": []}])
def test_a_stack_that_is_being_made_has_no_endpoint_yet(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, list[dict[str, str]]]
) -> None:
    """The first release is under way: a sentence says how far it is, and no traceback."""
    stack = {"StackStatus": "CREATE_IN_PROGRESS", **outputs}
    cloudformation = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]})
    monkeypatch.setattr("scripts.cloud.client", lambda _: cloudformation)
    with pytest.raises(SystemExit, match="CarEvaluationProd has no endpoint yet: it is CREATE_IN_PROGRESS"):
        ask.prod_endpoint("car_evaluation")


def test_a_row_of_text_has_what_commas_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of one column is one value."""
    in_a_project(tmp_path, monkeypatch)
    ask.check_row("nyt_comments", "a text, with commas, is one value")
    ask.check_row("car_evaluation", "low,low,2,2,small,low")


def test_a_long_row_is_shown_by_its_beginning() -> None:
    """A picture in base64 says nothing to a person."""
    assert short("low,2") == "low,2"
    assert short("a" * 400) == "a" * 80 + "…"


def test_a_data_set_with_rules_of_its_own_is_asked_about_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smoke request is the chosen data set's, if it has one; otherwise the workload's."""
    rules = tmp_path / "ml_test" / "iris"
    (rules / "datasets").mkdir(parents=True)
    (rules / "gate.toml").write_text('[smoke]\nrequests = ["own"]\n')
    (rules / "datasets" / "other.toml").write_text('[smoke]\nrequests = ["other"]\n')
    (rules / "datasets" / "third.toml").write_text("[floors]\n")
    monkeypatch.chdir(tmp_path)
    for chosen, request in ((None, "own"), ("other", "other"), ("third", "own")):
        monkeypatch.setattr(ask, "chosen_name", lambda _, chosen=chosen: chosen)
        assert ask.smoke_request("iris") == request
