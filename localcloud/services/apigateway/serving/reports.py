"""What is told of each request: metrics in CloudWatch, and a line in the stage's access log.

The thread of the metrics sends both, once a second, so that no request waits for them.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.log_stream import LogStream
from localcloud.platform.metric_puts import MetricPuts, Metrics, three_digits
from localcloud.platform.role_session import RoleSession
from localcloud.platform.state_file import NotWrittenError
from localcloud.services.apigateway.apis import new_id
from localcloud.services.apigateway.substitution import substituted

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.metric_puts import Dimensions
    from localcloud.services.apigateway.serving.exchange import Exchange

NAMESPACE = "AWS/ApiGateway"
PRINCIPAL = "apigateway.amazonaws.com"
_UNITS = {
    "Count": "Count",
    "4XXError": "Count",
    "5XXError": "Count",
    "Latency": "Milliseconds",
    "IntegrationLatency": "Milliseconds",
}

log = logging.getLogger("localcloud.apigateway")


class Reports:
    def __init__(self, cloud: Cloud, cloudwatch_role: Callable[[], str], save: Callable[[], None]) -> None:
        """``save`` is called with each put: for other counts that are to be written down now and then."""
        self._cloud = cloud
        self._role = cloudwatch_role
        self._save = save
        self._puts = MetricPuts(cloud, Metrics(namespace=NAMESPACE, units=_UNITS), self._write_down)
        self._lines: dict[str, list[str]] = {}
        self._streams: dict[str, LogStream] = {}
        self._lock = threading.Lock()
        self.start = self._puts.start

    def stop(self) -> None:
        self._puts.stop()
        for stream in self._streams.values():
            stream.close()

    def record(self, exchange: Exchange) -> None:
        stage = exchange.stage
        values = _values(exchange)
        by_api = (("ApiName", stage.deployed.name),)
        places: list[Dimensions] = [by_api, (*by_api, ("Stage", stage.name))]
        if exchange.method is not None and stage.method_metrics(exchange.method):
            method = (("Method", exchange.method.http_method), ("Resource", exchange.method.resource_path))
            places.append((*by_api, ("Stage", stage.name), *method))
        line = ""
        if stage.log_group:
            line = substituted(stage.log_format, exchange.context(), stage.variables, unknown="-").strip("\n")
        self._puts.record(values, places)
        if line:
            with self._lock:
                self._lines.setdefault(stage.log_group, []).append(line)

    def _write_down(self) -> None:
        """What goes with each put of metrics."""
        with self._lock:
            lines, self._lines = self._lines, {}
        self._save_counts()
        for group, texts in lines.items():
            self._write(group, texts)

    def _save_counts(self) -> None:
        try:
            self._save()
        except NotWrittenError as error:
            log.warning("the use of API keys is not written down: %s", error)

    def _write(self, group: str, lines: list[str]) -> None:
        try:
            stream = self._streams.get(group) or self._stream(group)
        except (ClientError, BotoCoreError) as error:
            log.warning("%d lines of the access log %s are lost: %s", len(lines), group, error)
            return
        for line in lines:
            stream.write(line)

    def _stream(self, group: str) -> LogStream:
        """Writes with the account's role for CloudWatch, as API Gateway does."""
        clients = self._cloud.clients

        def assume() -> dict[str, str]:
            return clients.assume_role(
                self._role(), session_name="BackplaneAssumeRoleSession", service_principal=PRINCIPAL
            )

        made = LogStream(RoleSession(clients, assume).client("logs"), group, new_id(32))
        self._streams[group] = made
        return made


def _values(exchange: Exchange) -> dict[str, float]:
    """One value for each metric. As on AWS, an error metric gets a 0 for a request without that error."""
    found: dict[str, float] = {
        "Count": 1.0,
        "4XXError": float(400 <= exchange.status < 500),
        "5XXError": float(exchange.status >= 500),
        "Latency": three_digits(exchange.seconds * 1000),
    }
    if exchange.integration_seconds is not None:
        found["IntegrationLatency"] = three_digits(exchange.integration_seconds * 1000)
    return found
