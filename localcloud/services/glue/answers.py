"""Glue's words for errors, and its pages of long answers."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localcloud.platform.service import Params

#: Glue's default size of a page.
PAGE_SIZE = 100


def not_found(message: str) -> AwsError:
    return AwsError("EntityNotFoundException", message)


def already_exists(message: str) -> AwsError:
    return AwsError("AlreadyExistsException", message)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)


def refuse(what: str, params: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raises UnsupportedError for the first of these parameters that has a value; ``what``: as ``glue:CreateJob``."""
    for name in names:
        if params.get(name):
            raise UnsupportedError(f"{what} with {name}")


def given(params: Mapping[str, Any], fields: Iterable[str]) -> Params:
    """The ``fields`` that the caller gave."""
    return {field: params[field] for field in fields if field in params}


def page(params: Params, name: str, items: Sequence[Any]) -> Params:
    """One page of ``items`` under ``name``, and the token of the next one."""
    size = params.get("MaxResults") or PAGE_SIZE
    start = _offset(params["NextToken"]) if params.get("NextToken") else 0
    answer: Params = {name: list(items[start : start + size])}
    if start + size < len(items):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


def _offset(token: str) -> int:
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error) as error:
        raise invalid(f"The NextToken {token!r} does not come from an earlier answer.") from error
