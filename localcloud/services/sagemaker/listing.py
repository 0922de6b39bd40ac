"""The common filters, orders and pages of SageMaker's List operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

_PAGE = 10
#: ``SortBy`` → the end of the document's key.
_SORT_KEYS = {name: name for name in ("CreationTime", "LastModifiedTime", "FinalObjectiveMetricValue")}


def page(
    documents: Iterable[Document],
    params: Params,
    *,
    name: str,
    status: str | None = None,
    answer: str,
    fields: tuple[str, ...],
    descending: bool = True,
) -> Params:
    """One page of summaries with these ``fields``, filtered and sorted by ``params``.

    ``name`` and ``status``: the documents' fields for NameContains and StatusEquals. ``descending``: the operation's
    default order.
    """
    found = [document for document in documents if _wanted(document, params, name, status)]
    sort_field = _sort_field(params.get("SortBy", "CreationTime"), name, status)
    order = params.get("SortOrder")
    found.sort(
        key=lambda document: _sortable(document, sort_field), reverse=order == "Descending" if order else descending
    )
    shown, more = page_tokens.cut(found, params, int(params.get("MaxResults", _PAGE)), code="ValidationException")
    return {answer: [{field: doc[field] for field in fields if field in doc} for doc in shown], **more}


def _sortable(document: Document, field: str) -> Any:
    found = document.get(field)
    return document["CreationTime"] if found in (None, "") else found


def _sort_field(wanted: str, name: str, status: str | None) -> str:
    if wanted == "Name":
        return name
    if wanted == "Status" and status:
        return status
    return _SORT_KEYS.get(wanted, "CreationTime")


def _wanted(document: Document, params: Params, name: str, status: str | None) -> bool:
    checks: list[tuple[str, Any]] = [
        ("NameContains", lambda value: value.lower() in document[name].lower()),
        ("StatusEquals", lambda value: status is None or document[status] == value),
        ("CreationTimeAfter", lambda value: document["CreationTime"] >= value),
        ("CreationTimeBefore", lambda value: document["CreationTime"] <= value),
        ("LastModifiedTimeAfter", lambda value: document["LastModifiedTime"] >= value),
        ("LastModifiedTimeBefore", lambda value: document["LastModifiedTime"] <= value),
    ]
    return all(check(_aware(params[key])) for key, check in checks if params.get(key) is not None)


def _aware(value: Any) -> Any:
    """A request's time in UTC. The parser returns times without a zone."""
    from datetime import UTC, datetime

    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
