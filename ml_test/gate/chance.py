"""What is drawn at random of the test rows. The rows themselves are the seed, so nobody chose what comes of it."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def chance_of(requests: Sequence[str]) -> random.Random:
    """Draws alike for the same rows in the same order."""
    return random.Random(hashlib.sha256("\n".join(requests).encode()).digest())  # noqa: S311  (no secret)
