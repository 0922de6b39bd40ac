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


def test_versions_are_listed_by_pages(local_cloud: LocalCloud) -> None:
    """Pages of two hold each version and each delete marker once, in order; a marker need not be a key's name."""
    s3, bucket = local_cloud.client("s3"), f"listed-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "b", "b", "c/1", "c/2", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    s3.delete_object(Bucket=bucket, Key="b")

    def seen(**asked: str) -> list[tuple[str, str]]:
        found = []
        for page in s3.get_paginator("list_object_versions").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": 2}, **asked
        ):
            kinds = ("Versions", "DeleteMarkers")
            found += [(each["Key"], each["VersionId"]) for kind in kinds for each in page.get(kind, [])]
        return found

    every = seen()
    assert (len(every), len(set(every))) == (8, 8)
    assert [key for key, _ in every] == ["a", "b", "b", "b", "b", "c/1", "c/2", "d"]
    assert [key for key, _ in seen(Prefix="c/")] == ["c/1", "c/2"]
    behind = s3.list_object_versions(Bucket=bucket, KeyMarker="bb")["Versions"]
    assert [each["Key"] for each in behind] == ["c/1", "c/2", "d"]
    assert [each["Key"] for each in s3.list_object_versions(Bucket=bucket, KeyMarker="b")["Versions"]] == [
        "c/1", "c/2", "d"
    ]  # fmt: skip
    folders = s3.list_object_versions(Bucket=bucket, KeyMarker="c/", Delimiter="/")
    assert ([each["Key"] for each in folders["Versions"]], folders.get("CommonPrefixes")) == (["d"], None)
