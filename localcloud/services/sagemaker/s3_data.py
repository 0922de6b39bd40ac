"""Moves data between S3 and a container's folders, with the role of the job or the model."""

from __future__ import annotations

import gzip
import shutil
import tarfile
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from localcloud.platform import tar_archives
from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from localcloud.platform.role_session import RoleSession


@dataclass(frozen=True, slots=True)
class S3Address:
    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Address:
        """Parses ``s3://bucket/key``; raises EngineError for anything else."""
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise EngineError(f"{uri!r} is not an S3 address (s3://bucket/key)")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Share(NamedTuple):
    """A host's share of the objects: every ``of``-th one, from ``number`` on."""

    number: int
    of: int


WHOLE = Share(0, 1)


class S3Data:
    """S3 as one role sees it."""

    def __init__(self, role: RoleSession) -> None:
        self._client = role.client("s3")

    def status(self, uri: str) -> int:
        """S3's answer to whoever asks for an object's head: 200, 403 where it may not be read, 404 without one."""
        from botocore.exceptions import ClientError

        address = S3Address.parse(uri)
        try:
            self._client.head_object(Bucket=address.bucket, Key=address.key)
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return HTTPStatus.OK

    def unpack(self, uri: str, folder: Path) -> None:
        """Downloads and unpacks a ``tar.gz``; raises EngineError where it is missing or not an archive."""
        address = S3Address.parse(uri)
        archive = folder.with_name(f"{folder.name}.tar.gz")
        self._download(address, archive)
        try:
            with tarfile.open(archive, "r:gz") as tar:
                tar_archives.unpack(tar, folder)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise EngineError(
                f'Failed to extract model data archive for container from URL "{uri}" ({error}). Please ensure that '
                "the object located at the URL is a valid tar.gz archive."
            ) from error
        finally:
            archive.unlink()

    def download_prefix(self, uri: str, folder: Path, *, gzipped: bool, share: Share = WHOLE) -> int:
        """Downloads all objects with this prefix, or a share of them, under their names below it.

        Returns the number of all objects with the prefix.
        """
        address = S3Address.parse(uri)
        count = 0
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=address.bucket, Prefix=address.key)
        parent = address.key.rpartition("/")[0] + "/"
        for found in (found for page in pages for found in page.get("Contents", [])):
            if found["Key"].endswith("/"):
                continue
            folder_key = f"{address.key.removesuffix('/')}/"
            base = folder_key if found["Key"].startswith(folder_key) else parent
            name = found["Key"][len(base) :] if base != "/" else found["Key"]
            count += 1
            if (count - 1) % share.of != share.number:
                continue
            path = (folder / name).resolve()
            if not path.is_relative_to(folder.resolve()):
                raise EngineError(f"The key {found['Key']} leads out of its channel's folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._download(S3Address(address.bucket, found["Key"]), path)
            if gzipped:
                _gunzip(path)
        return count

    def upload_archive(self, folders: Sequence[Path], uri: str, kms_key_id: str | None) -> None:
        """Packs the content of these folders into one ``tar.gz`` at this address.

        Raises EngineError where two folders have a file of the same name: AWS says that a job's hosts should see to
        it that no names clash, and not which file it takes.
        """
        address = S3Address.parse(uri)
        archive = folders[0].with_name(f"{folders[0].name}.tar.gz")
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for name, path in sorted(_merged(folders).items()):
                tar.add(path, arcname=name, recursive=False)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}
        self._client.upload_file(str(archive), address.bucket, address.key, ExtraArgs=encryption)
        archive.unlink()

    def put(self, address: S3Address, body: bytes, kms_key_id: str | None = None) -> None:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}
        self._client.put_object(Bucket=address.bucket, Key=address.key, Body=body, **encryption)

    def _download(self, address: S3Address, path: Path) -> None:
        from botocore.exceptions import ClientError

        try:
            answer = self._client.get_object(Bucket=address.bucket, Key=address.key)
        except ClientError as error:
            raise EngineError(f"Could not read {address}: {error}") from error
        with path.open("wb") as file:
            shutil.copyfileobj(answer["Body"], file)


def _merged(folders: Sequence[Path]) -> dict[str, Path]:
    """Name below its folder → file or folder."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            if name in found and not (path.is_dir() and found[name].is_dir()):
                raise EngineError(
                    f"ClientError: {found[name]} and {path} would be one file of the archive, {name}. Let one host "
                    "write it, or put the host's name (SM_CURRENT_HOST) into the file's"
                )
            found[name] = path
    return found


def _gunzip(path: Path) -> None:
    target = path.with_suffix("") if path.suffix == ".gz" else path
    content = gzip.decompress(path.read_bytes())
    path.unlink()
    target.write_bytes(content)
