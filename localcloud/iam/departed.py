"""Once a role or user is deleted, a policy that named it names nobody, even if another one gets its name.

AWS keeps the identity's id in the policy, and shows it once it is gone. Here, what a policy named is noted when the
identity is deleted, by the policy's text. Whoever puts the policy again means whoever has the name then.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.store import Store
    from localcloud.wire.api_requests import ApiRequest

#: What shows policies that name identities.
_SHOW = frozenset(
    {
        ("ecr", "GetRepositoryPolicy"),
        *(("events", name) for name in ("DescribeEventBus", "ListEventBuses")),
        *(("iam", name) for name in ("GetAccountAuthorizationDetails", "GetRole", "ListRoles")),
        ("kms", "GetKeyPolicy"),
        ("s3", "GetBucketPolicy"),
        ("secretsmanager", "GetResourcePolicy"),
        ("sns", "GetTopicAttributes"),
        ("sqs", "GetQueueAttributes"),
    }
)
_TEXT_IN_XML = re.compile(r"(?<=>)[^<]+(?=<)")


class Departed:
    """Which policies named an identity that was deleted: hash of the policy's text → ARNs, each with its last id."""

    def __init__(self, store: Store) -> None:
        self._table = store.table("iam.departed")

    def note(self, arn: str, unique_id: str, texts: Iterable[str]) -> None:
        """An identity was deleted, and these are the policies of the account."""
        for text in texts:
            if f'"{arn}"' in text:
                key = _key(text)
                self._table.put(key, {**(self._table.get(key) or {}), arn: unique_id})

    def forget(self, text: Any) -> None:
        """A policy is put: it means those who have the names now."""
        key = _key(text if isinstance(text, str) else json.dumps(text))
        if key in self._table:
            self._table.delete(key)

    def applied(self, text: str) -> str:
        """The policy with ids in the place of those who are gone."""
        found = self._table.get(_key(text)) if self._table.names() else None
        for arn, unique_id in (found or {}).items():
            text = text.replace(f'"{arn}"', f'"{unique_id}"')
        return text

    def shown(self, request: ApiRequest, body: bytes) -> bytes:
        """An answer's body as AWS shows it: with the ids of those who are gone."""
        if (request.service, request.operation) not in _SHOW or not self._table.names():
            return body
        text = body.decode()
        if text.startswith("<"):
            return _TEXT_IN_XML.sub(lambda found: self._in_xml(found[0]), text).encode()
        whole = self.applied(text)
        if whole != text:
            return whole.encode()
        return json.dumps(self._in_json(json.loads(text))).encode()

    def _in_xml(self, text: str) -> str:
        """IAM's documents are encoded as in a URL, those of other services as text of XML."""
        if text.startswith("%7B"):
            return quote(self.applied(unquote(text)), safe="")
        return html.escape(self.applied(html.unescape(text))) if text.startswith("{") else text

    def _in_json(self, found: Any) -> Any:
        if isinstance(found, dict):
            return {name: self._in_json(each) for name, each in found.items()}
        return self.applied(found) if isinstance(found, str) and found.startswith("{") else found


def _key(text: str) -> str:
    """The same for each spelling of a document."""
    with contextlib.suppress(ValueError):
        text = json.dumps(json.loads(text), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
