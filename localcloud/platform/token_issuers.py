"""Who can verify tokens of which issuer: services of this cloud that sign tokens themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    #: A token → its claims, or None where the issuer has not signed it. Its time is for the caller.
    Verifier = Callable[[str], dict[str, Any] | None]


class TokenIssuers:
    def __init__(self) -> None:
        self._finders: list[Callable[[str], Verifier | None]] = []

    def add(self, find: Callable[[str], Verifier | None]) -> None:
        """``find``: an issuer, as it stands in ``iss`` → its verifier; None for an issuer of others."""
        self._finders.append(find)

    def verifier(self, issuer: str) -> Verifier | None:
        found = (find(issuer) for find in self._finders)
        return next((verifier for verifier in found if verifier is not None), None)
