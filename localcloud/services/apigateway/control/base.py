"""The base of API Gateway's groups of operations: the documents, and what is the same in all operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.accepted import accept_only
from localcloud.platform.service import Operations
from localcloud.services.apigateway.apis import Documents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

_DEFAULT_PAGE = 25
_LARGEST_PAGE = 500


class ApiGatewayOperations(Operations):
    service = "apigateway"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.documents = Documents(cloud)


def taken(params: Params, names: Iterable[str], operation: str) -> Document:
    """These parameters where they are given; raises UnsupportedError for any other but those that name the thing."""
    names = frozenset(names)
    accept_only(params, names, f"apigateway:{operation}")
    return {name: params[name] for name in params if name in names and params[name] is not None}


def page(items: list[Document], params: Params) -> Params:
    """One page of a listing. As on AWS, the position is opaque and the limit 25 by default."""
    limit = min(int(params.get("limit") or _DEFAULT_PAGE), _LARGEST_PAGE)
    start = page_tokens.start(params.get("position"), code="BadRequestException", named="position parameter")
    more = {"position": str(start + limit)} if start + limit < len(items) else {}
    return {"items": items[start : start + limit], **more}
