"""S3: its actions have other names than its operations. Source: "Required permissions for Amazon S3 API operations"."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from localcloud.iam.asks import Ask, Place
from localcloud.wire.s3_requests import copy_source

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest
    from localcloud.wire.s3_documents import Deletions

_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteObjects": "DeleteObject",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
#: Versions have actions of their own.
_OF_VERSIONS = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
}
_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
#: Writes that S3 makes only if the object is not there yet, or has not changed, where a header asks for it.
_CONDITIONAL = frozenset({"PutObject", "CompleteMultipartUpload"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    bucket, key, query = request.params["Bucket"], request.params["Key"], request.params["query"]
    action = _ACTIONS.get(request.operation, request.operation)
    if request.operation == "ListBuckets":
        return [Ask(action="s3:ListAllMyBuckets", resource="*")]
    if request.operation == "DeleteObjects":
        return _deletions(bucket, request.params["deletions"])
    context = _context(request, place.account_id)
    if key:
        if "versionId" in query:
            action = _OF_VERSIONS.get(action, action)
            context["s3:versionid"] = (query["versionId"],)
        found = [Ask(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}/{key}", context=context)]
        return [*found, *_with_it(request, f"arn:aws:s3:::{bucket}/{key}", context, place)]
    return [Ask(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}", context=context)]


def _with_it(request: ApiRequest, resource: str, context: dict[str, tuple[str, ...]], place: Place) -> list[Ask]:
    """What a write needs besides: permissions on the source of a copy, on tags, on an ACL."""
    found = []
    source = copy_source(request.headers)
    if source is not None:
        suffix = "Version" if source.version else ""
        of_version = {"s3:versionid": (source.version,)} if source.version else {}
        copied = f"arn:aws:s3:::{source.bucket}/{source.key}"
        found.append(Ask(action=f"s3:GetObject{suffix}", resource=copied, context=of_version))
        replaced = request.headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE"
        if request.operation == "CopyObject" and not replaced and place.state.has_tags(copied, source.version):
            found.append(Ask(action=f"s3:GetObject{suffix}Tagging", resource=copied, context=of_version))
            found.append(Ask(action="s3:PutObjectTagging", resource=resource, context=context))
    if request.operation in _WRITES:
        if "x-amz-tagging" in request.headers:
            found.append(Ask(action="s3:PutObjectTagging", resource=resource, context=context))
        if "x-amz-acl" in request.headers or any(name.startswith("x-amz-grant-") for name in request.headers):
            found.append(Ask(action="s3:PutObjectAcl", resource=resource, context=context))
    return found


def _deletions(bucket: str, asked: Deletions) -> list[Ask]:
    found = []
    for parts in asked.objects:
        version = parts.get("VersionId")
        action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
        context = {"s3:versionid": (version,)} if version else {}
        found.append(Ask(action=action, resource=f"arn:aws:s3:::{bucket}/{parts['Key']}", context=context))
    return found


def _context(request: ApiRequest, account_id: str) -> dict[str, tuple[str, ...]]:
    """S3's own condition keys, with their values from the request."""
    query, headers = request.params["query"], request.headers
    found: dict[str, tuple[str, ...]] = {
        f"s3:{name}": (query[name],) for name in ("prefix", "delimiter", "max-keys") if name in query
    }
    for name in (
        *("x-amz-acl", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"),
        *("x-amz-storage-class", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-metadata-directive"),
    ):
        if name in headers:
            found[f"s3:{name}"] = (headers[name],)
    if request.operation in _CONDITIONAL:
        found |= {f"s3:{name}": (headers[name],) for name in ("if-match", "if-none-match") if name in headers}
    found["s3:tlsversion"] = ("1.3",)
    found["s3:resourceaccount"] = (account_id,)
    tags = _given_tags(request)
    if tags:
        found |= {f"s3:requestobjecttag/{name.lower()}": (value,) for name, value in tags.items()}
        found["s3:requestobjecttagkeys"] = tuple(tags)
    return found


def _given_tags(request: ApiRequest) -> dict[str, str]:
    """The tags of an object: in a header of its upload, or in the body of PutObjectTagging."""
    if request.operation == "PutObjectTagging":
        tags: dict[str, str] = request.params["tags"]
        return tags
    return dict(parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True))
