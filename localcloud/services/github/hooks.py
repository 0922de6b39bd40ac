"""Webhooks of repositories: stores them, calls them with signed events, and records their deliveries.

It calls only addresses of this local cloud's own front door, so that nobody can make this machine call another one.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from localcloud.platform.connector import PUSHES
from localcloud.services.github.push_event import signatures

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

Hook = dict[str, Any]

_KEPT_DELIVERIES = 50
_TIMEOUT_SECONDS = 10
#: The id of the hook that the app of connections has in every repository. Nobody sees it among the hooks.
_CONNECTOR = 0


class HookRefusedError(Exception):
    """A hook cannot be made. The text names the field, its value and what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Hooks:
    def __init__(self, cloud: Cloud) -> None:
        self._endpoint = cloud.settings.endpoint_url
        self._connector_secret = cloud.clients.inner_secret
        self._table = cloud.store.table("github.hooks")
        self._deliveries = cloud.store.table("github.deliveries")
        #: Deliveries that have not ended. An event survives the process that was to deliver it.
        self._pending = cloud.store.table("github.pending_deliveries")
        self._lock = threading.Lock()
        self._last_id = max((hook["id"] for _, hook in self._table.items()), default=0)
        self._move_here()

    def start(self) -> None:
        """Delivers again what an earlier run did not finish. Receivers recognise a delivery by its id."""
        for delivery, pending in self._pending.items():
            self._in_background(delivery, **pending)

    def _move_here(self) -> None:
        """Moves all hooks to this front door's address, whose port may have changed since they were made."""
        for key, hook in self._table.items():
            address = urlsplit(hook["config"]["url"])
            here = self._endpoint + address.path + (f"?{address.query}" if address.query else "")
            if hook["config"]["url"] != here:
                self._table.put(key, hook | {"config": hook["config"] | {"url": here}})

    def create(self, repository: str, wanted: dict[str, Any]) -> Hook:
        """Makes a hook and pings it. Raises HookRefusedError."""
        config = wanted.get("config", {})
        self._check(repository, wanted, config)
        with self._lock:
            self._last_id += 1
            hook: Hook = {
                "id": self._last_id,
                "repository": repository,
                "events": wanted.get("events", ["push"]),
                "active": wanted.get("active", True),
                "config": {"url": config["url"], "content_type": "json", "insecure_ssl": "0"},
                "secret": config.get("secret", ""),
                "created_at": datetime.now(UTC),
            }
            self._table.put(_key(repository, hook["id"]), hook)
        ping = {"zen": "Keep it logically awesome.", "hook_id": hook["id"], "repository": {"full_name": repository}}
        self._tell([hook], "ping", ping)
        return hook

    def get(self, repository: str, hook_id: str) -> Hook | None:
        return self._table.get(_key(repository, hook_id))

    def of(self, repository: str) -> list[Hook]:
        return [hook for _, hook in self._table.items(f"{repository}/")]

    def delete(self, repository: str, hook_id: str) -> None:
        self._table.delete(_key(repository, hook_id))
        self._deliveries.delete(_key(repository, hook_id))

    def deliveries(self, repository: str, hook_id: str) -> list[dict[str, Any]]:
        """Newest first."""
        document = self._deliveries.get(_key(repository, hook_id)) or {"deliveries": []}
        return list(document["deliveries"][::-1])

    def tell(self, repository: str, event: str, body: dict[str, Any]) -> None:
        """Calls the app of connections and every active hook that listens for the event, each on its own thread."""
        hooks = [hook for hook in self.of(repository) if hook["active"] and {event, "*"} & set(hook["events"])]
        self._tell([*hooks, self._connector(repository)], event, body)

    def _tell(self, hooks: list[Hook], event: str, body: dict[str, Any]) -> None:
        for hook in hooks:
            key, delivery = _key(hook["repository"], hook["id"]), str(uuid.uuid4())
            self._pending.put(delivery, {"hook": key, "event": event, "body": body})
            self._in_background(delivery, key, event, body)

    def _in_background(self, delivery: str, hook: str, event: str, body: dict[str, Any]) -> None:
        def deliver() -> None:
            repository, _, hook_id = hook.rpartition("/")
            found = self._connector(repository) if hook_id == str(_CONNECTOR) else self._table.get(hook)
            if found is not None:  # the hook may have been deleted meanwhile
                self._deliver(delivery, found, event, body)
            self._pending.delete(delivery)

        threading.Thread(target=deliver, daemon=True, name=f"hook-{event}").start()

    def _connector(self, repository: str) -> Hook:
        """The hook of the app that connections install. What it signs with is new at each start."""
        return {
            "id": _CONNECTOR,
            "repository": repository,
            "config": {"url": f"{self._endpoint}{PUSHES}"},
            "secret": self._connector_secret,
        }

    def _deliver(self, delivery: str, hook: Hook, event: str, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/local",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery,
            "X-GitHub-Hook-ID": str(hook["id"]),
        }
        if hook["secret"]:
            headers |= signatures(hook["secret"], content)
        started = time.monotonic()
        status_code, status = self._post(hook["config"]["url"], content, headers)
        record = {
            "guid": delivery,
            "event": event,
            "delivered_at": datetime.now(UTC),
            "duration": round(time.monotonic() - started, 3),
            "status": status,
            "status_code": status_code,
            "redelivery": False,
        }
        self._record(hook, record)

    def _post(self, url: str, content: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """The answer's status and text. Follows no redirect and uses no proxy."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), content, headers)
            answer = connection.getresponse()
            text = answer.read(2000).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, f"failed to connect: {error}"
        finally:
            connection.close()
        return answer.status, "OK" if answer.status < 300 else f"{answer.reason}: {text}"

    def _record(self, hook: Hook, record: dict[str, Any]) -> None:
        key = _key(hook["repository"], hook["id"])
        with self._lock:
            if key not in self._table:
                return  # deleted while it was being called
            known = (self._deliveries.get(key) or {"deliveries": []})["deliveries"]
            numbered = {"id": known[-1]["id"] + 1 if known else 1, **record}
            self._deliveries.put(key, {"deliveries": [*known, numbered][-_KEPT_DELIVERIES:]})

    def _check(self, repository: str, wanted: dict[str, Any], config: dict[str, Any]) -> None:
        url = config.get("url", "")
        own = urlsplit(self._endpoint)
        asked = urlsplit(url) if isinstance(url, str) else urlsplit("")
        if (asked.scheme, asked.netloc) != (own.scheme, own.netloc):
            raise HookRefusedError(
                "url", f"url {url!r} is not an address of this local cloud; only {self._endpoint}/… is called."
            )
        if config.get("content_type", "form") != "json":
            raise HookRefusedError(
                "content_type", f"content_type {config.get('content_type', 'form')!r} is not supported; use 'json'."
            )
        unknown = set(wanted.get("events", ["push"])) - {"push", "ping", "*"}
        if unknown:
            raise HookRefusedError("events", f"events {sorted(unknown)} do not happen here; use ['push'].")
        if any(hook["config"]["url"] == url for hook in self.of(repository)):
            raise HookRefusedError("url", "Hook already exists on this repository")


def shown(hook: Hook, api_url: str) -> dict[str, Any]:
    """A hook in the API's form, with its secret masked as at GitHub."""
    masked = {"secret": "********"} if hook["secret"] else {}
    return {
        "type": "Repository",
        "id": hook["id"],
        "name": "web",
        "active": hook["active"],
        "events": hook["events"],
        "config": hook["config"] | masked,
        "created_at": hook["created_at"].isoformat(),
        "url": f"{api_url}/repos/{hook['repository']}/hooks/{hook['id']}",
    }


def _key(repository: str, hook_id: object) -> str:
    return f"{repository}/{hook_id}"
