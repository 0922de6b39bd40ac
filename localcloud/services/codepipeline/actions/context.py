"""The context of an action: its configuration, artifacts, role, and a wait that can be interrupted."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.services.codepipeline.action_errors import ActionFailedError, ActionStoppedError, ActionTimedOutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.own_http import Answer
    from localcloud.services.codepipeline.artifacts import ArtifactStore, Location


class Report(Protocol):
    def __call__(self, **changes: str) -> None:
        """Adds fields to the action's execution while the work is under way: externalExecutionId, summary, …"""


class ClientOf(Protocol):
    def __call__(self, service: str) -> Any:
        """A boto3 client with the action's role, or else the pipeline's."""


class SignedGet(Protocol):
    def __call__(self, service: str, path: str, query: Mapping[str, str]) -> Answer:
        """The answer to a GET that is signed for this service with the action's role, or else the pipeline's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """A person's answer to an approval action."""

    approved: bool
    summary: str
    by: str


class Interruption:
    """A wait that ends at the action's time-out, or earlier when the action is stopped or approved.

    It also ends when something has happened that an action may wait for, so that few questions are asked in between.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._deadline = time.monotonic() + timeout_seconds
        self._wake = threading.Event()
        self._stopped = False
        self.approval: Approval | None = None

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def answer(self, approval: Approval) -> None:
        self.approval = approval
        self._wake.set()

    def look_again(self) -> None:
        """Ends the pause under way, or else the next one."""
        self._wake.set()

    def pause(self, seconds: float) -> None:
        """Raises ActionStoppedError or ActionTimedOutError, at once if that has happened already."""
        self._wake.wait(max(0.0, min(seconds, self._deadline - time.monotonic())))
        if not self._stopped and self.approval is None:
            self._wake.clear()
        if self._stopped:
            raise ActionStoppedError
        if self.approval is None and time.monotonic() >= self._deadline:
            raise ActionTimedOutError


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionContext:
    pipeline: str
    stage: str
    action: str
    execution_id: str
    action_execution_id: str
    region: str
    endpoint_url: str
    configuration: dict[str, str]
    """The configuration with variables replaced, and secrets in clear."""
    inputs: dict[str, Location]
    outputs: tuple[str, ...]
    store: ArtifactStore
    revision_override: str | None
    """The commit, or the object's version, that a source action must take; None for the newest."""
    place_override: str | None
    """The branch to which the commit was pushed, or the object's key; None for the configuration's own."""
    revisions: dict[str, str]
    """The revision of each artifact that a source action of this execution has made."""
    timeout_seconds: float
    client: ClientOf
    get: SignedGet
    report: Report
    interruption: Interruption
    token: str | None = None
    """The token of an approval that was requested before the local cloud restarted."""

    def pause(self, seconds: float) -> None:
        self.interruption.pause(seconds)

    def json_of(self, key: str, default: str) -> Any:
        """A configuration value in JSON. Raises ActionFailedError where a variable's value made it invalid."""
        text = self.configuration.get(key, default)
        try:
            return json.loads(text)
        except ValueError as error:
            raise ActionFailedError(
                "ConfigurationError", f"{key} is not JSON with its variables put in ({error}): {text[:500]}"
            ) from error
