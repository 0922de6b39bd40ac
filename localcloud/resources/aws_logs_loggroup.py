"""AWS::Logs::LogGroup."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, require_unchanged, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class LogGroup(Resource):
    """Ref is the group's name. As in CloudFormation, its Arn ends in ``:*``."""

    type_name = "AWS::Logs::LogGroup"

    def create(self, ctx: Context, properties: Properties) -> Created:
        logs = ctx.client("logs")
        named = {"LogGroupName": ctx.new_name(512), **properties}
        tags = tag_parameter(logs, "CreateLogGroup", tags_of(properties))
        call(logs, "CreateLogGroup", without(named, "RetentionInDays", "Tags"), **tags)
        name = named["LogGroupName"]
        ctx.created(name)
        if "RetentionInDays" in properties:
            _set_retention(logs, name, properties["RetentionInDays"])
        return Created(physical_id=name, attributes={"Arn": _arn(ctx, name)})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        changed = {name for name in {*properties, *previous} if properties.get(name) != previous.get(name)}
        others = sorted(changed - {"RetentionInDays", "KmsKeyId", "Tags"})
        require_unchanged(properties, previous, *others)
        logs = ctx.client("logs")
        if "RetentionInDays" in changed:
            _set_retention(logs, physical_id, properties.get("RetentionInDays"))
        if "KmsKeyId" in changed and properties.get("KmsKeyId"):
            logs.associate_kms_key(logGroupName=physical_id, kmsKeyId=properties["KmsKeyId"])
        elif "KmsKeyId" in changed:
            logs.disassociate_kms_key(logGroupName=physical_id)
        arn = _arn(ctx, physical_id)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(logs, ("TagResource", "UntagResource"), {"resourceArn": arn.removesuffix(":*")}, was, wanted)
        return {"Arn": arn}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("logs").delete_log_group(logGroupName=physical_id)


def _set_retention(logs: Any, name: str, days: int | str | None) -> None:
    if days is None:
        logs.delete_retention_policy(logGroupName=name)
    else:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))


def _arn(ctx: Context, name: str) -> str:
    return f"{ctx.arn('logs', f'log-group:{name}')}:*"
