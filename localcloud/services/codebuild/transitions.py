"""AWS's build phase transitions, as pure functions."""

from __future__ import annotations

from enum import Enum

from localcloud.services.codebuild.buildspec import OnFailure


class Phase(Enum):
    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


class Status(Enum):
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


_ORDER = list(Phase)
#: Phases whose failure does not keep the next one from running.
_GOES_ON = {Phase.BUILD, Phase.POST_BUILD, Phase.UPLOAD_ARTIFACTS, Phase.FINALIZING}


def after(phase: Phase, status: Status, on_failure: OnFailure = OnFailure.DEFAULT) -> Phase:
    """The next phase.

    A failed BUILD still runs POST_BUILD and UPLOAD_ARTIFACTS; any other failure goes to FINALIZING, unless the
    buildspec's ``on-failure`` says to abort or to continue. A stopped or timed-out build runs nothing more.
    """
    following = _ORDER[_ORDER.index(phase) + 1]
    if status is Status.SUCCEEDED or following is Phase.COMPLETED:
        return following
    if status is not Status.FAILED or on_failure is OnFailure.ABORT:
        return Phase.FINALIZING
    return following if phase in _GOES_ON or on_failure is OnFailure.CONTINUE else Phase.FINALIZING


def overall(statuses: list[Status]) -> Status:
    """The build's status: that of the first phase that did not succeed."""
    return next((status for status in statuses if status is not Status.SUCCEEDED), Status.SUCCEEDED)
