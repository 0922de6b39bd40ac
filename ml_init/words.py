"""The words of a text: one rule for training, for the endpoint, and for the gate.

Spark's ``RegexTokenizer`` and the endpoint's bundle split lower-cased text at ``GAPS``. ``words`` is the same rule in
Python, with which the gate reads back what a model has learned. HTML's tags and entities are gaps.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Java's regular expression of what is between two words.
GAPS = r"(?:&[a-z0-9#]+;|</?[a-z][^<>]*>|[^\p{L}])+"
_MARKUP = re.compile(r"&[a-z0-9#]+;|</?[a-z][^<>]*>")


def words(text: str) -> list[str]:
    """The words in their order, in lower case."""
    plain = _MARKUP.sub(" ", text.lower())
    return "".join(letter if letter.isalpha() else " " for letter in plain).split()


def counts(text: str, places: Mapping[str, int]) -> dict[int, int]:
    """Place → count of the words that have one, in the order of the places."""
    found = Counter(places[word] for word in words(text) if word in places)
    return {place: found[place] for place in sorted(found)}
