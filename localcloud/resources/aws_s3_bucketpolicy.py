"""AWS::S3::BucketPolicy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document


class BucketPolicy(Resource):
    """Ref is the bucket's name, for a bucket has one policy."""

    type_name = "AWS::S3::BucketPolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        ctx.client("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=document(properties["PolicyDocument"]))
        return Created(physical_id=properties["Bucket"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        ctx.client("s3").put_bucket_policy(Bucket=physical_id, Policy=document(properties["PolicyDocument"]))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("s3").delete_bucket_policy(Bucket=physical_id)
