"""Chooses the fleet, variant and instance for a request."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.services.sagemaker.fleet import Fleet, Variant
    from localcloud.services.sagemaker.instances import Instance


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
class Claim:
    """What a request has: an instance of a variant. It keeps the instance's process alive until it is released."""

    fleet: Fleet
    variant: Variant
    instance: Instance

    def move_on(self) -> bool:
        """Goes to another instance of the variant, because this one did not answer; False where there is none."""
        other = self.variant.instances.claim_instead(self.instance)
        if other is None:
            return False
        self.release()
        self.instance = other
        return True

    def release(self) -> None:
        self.variant.instances.release(self.instance)


@dataclass(slots=True)
class ServedEndpoint:
    """An endpoint that takes requests: its fleets and their shares, which change together."""

    name: str
    shares: tuple[tuple[Fleet, float], ...]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fleets(self) -> tuple[Fleet, ...]:
        return tuple(fleet for fleet, _ in self.shares)

    def share(self, *shares: tuple[Fleet, float]) -> None:
        """A fleet that has no share any more gets no request after this."""
        with self._lock:
            self.shares = shares

    def claim(self, target_variant: str | None) -> Claim:
        """Chooses by the fleets' shares and the variants' weights; among a variant's instances by its strategy.

        Raises AwsError where the request targets an unknown variant.
        """
        with self._lock:
            shares = self.shares
            fleet = shares[0][0] if len(shares) == 1 else shares[pick([share for _, share in shares], _point())][0]
            variant = _variant(fleet.variants, target_variant)
            return Claim(fleet, variant, variant.instances.claim())


def _variant(variants: Sequence[Variant], target: str | None) -> Variant:
    if target is not None:
        named = [variant for variant in variants if variant.name == target]
        if not named:
            raise AwsError("ValidationError", f"Variant {target} not found for Request")
        return named[0]
    if len(variants) == 1:
        return variants[0]
    return variants[pick([variant.weight for variant in variants], _point())]


def _point() -> float:
    return random.random()  # noqa: S311  (a share of traffic, not a secret)
