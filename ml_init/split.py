"""The three-way split by row: a row's place depends on its own features alone.

Rows with equal features are in the same split, whatever their labels: no copy of a training row is ever a test row. A
row stays in its split when the file around it changes, so that a model trained on earlier data has not learned the
test rows of later data. No salt goes into the hash: there is nothing to choose. ``spark_fraction`` is the same rule as
a Spark column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.data import TEST, TRAIN, VALIDATION
from ml_init.row_identity import SEPARATOR, identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column

    from ml_init.dataset import Shares

#: The first half of a row's identity: 32 bits are enough for a place, and Spark reads them without loss.
PLACE_DIGITS = 8


def fraction(features: Sequence[str]) -> float:
    """A row's place in [0, 1): the first 32 bits of its identity."""
    return int(identity(features)[:PLACE_DIGITS], 16) / float(16**PLACE_DIGITS)


def split_of(features: Sequence[str], shares: Shares) -> str:
    """``train``, ``validation`` or ``test``."""
    place = fraction(features)
    if place < shares.train:
        return TRAIN
    return VALIDATION if place < shares.train + shares.validation else TEST


def spark_fraction(features: Sequence[str]) -> Column:
    """``fraction`` of the named feature columns, computed by Spark."""
    from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

    head = F.substring(F.sha2(F.concat_ws(SEPARATOR, *features), 256), 1, PLACE_DIGITS)
    return F.conv(head, 16, 10).cast("double") / float(16**PLACE_DIGITS)


def spark_split(place: Column, shares: Shares) -> Column:
    """``split_of`` for a column of fractions."""
    from pyspark.sql import functions as F  # noqa: N812

    return (
        F.when(place < shares.train, TRAIN).when(place < shares.train + shares.validation, VALIDATION).otherwise(TEST)
    )
