"""A build's sources: archives or folders in S3, unpacked into the build's folder."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services.codebuild.failure import PhaseFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.service import Params


S3_ARN = "arn:aws:s3:::"


def download(s3: Any, source: Params, version: str, target: Path, scratch: Path) -> str:
    """Fills ``target`` with a source of type S3 or NO_SOURCE; returns the object's version, if it has one.

    ``location``: ``bucket/key`` of a zip archive, or ``bucket/folder/``. Raises PhaseFailedError.
    """
    target.mkdir(parents=True)
    if source["type"] == "NO_SOURCE":
        return ""
    location = source["location"].removeprefix(S3_ARN)
    bucket, _, key = location.partition("/")
    try:
        if not key or key.endswith("/"):
            _download_folder(s3, bucket, key, target, location)
            return ""
        archive = scratch / "source.zip"
        extra = {"VersionId": version} if version else {}
        found = s3.get_object(Bucket=bucket, Key=key, **extra)
        with archive.open("wb") as file:
            shutil.copyfileobj(found["Body"], file)
    except ClientError as error:
        reason = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        raise PhaseFailedError("CLIENT_ERROR", f"{reason} for primary source {location}") from error
    try:
        unpack(archive, target)
    except (zipfile.BadZipFile, ValueError) as error:
        raise PhaseFailedError("CLIENT_ERROR", f"source {location} is not a valid zip archive: {error}") from error
    archive.unlink()
    return str(found.get("VersionId", "")).replace("null", "")


def read(s3: Any, arn: str) -> str:
    """The text of a buildspec in S3, ``arn:aws:s3:::bucket/key``, by the service role. Raises PhaseFailedError."""
    bucket, _, key = arn.removeprefix(S3_ARN).partition("/")
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        reason = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        raise PhaseFailedError("YAML_FILE_ERROR", f"{reason} for the buildspec {arn}") from error
    return body.decode("utf-8", "replace")


def unpack(archive: Path, target: Path) -> None:
    """Unpacks a zip with its permissions and links. Raises ValueError for an entry outside of ``target``."""
    with zipfile.ZipFile(archive) as packed:
        links = [entry for entry in packed.infolist() if stat.S_ISLNK(entry.external_attr >> 16)]
        for entry in packed.infolist():
            if not stat.S_ISLNK(entry.external_attr >> 16):
                written = packed.extract(entry, target)
                permissions = stat.S_IMODE(entry.external_attr >> 16)
                if permissions and not entry.is_dir():
                    os.chmod(written, permissions | stat.S_IRUSR | stat.S_IWUSR)  # noqa: PTH101  (a Path costs as much)
        for entry in links:  # last: nothing is then written through a link
            path, to = target / entry.filename, packed.read(entry).decode()
            if not path.parent.resolve().is_relative_to(target.resolve()):
                raise ValueError(f"the link {entry.filename} would land outside of the archive's folder")
            if not (path.parent / to).resolve().is_relative_to(target.resolve()):
                raise ValueError(f"the link {entry.filename} leads out of the archive, to {to}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(to)


def _download_folder(s3: Any, bucket: str, prefix: str, target: Path, location: str) -> None:
    count = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            path = (target / entry["Key"].removeprefix(prefix)).resolve()
            if not path.is_relative_to(target.resolve()):
                raise PhaseFailedError("CLIENT_ERROR", f"source {location}: the key {entry['Key']} leads out of it")
            if not entry["Key"].endswith("/"):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
                count += 1
    if not count:
        raise PhaseFailedError("CLIENT_ERROR", f"source {location}: there is no object under this folder")
