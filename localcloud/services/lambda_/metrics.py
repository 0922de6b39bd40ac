"""The metrics of AWS/Lambda: of the account, of each function, and of each version or alias that a caller named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.metric_puts import MetricPuts, Metrics, three_digits

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.metric_puts import Dimensions
    from localcloud.services.lambda_.pool import Pool
    from localcloud.services.lambda_.sandbox import Outcome
    from localcloud.services.lambda_.versions import Target

_UNITS = {
    "Invocations": "Count",
    "Errors": "Count",
    "Throttles": "Count",
    "Duration": "Milliseconds",
    "ConcurrentExecutions": "Count",
    "ProvisionedConcurrentExecutions": "Count",
    "ProvisionedConcurrencyUtilization": "Count",
    "ProvisionedConcurrencyInvocations": "Count",
    "ProvisionedConcurrencySpilloverInvocations": "Count",
}
_ACCOUNT: Dimensions = ()


class LambdaMetrics:
    def __init__(self, cloud: Cloud, before_each_put: Callable[[], None]) -> None:
        self._puts = MetricPuts(cloud, Metrics(namespace="AWS/Lambda", units=_UNITS), before_each_put)
        self.start = self._puts.start
        self.stop = self._puts.stop

    def throttled(self, target: Target) -> None:
        self._puts.record({"Throttles": 1}, [_ACCOUNT, *_places(target)])

    def begun(self, target: Target, running: int) -> None:
        """``running``: the function's executions at this moment."""
        self._puts.record({"ConcurrentExecutions": running}, [_ACCOUNT, *_places(target)])

    def ended(self, target: Target, outcome: Outcome) -> None:
        """As on AWS an invocation without an error is an error count of 0."""
        values = {
            "Invocations": 1,
            "Errors": bool(outcome.function_error),
            "Throttles": 0,
            "Duration": three_digits(outcome.seconds * 1000),
        }
        self._puts.record(values, [_ACCOUNT, *_places(target)])

    def provisioned(self, target: Target, *, spilled: bool) -> None:
        """An invocation of what has provisioned concurrency; ``spilled``: it found no free environment."""
        values = {
            "ProvisionedConcurrencyInvocations": not spilled,
            "ProvisionedConcurrencySpilloverInvocations": spilled,
        }
        self._puts.record(values, _places(target))

    def in_use(self, name: str, resource: str, pool: Pool) -> None:
        """How much of a pool is at work now: told at each invocation's start, and then until the pool has rested."""
        used, allocated = pool.in_use, pool.allocated
        values = {
            "ProvisionedConcurrentExecutions": used,
            "ProvisionedConcurrencyUtilization": used / allocated if allocated else 0.0,
        }
        self._puts.record(values, [_function(name), _resource(name, resource)])


def _places(target: Target) -> list[Dimensions]:
    found = [_function(target.name), _resource(target.name, str(target.reference))]
    if target.weighted:
        found.append((*found[1], ("ExecutedVersion", target.version)))
    return found


def _function(name: str) -> Dimensions:
    return (("FunctionName", name),)


def _resource(name: str, resource: str) -> Dimensions:
    return (("FunctionName", name), ("Resource", resource))
