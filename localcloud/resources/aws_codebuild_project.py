"""AWS::CodeBuild::Project."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import tag_parameter, tags_of

#: The defaults for properties that left the template: UpdateProject keeps what a call does not mention.
_DEFAULTS: Properties = {
    "BadgeEnabled": False,
    "Cache": {"Type": "NO_CACHE"},
    "Description": "",
    "EncryptionKey": "alias/aws/s3",
    "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED"}, "S3Logs": {"Status": "DISABLED"}},
    "QueuedTimeoutInMinutes": 480,
    "SecondaryArtifacts": [],
    "SecondarySourceVersions": [],
    "SecondarySources": [],
    "SourceVersion": "",
    "TimeoutInMinutes": 60,
}


class Project(Resource):
    """Ref is the project's name."""

    type_name = "AWS::CodeBuild::Project"

    def create(self, ctx: Context, properties: Properties) -> Created:
        codebuild = ctx.client("codebuild")
        named = {"Name": ctx.new_name(150), **properties}
        tags = tag_parameter(codebuild, "CreateProject", tags_of(properties))
        call(codebuild, "CreateProject", without(named, "Tags"), **tags)
        return Created(physical_id=named["Name"], attributes=_attributes(ctx, named["Name"]))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        codebuild = ctx.client("codebuild")
        lost = {name: value for name, value in _DEFAULTS.items() if name in previous}
        tags = tag_parameter(codebuild, "UpdateProject", tags_of(properties)) or {"tags": []}
        call(codebuild, "UpdateProject", without(lost | properties, "Name", "Tags"), name=physical_id, **tags)
        return _attributes(ctx, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("codebuild").delete_project(name=physical_id)


def _attributes(ctx: Context, name: str) -> Attributes:
    return {"Arn": ctx.arn("codebuild", f"project/{name}"), "Id": name}
