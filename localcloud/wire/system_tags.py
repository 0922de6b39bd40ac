"""Tags whose keys begin with ``aws:``. AWS's services write them, on nobody's permission, and nobody else may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.service import Params

PREFIX = "aws:"
NOT_YOURS = "aws: prefixed tag key names are not allowed for external use."
_TAGS = re.compile(r"tags?|taglist|tagstoadd|userpooltags", re.IGNORECASE)
_KEYS = re.compile(r"tagkeys|tagkeylist|tagstoremove", re.IGNORECASE)


def given(params: Params) -> dict[str, str]:
    """The tags that a request brings, of which the caller needs to be allowed to set each: without AWS's own."""
    for name, value in params.items():
        if _TAGS.fullmatch(name) and value:
            return {key: text for key, text in _pairs(value).items() if not key.startswith(PREFIX)}
    return {}


def keys(params: Params) -> list[str]:
    """The keys of the tags that a request sets or removes."""
    found: list[str] = []
    for name, value in params.items():
        if _TAGS.fullmatch(name) and value:
            found += _pairs(value)
        elif _KEYS.fullmatch(name) and isinstance(value, list):
            found += [key for key in value if isinstance(key, str)]
    return found


def _pairs(value: Any) -> dict[str, str]:
    """A map, or a list of pairs, whose members' names end in key and value."""
    if isinstance(value, dict):
        return {str(key): str(text) for key, text in value.items()}
    tags = [tag for tag in value if isinstance(tag, dict)] if isinstance(value, list) else []
    return {str(_of(tag, "key")): str(_of(tag, "value")) for tag in tags}


def _of(tag: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in tag.items() if key.lower().endswith(name)), "")
