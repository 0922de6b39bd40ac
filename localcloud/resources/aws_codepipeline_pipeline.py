"""AWS::CodePipeline::Pipeline."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, flag, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_APART = ("DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags")


class Pipeline(Resource):
    """Ref is the pipeline's name."""

    type_name = "AWS::CodePipeline::Pipeline"

    def create(self, ctx: Context, properties: Properties) -> Created:
        codepipeline = ctx.client("codepipeline")
        name = properties.get("Name") or ctx.new_name(100)
        tags = tag_parameter(codepipeline, "CreatePipeline", tags_of(properties))
        answer = call(codepipeline, "CreatePipeline", {"Pipeline": _declaration(name, properties)}, **tags)
        ctx.created(name)
        _set_transitions(codepipeline, name, properties, {})
        return Created(physical_id=name, attributes=_attributes(ctx, answer["pipeline"]))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        codepipeline = ctx.client("codepipeline")
        answer = call(codepipeline, "UpdatePipeline", {"Pipeline": _declaration(physical_id, properties)})
        _set_transitions(codepipeline, physical_id, properties, previous)
        attributes = _attributes(ctx, answer["pipeline"])
        was, wanted = tags_of(previous), tags_of(properties)
        retag(codepipeline, ("TagResource", "UntagResource"), {"resourceArn": attributes["Arn"]}, was, wanted)
        if flag(properties.get("RestartExecutionOnUpdate")):
            codepipeline.start_pipeline_execution(name=physical_id)
        return attributes

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("codepipeline").delete_pipeline(name=physical_id)


def _declaration(name: str, properties: Properties) -> Properties:
    """The pipeline in the API's form, in which stores of several regions are a map by region."""
    own = without(properties, *_APART) | {"Name": name}
    if "ArtifactStores" in own:
        own["ArtifactStores"] = {each["Region"]: each["ArtifactStore"] for each in own["ArtifactStores"]}
    return own


def _set_transitions(codepipeline: Any, name: str, properties: Properties, previous: Properties) -> None:
    wanted, had = (
        {each["StageName"]: each["Reason"] for each in side.get("DisableInboundStageTransitions", [])}
        for side in (properties, previous)
    )
    for stage in sorted(had.keys() - wanted):
        codepipeline.enable_stage_transition(pipelineName=name, stageName=stage, transitionType="Inbound")
    for stage, reason in wanted.items():
        if had.get(stage) != reason:
            codepipeline.disable_stage_transition(
                pipelineName=name, stageName=stage, transitionType="Inbound", reason=reason
            )


def _attributes(ctx: Context, pipeline: dict[str, Any]) -> Attributes:
    return {"Arn": ctx.arn("codepipeline", pipeline["name"]), "Version": str(pipeline["version"])}
