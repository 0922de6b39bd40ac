"""Images by their first bytes: which format a file has, and how large its picture is, without unpacking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: How the files of each format begin.
SIGNATURES: Mapping[str, bytes] = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
#: The content type of each format.
CONTENT_TYPES: Mapping[str, str] = {"png": "image/png", "jpeg": "image/jpeg"}

#: The markers of JPEG frames, which have the picture's size; and those that stand alone.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def format_of(content: bytes, formats: Iterable[str] = tuple(SIGNATURES)) -> str | None:
    """Which of the formats the content has, by its first bytes."""
    return next((each for each in formats if content.startswith(SIGNATURES[each])), None)


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height as the header says; None if it does not say."""
    found = format_of(content)
    if found == "png":
        return _size_of_png(content)
    return _size_of_jpeg(content) if found == "jpeg" else None


def _size_of_png(content: bytes) -> tuple[int, int] | None:
    """The header is the first chunk: its length, IHDR, width, height."""
    if len(content) < 24 or content[12:16] != b"IHDR":
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    """Each segment: 0xFF, the marker, the length with its own two bytes. A frame's has height and width."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _FRAMES:
            return int.from_bytes(content[place + 7 : place + 9]), int.from_bytes(content[place + 5 : place + 7])
        if marker == 0xFF:
            place += 1
        elif marker in _ALONE:
            place += 2
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return None
