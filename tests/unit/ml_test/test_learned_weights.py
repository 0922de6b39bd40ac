"""What a model began with: weights are no rows, and must be those that the data contract names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_init.training_rows import IMAGES
from ml_test import learned
from ml_test.known_data import KnownData
from tests.unit.ml_init.test_images import CONTRACT, PNG, archive
from tests.unit.ml_init.test_pretrained import TABLE, WEIGHTS
from tests.unit.ml_test.test_learned_words import PACKAGE, SageMaker

DATASET = Dataset.parse(CONTRACT + TABLE)
ROWS = check("letters.zip", archive(**{f"Greek__beta__{n}.png": PNG + bytes([n]) for n in range(4)}), DATASET).rows
DATA = KnownData(dataset=DATASET, parts={"train": ROWS[:2], "validation": ROWS[2:3], "test": ROWS[3:]})
VARIABLES: Any = SimpleNamespace(bucket="data", training_rows="images", workload="letters")
CHANNELS = {"train": IMAGES.content_type, "validation": IMAGES.content_type, "backbone": "application/octet-stream"}


def find(s3: Any, files: dict[str, bytes], channels: dict[str, str] = CHANNELS) -> Any:
    for name in ("train", "validation"):
        content = IMAGES.encode(DATA.parts[name], DATASET)
        s3.put_object(Bucket="data", Key=f"features/1/{name}/images.tar", Body=content)
    for name, content in files.items():
        s3.put_object(Bucket="data", Key=f"features/1/backbone/{name}", Body=content)
    return learned.find(SageMaker(channels), s3, VARIABLES, DATA, package=PACKAGE, report=None).challenger


def test_the_contracts_weights_are_no_rows(s3: Any) -> None:
    """The images of both splits are what was learned."""
    found = find(s3, {"small.pt": WEIGHTS})
    assert (found.unknown, found.foreign) == ("", 0)
    assert found.rows == {identity(DATASET.features_of(row)) for row in ROWS[:3]}


@pytest.mark.parametrize(
    "files",
    [{"small.pt": b"others"}, {"small.pt": WEIGHTS, "more.pt": b"test rows"}, {}],
    ids=["others", "more than they", "none"],
)
def test_anything_else_in_the_channel_is_not_known(s3: Any, files: dict[str, bytes]) -> None:
    """Weights that nobody has agreed to may have learned the test rows, so a person decides."""
    found = find(s3, files)
    assert found.rows is None
    assert "reads in its channel backbone something else than small.pt with the SHA-256" in found.unknown


def test_a_channel_that_the_contract_does_not_name_is_not_known(s3: Any) -> None:
    """Weights in another channel are rows that cannot be read."""
    found = find(s3, {"small.pt": WEIGHTS}, CHANNELS | {"more": "application/octet-stream"})
    assert "reads application/octet-stream" in found.unknown
