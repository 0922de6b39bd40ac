"""AWS::CodePipeline::Webhook."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, flag, without
from localcloud.resources.tags import tag_parameter, tags_of

#: Not sent: a webhook starts the pipeline's present version.
_APART = ("RegisterWithThirdParty", "TargetPipelineVersion", "Tags")


class Webhook(Resource):
    """A webhook and, where the template asks for it, its registration with GitHub. Ref is its name."""

    type_name = "AWS::CodePipeline::Webhook"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = properties.get("Name") or ctx.new_name(100)
        webhook = _put(ctx, name, properties)
        ctx.created(name)
        if flag(properties.get("RegisterWithThirdParty")):
            ctx.client("codepipeline").register_webhook_with_third_party(webhookName=name)
        return Created(physical_id=name, attributes=_attributes(name, webhook))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        codepipeline = ctx.client("codepipeline")
        webhook = _put(ctx, physical_id, properties)
        if flag(properties.get("RegisterWithThirdParty")):
            codepipeline.register_webhook_with_third_party(webhookName=physical_id)
        elif flag(previous.get("RegisterWithThirdParty")):
            codepipeline.deregister_webhook_with_third_party(webhookName=physical_id)
        return _attributes(physical_id, webhook)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        codepipeline = ctx.client("codepipeline")
        with already_gone():
            if flag(properties.get("RegisterWithThirdParty")):
                codepipeline.deregister_webhook_with_third_party(webhookName=physical_id)
            codepipeline.delete_webhook(name=physical_id)


def _put(ctx: Context, name: str, properties: Properties) -> dict[str, Any]:
    codepipeline = ctx.client("codepipeline")
    definition = without(properties, *_APART) | {"Name": name}
    tags = tag_parameter(codepipeline, "PutWebhook", tags_of(properties))
    webhook: dict[str, Any] = call(codepipeline, "PutWebhook", {"Webhook": definition}, **tags)["webhook"]
    return webhook


def _attributes(name: str, webhook: dict[str, Any]) -> Attributes:
    return {"Id": name, "Url": webhook["url"]}
