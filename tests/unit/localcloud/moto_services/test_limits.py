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


QUERY = ("logs", "StartQuery", "queryString")
FILTER = ("logs", "FilterLogEvents", "filterPattern")


@pytest.mark.parametrize(
    ("service", "operation", "name", "value"),
    [
        (*QUERY, "filter @message like /ERROR/ | limit 3"),
        (*QUERY, "fields @timestamp, level"),
        (*QUERY, "fields @message\n| stats count(*)"),
        (*QUERY, "sort @message"),
        (*FILTER, "{ $.code = 500 }"),
        (*FILTER, "[ip, user, code = 5*]"),
        (*FILTER, "%5..%"),
    ],
)
def test_what_would_be_read_over_is_refused(service: str, operation: str, name: str, value: str) -> None:
    """An answer with events that nobody asked for would be a lie."""
    with pytest.raises(UnsupportedError, match="is not supported by the local cloud"):
        check(ApiRequest(service=service, operation=operation, params={name: value}))


@pytest.mark.parametrize(
    ("service", "operation", "name", "value"),
    [
        (*QUERY, "fields @timestamp, @message | sort @timestamp desc | limit 20"),
        (*QUERY, "FIELDS @message\n| LIMIT 5"),
        (*FILTER, 'ERROR -"time out" user.name'),
        (*FILTER, ""),
    ],
)
def test_what_is_understood_passes(service: str, operation: str, name: str, value: str) -> None:
    """The same operations with what they do use."""
    check(ApiRequest(service=service, operation=operation, params={name: value}))
