"""AWS::CloudFront::Distribution."""

from __future__ import annotations

import uuid
from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.cloudfront_shapes import config
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import refuse
from localcloud.resources.tags import retag_items, tag_set, tags_of

#: Spellings of 2012, which CloudFormation still takes.
_LEGACY = ("CNAMEs", "CustomOrigin", "S3Origin")


class Distribution(Resource):
    """Ref is the distribution's id."""

    type_name = "AWS::CloudFront::Distribution"

    def create(self, ctx: Context, properties: Properties) -> Created:
        cloudfront = ctx.client("cloudfront")
        wanted = _config(cloudfront, properties, str(uuid.uuid4()))
        tags = {"Items": tag_set(tags_of(properties))}
        if tags["Items"]:
            both = {"DistributionConfig": wanted, "Tags": tags}
            made = cloudfront.create_distribution_with_tags(DistributionConfigWithTags=both)["Distribution"]
        else:
            made = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
        return Created(physical_id=made["Id"], attributes=_attributes(made))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        cloudfront = ctx.client("cloudfront")
        known = cloudfront.get_distribution(Id=physical_id)
        reference = known["Distribution"]["DistributionConfig"]["CallerReference"]
        wanted = _config(cloudfront, properties, reference)
        changed = cloudfront.update_distribution(Id=physical_id, IfMatch=known["ETag"], DistributionConfig=wanted)
        retag_items(cloudfront, known["Distribution"]["ARN"], tags_of(previous), tags_of(properties))
        return _attributes(changed["Distribution"])

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """As CloudFormation does: a distribution has to be disabled first."""
        del properties
        cloudfront = ctx.client("cloudfront")
        with already_gone():
            known = cloudfront.get_distribution_config(Id=physical_id)
            disabled = known["DistributionConfig"] | {"Enabled": False}
            version = cloudfront.update_distribution(
                Id=physical_id, IfMatch=known["ETag"], DistributionConfig=disabled
            )["ETag"]
            cloudfront.delete_distribution(Id=physical_id, IfMatch=version)


def _config(cloudfront: Any, properties: Properties, reference: str) -> dict[str, Any]:
    given = dict(properties["DistributionConfig"])
    refuse(given, *_LEGACY)
    default = _behavior(given["DefaultCacheBehavior"])
    others = [_behavior(each) for each in given.get("CacheBehaviors", [])]
    whole = {"Comment": "", **given, "DefaultCacheBehavior": default, "CallerReference": reference}
    whole |= {"CacheBehaviors": others} if others else {}
    return config(cloudfront, "CreateDistribution", "DistributionConfig", whole)


def _behavior(given: dict[str, Any]) -> dict[str, Any]:
    """In the API, the cached methods are a part of the allowed ones."""
    cached = given.get("CachedMethods")
    behavior = {name: value for name, value in given.items() if name != "CachedMethods"}
    if cached:
        behavior["AllowedMethods"] = {"Items": given.get("AllowedMethods", ["GET", "HEAD"]), "CachedMethods": cached}
    return behavior


def _attributes(found: dict[str, Any]) -> Attributes:
    return {"Id": found["Id"], "DomainName": found["DomainName"]}
