"""What the data step stores, and what it checks of the job's features."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handover.addresses import S3Address
from handover.data import Features
from ml_init.dataset import Dataset, Titles
from ml_init.prepare import check_features, store_titles
from ml_init.spark import zip_modules
from ml_init.training_rows import VALUES
from ml_steps.objects import upload_once
from ml_steps.running import StepError
from tests.clouds import PROJECT

CAR = Dataset.read(PROJECT / "ml_init" / "car_evaluation" / "dataset.toml")

if TYPE_CHECKING:
    from pathlib import Path


def features(**rows: int) -> Features:
    return Features(
        splits={name: f"s3://data/features/1/{name}/" for name in rows},
        content_type="text/csv",
        rows=rows,
        label_counts={name: {"unacc": count} for name, count in rows.items()},
        labels=("unacc",),
        features=("a",),
    )


def put_rows(s3: Any, name: str, count: int) -> None:
    s3.put_object(Bucket="data", Key=f"features/1/{name}/part-0.csv", Body=b"a,b\n" * count)


def test_same_bytes_are_stored_once(s3: Any) -> None:
    """The second upload finds the first and puts no second version."""
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})

    def address(digest: str) -> S3Address:
        return S3Address(bucket="data", key=f"raw/{digest}/car.data")

    assert upload_once(s3, b"rows", address) == upload_once(s3, b"rows", address)
    assert len(s3.list_object_versions(Bucket="data")["Versions"]) == 1


def test_features_hold_what_the_job_counted(s3: Any) -> None:
    """Each file has as many rows as the job said, and all together as many as kept the contract."""
    for name, count in (("train", 7), ("validation", 2), ("test", 1)):
        put_rows(s3, name, count)
    check_features(s3, features(train=7, validation=2, test=1), 10, CAR, VALUES)
    with pytest.raises(StepError, match="10 rows were made, but 11 keep the data contract"):
        check_features(s3, features(train=7, validation=2, test=1), 11, CAR, VALUES)
    with pytest.raises(StepError, match="train/ holds 7 rows of the train split, but 8 were made"):
        check_features(s3, features(train=8, validation=2, test=1), 11, CAR, VALUES)


def test_titles_are_stored_where_the_api_reads_them(s3: Any, tmp_path: Path) -> None:
    """The second file lies under its own hash beside the first, checked, and a release does without it."""
    content = b"1|Toy Story (1995)|01-Jan-1995\n"
    digest = hashlib.sha256(content).hexdigest()
    titles = Titles(name="u.item", sources=("u.item",), sha256=digest, max_bytes=100)
    store_titles(s3, replace(CAR, titles=titles), tmp_path, "data")
    assert "Contents" not in s3.list_objects_v2(Bucket="data")
    (tmp_path / "u.item").write_bytes(content)
    store_titles(s3, replace(CAR, titles=titles), tmp_path, "data")
    assert s3.get_object(Bucket="data", Key=f"raw/{digest}/u.item")["Body"].read() == content


def test_empty_split_is_refused(s3: Any) -> None:
    """An empty test split is refused: the gate would judge nothing."""
    put_rows(s3, "train", 3)
    put_rows(s3, "validation", 1)
    with pytest.raises(StepError, match="The test split has no row with acceptability = unacc: 4 rows are too few"):
        check_features(s3, features(train=3, validation=1, test=0), 4, CAR, VALUES)


def test_a_split_without_a_label_is_refused(s3: Any) -> None:
    """A gate cannot judge what its test rows never show."""
    for name, count in (("train", 3), ("validation", 1), ("test", 1)):
        put_rows(s3, name, count)
    made = features(train=3, validation=1, test=1)
    counts = {**made.label_counts, "test": {"unacc": 1, "acc": 0}}
    with pytest.raises(StepError, match="The test split has no row with acceptability = acc: 5 rows are too few"):
        check_features(s3, replace(made, label_counts=counts), 5, CAR, VALUES)


def test_modules_of_the_job_are_packed_alike() -> None:
    """Equal files give equal bytes, and the job finds its modules under their package."""
    assert zip_modules() == zip_modules()
    names = zipfile.ZipFile(io.BytesIO(zip_modules())).namelist()
    assert {"ml_init/dataset.py", "ml_init/mleap_bundle/stages.py", "handover/data.py", "ml_steps/running.py"} <= set(
        names
    )
    assert not [name for name in names if "__pycache__" in name]
