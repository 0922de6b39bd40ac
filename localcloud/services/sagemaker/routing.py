"""Chooses the fleet, variant and instance for a request."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localcloud.services.sagemaker.fleet import Fleet, Instance, Variant


def pick(weights: Sequence[float], point: float) -> int:
    """The index of the weight whose slice holds this point of [0, 1)."""
    total = sum(weights)
    reached = 0.0
    for index, weight in enumerate(weights):
        reached += weight / total
        if point < reached:
            return index
    return max(index for index, weight in enumerate(weights) if weight)


@dataclass(slots=True)
class ServedEndpoint:
    """An endpoint that takes requests: its fleets and their shares, which change together."""

    name: str
    shares: tuple[tuple[Fleet, float], ...]
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def fleets(self) -> tuple[Fleet, ...]:
        return tuple(fleet for fleet, _ in self.shares)

    def choose(self, target_variant: str | None) -> tuple[Fleet, Variant, Instance]:
        """Chooses by the fleets' shares and the variants' weights. The instances of a variant take turns.

        Raises AwsError where the request targets an unknown variant.
        """
        shares = self.shares
        fleet = shares[0][0] if len(shares) == 1 else shares[pick([share for _, share in shares], _point())][0]
        variants = fleet.variants
        if target_variant is not None:
            named = [variant for variant in variants if variant.name == target_variant]
            if not named:
                raise AwsError("ValidationError", f"Variant {target_variant} not found for Request")
            variant = named[0]
        elif len(variants) == 1:
            variant = variants[0]
        else:
            variant = variants[pick([variant.weight for variant in variants], _point())]
        instances = variant.instances
        return fleet, variant, instances[next(self._turns) % len(instances)]


def _point() -> float:
    return random.random()  # noqa: S311  (a share of traffic, not a secret)
