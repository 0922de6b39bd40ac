"""Stores functions and the archives of their code."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.archives import Archives

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

TABLE = "lambda.functions"


class Functions:
    """Functions by name: configuration in the API's form, policy, concurrency, tags. Archives are files."""

    def __init__(self, cloud: Cloud) -> None:
        self.table = cloud.store.table(TABLE)
        self.archives = Archives(cloud.settings.home / "state" / "lambda")
        self._arn_prefix = cloud.arn("lambda", "function:")

    def arn(self, name: str) -> str:
        """The ARN of a function, or of ``<function>:<qualifier>``."""
        return f"{self._arn_prefix}{name}"

    def get(self, name: str) -> Document:
        found = self.table.get(name)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Function not found: {self.arn(name)}", status=404)
        return found

    def update(self, name: str, change: Callable[[Document], None]) -> Document:
        self.get(name)
        return self.table.update(name, change)

    def forget_unused(self, code_sha256: str) -> None:
        """Deletes the archive with this hash, unless a function uses it as it is now."""
        if all(function["configuration"]["CodeSha256"] != code_sha256 for _, function in self.table.items()):
            self.archives.delete(code_sha256)


def touched(configuration: Document) -> None:
    """A new revision id, which every change gets."""
    configuration["LastModified"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    configuration["RevisionId"] = str(uuid.uuid4())
