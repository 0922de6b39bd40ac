"""Reads a bucket as CloudFront does: as its service principal, on behalf of one distribution.

The bucket's policy decides. S3's answers come through, refusals as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from localcloud.services.cloudfront.cache import Fetched

if TYPE_CHECKING:
    from localcloud.platform.clients import Clients
    from localcloud.services.cloudfront.configuration import Behavior

PRINCIPAL = "cloudfront.amazonaws.com"
_XML = "application/xml"
#: Member of S3's answer → header.
_HEADERS = {
    "ContentType": "content-type",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentDisposition": "content-disposition",
    "CacheControl": "cache-control",
    "ETag": "etag",
    "VersionId": "x-amz-version-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
}


def fetch(clients: Clients, distribution_arn: str, behavior: Behavior, path: str) -> Fetched:
    """The object at a path of the distribution, or S3's refusal. ``path``: as the viewer sent it."""
    from botocore.exceptions import ClientError

    key = unquote(f"{behavior.origin_path}{path}").removeprefix("/")
    if not key or not _is_plain(key):
        return _refusal(403, "AccessDenied", "Access Denied")
    s3 = clients.as_service("s3", PRINCIPAL, source_arn=distribution_arn)
    try:
        found = s3.get_object(Bucket=behavior.bucket, Key=key)
        body = found["Body"].read()
    except ClientError as error:
        return _refused(error)
    headers = {header: str(found[name]) for name, header in _HEADERS.items() if found.get(name)}
    headers |= {f"x-amz-meta-{name}": value for name, value in found.get("Metadata", {}).items()}
    headers["last-modified"] = found["ResponseMetadata"]["HTTPHeaders"].get("last-modified", "")
    headers |= {"accept-ranges": "bytes", "server": "AmazonS3"}
    return Fetched(status=200, headers={name: value for name, value in headers.items() if value}, body=body)


def _is_plain(key: str) -> bool:
    """Whether no reader on the way could take the key for another one: no ``..``, no control character."""
    segments = key.replace("\\", "/").split("/")
    return not {".", ".."} & set(segments) and all(each.isprintable() for each in key)


def _refused(error: Any) -> Fetched:
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    said = error.response["Error"]
    if said["Code"] == "AccessDenied":  # who is refused and by what policy is for the log of the local cloud
        return _refusal(403, "AccessDenied", "Access Denied")
    return _refusal(status, said["Code"], said.get("Message", ""))


def _refusal(status: int, code: str, message: str) -> Fetched:
    body = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Fetched(status=status, headers={"content-type": _XML, "server": "AmazonS3"}, body=document.encode())
