"""The errors that end an action's work."""

from __future__ import annotations


class ActionFailedError(Exception):
    """The action failed. ``code`` is AWS's: JobFailed, ConfigurationError, PermissionError, RevisionUnavailable, …"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ActionStoppedError(Exception):
    """The execution was stopped and its actions abandoned. Handlers end what runs, then raise this again."""


class ActionTimedOutError(Exception):
    """The action timed out. Handlers end what runs, then raise this again."""
