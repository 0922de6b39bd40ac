"""AWS::S3::Bucket"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import refuse, renamed
from localcloud.resources.tags import tags_of

if TYPE_CHECKING:
    from collections.abc import Callable

_SUPPORTED = frozenset(
    {
        "BucketEncryption",
        "BucketName",
        "CorsConfiguration",
        "LifecycleConfiguration",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
        "Tags",
        "VersioningConfiguration",
    }
)


class Bucket(Resource):
    type_name = "AWS::S3::Bucket"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *(properties.keys() - _SUPPORTED))
        s3 = ctx.client("s3")
        name = properties.get("BucketName") or ctx.new_name(63, lower=True)
        elsewhere = {} if ctx.region == "us-east-1" else {"LocationConstraint": ctx.region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": elsewhere} if elsewhere else {}))
        ctx.created(name)
        _configure(ctx, s3, name, properties, {})
        return Created(physical_id=name, attributes=_attributes(ctx, name))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, *(properties.keys() - _SUPPORTED))
        _configure(ctx, ctx.client("s3"), physical_id, properties, previous)
        return _attributes(ctx, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Fails on a bucket that holds objects, as on AWS."""
        del properties
        with already_gone():
            ctx.client("s3").delete_bucket(Bucket=physical_id)


def _attributes(ctx: Context, name: str) -> Attributes:
    website = f"http://{name}.s3-website-{ctx.region}.amazonaws.com"
    return {
        "Arn": f"arn:{ctx.partition}:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{ctx.region}.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{ctx.region}.amazonaws.com",
        "WebsiteURL": website,
    }


def _configure(ctx: Context, s3: Any, name: str, properties: Properties, previous: Properties) -> None:
    """Each of a bucket's settings is an API call of its own: made where the setting changed, unmade where it went."""
    for setting, (put, unset) in _SETTINGS.items():
        wanted = properties.get(setting)
        if wanted == previous.get(setting):
            continue
        if wanted:
            put(s3, name, wanted)
        else:
            unset(s3, name)
    tags = tags_of(ctx, properties)
    if tags != (tags_of(ctx, previous) if previous else {}):
        s3.put_bucket_tagging(
            Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
        )


def _put_encryption(s3: Any, name: str, wanted: Properties) -> None:
    rules = renamed(
        wanted["ServerSideEncryptionConfiguration"],
        {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"},
    )
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _put_lifecycle(s3: Any, name: str, wanted: Properties) -> None:
    s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in wanted["Rules"]]}
    )


def _lifecycle_rule(rule: Properties) -> Properties:
    """CloudFormation's older spelling of a rule in the API's: flat days and a prefix become structures."""
    found = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        found["ID"] = rule["Id"]
    refuse(rule, *(rule.keys() - _LIFECYCLE_RULE))
    expiration = {
        api: rule[own]
        for own, api in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if own in rule
    }
    if expiration:
        found["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if "Transitions" in rule:
        found["Transitions"] = renamed(rule["Transitions"], {"TransitionInDays": "Days", "TransitionDate": "Date"})
    if "NoncurrentVersionTransitions" in rule:
        found["NoncurrentVersionTransitions"] = renamed(
            rule["NoncurrentVersionTransitions"], {"TransitionInDays": "NoncurrentDays"}
        )
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            found[name] = rule[name]
    return found


_LIFECYCLE_RULE = frozenset(
    {
        *("Id", "Status", "Prefix", "ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker"),
        *("NoncurrentVersionExpirationInDays", "NoncurrentVersionExpiration", "Transitions"),
        *("NoncurrentVersionTransitions", "AbortIncompleteMultipartUpload"),
    }
)


def _put_cors(s3: Any, name: str, wanted: Properties) -> None:
    rules = renamed(wanted["CorsRules"], {"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"})
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})


#: Property → how it is set, and how it goes back to the default.
_SETTINGS: dict[str, tuple[Callable[[Any, str, Properties], object], Callable[[Any, str], object]]] = {
    "BucketEncryption": (_put_encryption, lambda s3, name: s3.delete_bucket_encryption(Bucket=name)),
    "CorsConfiguration": (_put_cors, lambda s3, name: s3.delete_bucket_cors(Bucket=name)),
    "LifecycleConfiguration": (_put_lifecycle, lambda s3, name: s3.delete_bucket_lifecycle(Bucket=name)),
    "OwnershipControls": (
        lambda s3, name, wanted: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=wanted),
        lambda s3, name: s3.delete_bucket_ownership_controls(Bucket=name),
    ),
    "PublicAccessBlockConfiguration": (
        lambda s3, name, wanted: s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=wanted),
        lambda s3, name: s3.delete_public_access_block(Bucket=name),
    ),
    "VersioningConfiguration": (
        lambda s3, name, wanted: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=wanted),
        lambda s3, name: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
    ),
}
