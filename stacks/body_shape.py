"""What API Gateway itself checks of a body: its shape. The function checks the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def shape_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object with all members and no others, whatever their values.

    API Gateway's answer to a member too many or too few names it. Its answer to a value that is not allowed does not,
    while the function's does, with what is allowed (docs/api.md).
    """
    members: dict[str, dict[str, Any]] = {name: {} for name in schema["properties"]}
    return {**schema, "properties": members}
