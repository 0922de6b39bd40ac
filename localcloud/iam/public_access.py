"""S3's block of public access, and its Object Ownership: which bucket policies and lists of grants may not be put.

Two of the block's four settings restrict what is there already, and here there is nothing to restrict:
``IgnorePublicAcls``, because lists of grants allow nothing, and ``RestrictPublicBuckets``, because there is one
account, and requests to S3 that are not signed are refused whatever a policy says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.public_policies import is_public
from localcloud.platform.errors import AwsError
from localcloud.wire import s3_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.iam.account_state import AccountState
    from localcloud.iam.document import Policy
    from localcloud.platform.service import Caller
    from localcloud.wire.api_requests import ApiRequest

_ENFORCED = "BucketOwnerEnforced"
_OWNERSHIPS = frozenset({_ENFORCED, "BucketOwnerPreferred", "ObjectWriter"})
_PUBLIC = frozenset({"public-read", "public-read-write", "authenticated-read"})
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_SETS_ACLS = frozenset({"PutBucketAcl", "PutObjectAcl"})
_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
#: What a write may bring where the bucket's owner owns all: it changes nothing. A new bucket may be private, too.
_OWNERS = frozenset({"", "bucket-owner-full-control"})


def check_public_access(request: ApiRequest, put: Policy | None, caller: Caller, state: AccountState) -> None:
    """Raises AwsError for what the bucket's settings prevent. ``put``: the policy that the request puts."""
    if request.service != "s3":
        return
    bucket = str(request.params["Bucket"])
    if request.operation == "PutBucketPolicy" and put is not None and is_public(put):
        _refuse_blocked(request, caller, state, "BlockPublicPolicy", "public policies")
    elif request.operation == "CreateBucket":
        _check_new_bucket(request)
    elif request.operation in _SETS_ACLS | _WRITES and _brings_acl(request):
        if _is_for_everybody(request):
            _refuse_blocked(request, caller, state, "BlockPublicAcls", "public ACLs")
        if state.object_ownership(bucket) == _ENFORCED and not _is_the_owners(request):
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _refuse_blocked(request: ApiRequest, caller: Caller, state: AccountState, setting: str, what: str) -> None:
    bucket, key = str(request.params["Bucket"]), str(request.params["Key"] or "")
    if setting in state.public_access_block(bucket):
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        message = (
            f'User: {caller.arn} is not authorized to perform: s3:{request.operation} on resource: "{resource}" '
            f"because {what} are prevented by the {setting} setting in S3 Block Public Access."
        )
        raise AwsError("AccessDenied", message, status=403)


def _check_new_bucket(request: ApiRequest) -> None:
    """Each new bucket blocks public access, and its owner owns all of it unless the request says otherwise."""
    ownership = request.headers.get("x-amz-object-ownership", _ENFORCED)
    if ownership not in _OWNERSHIPS:
        raise AwsError("InvalidArgument", f"Invalid x-amz-object-ownership header: {ownership}")
    if ownership == _ENFORCED and not _is_the_owners(request):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message)
    if _is_for_everybody(request):
        message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        raise AwsError("InvalidBucketAclWithBlockPublicAccessError", message)


def _brings_acl(request: ApiRequest) -> bool:
    return request.operation in _SETS_ACLS or "x-amz-acl" in request.headers or any(_grants(request))


def _grants(request: ApiRequest) -> Iterator[str]:
    return (value for name, value in request.headers.items() if name.startswith("x-amz-grant-"))


def _is_the_owners(request: ApiRequest) -> bool:
    """Whether the ACL says no more than that the owner may do all."""
    if any(_grants(request)):
        return False
    canned = request.headers.get("x-amz-acl", "")
    if request.operation not in _SETS_ACLS:
        return canned in _OWNERS or (request.operation == "CreateBucket" and canned == "private")
    permissions = [text for name, text in _texts(request) if name == "Permission"]
    return canned == "bucket-owner-full-control" or (not canned and permissions == ["FULL_CONTROL"])


def _is_for_everybody(request: ApiRequest) -> bool:
    if request.headers.get("x-amz-acl", "") in _PUBLIC:
        return True
    named = [*_grants(request), *(text for name, text in _texts(request) if name == "URI")]
    return any(group in text for text in named for group in _EVERYBODY)


def _texts(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """The elements of an AccessControlPolicy, without their namespace."""
    body = request.params.get("body")
    if request.operation in _SETS_ACLS and body:
        for element in s3_documents.document(body).iter():
            yield element.tag.rpartition("}")[2], element.text or ""
