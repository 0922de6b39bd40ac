"""Lists of a versioned bucket."""

import uuid

import pytest

from tests.clouds import LocalCloud

pytestmark = pytest.mark.local


def test_deleted_objects_leave_no_folder(local_cloud: LocalCloud) -> None:
    """A common prefix is listed only while an object under it exists; an object that is put again brings it back."""
    s3, bucket = local_cloud.client("s3"), f"listed-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def folders(prefix: str) -> list[list[str]]:
        asked = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
        answers = (s3.list_objects(**asked), s3.list_objects_v2(**asked))
        return [[each["Prefix"] for each in answer.get("CommonPrefixes", [])] for answer in answers]

    for key in ("a/gone/1", "a/left/1", "a/left/2"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    assert folders("a/") == [["a/gone/", "a/left/"]] * 2
    for key in ("a/gone/1", "a/left/1"):
        s3.delete_object(Bucket=bucket, Key=key)
    assert folders("a/") == [["a/left/"]] * 2
    s3.delete_object(Bucket=bucket, Key="a/left/2")
    assert (folders("a/"), folders("")) == ([[], []], [[], []])
    s3.put_object(Bucket=bucket, Key="a/gone/1", Body=b"2")
    assert folders("a/") == [["a/gone/"]] * 2
