"""What SageMaker's models and endpoint configurations have in common: neither can be changed."""

from __future__ import annotations

from typing import ClassVar

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Immutable(Resource):
    """Ref is the ARN, which ends in the name. Tags change in place; any other change is a replacement."""

    #: The kind in the names of the API: ``Create<kind>`` takes ``<kind>Name`` and returns ``<kind>Arn``.
    kind: ClassVar[str]

    def create(self, ctx: Context, properties: Properties) -> Created:
        sagemaker, operation = ctx.client("sagemaker"), f"Create{self.kind}"
        named = {f"{self.kind}Name": ctx.new_name(63), **properties}
        tags = tag_parameter(sagemaker, operation, tags_of(properties))
        arn = call(sagemaker, operation, without(named, "Tags"), **tags)[f"{self.kind}Arn"]
        return Created(physical_id=arn, attributes=self._attributes(arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        arn = {"ResourceArn": physical_id}
        was, wanted = tags_of(previous), tags_of(properties)
        retag(ctx.client("sagemaker"), ("AddTags", "DeleteTags"), arn, was, wanted)
        return self._attributes(physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        name = f"{self.kind}Name"
        with already_gone():
            call(ctx.client("sagemaker"), f"Delete{self.kind}", {name: self._attributes(physical_id)[name]})

    def _attributes(self, arn: str) -> Attributes:
        return {f"{self.kind}Arn": arn, f"{self.kind}Name": arn.rpartition("/")[2]}
