"""Pages of a list. The token of the next page says where it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.platform.service import Params

_LONGEST = 12


def start(token: Any, *, code: str, named: str = "NextToken") -> int:
    """Zero without a token. Raises AwsError with the service's ``code`` for one that no answer had."""
    if token in (None, ""):
        return 0
    text = str(token)
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST:
        raise AwsError(code, f"Invalid {named}: {text!r} does not come from an earlier answer.")
    return int(text)


def cut(
    found: list[Any], params: Params, size: int, *, code: str, named: str = "NextToken", following: str = ""
) -> tuple[list[Any], dict[str, str]]:
    """The page that ``params`` ask for, and the token of the next one under its name, if there is one.

    ``named``: the token among the parameters. ``following``: the one in the answer, if its name is another. Raises
    AwsError as ``start``.
    """
    begin = start(params.get(named), code=code, named=named)
    end = begin + size
    return found[begin:end], {following or named: str(end)} if end < len(found) else {}
