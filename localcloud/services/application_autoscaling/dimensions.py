"""What can be scaled: the capacity of each kind of resource, how it is read and set, and which metrics it has."""

from __future__ import annotations

import abc
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from localcloud.iam.linked_roles import LINKED_ROLES
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.platform.service import Params

    #: A boto3 client of a service, with the service-linked role's permissions.
    ClientOf = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """A resource's capacity, as its own service tells it."""

    desired: int
    settled: bool
    """Whether nothing changes the resource, so that its capacity can be changed."""
    failure: str = ""
    """Why the last change failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedMetric:
    """A predefined metric, and how AWS's alarms watch it."""

    namespace: str
    name: str
    statistic: str
    period_seconds: int = 60
    periods_above: int = 3
    periods_below: int = 15


class Dimension(abc.ABC):
    """One scalable dimension. Instances hold no state."""

    namespace: ClassVar[str]
    name: ClassVar[str]
    #: The noun in the words of its activities.
    noun: ClassVar[str]
    resource: ClassVar[re.Pattern[str]]
    least: ClassVar[int]
    default_cooldown_seconds: ClassVar[int]
    metrics: ClassVar[Mapping[str, TrackedMetric]]
    principal: ClassVar[str]
    role_policy: ClassVar[str]

    @property
    def role_name(self) -> str:
        return LINKED_ROLES[self.principal]

    @abc.abstractmethod
    def capacity(self, client_of: ClientOf, resource_id: str) -> Capacity:
        """Raises AwsError ValidationException where the resource does not exist."""

    @abc.abstractmethod
    def set_capacity(self, client_of: ClientOf, resource_id: str, count: int) -> None:
        """Begins the change; raises botocore's ClientError where the service refuses it."""

    @abc.abstractmethod
    def metric_dimensions(self, resource_id: str) -> list[dict[str, str]]:
        """The dimensions of the predefined metrics of this resource."""

    def parts(self, resource_id: str) -> tuple[str, ...]:
        """The names in the resource's id; raises AwsError for an id of another form."""
        found = self.resource.fullmatch(resource_id)
        if found is None:
            raise unsupported()
        return found.groups()


class SageMakerVariant(Dimension):
    """The instances of a variant behind an endpoint: ``endpoint/NAME/variant/NAME``."""

    namespace = "sagemaker"
    name = "sagemaker:variant:DesiredInstanceCount"
    noun = "desired instance count"
    resource = re.compile(r"endpoint/([a-zA-Z0-9-]+)/variant/([a-zA-Z0-9-]+)")
    least = 1
    default_cooldown_seconds = 300
    principal = "sagemaker.application-autoscaling.amazonaws.com"
    role_policy = "AWSApplicationAutoscalingSageMakerEndpointPolicy"
    metrics: ClassVar[Mapping[str, TrackedMetric]] = {
        "SageMakerVariantInvocationsPerInstance": TrackedMetric(
            namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum"
        ),
        "SageMakerVariantConcurrentRequestsPerModelHighResolution": TrackedMetric(
            namespace="AWS/SageMaker",
            name="ConcurrentRequestsPerModel",
            statistic="Average",
            period_seconds=10,
            periods_below=90,
        ),
    }

    def capacity(self, client_of: ClientOf, resource_id: str) -> Capacity:
        endpoint, variant = self.parts(resource_id)
        try:
            found: dict[str, Any] = client_of("sagemaker").describe_endpoint(EndpointName=endpoint)
        except ClientError as error:
            if "Could not find" not in error.response["Error"]["Message"]:
                raise
            raise AwsError("ValidationException", error.response["Error"]["Message"]) from error
        variants = {each["VariantName"]: each for each in found.get("ProductionVariants", [])}
        if variant not in variants:
            raise AwsError(
                "ValidationException", f'Could not find variant "{variant}" of endpoint "{found["EndpointArn"]}".'
            )
        return Capacity(
            desired=variants[variant]["DesiredInstanceCount"],
            settled=found["EndpointStatus"] == "InService",
            failure=found.get("FailureReason", ""),
        )

    def set_capacity(self, client_of: ClientOf, resource_id: str, count: int) -> None:
        endpoint, variant = self.parts(resource_id)
        client_of("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}],
        )

    def metric_dimensions(self, resource_id: str) -> list[dict[str, str]]:
        endpoint, variant = self.parts(resource_id)
        return [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]


class LambdaConcurrency(Dimension):
    """The provisioned concurrency of a function's version or alias: ``function:NAME:ALIAS``."""

    namespace = "lambda"
    name = "lambda:function:ProvisionedConcurrency"
    noun = "provisioned concurrency"
    resource = re.compile(r"function:([a-zA-Z0-9_-]+):([a-zA-Z0-9_-]+)")
    least = 0
    default_cooldown_seconds = 0
    principal = "lambda.application-autoscaling.amazonaws.com"
    role_policy = "AWSApplicationAutoscalingLambdaConcurrencyPolicy"
    metrics: ClassVar[Mapping[str, TrackedMetric]] = {
        "LambdaProvisionedConcurrencyUtilization": TrackedMetric(
            namespace="AWS/Lambda", name="ProvisionedConcurrencyUtilization", statistic="Average"
        ),
    }

    def capacity(self, client_of: ClientOf, resource_id: str) -> Capacity:
        function, qualifier = self.parts(resource_id)
        try:
            found: dict[str, Any] = client_of("lambda").get_provisioned_concurrency_config(
                FunctionName=function, Qualifier=qualifier
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ProvisionedConcurrencyConfigNotFoundException":
                return Capacity(desired=0, settled=True)
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise AwsError("ValidationException", error.response["Error"]["Message"]) from error
            raise
        failed = found["Status"] == "FAILED"
        return Capacity(
            desired=found["RequestedProvisionedConcurrentExecutions"],
            settled=found["Status"] != "IN_PROGRESS",
            failure=found.get("StatusReason", "the provisioned concurrency failed") if failed else "",
        )

    def set_capacity(self, client_of: ClientOf, resource_id: str, count: int) -> None:
        """Lambda has no configuration for 0: it has none at all then."""
        function, qualifier = self.parts(resource_id)
        place = {"FunctionName": function, "Qualifier": qualifier}
        client = client_of("lambda")
        if count:
            client.put_provisioned_concurrency_config(**place, ProvisionedConcurrentExecutions=count)
        else:
            client.delete_provisioned_concurrency_config(**place)

    def metric_dimensions(self, resource_id: str) -> list[dict[str, str]]:
        function, qualifier = self.parts(resource_id)
        return [
            {"Name": "FunctionName", "Value": function},
            {"Name": "Resource", "Value": f"{function}:{qualifier}"},
        ]


_DIMENSIONS: dict[str, Dimension] = {kind.name: kind for kind in (SageMakerVariant(), LambdaConcurrency())}
NAMESPACES = frozenset(kind.namespace for kind in _DIMENSIONS.values())


def dimension_of(params: Params) -> Dimension:
    """The dimension that a request names, with its resource; refuses by name what cannot be scaled here."""
    namespace, name = params["ServiceNamespace"], params.get("ScalableDimension", "")
    check_namespace(namespace)
    kind = _DIMENSIONS.get(name)
    if kind is None or kind.namespace != namespace:
        if name.startswith(f"{namespace}:"):
            raise UnsupportedError(f"application-autoscaling: the scalable dimension {name}")
        raise unsupported()
    kind.parts(params["ResourceId"])
    return kind


def check_namespace(namespace: str) -> None:
    if namespace not in NAMESPACES:
        raise UnsupportedError(f"application-autoscaling: the service namespace {namespace}")


def unsupported() -> AwsError:
    return AwsError("ValidationException", "Unsupported service namespace, resource type or scalable dimension")
