"""The documents of event buses: the account's default bus, and those that users make. Each may have a policy."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.iam.document import whole
from localcloud.platform.errors import AwsError
from localcloud.services.events.place import DEFAULT, bus_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_LONGEST_POLICY = 10_240


class EventBuses:
    def __init__(self, cloud: Cloud) -> None:
        self._settings = cloud.settings
        self._table = cloud.store.table("events.buses")
        self._making = threading.Lock()
        if DEFAULT not in self._table:
            self.put(DEFAULT, description=None, tags={})

    def create(self, name: str, *, description: str | None, tags: dict[str, str]) -> Document:
        """Raises AwsError where there is one of this name. Of several that make it at once, one does."""
        with self._making:
            if name in self._table:
                raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
            return self.put(name, description=description, tags=tags)

    def put(self, name: str, *, description: str | None, tags: dict[str, str]) -> Document:
        now = datetime.now(UTC)
        bus = {
            "Name": name,
            "Arn": bus_arn(self._settings, name),
            "CreationTime": now,
            "LastModifiedTime": now,
            **({"Description": description} if description else {}),
            "tags": tags,
            "policy": [],
        }
        self._table.put(name, bus)
        return bus

    def all(self, prefix: str = "") -> Iterator[Document]:
        """In the order of their names."""
        return (bus for _, bus in sorted(self._table.items(prefix)))

    def get(self, name: str) -> Document:
        found = self._table.get(name)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return found

    def change(self, name: str, change: Callable[[Document], None]) -> Document:
        self.get(name)

        def changed(bus: Document) -> None:
            change(bus)
            bus["LastModifiedTime"] = datetime.now(UTC)

        return self._table.update(name, changed)

    def delete(self, name: str) -> None:
        if name in self._table:
            self._table.delete(name)

    def set_policy(self, name: str, statements: list[dict[str, Any]]) -> None:
        """Raises AwsError where the policy gets too long."""
        self.change(name, lambda bus: bus.update(policy=_checked(statements)))

    def add_statement(self, name: str, statement: dict[str, Any]) -> None:
        """Adds a statement, or puts it in the place of the one with the same Sid."""

        def add(bus: Document) -> None:
            others = [each for each in bus["policy"] if each.get("Sid") != statement["Sid"]]
            bus["policy"] = _checked([*others, statement])

        self.change(name, add)

    def remove_statement(self, name: str, sid: str) -> None:
        def remove(bus: Document) -> None:
            kept = [each for each in bus["policy"] if each.get("Sid") != sid]
            if len(kept) == len(bus["policy"]):
                raise AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.")
            bus["policy"] = kept

        self.change(name, remove)


def policy_text(bus: Document) -> str | None:
    """The bus's policy as JSON; None where it has none."""
    return json.dumps(whole(bus["policy"])) if bus["policy"] else None


def _checked(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(json.dumps(statements)) > _LONGEST_POLICY:
        raise AwsError(
            "PolicyLengthExceededException", f"The policy of an event bus has at most {_LONGEST_POLICY} characters."
        )
    return statements
