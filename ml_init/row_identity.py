"""A row's identity: the same for as long as its features are the same, in whatever file and under whatever number.

The label is no part of it: a row whose label was corrected is still the same row. Neither is the row's place in its
file, nor an identifier such as a customer's number.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A unit separator cannot occur in a value of a CSV file of categories, so no two rows give the same text.
SEPARATOR = "\x1f"
#: 64 bits: among a million rows, two that differ share an identity with a chance of 1 in 37 million.
HEX_DIGITS = 16


def identity(features: Sequence[str]) -> str:
    """The first 64 bits of the SHA-256 of the features' canonical values, as hexadecimal digits."""
    return hashlib.sha256(SEPARATOR.join(features).encode()).hexdigest()[:HEX_DIGITS]


def text_of(identities: Iterable[str]) -> str:
    """A set of rows as text: sorted, each once, one a line."""
    return "".join(f"{each}\n" for each in sorted(set(identities)))


def hash_of(identities: Iterable[str]) -> str:
    """The set's SHA-256: equal sets have the same one, in whatever order their rows come."""
    return hashlib.sha256(text_of(identities).encode()).hexdigest()
