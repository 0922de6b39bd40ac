"""Artifacts: zip archives in the pipeline's artifact bucket, encrypted with the store's key."""

from __future__ import annotations

import io
import json
import secrets
import string
import zipfile
from dataclasses import dataclass
from typing import Any

from localcloud.services.codepipeline.action_errors import ActionFailedError

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    bucket: str
    key: str

    def document(self) -> dict[str, str]:
        return {"bucket": self.bucket, "key": self.key}


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactStore:
    """The place of one pipeline's artifacts."""

    pipeline: str
    bucket: str
    kms_key: str | None

    def new_location(self, artifact: str, *, suffix: str = "") -> Location:
        """A new key in CodePipeline's form: pipeline and artifact, cut short, and a random part."""
        name = "".join(secrets.choice(_ALPHABET) for _ in range(7))
        return Location(bucket=self.bucket, key=f"{self.pipeline[:20]}/{artifact[:10]}/{name}{suffix}")

    def put(self, s3: Any, location: Location, content: bytes, *, content_type: str = "application/zip") -> None:
        key = {"SSEKMSKeyId": self.kms_key} if self.kms_key else {}
        s3.put_object(
            Bucket=location.bucket,
            Key=location.key,
            Body=content,
            ContentType=content_type,
            ServerSideEncryption="aws:kms",
            **key,
        )


def read_file(s3: Any, artifact: str, location: Location, path: str) -> bytes:
    """One file of an artifact. Where it is missing, raises ActionFailedError with the files that are there."""
    content = s3.get_object(Bucket=location.bucket, Key=location.key)["Body"].read()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(path)
    except zipfile.BadZipFile as error:
        raise ActionFailedError(
            "ConfigurationError", f"Artifact {artifact} (s3://{location.bucket}/{location.key}) is not a zip: {error}"
        ) from error
    except KeyError as error:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = ", ".join(archive.namelist()[:20])
        raise ActionFailedError(
            "ConfigurationError", f"File [{path}] does not exist in artifact [{artifact}]; it holds: {names}"
        ) from error


def read_json(s3: Any, artifact: str, location: Location, path: str) -> Any:
    try:
        return json.loads(read_file(s3, artifact, location, path))
    except ValueError as error:
        raise ActionFailedError("ConfigurationError", f"{artifact}::{path} is not JSON: {error}") from error


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def without_top_folder(content: bytes) -> bytes:
    """Turns GitHub's zip into an artifact: removes the top folder, and keeps modes and symbolic links."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for entry in source.infolist():
            name = entry.filename.partition("/")[2]
            if name:
                data = source.read(entry)
                entry.filename = name
                entry.extra = b""
                target.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()
