"""AWS::KMS::Key."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, flag, only, require_unchanged, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

#: Properties that operations other than CreateKey set.
_APART = ("EnableKeyRotation", "RotationPeriodInDays", "Enabled", "PendingWindowInDays", "KeyPolicy", "Tags")


class Key(Resource):
    """Ref is the key's id. A deleted key is scheduled for deletion, as on AWS."""

    type_name = "AWS::KMS::Key"

    def create(self, ctx: Context, properties: Properties) -> Created:
        kms = ctx.client("kms")
        policy = {"Policy": document(properties["KeyPolicy"])} if "KeyPolicy" in properties else {}
        tags = tag_parameter(kms, "CreateKey", tags_of(properties))
        key = call(kms, "CreateKey", without(properties, *_APART), **policy, **tags)["KeyMetadata"]
        ctx.created(key["KeyId"])
        _set_rotation(kms, key["KeyId"], properties)
        if not _enabled(properties):
            kms.disable_key(KeyId=key["KeyId"])
        return Created(physical_id=key["KeyId"], attributes={"KeyId": key["KeyId"], "Arn": key["Arn"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        require_unchanged(properties, previous, "KeySpec", "KeyUsage", "MultiRegion", "Origin")
        kms = ctx.client("kms")
        if _enabled(properties) and not _enabled(previous):
            kms.enable_key(KeyId=physical_id)
        kms.update_key_description(KeyId=physical_id, Description=properties.get("Description", ""))
        if "KeyPolicy" in properties:
            kms.put_key_policy(KeyId=physical_id, PolicyName="default", Policy=document(properties["KeyPolicy"]))
        _set_rotation(kms, physical_id, properties, previous)
        if _enabled(previous) and not _enabled(properties):
            kms.disable_key(KeyId=physical_id)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(kms, ("TagResource", "UntagResource"), {"KeyId": physical_id}, was, wanted)
        key = kms.describe_key(KeyId=physical_id)["KeyMetadata"]
        return {"KeyId": key["KeyId"], "Arn": key["Arn"]}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("kms").schedule_key_deletion(
                KeyId=physical_id, PendingWindowInDays=int(properties.get("PendingWindowInDays", 30))
            )


def _set_rotation(kms: Any, key_id: str, properties: Properties, previous: Properties | None = None) -> None:
    if flag(properties.get("EnableKeyRotation")):
        call(kms, "EnableKeyRotation", only(properties, "RotationPeriodInDays"), KeyId=key_id)
    elif previous and flag(previous.get("EnableKeyRotation")):
        kms.disable_key_rotation(KeyId=key_id)


def _enabled(properties: Properties) -> bool:
    return flag(properties.get("Enabled", True))
