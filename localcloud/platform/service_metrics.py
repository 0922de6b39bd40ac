"""Metrics that the services of the local cloud send to CloudWatch. It takes them without a call, as AWS does inside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.service_metrics")


class ServiceMetrics:
    """The account's metrics, as services see them."""

    def __init__(self) -> None:
        self._receive: Callable[[str, Sequence[Document]], None] = lambda _namespace, _data: None

    def deliver_to(self, receive: Callable[[str, Sequence[Document]], None]) -> None:
        """Sets where data go. CloudWatch calls this when it starts; earlier data are lost.

        ``receive`` gets a namespace and data as ``PutMetricData`` takes them, keeps them, and returns.
        """
        self._receive = receive

    def put(self, namespace: str, data: Sequence[Document]) -> None:
        """Never fails: what is measured has happened, whether or not CloudWatch learns of it."""
        try:
            self._receive(namespace, data)
        except Exception:
            log.exception("%d data of %s are lost", len(data), namespace)
