"""The tags of SageMaker's resources, by ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


#: The kind of resource in an ARN → where its documents are, and their member with the ARN.
_RESOURCES = {
    "endpoint": ("sagemaker.endpoints", "EndpointArn"),
    "endpoint-config": ("sagemaker.endpoint_configs", "EndpointConfigArn"),
    "hyper-parameter-tuning-job": ("sagemaker.tuning_jobs", "HyperParameterTuningJobArn"),
    "model": ("sagemaker.models", "ModelArn"),
    "model-package": ("sagemaker.model_packages", "ModelPackageArn"),
    "model-package-group": ("sagemaker.model_package_groups", "ModelPackageGroupArn"),
    "training-job": ("sagemaker.training_jobs", "TrainingJobArn"),
    "transform-job": ("sagemaker.transform_jobs", "TransformJobArn"),
}


def put_tags(cloud: Cloud, arn: str, tags: list[dict[str, str]] | None) -> None:
    """Adds tags. A key that exists already gets the new value."""
    table = cloud.store.table("sagemaker.tags")
    known = table.get(arn) or {}
    if tags:
        table.put(arn, known | {tag["Key"]: tag["Value"] for tag in tags})


def forget_tags(cloud: Cloud, arn: str) -> None:
    cloud.store.table("sagemaker.tags").delete(arn)


def tags_of(cloud: Cloud, arn: str) -> list[dict[str, str]]:
    found = cloud.store.table("sagemaker.tags").get(arn) or {}
    return [{"Key": key, "Value": value} for key, value in found.items()]


class Tags(Operations):
    service = "sagemaker"

    def _require(self, arn: str) -> None:
        """Raises AwsError for a resource that is not there."""
        kind = arn.removeprefix(self.cloud.arn("sagemaker", "")).partition("/")[0]
        table, member = _RESOURCES.get(kind, ("", ""))
        documents = self.cloud.store.table(table).items() if table else ()
        if not any(document.get(member) == arn for _, document in documents):
            raise AwsError("ValidationException", f'Could not find resource "{arn}".')

    @operation("AddTags")
    def add_tags(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        put_tags(self.cloud, params["ResourceArn"], params["Tags"])
        return {"Tags": tags_of(self.cloud, params["ResourceArn"])}

    @operation("ListTags")
    def list_tags(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        return {"Tags": tags_of(self.cloud, params["ResourceArn"])}

    @operation("DeleteTags")
    def delete_tags(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        table = self.cloud.store.table("sagemaker.tags")
        kept = {
            key: value
            for key, value in (table.get(params["ResourceArn"]) or {}).items()
            if key not in params["TagKeys"]
        }
        table.put(params["ResourceArn"], kept)
        return {}
