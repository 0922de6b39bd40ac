"""The errors that end a phase of a build early."""

from __future__ import annotations

from localcloud.services.codebuild.transitions import Status


class PhaseFailedError(Exception):
    """A phase failed. The API shows its context code, such as ``COMMAND_EXECUTION_ERROR`` or ``CLIENT_ERROR``."""

    def __init__(self, status_code: str, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message


class InterruptedBuildError(Exception):
    """The build was stopped or timed out."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status
        self.status_code = "BUILD_TIMED_OUT" if status is Status.TIMED_OUT else "BUILD_STOPPED"
        self.message = "Build has timed out." if status is Status.TIMED_OUT else "Build was stopped."
