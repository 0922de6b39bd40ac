"""The local cloud as one object, which every group of operations and every engine gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.platform.alarm_actions import AlarmActions
from localcloud.platform.clients import Clients
from localcloud.platform.environments import Environments
from localcloud.platform.landlock import Enclosure
from localcloud.platform.processes import Processes
from localcloud.platform.service_calls import ServiceCalls
from localcloud.platform.service_events import ServiceEvents
from localcloud.platform.service_metrics import ServiceMetrics
from localcloud.platform.store import Store
from localcloud.platform.token_issuers import TokenIssuers

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    settings: Settings
    store: Store
    clients: Clients
    processes: Processes
    environments: Environments
    events: ServiceEvents
    calls: ServiceCalls = field(default_factory=ServiceCalls)
    alarm_actions: AlarmActions = field(default_factory=AlarmActions)
    metrics: ServiceMetrics = field(default_factory=ServiceMetrics)
    issuers: TokenIssuers = field(default_factory=TokenIssuers)

    @classmethod
    def assemble(cls, settings: Settings) -> Cloud:
        return cls(
            settings=settings,
            store=Store(
                settings.home / "state" / "documents.sqlite",
                about={"account": settings.account_id, "region": settings.region},
            ),
            clients=Clients(settings),
            processes=Processes(str(settings.home), Enclosure(settings.home)),
            environments=Environments(settings.cache, say=lambda text: print(text, flush=True)),  # noqa: T201
            events=ServiceEvents(settings),
        )

    def work_folder(self, kind: str, name: str) -> Path:
        """A new, empty folder for one build, job or container. The caller removes it."""
        folder = self.settings.home / "work" / kind / name
        folder.mkdir(parents=True)
        return folder

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.settings.region}:{self.settings.account_id}:{resource}"
