"""The three-way split by row hash: a row's place depends on its features and the salt alone.

Rows with equal features are in the same split, whatever their labels: no copy of a training row is ever a test row.
The salt is the data's own checksum, so nobody chose it. ``spark_fraction`` is the same rule as a Spark column.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from handover.data import TEST, TRAIN, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column

    from ml_init.dataset import Shares

# A unit separator cannot occur in a value of a CSV file of categories, so no two rows give the same text.
SEPARATOR = "\x1f"
HEX_DIGITS = 8


def fraction(features: Sequence[str], salt: str) -> float:
    """A row's place in [0, 1): the first 32 bits of the SHA-256 of salt and features."""
    digest = hashlib.sha256(SEPARATOR.join([salt, *features]).encode()).hexdigest()
    return int(digest[:HEX_DIGITS], 16) / float(16**HEX_DIGITS)


def split_of(features: Sequence[str], salt: str, shares: Shares) -> str:
    """``train``, ``validation`` or ``test``."""
    place = fraction(features, salt)
    if place < shares.train:
        return TRAIN
    return VALIDATION if place < shares.train + shares.validation else TEST


def spark_fraction(features: Sequence[str], salt: str) -> Column:
    """``fraction`` of the named feature columns, computed by Spark."""
    from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

    text = F.concat_ws(SEPARATOR, F.lit(salt), *features)
    head = F.substring(F.sha2(text, 256), 1, HEX_DIGITS)
    return F.conv(head, 16, 10).cast("double") / float(16**HEX_DIGITS)


def spark_split(place: Column, shares: Shares) -> Column:
    """``split_of`` for a column of fractions."""
    from pyspark.sql import functions as F  # noqa: N812

    return (
        F.when(place < shares.train, TRAIN).when(place < shares.train + shares.validation, VALIDATION).otherwise(TEST)
    )
