"""Events that the services of the local cloud send to EventBridge: state changes, in the form that AWS sends them."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.platform.settings import Settings

#: An event as rules and targets see it: id, source, detail-type, account, time, region, resources, detail.
Event = dict[str, Any]

log = logging.getLogger("localcloud.service_events")


class ServiceEvents:
    """The account's default bus, as services see it. Without rules, an event costs next to nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._receive: Callable[[Event], None] = lambda _: None
        self._listeners: dict[str, list[Callable[[Event], None]]] = {}

    def deliver_to(self, receive: Callable[[Event], None]) -> None:
        """Sets where events go. EventBridge calls this when it starts; earlier events are lost.

        ``receive`` writes down what there is to deliver, and returns.
        """
        self._receive = receive

    def listen(self, source: str, hear: Callable[[Event], None]) -> None:
        """``hear`` gets each event of a source, such as ``aws.codebuild``, from now on. It takes note, and returns."""
        self._listeners.setdefault(source, []).append(hear)

    def emit(
        self,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        *,
        resources: Iterable[str] = (),
        time: datetime | None = None,
    ) -> None:
        """Sends an event: ``emit("aws.codepipeline", "CodePipeline Pipeline Execution State Change", {…})``.

        ``detail`` holds JSON values, in the spelling of AWS's event reference. Never fails: a service's work succeeds
        whether or not its event arrives.
        """
        event = event_of(
            self._settings, source=source, detail_type=detail_type, detail=detail, resources=resources, time=time
        )
        for receive in (self._receive, *self._listeners.get(source, ())):
            try:
                receive(event)
            except Exception:
                log.exception("the event %s (%s) is lost", detail_type, detail)


def event_of(
    settings: Settings,
    *,
    source: str,
    detail_type: str,
    detail: dict[str, Any],
    resources: Iterable[str] = (),
    time: datetime | None = None,
) -> Event:
    """The event in EventBridge's envelope."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": settings.account_id,
        "time": (time or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": settings.region,
        "resources": list(resources),
        "detail": detail,
    }
