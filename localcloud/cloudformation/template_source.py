"""Finds a call's template: in its body, or in an S3 object of the local cloud. No other address is ever called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from localcloud.cloudformation import limits
from localcloud.cloudformation.authority import PRINCIPAL
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Caller, Params

_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")
_PATH_HOST = re.compile(r"s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")


def text(params: Params, cloud: Cloud, caller: Caller) -> str:
    """The template's text, read with the caller's permissions as on AWS.

    Raises AwsError where there is no template, where there are two, or where the address is not S3's.
    """
    body, url = params.get("TemplateBody"), params.get("TemplateURL")
    if (body is None) == (url is None):
        raise AwsError("ValidationError", "Either Template URL or Template Body must be specified.")
    if body is not None:
        limits.check_text(str(body), limits.INLINE_BYTES, "templateBody")
        return str(body)
    return read_object(str(url), cloud, caller)


def read_object(url: str, cloud: Cloud, caller: Caller, *, named: str = "TemplateURL") -> str:
    """The text at an S3 address, read with the caller's permissions. ``named``: the parameter, for messages."""
    bucket, key = s3_place(url, cloud.settings.endpoint_url, named=named)
    return _read(cloud.clients.forwarding("s3", caller.access_key_id, via=(*caller.via, PRINCIPAL)), bucket, key)


def s3_place(url: str, endpoint_url: str, *, named: str = "TemplateURL") -> tuple[str, str]:
    """Bucket and key of an S3 address: path-style at the local cloud, or one of AWS's two forms."""
    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    host = parts.hostname or ""
    local = urlsplit(endpoint_url)
    ours = parts.port == local.port and host in {local.hostname, "localhost"}
    if ours or (parts.scheme == "https" and _PATH_HOST.fullmatch(host)):
        bucket, _, key = path.partition("/")
    elif parts.scheme == "https" and (found := _VIRTUAL_HOST.fullmatch(host)):
        bucket, key = found["bucket"], path
    else:
        bucket, key = "", ""
    if not bucket or not key:
        raise AwsError("ValidationError", f"{named} must be a supported URL: an S3 object's, not {url}")
    return bucket, key


def _read(s3: Any, bucket: str, key: str) -> str:
    from botocore.exceptions import ClientError

    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read(limits.STORED_BYTES + 1)
        return body.decode()
    except UnicodeDecodeError as error:
        raise AwsError("ValidationError", f"Template format error: {bucket}/{key} is not UTF-8") from error
    except ClientError as error:
        raise AwsError(
            "ValidationError", f"S3 error: {error.response['Error'].get('Message')}: {bucket}/{key}"
        ) from error
