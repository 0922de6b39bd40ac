"""AWS::Lambda::Version."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.lambda_provisioned import provision
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource, ResourceError
from localcloud.resources.shapes import call, refuse, without


class Version(Resource):
    """What a function is now, published. Ref is the version's ARN. It cannot be changed, only replaced."""

    type_name = "AWS::Lambda::Version"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, "RuntimePolicy", "FunctionScalingConfig")
        client = ctx.client("lambda")
        function = properties["FunctionName"]
        before = _numbers(client, function)
        published = call(client, "PublishVersion", without(properties, "ProvisionedConcurrencyConfig"))
        number, arn = published["Version"], published["FunctionArn"]
        if number in before:  # belongs to another resource, or to none
            raise ResourceError(
                f"A version for this Lambda function exists ( {number} ). Modify the function to create a new version."
            )
        ctx.created(arn)
        provision(ctx, function, number, properties, {})
        return Created(physical_id=arn, attributes={"Version": number, "FunctionArn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, previous
        refuse(properties, "RuntimePolicy", "FunctionScalingConfig")
        return {"Version": physical_id.rpartition(":")[2], "FunctionArn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("lambda").delete_function(FunctionName=physical_id)


def _numbers(client: Any, function: str) -> set[str]:
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    return {version["Version"] for page in pages for version in page["Versions"]}
