from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ml_init.car_evaluation.prepare import check_features, zip_modules
from ml_init.step import S3Address, StepError
from ml_init.upload import upload_once

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        yield client


def result(**rows: int) -> dict[str, Any]:
    counts = {name: {"unacc": count} for name, count in rows.items()}
    return {"rows": rows, "label_counts": counts, **{name: f"s3://data/features/1/{name}/" for name in rows}}


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
    check_features(s3, result(train=7, validation=2, test=1), good_rows=10)
    with pytest.raises(StepError, match="The job kept 10 rows, but 11 keep the data contract"):
        check_features(s3, result(train=7, validation=2, test=1), good_rows=11)
    with pytest.raises(StepError, match="train/ holds 7 rows, but the job counted 8"):
        check_features(s3, result(train=8, validation=2, test=1), good_rows=11)


def test_empty_split_is_refused(s3: Any) -> None:
    """An empty test split is refused: the gate would judge nothing."""
    put_rows(s3, "train", 3)
    put_rows(s3, "validation", 1)
    with pytest.raises(StepError, match="The test split is empty: 4 rows are too few"):
        check_features(s3, result(train=3, validation=1, test=0), good_rows=4)


def test_modules_of_the_job_are_packed_alike() -> None:
    """Equal files give equal bytes, and the job finds its modules under their package."""
    assert zip_modules() == zip_modules()
    names = zipfile.ZipFile(io.BytesIO(zip_modules())).namelist()
    assert {"ml_init/__init__.py", "ml_init/dataset.py", "ml_init/mleap_bundle/stages.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]
