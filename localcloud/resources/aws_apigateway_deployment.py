"""AWS::ApiGateway::Deployment."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, require_unchanged

_REFUSED = ("StageDescription", "DeploymentCanarySettings")


class Deployment(Resource):
    """A snapshot of an API. Ref is its id. The CDK gives it a new logical id with each change of the API."""

    type_name = "AWS::ApiGateway::Deployment"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *_REFUSED)
        made = call(ctx.client("apigateway"), "CreateDeployment", properties)
        return Created(physical_id=made["id"], attributes={"DeploymentId": made["id"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, *_REFUSED)
        require_unchanged(properties, previous, "StageName")
        patches = replaced(previous, properties, {"Description": "/description"})
        if patches:
            ctx.client("apigateway").update_deployment(
                restApiId=properties["RestApiId"], deploymentId=physical_id, patchOperations=patches
            )
        return {"DeploymentId": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        client, api = ctx.client("apigateway"), properties["RestApiId"]
        with already_gone():
            stage = properties.get("StageName")
            if stage and client.get_stage(restApiId=api, stageName=stage)["deploymentId"] == physical_id:
                client.delete_stage(restApiId=api, stageName=stage)
        with already_gone():
            client.delete_deployment(restApiId=api, deploymentId=physical_id)
