"""AWS::S3::Bucket."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.s3_settings import SETTINGS
from localcloud.resources.shapes import refuse, without
from localcloud.resources.tags import tag_set, tags_of, without_system_tags

#: A new bucket is private. To say so needs no call, which a bucket without ACLs would refuse.
_DEFAULTS: Properties = {"AccessControl": "Private"}


class Bucket(Resource):
    """A bucket and its settings, each of which is a call of its own. Ref is its name."""

    type_name = "AWS::S3::Bucket"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _refuse_others(properties)
        s3 = ctx.client("s3")
        name = properties.get("BucketName") or ctx.new_name(63, lower=True)
        given = properties.get("BucketName")
        refuse_existing(self.type_name, given, lambda: s3.head_bucket(Bucket=given))
        # us-east-1 is S3's default region, which it does not take as a constraint.
        region = {} if ctx.region == "us-east-1" else {"LocationConstraint": ctx.region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": region} if region else {}))
        ctx.created(name)
        _configure(s3, name, properties, {})
        _tag(ctx, name, properties, {})
        return Created(physical_id=name, attributes=_attributes(ctx, name))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _refuse_others(properties)
        _configure(ctx.client("s3"), physical_id, properties, previous)
        _tag(ctx, physical_id, properties, previous)
        return _attributes(ctx, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """As on AWS, fails where the bucket holds objects."""
        del properties
        with already_gone():
            ctx.client("s3").delete_bucket(Bucket=physical_id)


def _refuse_others(properties: Properties) -> None:
    refuse(properties, *without(properties, "BucketName", "Tags", *SETTINGS))


def _configure(s3: Any, name: str, properties: Properties, previous: Properties) -> None:
    properties, previous = _DEFAULTS | properties, _DEFAULTS | previous
    for setting, (put, unset) in SETTINGS.items():
        wanted, had = properties.get(setting), previous.get(setting)
        if wanted and wanted != had:
            put(s3, name, wanted)
        elif had and not wanted:
            unset(s3, name)


def _tag(ctx: Context, name: str, properties: Properties, previous: Properties) -> None:
    """S3 has one operation for all tags, and one that removes all but CloudFormation's."""
    tags, were = tags_of(properties), tags_of(previous)
    if tags == were:
        return
    if without_system_tags(were) and not without_system_tags(tags):
        ctx.client("s3").delete_bucket_tagging(Bucket=name)
    else:
        ctx.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_set(tags)})


def _attributes(ctx: Context, name: str) -> Attributes:
    return {
        "Arn": f"arn:{ctx.partition}:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{ctx.region}.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{ctx.region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{ctx.region}.amazonaws.com",
    }
