"""The stages that are served now: each compiled when it is first asked for, and anew after a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.services.apigateway.apis import ACCOUNT_THROTTLE, log_group_of
from localcloud.services.apigateway.serving.snapshots import Deployed, compiled

if TYPE_CHECKING:
    from localcloud.platform.settings import Settings
    from localcloud.platform.store import Document
    from localcloud.services.apigateway.apis import Documents
    from localcloud.services.apigateway.serving.snapshots import Method


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A token bucket's facts: tokens a second, and how many it holds."""

    rate: float
    burst: int

    @classmethod
    def of(cls, document: dict[str, Any] | None, rate: str = "rateLimit", burst: str = "burstLimit") -> Limit | None:
        """None where a document sets no limit; AWS writes -1 for none."""
        if not document or document.get(rate, -1) < 0 or document.get(burst, -1) < 0:
            return None
        return cls(rate=float(document[rate]), burst=int(document[burst]))


_ACCOUNT = Limit(rate=ACCOUNT_THROTTLE["rateLimit"], burst=int(ACCOUNT_THROTTLE["burstLimit"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    account_id: str
    region: str
    api_id: str
    name: str
    deployment_id: str
    deployed: Deployed
    variables: dict[str, str]
    method_settings: dict[str, Any]
    log_group: str
    log_format: str

    def limit(self, method: Method) -> tuple[str, Limit]:
        """The throttle that counts for a method, and whose it is.

        A stage's default is a throttle of its own for each method that sets none; the account's is one for all.
        """
        for key in (method.settings_key, "*/*"):
            limit = Limit.of(self.method_settings.get(key), "throttlingRateLimit", "throttlingBurstLimit")
            if limit is not None:
                return f"{self.api_id}/{self.name}/{method.settings_key}", limit
        return "account", _ACCOUNT

    def method_metrics(self, method: Method) -> bool:
        settings = self.method_settings.get(method.settings_key) or self.method_settings.get("*/*") or {}
        return bool(settings.get("metricsEnabled"))

    def method_arn(self, http_method: str, path: str) -> str:
        """The ARN of ``execute-api:Invoke``, of a request or of a resource."""
        return f"arn:aws:execute-api:{self.region}:{self.account_id}:{self.api_id}/{self.name}/{http_method}{path}"


class Stages:
    def __init__(self, settings: Settings, documents: Documents) -> None:
        self._settings = settings
        self._documents = documents
        self._known: dict[str, dict[str, Stage | None]] = {}
        documents.apis.watch(self._changed)

    def find(self, api_id: str, name: str) -> Stage | None:
        """The stage as it is deployed now; None where nobody has deployed it, or its API is not to be served."""
        known = self._known.get(api_id)
        if known is None:
            api = self._documents.apis.get(api_id)
            if api is None:
                return None
            known = self._known.setdefault(api_id, {})
        if name not in known:
            known[name] = self._read(api_id, name)
        return known[name]

    def _changed(self, api_id: str, _before: Document | None, _now: Document | None) -> None:
        self._known.pop(api_id, None)

    def _read(self, api_id: str, name: str) -> Stage | None:
        api = self._documents.apis.get(api_id)
        stage: Document | None = api["stages"].get(name) if api else None
        if api is None or stage is None or api.get("disableExecuteApiEndpoint"):
            return None
        snapshot = self._documents.snapshots.get(f"{api_id}/{stage['deploymentId']}")
        if snapshot is None:
            return None
        log = stage.get("accessLogSettings") or {}
        return Stage(
            account_id=self._settings.account_id,
            region=self._settings.region,
            api_id=api_id,
            name=name,
            deployment_id=stage["deploymentId"],
            deployed=compiled(snapshot),
            variables=stage.get("variables") or {},
            method_settings=stage["methodSettings"],
            log_group=log_group_of(log["destinationArn"]) or "" if log.get("destinationArn") else "",
            log_format=log.get("format", ""),
        )
