"""The settings of function URLs: one a function or alias, each under an id that stays as long as the URL."""

from __future__ import annotations

import secrets
import string
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.names import Reference

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

TABLE = "lambda.urls"
_ID_LETTERS = 32


class Urls:
    """By id; ``function`` is what the URL invokes, as ``<function>`` or ``<function>:<alias>``."""

    def __init__(self, cloud: Cloud) -> None:
        self._table = cloud.store.table(TABLE)
        self._making = threading.Lock()
        self._region = cloud.settings.region

    def create(self, named: Reference, settings: dict[str, Any]) -> bool:
        """False where the function or alias has one. Of several that make it at once, one does."""
        now = _now()
        with self._making:
            if self.of(named) is not None:
                return False
            document = {"function": str(named), **settings, "CreationTime": now, "LastModifiedTime": now}
            self._table.put(_new_id(), document)
            return True

    def update(self, named: Reference, settings: dict[str, Any]) -> None:
        url_id, _ = self._found(named)
        self._table.update(url_id, lambda document: document.update(settings, LastModifiedTime=_now()))

    def delete(self, named: Reference) -> None:
        """One that is not there is no error."""
        for url_id, document in self._table.items():
            if document["function"] == str(named):
                self._table.delete(url_id)

    def get(self, url_id: str) -> Document | None:
        return self._table.get(url_id)

    def of(self, named: Reference) -> tuple[str, Document] | None:
        """The URL of a function or alias, with its id."""
        return next((each for each in self._table.items() if each[1]["function"] == str(named)), None)

    def of_function(self, name: str) -> list[Reference]:
        """What has a URL: a function, its aliases."""
        found = [Reference(*document["function"].split(":")) for _, document in self._table.items()]
        return sorted((each for each in found if each.name == name), key=str)

    def described(self, named: Reference, function_arn: str) -> dict[str, Any]:
        """The URL in the API's form."""
        url_id, document = self._found(named)
        settings = {name: value for name, value in document.items() if name != "function"}
        return {"FunctionUrl": f"https://{self.host(url_id)}/", "FunctionArn": function_arn, **settings}

    def host(self, url_id: str) -> str:
        """The host's name on AWS."""
        return f"{url_id}.lambda-url.{self._region}.on.aws"

    def _found(self, named: Reference) -> tuple[str, Document]:
        found = self.of(named)
        if found is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", status=404)
        return found


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(_ID_LETTERS))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
