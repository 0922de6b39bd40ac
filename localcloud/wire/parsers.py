"""moto's parsers of the wire formats, with booleans read as strictly as AWS reads them."""

from __future__ import annotations

import functools
from typing import Any

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@functools.cache
def of(protocol: str) -> Any:
    """The class that parses a protocol. It raises ValueError for a text in a boolean's place that is none."""
    from moto.core.parse import PROTOCOL_PARSERS, UNDEFINED

    parser: Any = PROTOCOL_PARSERS[protocol]
    if protocol == "json":
        return parser

    def _parse_boolean(self: Any, shape: Any, value: Any, *prefix: str) -> Any:
        if protocol == "query":
            value = self._default_handle(shape, value, *prefix)
        text = value if isinstance(value, (bool, str)) or value is UNDEFINED else value.text
        return _boolean(text) if isinstance(text, str) else text

    return type(parser.__name__, (parser,), {"_parse_boolean": _parse_boolean})


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(f"{text!r} is neither true nor false")
    return _BOOLEANS[text.lower()]
