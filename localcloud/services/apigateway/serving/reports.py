"""What is told of each request: metrics in CloudWatch, and a line in the stage's access log.

A thread of its own sends both, once a second, so that no request waits for them.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.log_stream import LogStream
from localcloud.platform.role_session import RoleSession
from localcloud.platform.state_file import NotWrittenError
from localcloud.services.apigateway.apis import new_id
from localcloud.services.apigateway.substitution import substituted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.services.apigateway.serving.exchange import Exchange

NAMESPACE = "AWS/ApiGateway"
PRINCIPAL = "apigateway.amazonaws.com"
_MOST_VALUES = 150
#: AWS's seconds between two puts, and the longest interval in this machine's.
_PUT_SECONDS = 20.0
_PUT_SECONDS_HERE = 1.0
_UNITS = {
    "Count": "Count",
    "4XXError": "Count",
    "5XXError": "Count",
    "Latency": "Milliseconds",
    "IntegrationLatency": "Milliseconds",
}
Dimensions = tuple[tuple[str, str], ...]

log = logging.getLogger("localcloud.apigateway")


class Reports:
    def __init__(self, cloud: Cloud, cloudwatch_role: Callable[[], str], save: Callable[[], None]) -> None:
        """``save`` is called with each put: for other counts that are to be written down now and then."""
        self._cloud = cloud
        self._role = cloudwatch_role
        self._save = save
        self._traffic: dict[Dimensions, dict[str, Counter[float]]] = {}
        self._lines: dict[str, list[str]] = {}
        self._streams: dict[str, LogStream] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._every_seconds = min(_PUT_SECONDS_HERE, _PUT_SECONDS / cloud.settings.time_scale)
        self._thread = threading.Thread(target=self._run, daemon=True, name="apigateway-reports")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closed.set()
        self._save_counts()
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
        with self._lock:
            for place in places:
                traffic = self._traffic.setdefault(place, {name: Counter() for name in _UNITS})
                for name, value in values.items():
                    traffic[name][value] += 1
            if line:
                self._lines.setdefault(stage.log_group, []).append(line)

    def _run(self) -> None:
        while not self._closed.wait(self._every_seconds):
            with self._lock:
                traffic, self._traffic = self._traffic, {}
                lines, self._lines = self._lines, {}
            self._save_counts()
            try:
                self._put(traffic)
            except (ClientError, BotoCoreError) as error:
                log.warning("metrics of %d places are lost: %s", len(traffic), error)
            for group, texts in lines.items():
                self._write(group, texts)

    def _save_counts(self) -> None:
        try:
            self._save()
        except NotWrittenError as error:
            log.warning("the use of API keys is not written down: %s", error)

    def _put(self, traffic: dict[Dimensions, dict[str, Counter[float]]]) -> None:
        data = [datum for place, counts in traffic.items() for datum in _data(place, counts)]
        if data:
            self._cloud.clients.administrator("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)

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
        "Latency": _three_digits(exchange.seconds),
    }
    if exchange.integration_seconds is not None:
        found["IntegrationLatency"] = _three_digits(exchange.integration_seconds)
    return found


def _three_digits(seconds: float) -> float:
    """Milliseconds, rounded: equal values make short puts."""
    return float(f"{seconds * 1000:.3g}")


def _data(place: Dimensions, traffic: dict[str, Counter[float]]) -> Iterator[dict[str, Any]]:
    for name, counts in traffic.items():
        values = sorted(counts)
        for begin in range(0, len(values), _MOST_VALUES):
            part = values[begin : begin + _MOST_VALUES]
            yield {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in place],
                "Unit": _UNITS[name],
                "Values": part,
                "Counts": [float(counts[value]) for value in part],
            }
