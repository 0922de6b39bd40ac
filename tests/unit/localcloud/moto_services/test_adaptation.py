"""What our changes to moto promise."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.model import OperationModel, ServiceModel

from localcloud.moto_services.adaptation import _share_operations_between_threads


class Watched(dict[Any, Any]):
    """A cache that keeps everything that was ever put into it."""

    def __init__(self) -> None:
        super().__init__()
        self.put: list[Any] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        self.put.append(value)
        super().__setitem__(key, value)


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    before = vars(ServiceModel)["operation_model"]
    yield
    ServiceModel.operation_model = before  # type: ignore[method-assign]


@pytest.mark.usefixtures("_as_it_was")
def test_no_thread_sees_an_operation_without_what_moto_adds() -> None:
    """Only moto's model of an operation is cached: in between, another thread cannot take botocore's own."""
    _share_operations_between_threads()
    model = ServiceModel(
        {"metadata": {}, "operations": {"GetIt": {"name": "GetIt", "http": {"requestUri": "/"}}}}, "s3"
    )
    vars(model)["_instance_cache"] = seen = Watched()
    assert model.operation_model("GetIt").http_trait.path == "/"
    assert [type(put) for put in seen.put] == [OperationModel]
