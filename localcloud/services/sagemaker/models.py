"""Models: their containers, data and role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.images.registry import image_of
from localcloud.platform.errors import AwsError, EngineError, UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.execution_role import execution_role
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.model_packages import package_by_name
from localcloud.services.sagemaker.s3_data import S3Data
from localcloud.services.sagemaker.tags import forget_tags, put_tags

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_MAX_CONTAINERS = 15
_CONTAINER = {"Image", "ModelDataUrl", "Environment", "ContainerHostname", "Mode", "ModelPackageName"}
_PACKAGED = {"Image", "ImageDigest", "ModelDataUrl", "Environment", "ContainerHostname", "Framework"}
#: Fields of a package's container without effect on how it runs.
_DESCRIPTIVE = {"FrameworkVersion", "NearestModelName", "ProductId"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerSpec:
    """One container of a model, with package names resolved."""

    #: AWS's name in messages and log streams: ``primary``, or ``container-1`` and so on in a pipeline.
    name: str
    image: str
    model_data_url: str | None
    environment: dict[str, str]


def container_specs(cloud: Cloud, model: Document) -> list[ContainerSpec]:
    """The model's containers in the order of a request; raises AwsError where one is invalid."""
    given = model.get("Containers") or [model["PrimaryContainer"]]
    definitions = [definition for container in given for definition in _expanded(cloud, container)]
    if len(definitions) > _MAX_CONTAINERS:
        raise AwsError(
            "ValidationException", f"A model has at most {_MAX_CONTAINERS} containers, and not {len(definitions)}."
        )
    return [
        ContainerSpec(
            name=definition.get("ContainerHostname") or ("primary" if len(definitions) == 1 else f"container-{number}"),
            image=definition["Image"],
            model_data_url=definition.get("ModelDataUrl"),
            environment=definition.get("Environment") or {},
        )
        for number, definition in enumerate(definitions, start=1)
    ]


def _expanded(cloud: Cloud, container: dict[str, Any]) -> list[dict[str, Any]]:
    """The containers of a definition. A ModelPackageName means all of that package; the model's environment wins."""
    if "ModelPackageName" not in container:
        if "Image" not in container:
            raise AwsError("ValidationException", "A container needs an Image or a ModelPackageName.")
        return [container]
    package = package_by_name(cloud, container["ModelPackageName"])
    definitions = package.get("InferenceSpecification", {}).get("Containers", [])
    if not definitions:
        raise AwsError(
            "ValidationException",
            f"Model package {package['ModelPackageArn']} has no InferenceSpecification with containers.",
        )
    for definition in definitions:
        accept_only(definition, _PACKAGED | _DESCRIPTIVE, "CreateModel of a model package whose container has")
    own = container.get("Environment") or {}
    return [
        {**definition, "Environment": {**(definition.get("Environment") or {}), **own}} for definition in definitions
    ]


class Models(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._models = cloud.store.table("sagemaker.models")

    @operation("CreateModel")
    def create(self, _: Call, params: Params) -> Params:
        accept_only(
            params,
            {
                "ModelName",
                "PrimaryContainer",
                "Containers",
                "InferenceExecutionConfig",
                "ExecutionRoleArn",
                "Tags",
                "EnableNetworkIsolation",
            },
            "CreateModel",
        )
        name = params["ModelName"]
        arn = self.cloud.arn("sagemaker", f"model/{name}")
        if name in self._models:
            raise AwsError("ValidationException", f'Cannot create already existing model "{arn}".')
        _check_shape(params)
        document = {
            **{key: value for key, value in params.items() if key != "Tags"},
            "ModelArn": arn,
            "CreationTime": datetime.now(UTC),
            "EnableNetworkIsolation": params.get("EnableNetworkIsolation", False),
        }
        self._check_data(document)
        self._models.put(name, document)
        put_tags(self.cloud, arn, params.get("Tags"))
        return {"ModelArn": arn}

    @operation("DescribeModel")
    def describe(self, _: Call, params: Params) -> Params:
        return model_by_name(self.cloud, params["ModelName"])

    @operation("ListModels")
    def list_models(self, _: Call, params: Params) -> Params:
        return page(
            (document for _, document in self._models.items()),
            params,
            name="ModelName",
            answer="Models",
            fields=("ModelName", "ModelArn", "CreationTime"),
        )

    @operation("DeleteModel")
    def delete(self, _: Call, params: Params) -> Params:
        document = model_by_name(self.cloud, params["ModelName"])
        self._models.delete(document["ModelName"])
        forget_tags(self.cloud, document["ModelArn"])
        return {}

    def _check_data(self, document: Document) -> None:
        """As AWS does, checks that the role can read every container's data now."""
        specs = container_specs(self.cloud, document)
        for spec in specs:
            image_of(spec.image)
        role = document.get("ExecutionRoleArn")
        if role is None:
            raise AwsError("ValidationException", "A model needs its ExecutionRoleArn.")
        for spec in specs:
            url = spec.model_data_url
            status = self._status(role, url, document["ModelName"]) if url else HTTPStatus.OK
            if status == HTTPStatus.NOT_FOUND:
                raise AwsError("ValidationException", f"Could not find model data at {url}.")
            if status != HTTPStatus.OK:
                raise AwsError(
                    "ValidationException",
                    f'Could not access model data at {url}. Please ensure that the role "{role}" exists and that its '
                    'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
                    '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the '
                    f"object is located in {self.cloud.settings.region}.",
                )

    def _status(self, role: str, url: str, model: str) -> int:
        try:
            return S3Data(execution_role(self.cloud, role, "CreateModel", resource=f"model/{model}")).status(url)
        except (ClientError, EngineError):
            return HTTPStatus.FORBIDDEN


def model_by_name(cloud: Cloud, name: str) -> Document:
    found = cloud.store.table("sagemaker.models").get(name)
    if found is None:
        raise AwsError("ValidationException", f'Could not find model "{cloud.arn("sagemaker", f"model/{name}")}".')
    return found


def _check_shape(params: Params) -> None:
    if ("PrimaryContainer" in params) == bool(params.get("Containers")):
        raise AwsError("ValidationException", "A model has either a PrimaryContainer or Containers.")
    mode = params.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
    if mode != "Serial":
        raise UnsupportedError(f"sagemaker:CreateModel with InferenceExecutionConfig.Mode {mode}")
    for container in params.get("Containers") or [params["PrimaryContainer"]]:
        accept_only(container, _CONTAINER, "CreateModel with a container that has")
        if container.get("Mode", "SingleModel") != "SingleModel":
            raise UnsupportedError(f"sagemaker:CreateModel with a container of Mode {container['Mode']}")
