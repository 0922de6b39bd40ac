"""Weights that training begins with: a file of the data contract, in a channel of its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from handover.data import SideChannel
from ml_init.dataset import Dataset
from ml_init.pretrained import Pretrained
from ml_init.side_channels import side_channels
from ml_steps.changes import Effect, changes
from ml_steps.running import StepError
from tests.unit.ml_init.test_images import CONTRACT

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = b"weights"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
TABLE = f"""
[[pretrained]]
channel = "backbone"
name = "small.pt"
sources = ["small.pt"]
sha256 = "{SHA256}"
max_bytes = 100
licence = "MIT"
"""
(BACKBONE,) = Dataset.parse(CONTRACT + TABLE).pretrained


def test_weights_are_stored_under_their_hash_in_a_channel_of_their_own(s3: Any, tmp_path: Path) -> None:
    """Training finds the one file there, and a second push stores nothing new."""
    (tmp_path / "small.pt").write_bytes(WEIGHTS)
    for _ in range(2):
        found = side_channels(s3, [BACKBONE], folder=tmp_path, bucket="data")
        prefix = f"s3://data/features/{SHA256}/backbone/"
        assert found == {"backbone": SideChannel(prefix=prefix, content_type="application/octet-stream")}
        stored = {entry["Key"] for entry in s3.list_objects_v2(Bucket="data")["Contents"]}
        assert stored == {f"features/{SHA256}/backbone/small.pt"}
    assert s3.get_object(Bucket="data", Key=f"features/{SHA256}/backbone/small.pt")["Body"].read() == WEIGHTS


def test_other_weights_stop_the_step_by_name(s3: Any, tmp_path: Path) -> None:
    """The error has the file, its checksum and the one that dataset.toml states; nothing is stored."""
    (tmp_path / "small.pt").write_bytes(b"others")
    with pytest.raises(StepError, match=rf"small.pt: its SHA-256 is {hashlib.sha256(b'others').hexdigest()}, expected"):
        side_channels(s3, [BACKBONE], folder=tmp_path, bucket="data")
    assert s3.list_objects_v2(Bucket="data")["KeyCount"] == 0


def test_weights_that_a_person_has_stored_need_no_address(s3: Any, tmp_path: Path) -> None:
    """What may not be shipped is found in the data bucket, under its hash."""
    table = TABLE.replace('["small.pt"]', '["https://weights.invalid/small.pt"]')
    s3.put_object(Bucket="data", Key=f"raw/{SHA256}/small.pt", Body=WEIGHTS)
    found = side_channels(s3, Dataset.parse(CONTRACT + table).pretrained, folder=tmp_path, bucket="data")
    assert list(found) == ["backbone"]


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        (("sha256", "0" * 64), Effect.LOOSER),
        (("channel", "other"), Effect.LOOSER),
        (("licence", "BSD"), Effect.NEUTRAL),
        (None, Effect.LOOSER),
    ],
)
def test_other_weights_are_for_a_person(change: tuple[str, str] | None, effect: Effect) -> None:
    """They may have learned the test rows, and nobody can read that back; so may the first ones."""
    with_weights = Dataset.parse(CONTRACT + TABLE)
    document = with_weights.document()
    if change is None:
        found = changes(Dataset.parse(CONTRACT), with_weights)
    else:
        document["pretrained"][0] |= dict([change])
        found = changes(with_weights, Dataset.of(document))
    assert effect in {each.effect for each in found}
    assert effect is Effect.LOOSER or not [each for each in found if each.effect is Effect.LOOSER]


def test_a_contract_with_weights_is_read_back_from_a_report() -> None:
    """The champion's report holds it as JSON."""
    found = Dataset.parse(CONTRACT + TABLE)
    assert Dataset.of(found.document()) == found
    assert [file.name for file in found.files] == ["letters.zip", "small.pt"]


@pytest.mark.parametrize(
    ("change", "fault"), [(("channel", "train"), "the rows have it"), (("sha256", ""), "nobody has stated which")]
)
def test_weights_that_cannot_be_are_refused(change: tuple[str, str], fault: str) -> None:
    """The error says what is wrong in the table."""
    values: dict[str, Any] = {
        name: getattr(BACKBONE, name) for name in Dataset.parse(CONTRACT + TABLE).document()["pretrained"][0]
    }
    with pytest.raises(ValueError, match=fault):
        Pretrained(**(values | dict([change])))
