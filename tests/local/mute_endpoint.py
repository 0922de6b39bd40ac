"""An update to a container that never answers /ping: it takes a minute to fail, while other tests go on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bench.lab.guarded_endpoint import GuardedEndpoint, Model, Update, canary

if TYPE_CHECKING:
    from bench.lab.sagemaker_world import World

#: AWS's least; of this machine, where a container's start is not scaled.
PING_SECONDS = 60


class Following:
    """Begins the update, and follows it under traffic."""

    def __init__(self, world: World) -> None:
        self.endpoint = GuardedEndpoint(world, "mute")
        config = self.endpoint.configured(
            Model(answer=2, at_load="time.sleep(3600)"),
            "mute-second",
            ContainerStartupHealthCheckTimeoutInSeconds=PING_SECONDS,
        )
        deployment = canary([self.endpoint.alarm("errors", "Invocation5XXErrors")])
        self._updates: list[Update] = []
        self._thread = threading.Thread(target=lambda: self._updates.append(self.endpoint.update(config, deployment)))
        self._thread.start()

    def ended(self) -> Update:
        """The update, once it has come to its end."""
        self._thread.join()
        return self._updates[0]
