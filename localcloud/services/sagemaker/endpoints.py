"""Creates, updates, scales and deletes endpoints. One is InService when every container answers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, Route, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.announcements import announce_endpoints
from localcloud.services.sagemaker.deployments import Deployments
from localcloud.services.sagemaker.endpoint_configs import config_by_name
from localcloud.services.sagemaker.endpoint_metrics import EndpointMetrics
from localcloud.services.sagemaker.endpoint_restart import SCALING
from localcloud.services.sagemaker.fleet import Fleet, check_count
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.runtime import MAX_BODY_BYTES, PREFIX, Runtime, invocation
from localcloud.services.sagemaker.shift import Shift
from localcloud.services.sagemaker.tags import put_tags

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_UPDATE = {
    "EndpointName",
    "EndpointConfigName",
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
}
#: Property that RetainAllVariantProperties keeps besides data capture → the variant's attribute in a fleet.
_RETAINED = {"DesiredInstanceCount": "desired_instances", "DesiredWeight": "weight"}


class Endpoints(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._table = cloud.store.table("sagemaker.endpoints")
        self._deployments = Deployments(cloud)
        self._metrics = EndpointMetrics(cloud, self._deployments.concurrent)
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        account, region = self.cloud.settings.account_id, self.cloud.settings.region
        runtime = Runtime(account, self._metrics, self._deployments, f"arn:aws:logs:{region}:{account}")
        return [Route(prefix=PREFIX, answer=runtime.answer, authorize=invocation, largest_bytes=MAX_BODY_BYTES + 1)]

    def start(self) -> None:
        announce_endpoints(self.cloud)
        self._metrics.start()
        self._deployments.start()

    def stop(self) -> None:
        self._metrics.stop()
        self._deployments.stop()

    @operation("CreateEndpoint")
    def create(self, _: Call, params: Params) -> Params:
        accept_only(params, {"EndpointName", "EndpointConfigName", "Tags", "DeploymentConfig"}, "CreateEndpoint")
        name = params["EndpointName"]
        arn = self.cloud.arn("sagemaker", f"endpoint/{name}")
        config = config_by_name(self.cloud, params["EndpointConfigName"])
        fleet = Fleet(self.cloud, name, config)
        now = datetime.now(UTC)
        document = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": config["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        if "DeploymentConfig" in params:
            document["LastDeploymentConfig"] = params["DeploymentConfig"]
        with self._lock:
            if name in self._table:
                raise AwsError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
            self._table.put(name, document)
        put_tags(self.cloud, arn, params.get("Tags"))
        self._deployments.create(name, fleet)
        return {"EndpointArn": arn}

    @operation("UpdateEndpoint")
    def update(self, _: Call, params: Params) -> Params:
        accept_only(params, _UPDATE, "UpdateEndpoint")
        name = params["EndpointName"]
        document = self._endpoint(name)
        config = config_by_name(self.cloud, params["EndpointConfigName"])
        deployment = params.get("DeploymentConfig")
        if params.get("RetainDeploymentConfig"):
            deployment = document.get("LastDeploymentConfig")
        fleet = Fleet(self.cloud, name, config)
        self._retain(name, fleet, params)
        shift = Shift.plan(deployment, sum(variant.desired_instances for variant in fleet.variants))
        self._begin(name, "Updating", LastDeploymentConfig=deployment)
        self._deployments.update(name, fleet, shift)
        return {"EndpointArn": document["EndpointArn"]}

    @operation("UpdateEndpointWeightsAndCapacities")
    def update_weights_and_capacities(self, _: Call, params: Params) -> Params:
        name = params["EndpointName"]
        document = self._endpoint(name)
        wanted = {item["VariantName"]: item for item in params["DesiredWeightsAndCapacities"]}
        known = {variant["VariantName"] for variant in document.get("ProductionVariants", [])}
        if wanted.keys() - known:
            raise AwsError(
                "ValidationException",
                f'The variant name(s) "{", ".join(sorted(wanted.keys() - known))}" do not exist within '
                f'endpoint "{document["EndpointArn"]}".',
            )
        for item in wanted.values():
            accept_only(item, {"VariantName", "DesiredWeight", "DesiredInstanceCount"}, "DesiredWeightsAndCapacities")
            check_count(item.get("DesiredInstanceCount", 1), "DesiredInstanceCount")
        described = [_wanted(variant, wanted) for variant in document["ProductionVariants"]]
        if not any(variant["DesiredWeight"] for variant in described):
            raise AwsError("ValidationException", "At least one production variant needs a weight above 0.")
        self._begin(name, "Updating", ProductionVariants=described, **{SCALING: True})
        self._deployments.scale(name, wanted)
        return {"EndpointArn": document["EndpointArn"]}

    @operation("DescribeEndpoint")
    def describe(self, _: Call, params: Params) -> Params:
        document = self._endpoint(params["EndpointName"])
        capture = self._config(document).get("DataCaptureConfig")
        if capture:
            document["DataCaptureConfig"] = {
                "EnableCapture": capture.get("EnableCapture", False),
                "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
                "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                "DestinationS3Uri": capture["DestinationS3Uri"],
                "KmsKeyId": capture.get("KmsKeyId", ""),
            }
        return document

    @operation("ListEndpoints")
    def list_endpoints(self, _: Call, params: Params) -> Params:
        return page(
            (document for _, document in self._table.items()),
            params,
            name="EndpointName",
            status="EndpointStatus",
            answer="Endpoints",
            fields=("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus"),
        )

    @operation("DeleteEndpoint")
    def delete(self, _: Call, params: Params) -> Params:
        name = params["EndpointName"]
        with self._lock:
            document = self._endpoint(name)
            if document["EndpointStatus"] in {"Updating", "RollingBack", "Deleting"}:
                raise _in_progress(document)
            self._table.put(name, document | {"EndpointStatus": "Deleting", "LastModifiedTime": datetime.now(UTC)})
        self._deployments.delete(name)
        return {}

    def _endpoint(self, name: str) -> Document:
        found = self._table.get(name)
        if found is None:
            arn = self.cloud.arn("sagemaker", f"endpoint/{name}")
            raise AwsError("ValidationException", f'Could not find endpoint "{arn}".')
        return found

    def _config(self, document: Document) -> Document:
        """The deployed configuration, which may have been deleted since."""
        return document.get("_config") or {}

    def _begin(self, name: str, status: str, **changes: Any) -> None:
        """Begins a change of an InService endpoint; raises AwsError where one is under way."""
        with self._lock:
            document = self._endpoint(name)
            if document["EndpointStatus"] != "InService":
                raise _in_progress(document)
            kept = {key: value for key, value in document.items() if key != "FailureReason"}
            changed = {key: value for key, value in changes.items() if value is not None}
            self._table.put(name, {**kept, **changed, "EndpointStatus": status, "LastModifiedTime": datetime.now(UTC)})

    def _retain(self, name: str, fleet: Fleet, params: Params) -> None:
        """Keeps weights and counts of the remaining variants, and the data capture, where the caller wants it."""
        served = self._deployments.served(name)
        if not params.get("RetainAllVariantProperties") or served is None:
            return
        excluded = {item["VariantPropertyType"] for item in params.get("ExcludeRetainedVariantProperties", [])}
        serving = served.fleets()[0]
        if "DataCaptureConfig" not in excluded:
            fleet.capture_as(serving)
        previous = {variant.name: variant for variant in serving.variants}
        for variant in fleet.variants:
            for property_name, attribute in _RETAINED.items():
                if variant.name in previous and property_name not in excluded:
                    setattr(variant, attribute, getattr(previous[variant.name], attribute))


def _wanted(variant: Document, wanted: dict[str, Params]) -> Document:
    """A variant in DescribeEndpoint's form, with the wanted weight and count of instances."""
    change = wanted.get(variant["VariantName"], {})
    return variant | {key: value for key, value in change.items() if key != "VariantName"}


def _in_progress(document: Document) -> AwsError:
    if document["EndpointStatus"] == "Failed":
        return AwsError(
            "ValidationException",
            f'Cannot update endpoint "{document["EndpointArn"]}" in status Failed; delete it and create it anew.',
        )
    return AwsError("ValidationException", f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')
