"""Images that a caller sends or names: their format, size in bytes and size in pixels, before anything unpacks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refusals import bad_request

from handover.images import CONTENT_TYPES, format_of, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Unpacked, an image has four bytes a pixel or so, whatever its file has.
MOST_PIXELS = 16_000_000


def checked_picture(content: bytes, column: Mapping[str, Any], field: str) -> str:
    """The content type by the first bytes, whatever the caller calls it. RefusedError for what is not allowed.

    column: of dataset.toml, with ``images`` and ``largest_bytes``. field: where the image came from.
    """
    formats = " or ".join(column["images"])
    if len(content) > column["largest_bytes"]:
        raise bad_request(
            f"The image has {len(content)} bytes: expected at most {column['largest_bytes']}.",
            field=field,
            allowed={"maxLength": column["largest_bytes"]},
        )
    found = format_of(content, column["images"])
    if found is None:
        raise bad_request(
            f"The first bytes are of no {formats}: expected an image of the format {formats}.",
            field=field,
            allowed={"enum": [CONTENT_TYPES[each] for each in column["images"]]},
        )
    size = size_of(content)
    if size is None or not all(size):
        raise bad_request("The header of the image does not say how large it is.", field=field)
    if size[0] * size[1] > MOST_PIXELS:
        raise bad_request(
            f"The image has {size[0]} by {size[1]} pixels: expected at most {MOST_PIXELS} in all.",
            field=field,
            allowed={"maximum": MOST_PIXELS},
        )
    return CONTENT_TYPES[found]
