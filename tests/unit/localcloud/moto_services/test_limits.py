"""What moto would answer in another way than AWS is refused by name."""

from __future__ import annotations

import pytest

from localcloud.coverage import moto_operations
from localcloud.moto_services.limits import NOT_SERVED, check
from localcloud.platform.errors import UnsupportedError
from localcloud.wire.api_requests import ApiRequest


@pytest.mark.parametrize(("service", "operation"), sorted(NOT_SERVED))
def test_what_is_not_served_is_not_listed_and_refused(service: str, operation: str) -> None:
    """COVERAGE.md promises what works: an operation stands there, or its call says that it does not."""
    assert operation not in moto_operations(service)
    with pytest.raises(UnsupportedError, match=f"{service}:{operation} is not supported by the local cloud"):
        check(ApiRequest(service=service, operation=operation, params={}))
