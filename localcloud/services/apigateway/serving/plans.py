"""Which usage plan a request's API key belongs to. The plans are read once, and anew after a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.services.apigateway.gateway_responses import forbidden, quota_exceeded, throttled
from localcloud.services.apigateway.serving.stages import Limit

if TYPE_CHECKING:
    from localcloud.services.apigateway.apis import Documents
    from localcloud.services.apigateway.serving.exchange import Exchange
    from localcloud.services.apigateway.serving.quotas import Quotas
    from localcloud.services.apigateway.serving.snapshots import Method
    from localcloud.services.apigateway.serving.throttles import Throttles

HEADER = "x-api-key"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    plan_id: str
    limit: Limit | None
    methods: dict[str, Limit]
    """``<path>/<method>`` → the limit of the plan for it."""
    quota: dict[str, Any]


class Plans:
    def __init__(self, documents: Documents, throttles: Throttles, quotas: Quotas) -> None:
        self._documents = documents
        self._throttles = throttles
        self._quotas = quotas
        #: (API, stage, value of a key) → the key and its plan.
        self._known: dict[tuple[str, str, str], tuple[dict[str, Any], _Plan]] | None = None
        for table in (documents.keys, documents.plans):
            table.watch(lambda _key, _before, _now: self._forget())

    def admit(self, exchange: Exchange, method: Method) -> None:
        """Counts a request for its key. Raises Refused without a key of the stage, and above what its plan allows."""
        stage = exchange.stage
        value = exchange.headers.get(HEADER, "")
        found = self._read().get((stage.api_id, stage.name, value)) if value else None
        if found is None:
            raise forbidden()
        exchange.key, plan = found
        key_id = exchange.key["id"]
        own = plan.methods.get(f"{method.resource_path}/{method.http_method}")
        limit, place = (own, f"/{method.settings_key}") if own is not None else (plan.limit, "")
        if limit is not None and not self._throttles.admit(f"{plan.plan_id}/{key_id}{place}", limit):
            raise throttled()
        if plan.quota and not self._quotas.admit(plan.plan_id, key_id, plan.quota, datetime.now(UTC)):
            raise quota_exceeded()

    def _forget(self) -> None:
        self._known = None

    def _read(self) -> dict[tuple[str, str, str], tuple[dict[str, Any], _Plan]]:
        known = self._known
        if known is None:
            known = self._known = self._by_place()
        return known

    def _by_place(self) -> dict[tuple[str, str, str], tuple[dict[str, Any], _Plan]]:
        keys = {key_id: key for key_id, key in self._documents.keys.items() if key["enabled"]}
        found = {}
        for plan_id, plan in self._documents.plans.items():
            for place in plan["apiStages"]:
                limits = {name: Limit.of(throttle) for name, throttle in (place.get("throttle") or {}).items()}
                compiled = _Plan(
                    plan_id=plan_id,
                    limit=Limit.of(plan.get("throttle")),
                    methods={name: limit for name, limit in limits.items() if limit is not None},
                    quota=plan.get("quota") or {},
                )
                for key_id in plan["keys"]:
                    if key_id in keys:
                        found[place["apiId"], place["stage"], keys[key_id]["value"]] = keys[key_id], compiled
        return found
