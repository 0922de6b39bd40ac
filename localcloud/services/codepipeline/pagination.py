"""Pages of a list. ``nextToken`` is the start of the next one."""

from __future__ import annotations

from typing import Any

from localcloud.platform import page_tokens


def page(found: list[Any], params: dict[str, Any], *, most: int = 100) -> tuple[list[Any], dict[str, str]]:
    """One page, and ``nextToken`` if there is another. Takes both spellings of the parameters."""
    spelling = "NextToken" if "NextToken" in params or "MaxResults" in params else "nextToken"
    token = params.get("nextToken", params.get("NextToken"))
    limit = params.get("maxResults", params.get("MaxResults", most))
    start = page_tokens.start(token, code="InvalidNextTokenException", named="nextToken")
    more = {spelling: str(start + limit)} if start + limit < len(found) else {}
    return found[start : start + limit], more
