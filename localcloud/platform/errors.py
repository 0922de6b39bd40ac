"""The errors of the local cloud."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class AwsError(Exception):
    """An error as an AWS API answers it: a code for clients to match, and a message that names cause and remedy."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, members: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """members: what AWS's model gives this error besides, in JSON protocols."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class UnsupportedError(AwsError):
    """Something that AWS can do and the local cloud cannot. It is refused by name, never skipped."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "NotImplemented",
            f"{what} is not supported by the local cloud; localcloud/COVERAGE.md lists what is.",
            status=501,
        )


class EngineError(Exception):
    """An engine's work failed. The text is the failure reason that the API shows."""
