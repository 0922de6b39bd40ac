"""Endpoint configurations: models, their instances and share of the traffic, and data capture."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.instances import RANDOM, STRATEGIES
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.models import model_by_name
from localcloud.services.sagemaker.tags import forget_tags, put_tags

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_KNOWN = {"EndpointConfigName", "ProductionVariants", "DataCaptureConfig", "KmsKeyId", "Tags", "ExecutionRoleArn"}
_VARIANT = {
    "VariantName",
    "ModelName",
    "InitialInstanceCount",
    "InstanceType",
    "InitialVariantWeight",
    "VolumeSizeInGB",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "RoutingConfig",
}
_CAPTURE = {
    "EnableCapture",
    "InitialSamplingPercentage",
    "DestinationS3Uri",
    "KmsKeyId",
    "CaptureOptions",
    "CaptureContentTypeHeader",
}


class EndpointConfigs(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._configs = cloud.store.table("sagemaker.endpoint_configs")

    @operation("CreateEndpointConfig")
    def create(self, _: Call, params: Params) -> Params:
        accept_only(params, _KNOWN, "CreateEndpointConfig")
        name = params["EndpointConfigName"]
        arn = self.cloud.arn("sagemaker", f"endpoint-config/{name}")
        if name in self._configs:
            raise AwsError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
        accept_only(
            params.get("DataCaptureConfig", {}), _CAPTURE, "CreateEndpointConfig with DataCaptureConfig that has"
        )
        document = {
            **{key: value for key, value in params.items() if key != "Tags"},
            "ProductionVariants": [self._variant(variant) for variant in params["ProductionVariants"]],
            "EndpointConfigArn": arn,
            "CreationTime": datetime.now(UTC),
        }
        _check_names(document)
        self._configs.put(name, document)
        put_tags(self.cloud, arn, params.get("Tags"))
        return {"EndpointConfigArn": arn}

    @operation("DescribeEndpointConfig")
    def describe(self, _: Call, params: Params) -> Params:
        return config_by_name(self.cloud, params["EndpointConfigName"])

    @operation("ListEndpointConfigs")
    def list_configs(self, _: Call, params: Params) -> Params:
        return page(
            (document for _, document in self._configs.items()),
            params,
            name="EndpointConfigName",
            answer="EndpointConfigs",
            fields=("EndpointConfigName", "EndpointConfigArn", "CreationTime"),
        )

    @operation("DeleteEndpointConfig")
    def delete(self, _: Call, params: Params) -> Params:
        document = config_by_name(self.cloud, params["EndpointConfigName"])
        self._configs.delete(document["EndpointConfigName"])
        forget_tags(self.cloud, document["EndpointConfigArn"])
        return {}

    def _variant(self, variant: Params) -> Params:
        """A variant with AWS's defaults; raises AwsError where its model does not exist."""
        accept_only(variant, _VARIANT, "CreateEndpointConfig with a production variant that has")
        model_by_name(self.cloud, variant.get("ModelName", ""))
        for name in ("InitialInstanceCount", "InstanceType"):
            if name not in variant:
                raise AwsError("ValidationException", f"Production variant {variant['VariantName']} needs {name}.")
        strategy = variant.get("RoutingConfig", {}).get("RoutingStrategy", RANDOM)
        if strategy not in STRATEGIES:
            raise AwsError("ValidationException", f"RoutingStrategy must be {' or '.join(STRATEGIES)}, not {strategy}.")
        return {"InitialVariantWeight": 1.0, **variant}


def config_by_name(cloud: Cloud, name: str) -> Document:
    found = cloud.store.table("sagemaker.endpoint_configs").get(name)
    if found is None:
        arn = cloud.arn("sagemaker", f"endpoint-config/{name}")
        raise AwsError("ValidationException", f'Could not find endpoint configuration "{arn}".')
    return found


def _check_names(document: Document) -> None:
    names = [variant["VariantName"] for variant in document["ProductionVariants"]]
    if len(set(names)) < len(names):
        raise AwsError("ValidationException", f"Two production variants have the same name: {', '.join(names)}.")
    if all(variant["InitialVariantWeight"] == 0 for variant in document["ProductionVariants"]):
        raise AwsError("ValidationException", "At least one production variant needs a weight above 0.")
