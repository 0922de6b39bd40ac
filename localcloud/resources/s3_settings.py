"""A bucket's settings: for each property, the call that sets it and the call that resets it.

CloudFormation's spelling of S3's settings differs from the API's, so most of them are translated by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.resources.shapes import call, only, refuse, renamed, without

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.resources.resource import Properties


def _put_encryption(s3: Any, bucket: str, wanted: Properties) -> None:
    rules = renamed(
        wanted["ServerSideEncryptionConfiguration"],
        {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"},
    )
    call(s3, "PutBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}}, Bucket=bucket)


#: S3's defaults for buckets.
_S3_MANAGED: Properties = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
}


def _put_versioning(s3: Any, bucket: str, wanted: Properties) -> None:
    call(s3, "PutBucketVersioning", {"VersioningConfiguration": wanted}, Bucket=bucket)


def _put_ownership(s3: Any, bucket: str, wanted: Properties) -> None:
    call(s3, "PutBucketOwnershipControls", {"OwnershipControls": wanted}, Bucket=bucket)


def _put_public_access_block(s3: Any, bucket: str, wanted: Properties) -> None:
    call(s3, "PutPublicAccessBlock", {"PublicAccessBlockConfiguration": wanted}, Bucket=bucket)


def _put_acl(s3: Any, bucket: str, wanted: str) -> None:
    """``LogDeliveryWrite`` in a template is ``log-delivery-write`` in the API."""
    s3.put_bucket_acl(Bucket=bucket, ACL=re.sub(r"(?<!^)(?=[A-Z])", "-", wanted).lower())


def _put_lifecycle(s3: Any, bucket: str, wanted: Properties) -> None:
    rules = [_lifecycle_rule(rule) for rule in wanted["Rules"]]
    settings = without(wanted, "Rules") | {"LifecycleConfiguration": {"Rules": rules}}
    call(s3, "PutBucketLifecycleConfiguration", settings, Bucket=bucket)


def _lifecycle_rule(rule: Properties) -> Properties:
    """Turns a rule's flat properties into the API's Filter, Expiration and lists of transitions."""
    found: Properties = {"Filter": _lifecycle_filter(rule)}
    expiration = renamed(
        only(rule, "ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker"),
        {"ExpirationInDays": "Days", "ExpirationDate": "Date"},
    )
    if expiration:
        found["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    transitions = [*rule.get("Transitions", []), *([rule["Transition"]] if "Transition" in rule else [])]
    if transitions:
        found["Transitions"] = renamed(transitions, {"TransitionInDays": "Days", "TransitionDate": "Date"})
    older = [
        *rule.get("NoncurrentVersionTransitions", []),
        *([rule["NoncurrentVersionTransition"]] if "NoncurrentVersionTransition" in rule else []),
    ]
    if older:
        found["NoncurrentVersionTransitions"] = renamed(older, {"TransitionInDays": "NoncurrentDays"})
    return found | without(rule, *_FLAT)


_FLAT = (
    *("Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"),
    *("ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker", "NoncurrentVersionExpirationInDays"),
    *("Transition", "Transitions", "NoncurrentVersionTransition", "NoncurrentVersionTransitions"),
)


def _lifecycle_filter(rule: Properties) -> Properties:
    """The API's filter: one condition alone, several under And, or an empty prefix for none."""
    conditions = only(rule, "Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    tags = rule.get("TagFilters", [])
    if len(conditions) + len(tags) > 1:
        return {"And": conditions | ({"Tags": tags} if tags else {})}
    return {"Tag": tags[0]} if tags else conditions or {"Prefix": ""}


def _put_cors(s3: Any, bucket: str, wanted: Properties) -> None:
    rules = renamed(wanted["CorsRules"], {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"})
    call(s3, "PutBucketCors", {"CORSConfiguration": {"CORSRules": rules}}, Bucket=bucket)


def _put_logging(s3: Any, bucket: str, wanted: Properties) -> None:
    """The API's logging. Without a destination in the template, logs go to the bucket itself."""
    target = {"DestinationBucketName": bucket, "LogFilePrefix": "", **wanted}
    enabled = renamed(target, {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"})
    call(s3, "PutBucketLogging", {"BucketLoggingStatus": {"LoggingEnabled": enabled}}, Bucket=bucket)


def _put_notifications(s3: Any, bucket: str, wanted: Properties) -> None:
    refuse(wanted, "LambdaConfigurations")
    found: Properties = {}
    for listed, target in (("TopicConfigurations", "Topic"), ("QueueConfigurations", "Queue")):
        if wanted.get(listed):
            found[listed] = [_notification(each, target) for each in wanted[listed]]
    if "EventBridgeConfiguration" in wanted:
        found["EventBridgeConfiguration"] = {}
    call(s3, "PutBucketNotificationConfiguration", {"NotificationConfiguration": found}, Bucket=bucket)


def _notification(wanted: Properties, target: str) -> Properties:
    own = renamed(wanted, {target: f"{target}Arn", "S3Key": "Key", "Rules": "FilterRules"})
    return without(own, "Event") | {"Events": [wanted["Event"]]}


#: Property → how to set it, and how to reset it. The order matters: ownership and block decide which ACLs there are.
SETTINGS: dict[str, tuple[Callable[[Any, str, Any], object], Callable[[Any, str], object]]] = {
    "OwnershipControls": (_put_ownership, lambda s3, bucket: s3.delete_bucket_ownership_controls(Bucket=bucket)),
    "PublicAccessBlockConfiguration": (
        _put_public_access_block,
        lambda s3, bucket: s3.delete_public_access_block(Bucket=bucket),
    ),
    "AccessControl": (_put_acl, lambda s3, bucket: s3.put_bucket_acl(Bucket=bucket, ACL="private")),
    "BucketEncryption": (_put_encryption, lambda s3, bucket: _put_encryption(s3, bucket, _S3_MANAGED)),
    "VersioningConfiguration": (
        _put_versioning,
        # A bucket's versioning can only be suspended, never removed.
        lambda s3, bucket: _put_versioning(s3, bucket, {"Status": "Suspended"}),
    ),
    "LifecycleConfiguration": (_put_lifecycle, lambda s3, bucket: s3.delete_bucket_lifecycle(Bucket=bucket)),
    "CorsConfiguration": (_put_cors, lambda s3, bucket: s3.delete_bucket_cors(Bucket=bucket)),
    "LoggingConfiguration": (
        _put_logging,
        lambda s3, bucket: s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={}),
    ),
    "NotificationConfiguration": (_put_notifications, lambda s3, bucket: _put_notifications(s3, bucket, {})),
}
