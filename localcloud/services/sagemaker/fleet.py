"""The instances of one endpoint configuration: several groups of containers for each variant, started together."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.errors import EngineError, UnsupportedError
from localcloud.services.sagemaker.container import Container
from localcloud.services.sagemaker.data_capture import DataCapture
from localcloud.services.sagemaker.execution_role import execution_role
from localcloud.services.sagemaker.instances import RANDOM, Instance, Instances, drain
from localcloud.services.sagemaker.models import container_specs, model_by_name
from localcloud.services.sagemaker.place import Place

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.role_session import RoleSession
    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.models import ContainerSpec

log = logging.getLogger("localcloud.sagemaker.fleet")

#: How many instances of a variant run at the most, because each has processes of its own on this one machine.
MOST_INSTANCES = 8
#: AWS allows up to an hour. A container that is not up by then on a laptop never will be.
_STARTUP_SECONDS = 300


@dataclass(eq=False, slots=True)
class Variant:
    name: str
    model: Document
    specs: list[ContainerSpec]
    weight: float
    desired_instances: int
    startup_seconds: float
    instances: Instances


class Fleet:
    """All variants of one configuration. ``start`` returns when every container has answered its ping."""

    def __init__(self, cloud: Cloud, endpoint: str, config: Document) -> None:
        self.config = config
        self.variants = [_variant(cloud, variant) for variant in config["ProductionVariants"]]
        self.capture: DataCapture | None = None
        self._cloud = cloud
        self._endpoint = endpoint
        self._cancelled = threading.Event()
        self._started: list[Container] = []
        self._lock = threading.Lock()
        #: Held while instances come and go after the start.
        self._changing = threading.Lock()

    def in_flight(self) -> int:
        """The number of requests under way."""
        return sum(instance.in_flight for variant in self.variants for instance in variant.instances.all())

    def start(self) -> None:
        """Raises EngineError or AwsError with the reason of the first failure, and leaves nothing running."""
        try:
            for variant in self.variants:
                self._grow(variant, variant.desired_instances)
            self.capture = self._data_capture()
        except BaseException:
            self.stop()
            raise

    def capture_as(self, other: Fleet) -> None:
        """Takes over the other fleet's capture configuration. Call it before ``start``."""
        kept = {"DataCaptureConfig": other.config[name]} if (name := "DataCaptureConfig") in other.config else {}
        self.config = {key: value for key, value in self.config.items() if key != name} | kept

    def scale(self, variant: Variant, count: int) -> None:
        """Starts or ends instances of a variant until this many run. Those that end answer their requests first."""
        with self._changing:
            variant.desired_instances = count
            present = sorted(variant.instances.all(), key=lambda instance: instance.lost)
            variant.instances.replace(present[:count])
            self._grow(variant, count - len(present))
        for instance in present[count:]:
            drain(lambda instance=instance: instance.in_flight, self._cancelled)  # type: ignore[misc]
            self._end(instance)

    def heal(self) -> None:
        """Replaces every instance that has lost a container. Raises as ``start`` does.

        Does nothing while the fleet is scaled: the other endpoints' turn does not wait for it.
        """
        if not self._changing.acquire(blocking=False):
            return
        try:
            for variant in self.variants:
                for instance in variant.instances.all():
                    if instance.running():
                        instance.lost = False
                    elif not self._cancelled.is_set():
                        self._replace(variant, instance)
        finally:
            self._changing.release()

    def cancel(self) -> None:
        """Makes a ``start`` on another thread fail soon."""
        self._cancelled.set()

    def stop(self) -> None:
        """Ends all containers and frees their ports and folders."""
        with self._lock:
            self._cancelled.set()
            containers, self._started = self._started, []
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(Container.stop, containers))
        if self.capture is not None:
            self.capture.close()

    def _data_capture(self) -> DataCapture | None:
        config = self.config.get("DataCaptureConfig", {})
        if not config.get("EnableCapture"):
            return None
        roles = {variant.name: self._role(variant) for variant in self.variants}
        return DataCapture(self._endpoint, config, roles, time_scale=self._cloud.settings.time_scale)

    def _grow(self, variant: Variant, count: int) -> None:
        """Adds instances once they answer their pings, because a variant's instances take requests at once."""
        new: list[Instance] = []
        try:
            new.extend(self._instance(variant) for _ in range(count))
            for instance in new:
                self._wait_until_healthy(variant, instance)
        except BaseException:
            for instance in new:
                self._end(instance)
            raise
        variant.instances.replace([*variant.instances.all(), *new])

    def _replace(self, variant: Variant, instance: Instance) -> None:
        words = next(container.last_words() for container in instance.containers if not container.running())
        log.warning("%s: instance %s ended (%s) and is replaced", self._endpoint, instance.instance_id, words)
        instance.lost = True
        self._end(instance)
        replacement = self._instance(variant)
        self._wait_until_healthy(variant, replacement)
        known = variant.instances.all()
        variant.instances.replace([replacement if each is instance else each for each in known])

    def _end(self, instance: Instance) -> None:
        for container in instance.containers:
            container.stop()
        with self._lock:
            self._started = [container for container in self._started if container not in instance.containers]

    def _wait_until_healthy(self, variant: Variant, instance: Instance) -> None:
        for container in instance.containers:
            container.wait_until_healthy(variant.startup_seconds, self._cancelled)

    def _instance(self, variant: Variant) -> Instance:
        instance_id = f"i-{uuid.uuid4().hex[:17]}"
        role = self._role(variant)
        with ThreadPoolExecutor(max_workers=4) as pool:
            started = pool.map(lambda spec: self._launch(variant, instance_id, spec, role), variant.specs)
            return Instance(instance_id=instance_id, containers=list(started))

    def _role(self, variant: Variant) -> RoleSession:
        role = variant.model["ExecutionRoleArn"]
        name = f"{self._endpoint}-{variant.name}"
        return execution_role(self._cloud, role, name, resource=f"endpoint/{self._endpoint}")

    def _launch(self, variant: Variant, instance_id: str, spec: ContainerSpec, role: RoleSession) -> Container:
        place = Place.of_endpoint(self._endpoint, variant.name, instance_id, spec.name)
        isolated = variant.model.get("EnableNetworkIsolation", False)
        container = Container(self._cloud, spec, place, role, isolated=isolated)
        with self._lock:
            if not self._cancelled.is_set():
                self._started.append(container)
                return container
        container.stop()
        raise EngineError("The deployment was cancelled.")


def _variant(cloud: Cloud, config: Document) -> Variant:
    model = model_by_name(cloud, config["ModelName"])
    check_count(config["InitialInstanceCount"], "InitialInstanceCount")
    return Variant(
        name=config["VariantName"],
        model=model,
        specs=container_specs(cloud, model),
        weight=config["InitialVariantWeight"],
        desired_instances=config["InitialInstanceCount"],
        startup_seconds=config.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS),
        instances=Instances(config.get("RoutingConfig", {}).get("RoutingStrategy", RANDOM)),
    )


def check_count(count: int, name: str) -> None:
    """Refuses a number of instances that a variant cannot have here."""
    if not 1 <= count <= MOST_INSTANCES:
        raise UnsupportedError(f"sagemaker: a variant with {name} {count}, which is not from 1 to {MOST_INSTANCES},")
