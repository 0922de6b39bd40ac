"""How an action's work ends where it does not succeed."""

from __future__ import annotations


class ActionFailedError(Exception):
    """``code`` is one of AWS's: JobFailed, ConfigurationError, PermissionError, RevisionUnavailable, …"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ActionStoppedError(Exception):
    """The execution was stopped and its actions abandoned: end what runs, then pass this on."""


class ActionTimedOutError(Exception):
    """The action's time is over: end what runs, then pass this on."""
