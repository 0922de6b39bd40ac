"""Dynamic references, ``{{resolve:secretsmanager:…}}``, ``ssm`` and ``ssm-secure``, which are resolved late.

Documents and answers hold the reference. Only the API call that needs the value gets it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.values import replaced, with_texts
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MASK = "*****"
_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^{}]+)\}\}")


#: Where AWS takes a secure string, of the types that there are here: nowhere.
_SECURE = "{{resolve:ssm-secure:"


def refuse_secure(type_name: str, properties: Mapping[str, Any]) -> None:
    """Raises AwsError for a secure string in a property: its value would lie in plain text wherever it is shown."""
    places = sorted(_places(properties, f"{type_name}/Properties"))
    if places:
        raise AwsError("ValidationError", f"SSM Secure reference is not supported in: [{', '.join(places)}]")


def _places(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, f"{place}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, place)
    elif isinstance(value, str) and _SECURE in value:
        yield place


class DynamicReferences:
    """Fetches each value once, with the deployer's clients. Remembers the values, to keep them out of documents."""

    def __init__(self, make_client: Callable[[str], Any]) -> None:
        self._make_client = make_client
        self._values: dict[str, str] = {}
        self._hidden: set[str] = set()

    def hide(self, attributes: Mapping[str, Any]) -> None:
        """From now on :meth:`masked` shows none of these values: a custom resource asked for that."""
        self._hidden |= {str(value) for value in attributes.values() if value not in ("", None)}

    def masked(self, value: Any) -> Any:
        """The value as events and change sets show it."""
        return replaced(value, [(hidden, _MASK) for hidden in self._hidden])

    def resolve(self, value: Any) -> Any:
        """The value with every dynamic reference resolved."""
        return with_texts(value, lambda text: _REFERENCE.sub(self._fetched, text))

    def latest(self, value: Any) -> dict[str, str]:
        """The references in a value to the latest version of a plain parameter, each with what it is now."""
        found = json.dumps(value)
        references = {each[0] for each in _REFERENCE.finditer(found) if each[1] == "ssm" and ":" not in each[2]}
        return {reference: str(self.resolve(reference)) for reference in sorted(references)}

    def restored(self, value: Any) -> Any:
        """The value with every fetched value replaced by its reference, so that it may be stored."""
        return replaced(value, [(fetched, reference) for reference, fetched in self._values.items() if fetched])

    def _fetched(self, found: re.Match[str]) -> str:
        if found[0] not in self._values:
            fetch = {"secretsmanager": self._secret, "ssm": self._plain, "ssm-secure": self._parameter}.get(found[1])
            if fetch is None:
                raise UnsupportedError(f"The dynamic reference {found[0]}")
            self._values[found[0]] = fetch(found[2])
        return self._values[found[0]]

    def _secret(self, reference: str) -> str:
        """Parses ``secret-id:SecretString:json-key:version-stage:version-id``; all parts but the first are optional."""
        parts = reference.split(":")
        width = 7 if reference.startswith("arn:") else 1
        secret_id = ":".join(parts[:width])
        kind, key, stage, version = ([*parts[width:], "", "", "", ""])[:4]
        if kind not in {"", "SecretString"}:
            raise UnsupportedError(f"The part {kind} of a secret")
        which = {"VersionStage": stage} if stage else {}
        which |= {"VersionId": version} if version else {}
        text: str = self._make_client("secretsmanager").get_secret_value(SecretId=secret_id, **which)["SecretString"]
        if not key:
            return text
        try:
            return str(json.loads(text)[key])
        except (ValueError, KeyError, TypeError) as error:
            raise AwsError(
                "ValidationError",
                f"Could not find a value associated with JSONKey {key} in SecretString of {secret_id}",
            ) from error

    def _plain(self, reference: str) -> str:
        found = self._make_client("ssm").get_parameter(Name=reference)["Parameter"]
        if found.get("Type") == "SecureString":
            raise AwsError(
                "ValidationError", f"Non-secure reference (resolve:ssm) to the SecureString parameter {reference}"
            )
        value: str = found["Value"]
        return value

    def _parameter(self, reference: str) -> str:
        answer = self._make_client("ssm").get_parameter(Name=reference, WithDecryption=True)
        value: str = answer["Parameter"]["Value"]
        return value
