"""What a topic model has learned from: its rows are counts, and the gate finds the texts that have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ml_init import recordio
from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_init.words import counts
from ml_test import learned
from ml_test.known_data import KnownData
from tests.clouds import PROJECT

BUCKET, JOB = "data", "nyt-comments-1"
VOCABULARY = ["cell", "gene", "wing", "song"]
PARTS = {
    "train": [("a cell and a gene",), ("wing, wing, song",)],
    "validation": [("gene gene",)],
    "test": [("song of cells and a cell",), ("gene, wing",)],
}
DATA = KnownData(dataset=Dataset.read(PROJECT / "ml_init" / "nyt_comments" / "dataset.toml"), parts=PARTS)
VARIABLES: Any = SimpleNamespace(bucket=BUCKET, training_rows="word-counts", workload="nyt_comments")
MODEL = f"s3://{BUCKET}/models/{JOB}/output/model.tar.gz"
PACKAGE = {
    "ModelPackageArn": "arn:aws:sagemaker:us-east-1:1:model-package/nyt-comments/1",
    "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": MODEL}]},
}


class SageMaker:
    """Knows the one training job."""

    def __init__(self, channels: dict[str, str]) -> None:
        self.channels = channels

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return {
            "TrainingJobName": JOB,
            "ModelArtifacts": {"S3ModelArtifacts": MODEL},
            "CreationTime": datetime.now(UTC) + timedelta(minutes=1),
            "InputDataConfig": [
                {
                    "ChannelName": name,
                    "ContentType": content_type,
                    "DataSource": {
                        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/features/1/{name}/"}
                    },
                }
                for name, content_type in self.channels.items()
            ],
        }


CHANNELS = {"train": recordio.CONTENT_TYPE, "validation": recordio.CONTENT_TYPE, "auxiliary": "text/plain"}


def encoded(texts: list[tuple[str, ...]], vocabulary: list[str]) -> bytes:
    places = {word: place for place, word in enumerate(vocabulary)}
    found = [counts(text, places) for (text,) in texts]
    return recordio.encode(
        recordio.Row(tuple(map(float, each.values())), tuple(each), len(vocabulary)) for each in found
    )


def find(
    s3: Any, more: list[tuple[str, ...]] | None = None, told: list[str] | None = None, channels: Any = CHANNELS
) -> Any:
    """more: further rows in the train channel. told: the vocabulary that the channel auxiliary has."""
    for key, body in (
        ("train/part-0.pbr", encoded([*PARTS["train"], *(more or [])], VOCABULARY)),
        ("validation/part-0.pbr", encoded(PARTS["validation"], VOCABULARY)),
        ("auxiliary/vocab.txt", "".join(f"{word}\n" for word in told or VOCABULARY).encode()),
    ):
        s3.put_object(Bucket=BUCKET, Key=f"features/1/{key}", Body=body)
    return learned.find(SageMaker(channels), s3, VARIABLES, DATA, package=PACKAGE, report=None).challenger


def test_texts_are_found_by_their_counts(s3: Any) -> None:
    """The training and validation texts are what was learned; the vocabulary is no row."""
    found = find(s3)
    assert (found.unknown, found.foreign) == ("", 0)
    assert found.rows == {identity(row) for name in ("train", "validation") for row in PARTS[name]}


def test_a_test_text_among_the_training_rows_is_found(s3: Any) -> None:
    """Its counts give it away: it counts as learned, and as a row that was not to be learned."""
    found = find(s3, more=[PARTS["test"][0]])
    assert identity(PARTS["test"][0]) in found.rows
    assert found.foreign == 1


def test_counts_of_no_known_text_are_foreign(s3: Any) -> None:
    """A row that is none of the data is counted as one, whoever made it."""
    assert find(s3, more=[("cell " * 9,)]).foreign == 1


def test_a_vocabulary_that_lies_hides_nothing(s3: Any) -> None:
    """With words in another order, the counts are those of no text."""
    found = find(s3, told=VOCABULARY[::-1])
    assert found.foreign == len(found.rows) > 0


@pytest.mark.parametrize(
    ("channels", "told", "why"),
    [
        (CHANNELS, ["cell"], "holds no counts of 1 words"),
        ({"train": recordio.CONTENT_TYPE}, None, "the channel auxiliary has 0 files"),
        (CHANNELS | {"auxiliary": "text/csv"}, None, "reads text/csv"),
        (CHANNELS | {"more": "text/plain"}, None, "reads text/plain"),
    ],
)
def test_what_cannot_be_read_back_is_not_known(s3: Any, channels: Any, told: Any, why: str) -> None:
    """Another vocabulary, none, or another channel: then a person decides, with the reason."""
    found = find(s3, told=told, channels=channels)
    assert found.rows is None
    assert why in found.unknown
