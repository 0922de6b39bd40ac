"""A build's artifacts: files chosen by patterns, packed, and put to S3 completely or not at all."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services.codebuild import globs
from localcloud.services.codebuild.failure import PhaseFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.platform.service import Params
    from localcloud.services.codebuild.buildspec import ArtifactSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """A collected artifact: path in it → file."""

    files: dict[str, Path]


def collect(spec: ArtifactSpec, source: Path, expand: Callable[[str], str], say: Callable[[str], None]) -> Collected:
    """Collects the files of an artifact. Raises PhaseFailedError where there are none."""
    directory = expand(spec.base_directory) if spec.base_directory else "."
    if spec.base_directory:
        say(f"Expanding base directory path: {directory}")
    bases = globs.folders(source, directory) if directory else []
    if not bases:
        raise PhaseFailedError("CLIENT_ERROR", f"no matching base directory path found for {directory}")
    say("Assembling file list")
    found: dict[str, Path] = {}
    for pattern in spec.files:
        expanded = expand(pattern) if "$" in pattern else pattern
        matching = [(base, path) for base in bases for path in globs.files(base, [expanded], spec.exclude_paths)]
        if not matching:
            say(f"Skipping invalid file path {expanded}")
        for base, path in matching:
            name = path.name if spec.discard_paths else path.relative_to(base).as_posix()
            found[name] = path
    if not found:
        raise PhaseFailedError(
            "CLIENT_ERROR", f"no matching artifact paths found: {', '.join(spec.files)} in {directory}"
        )
    say(f"Found {len(found)} file(s)")
    return Collected(files=found)


def upload(s3: Any, target: Params, collected: Collected, key: str, archive: Path) -> dict[str, str]:
    """Puts a collected artifact to its bucket; returns its location and checksums in the API's form.

    ``archive``: the path for the zip. Raises PhaseFailedError, and then leaves no object behind.
    """
    encryption = _encryption(target)
    done: list[str] = []
    try:
        if target.get("packaging", "NONE") == "ZIP":
            pack(collected, archive)
            s3.upload_file(str(archive), target["location"], key, ExtraArgs=encryption)
            sums = {f"{name}sum": _digest(archive, name) for name in ("sha256", "md5")}
            archive.unlink()
        else:
            sums = {}
            for name, path in collected.files.items():
                s3.upload_file(str(path), target["location"], f"{key}/{name}".lstrip("/"), ExtraArgs=encryption)
                done.append(f"{key}/{name}".lstrip("/"))
    except (ClientError, OSError, _transfer_error()) as error:
        for one in done:
            s3.delete_object(Bucket=target["location"], Key=one)
        raise PhaseFailedError("CLIENT_ERROR", f"artifact {target['location']}/{key}: {error}") from error
    return {"location": f"arn:aws:s3:::{target['location']}/{key}"} | sums


def object_key(target: Params, name: str, build_uuid: str) -> str:
    """The key ``path/[build id/]name``. The name ``/`` means the folder itself."""
    namespace = build_uuid if target.get("namespaceType") == "BUILD_ID" else ""
    parts = [(target.get("path") or "").strip("/"), namespace, name.strip("/")]
    return "/".join(part for part in parts if part)


def pack(collected: Collected, archive: Path) -> None:
    """Packs a zip that keeps each file's permissions."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for name, path in sorted(collected.files.items()):
            entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | stat.S_IMODE(path.stat().st_mode)) << 16
            with path.open("rb") as file, packed.open(entry, "w", force_zip64=True) as into:
                while chunk := file.read(1 << 20):
                    into.write(chunk)


def _digest(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, name).hexdigest()


def _encryption(target: Params) -> dict[str, str]:
    if target.get("encryptionDisabled") or not target.get("encryptionKey"):
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": target["encryptionKey"]}


def _transfer_error() -> type[Exception]:
    from boto3.exceptions import S3UploadFailedError

    return S3UploadFailedError
