"""The files of a training channel, before XGBoost reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from channel_files import check, delimiter, delimiter_of, files_of
from hyperparameters import UserError

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, **files: str) -> Path:
    """A channel with these files; ``__`` in a name stands for a folder's end."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("found", [",", ";", "\t", " ", "|", ":"])
def test_the_delimiter_is_sniffed(found):
    """It is what stands between the numbers of the first line."""
    assert delimiter_of(found.join(["7", "2.5", "3.25"]) + "\n") == found


def test_the_sniffer_may_be_wrong():
    """A digit that is there more often than a bar is taken for the delimiter, as it is on AWS."""
    assert delimiter_of("0|0.0|0.0\n") == "0"
    with pytest.raises(UserError, match="Could not determine delimiter on line"):
        delimiter_of("\n")


def test_the_first_file_with_a_line_says_the_delimiter(tmp_path):
    """An empty file, such as the mark of a Spark job, says nothing."""
    folder = written(tmp_path, _SUCCESS="", a="1;2\n", b="1,2\n")
    assert delimiter(files_of(folder)) == ";"


def test_files_are_read_down_to_the_third_folder(tmp_path):
    """The channel's own is the first; what lies deeper is left out with a line in the log."""
    folder = written(tmp_path, a="1,2", one__b="1,2", one__two__c="1,2", one__two__three__d="1,2")
    assert [path.stem for path in files_of(folder)] == ["a", "b", "c"]


def test_an_empty_channel_has_no_files(tmp_path):
    """Files without a byte are no data."""
    assert files_of(written(tmp_path, a="", b="")) == []


def test_a_hidden_file_is_refused(tmp_path):
    """It may even lie in a folder that would not be read."""
    (written(tmp_path, one__two__three__a="1,2") / "one" / ".part.crc").write_text("x")
    with pytest.raises(UserError, match="Hidden file found in the data path"):
        files_of(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["0 1:2 2:3 # a note\n", "a 1:2 2:3\n", "0 1:2:3 4:5\n", "0:1:2 1:2 2:3\n", "0 word 2:3\n", "0,1,2\n"],
)
def test_what_is_no_line_of_libsvm_is_refused(tmp_path, text):
    """The message has the beginning of the line and the file's name."""
    with pytest.raises(UserError, match=r"of file 'rows.txt' is not 'LIBSVM' format"):
        check(written(tmp_path, rows=text), "libsvm")


def test_lines_of_libsvm_may_have_weights_and_pairs_without_a_value(tmp_path):
    """A label and its weight, then pairs; reading goes on until a line has two of them."""
    check(written(tmp_path, rows="1:0.5 0:2 3:\n", more="0\n1 4:1\n0 2:1 3:5\nnot looked at\n"), "libsvm")


def test_only_the_first_folder_without_another_is_looked_at(tmp_path):
    """A file beside it is read by XGBoost without a look at its first line."""
    check(written(tmp_path, note="no libsvm\n", one__a="1 0:2 3:4\n"), "libsvm")
