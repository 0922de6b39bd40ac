"""The data sets that gatehouse.toml may choose in place of a workload's own: ``ml_init/<workload>/datasets``."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import zipfile

import pytest

from handover.datasets import files_of, known, rules_of, tables_of
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.words import words
from ml_steps.changes import Effect, changes
from ml_test.gate.rules import Rules
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT

OWN = """
name = "own"
licence = "free"
[file]
name = "own.csv"
sources = ["own.csv"]
sha256 = "00"
max_bytes = 10
delimiter = ";"
[rows]
bad_share_allowed = 0.0
train_share = 0.5
validation_share = 0.25
[[features]]
name = "text"
longest = 40
"""
OTHER = """
name = "other"
[file]
name = "other.csv"
sources = ["other.csv"]
sha256 = "11"
max_bytes = 10
"""
ALL = [(workload, name) for workload in sorted(WORKLOADS) for name in known(PROJECT, workload)]
CHECKSUM = hashlib.sha256(b"stated").hexdigest()


def tables(name: str | None, own: str = OWN, other: str = OTHER) -> dict[str, object]:
    return tables_of(
        "talk", name, {"ml_init/talk/dataset.toml": own, "ml_init/talk/datasets/other.toml": other}.__getitem__
    )


def shipped(workload: str, name: str | None) -> Dataset:
    """The data set as shipped, with a checksum where the user is to state it."""
    found = tables_of(workload, name, lambda file: (PROJECT / file).read_text())
    return Dataset.of({**found, "file": {**found["file"], "sha256": found["file"]["sha256"] or CHECKSUM}})


def test_a_table_of_the_chosen_file_takes_the_whole_place_of_the_other() -> None:
    """No key of the workload's own file is left in the other's, such as its delimiter; other tables hold for both."""
    own, other = Dataset.of(tables(None)), Dataset.of(tables("other"))
    assert (own.chosen, own.name, own.file.delimiter) == (None, "own", ";")
    assert (other.chosen, other.name, other.file.name, other.file.delimiter) == ("other", "other", "other.csv", ",")
    assert (other.features, other.split, other.licence) == (own.features, own.split, "free")


def test_another_data_set_of_the_same_contract_is_a_matter_for_a_person() -> None:
    """New data under the same contract pass; the choice of another data set counts as looser, so it is held."""
    own, other = Dataset.of(tables(None)), Dataset.of(tables("other", own=OWN.replace('delimiter = ";"', "")))
    found = {change.key: change.effect for change in changes(own, other)}
    assert found["file sha256"] is Effect.NEUTRAL
    assert found["chosen"] is Effect.LOOSER
    (back,) = (change for change in changes(other, own) if change.key == "chosen")
    assert (back.effect, back.sentence) == (Effect.LOOSER, 'chosen "other" → none')


def test_a_report_keeps_which_data_set_was_chosen() -> None:
    """What gate.json holds makes an equal contract."""
    other = Dataset.of(tables("other"))
    assert Dataset.of(json.loads(json.dumps(other.document()))) == other


@pytest.mark.parametrize(("own", "other"), [(OWN, f'chosen = "own"\n{OTHER}'), (f'chosen = "other"\n{OWN}', OTHER)])
def test_no_file_can_claim_to_be_chosen(own: str, other: str) -> None:
    """A push cannot write into its files which data set gatehouse.toml has chosen."""
    with pytest.raises(ValueError, match=r"is no key of a file; gatehouse\.toml chooses"):
        tables("other", own, other)


def test_a_file_that_is_no_toml_is_named() -> None:
    """The message names the wrong one of the two files."""
    with pytest.raises(ValueError, match=r"^ml_init/talk/datasets/other\.toml is not TOML: "):
        tables("other", other="name")


@pytest.mark.parametrize(("workload", "name"), ALL)
def test_a_shipped_data_set_keeps_the_workloads_contract(workload: str, name: str) -> None:
    """The endpoint is asked the same way whichever data it learned from: the features are the same."""
    own, other = shipped(workload, None), shipped(workload, name)
    assert [(type(each), each.name) for each in other.features] == [(type(each), each.name) for each in own.features]
    assert (other.label is None, len(other.labels)) == (own.label is None, len(own.labels))
    assert other.name != own.name
    assert "stand-in" in own.name
    assert "stand-in" not in other.name
    assert other.licence != own.licence
    assert files_of(workload, name)[-1] == f"ml_init/{workload}/datasets/{name}.toml"


@pytest.mark.parametrize(("workload", "name"), ALL)
def test_the_gate_has_rules_for_a_shipped_data_set(workload: str, name: str) -> None:
    """They are read as the gate reads them: its own ones, if there are any, over the workload's."""
    found, own = (Rules.find(PROJECT, workload, chosen) for chosen in (name, None))
    with_own = (PROJECT / rules_of(workload, name)[-1]).is_file()
    assert (found != own) is with_own


@pytest.mark.parametrize(("workload", "name"), ALL)
def test_a_checksum_that_nobody_knows_is_not_made_up(workload: str, name: str) -> None:
    """Where the file leaves it empty, the data set cannot be used before the user has stated it."""
    stated = tables_of(workload, name, lambda file: (PROJECT / file).read_text())["file"]["sha256"]
    if stated:
        assert re.fullmatch("[0-9a-f]{64}", stated)
    else:
        with pytest.raises(ValueError, match="sha256 is empty: nobody has stated which"):
            Dataset.find(PROJECT, workload, name)


def test_comments_are_read_as_the_file_has_them() -> None:
    """One of the 34 columns is the text: with its HTML, which is no word, and with the line breaks in it as blanks."""
    dataset = shipped("nyt_comments", "nyt_comments")
    columns = (dataset.file.header or "").split(",")
    place = columns.index("commentBody")
    assert len(columns) == len(dataset.file.columns) == 34
    assert [name for name, other in zip(columns, dataset.file.columns, strict=True) if name != other] == ["commentBody"]
    buffer = io.StringIO(newline="")
    comment = 'He said ""no"".<br/><br/>R&amp;D, \r\nthough'
    csv.writer(buffer).writerows(
        [
            columns,
            ["1"] * place + [comment] + ["New York, NY"] * (33 - place),
            ["2"] * place + ["x"] + [""] * (33 - place),
        ]
    )
    rows = check("CommentsMarch2018.csv", buffer.getvalue().encode(), dataset).rows
    assert rows == (('He said ""no"".<br/><br/>R&amp;D, though',), ("x",))
    assert words(rows[0][0]) == ["he", "said", "no", "r", "d", "though"]


def test_photographs_are_read_as_their_archive_has_them() -> None:
    """A photograph's breed is the folder above it, whichever of the folders train, valid and test holds that one."""
    dataset = shipped("dog_breeds", "dog_images")
    buffer = io.BytesIO()
    photographs = [f"\xff\xd8\xff {number}".encode("latin-1") for number in range(2)]
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("dogImages/train/001.Affenpinscher/Affenpinscher_00001.jpg", photographs[0])
        archive.writestr("dogImages/valid/133.Yorkshire_terrier/Yorkshire_terrier_00002.jpg", photographs[1])
        archive.writestr("dogImages/.DS_Store", b"")
    rows = check("dogImages.zip", buffer.getvalue(), dataset).rows
    assert [label for _, label in rows] == ["001.Affenpinscher", "133.Yorkshire_terrier"]
    assert [base64.b64decode(picture) for picture, _ in rows] == photographs
    (weights,) = dataset.pretrained
    assert weights.name == f"resnet50-{weights.sha256[:8]}.pth"
