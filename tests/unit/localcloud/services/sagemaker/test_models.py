"""Which containers a model runs."""

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.sagemaker.models import container_specs

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/cars/1"


def _register(cloud, *containers):
    package = {"ModelPackageArn": ARN, "InferenceSpecification": {"Containers": list(containers)}}
    cloud.store.table("sagemaker.model_packages").put("cars/1", package)


def test_a_single_container_is_the_primary_one(cloud):
    """A single container is called primary in messages and logs."""
    (spec,) = container_specs(cloud, {"PrimaryContainer": {"Image": "host/a:1"}})
    assert (spec.name, spec.image, spec.model_data_url, spec.environment) == ("primary", "host/a:1", None, {})


def test_containers_of_a_pipeline_are_numbered(cloud):
    """Containers are container-1, container-2 …, unless one has a host name of its own."""
    model = {"Containers": [{"Image": "host/a:1"}, {"Image": "host/b:1", "ContainerHostname": "middle"}]}
    assert [spec.name for spec in container_specs(cloud, model)] == ["container-1", "middle"]


def test_a_package_stands_for_all_its_containers(cloud):
    """A package's containers come in order, each with its environment, over which the model's own wins."""
    _register(cloud, {"Image": "host/a:1", "Environment": {"X": "1", "Y": "1"}}, {"Image": "host/b:1"})
    model = {"Containers": [{"ModelPackageName": ARN, "Environment": {"X": "2"}}, {"Image": "host/c:1"}]}
    specs = container_specs(cloud, model)
    assert [spec.image for spec in specs] == ["host/a:1", "host/b:1", "host/c:1"]
    assert specs[0].environment == {"X": "2", "Y": "1"}


def test_a_package_that_is_not_there_is_named(cloud):
    """The error has the package's ARN."""
    with pytest.raises(AwsError, match="model-package/cars/1 does not exist"):
        container_specs(cloud, {"PrimaryContainer": {"ModelPackageName": ARN}})


def test_a_packages_container_is_checked_like_any_other(cloud):
    """What the local cloud does not know about a container, it refuses by name."""
    _register(cloud, {"Image": "host/a:1", "ModelDataSource": {"S3DataSource": {}}})
    with pytest.raises(UnsupportedError, match="ModelDataSource"):
        container_specs(cloud, {"PrimaryContainer": {"ModelPackageName": ARN}})


def test_a_pipeline_has_at_most_fifteen_containers(cloud):
    """A sixteenth container is refused, as on AWS."""
    with pytest.raises(AwsError, match="at most 15"):
        container_specs(cloud, {"Containers": [{"Image": "host/a:1"}] * 16})
