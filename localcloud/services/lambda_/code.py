"""A function's code: reads the archive from a call's parameters, and unpacks it into a folder to run in."""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.lambda_.archives import unpacked_bytes
from localcloud.services.lambda_.names import PRINCIPAL

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Call, Params

LARGEST_UNPACKED_BYTES = 250 * 1024 * 1024
#: What Python raises for archives that are damaged, encrypted, or packed in ways that it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)


def archive(cloud: Cloud, call: Call, code: Params) -> bytes:
    """The archive in a call's body or in S3, where the caller must be allowed to read it."""
    if code.get("ImageUri"):
        raise UnsupportedError(f"lambda: functions from container images ({code['ImageUri']})")
    content = bytes(code["ZipFile"]) if code.get("ZipFile") else _from_s3(cloud, call, code)
    try:
        _check(content)
    except _DAMAGED as error:
        raise AwsError(
            "InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try again."
        ) from error
    return content


def _check(content: bytes) -> None:
    """Raises AwsError for an archive that AWS refuses, and one of ``_DAMAGED`` where it cannot be unpacked."""
    size = unpacked_bytes(io.BytesIO(content))
    if size > LARGEST_UNPACKED_BYTES:
        raise AwsError(
            "InvalidParameterValueException",
            f"Unzipped size must be smaller than {LARGEST_UNPACKED_BYTES} bytes, not {size}",
        )
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        if not files.infolist():
            raise AwsError("InvalidParameterValueException", "Uploaded file must be a non-empty zip")
        link = next((each.filename for each in files.infolist() if stat.S_ISLNK(each.external_attr >> 16)), None)
        if link is not None:  # zipfile would make a file of it, with the link's target as its text
            raise UnsupportedError(f"lambda: archives with symbolic links ({link})")
        broken = files.testzip()  # which reads no more of a file than the size that it says
        if broken is not None:
            raise zipfile.BadZipFile(f"{broken} is damaged")


def _from_s3(cloud: Cloud, call: Call, code: Params) -> bytes:
    from botocore.exceptions import ClientError

    if not (code.get("S3Bucket") and code.get("S3Key")):
        raise AwsError("InvalidParameterValueException", "Please provide a source for function code.")
    wanted = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if code.get("S3ObjectVersion"):
        wanted["VersionId"] = code["S3ObjectVersion"]
    try:
        s3 = cloud.clients.forwarding("s3", call.caller.access_key_id, via=(*call.caller.via, PRINCIPAL))
        answer = s3.get_object(**wanted)
        if answer["ContentLength"] > LARGEST_UNPACKED_BYTES:
            raise AwsError("CodeStorageExceededException", f"s3://{wanted['Bucket']}/{wanted['Key']} is too large")
        return bytes(answer["Body"].read())
    except ClientError as error:
        found = error.response["Error"]
        raise AwsError(
            "InvalidParameterValueException",
            f"Error occurred while GetObject. S3 Error Code: {found['Code']}. S3 Error Message: {found['Message']} "
            f"(s3://{wanted['Bucket']}/{wanted['Key']})",
        ) from error


def unpack(folder: Path, *archives: Path) -> None:
    """Unpacks archives into a folder, completely or not at all. Of files at one place the last archive's counts.

    Programs stay programs: zipfile alone forgets a file's mode.
    """
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for archive in archives:
        with zipfile.ZipFile(archive) as files:
            for member in files.infolist():
                placed = Path(files.extract(member, unfinished))
                if member.external_attr >> 16 & stat.S_IXUSR and placed.is_file():
                    placed.chmod(placed.stat().st_mode | stat.S_IXUSR)
    unfinished.rename(folder)
