"""Logins by an identity provider: calls to STS that nobody signs, for their token says who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError
from localcloud.wire import protocol, written

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

_OPERATIONS = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


def refuse_unsigned(request: HttpRequest) -> None:
    """Raises UnsupportedError by the operation's name, as for a signed call: no token can be verified here.

    That such a call lacks a signature would send its reader after credentials, which the login is to bring.
    """
    if protocol.signature(request) is None and written.media_type(request) == written.FORM:
        asked = written.read(request)
        if asked is not None and asked.operation in _OPERATIONS:
            raise UnsupportedError(f"sts:{asked.operation}")
