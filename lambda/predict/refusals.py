"""What a caller is told when there is no answer: a status, a plain sentence, and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(kw_only=True, eq=False)  # not frozen: Python writes the trace into an exception
class RefusedError(Exception):
    """The answer to a request that gets none. cause: for the log alone; it must not contain anything of the body.

    allowed: what the value of the field may be, in the words of a JSON schema.
    """

    status: int
    message: str
    field: str = ""
    allowed: Mapping[str, Any] | None = None
    cause: str = ""

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        said: dict[str, Any] = {"message": self.message}
        if self.field:
            said["field"] = self.field
        if self.allowed is not None:
            said["allowed"] = dict(self.allowed)
        return said


def bad_request(message: str, *, field: str = "", allowed: Mapping[str, Any] | None = None) -> RefusedError:
    return RefusedError(status=400, message=message, field=field, allowed=allowed, cause=f"refused: {field or 'body'}")


def bad_answer(what: str) -> RefusedError:
    """The model answered, but not what its contract says."""
    return RefusedError(status=502, message="The model gave an answer that cannot be read.", cause=what)
