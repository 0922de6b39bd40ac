"""Reads an OpenAPI document, in JSON or YAML, and refuses AWS's extensions that the local cloud does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.apis import bad_request

if TYPE_CHECKING:
    from collections.abc import Collection

#: A larger one would be read for minutes.
_LARGEST_YAML_BYTES = 1024 * 1024
_EXTENSION = "x-amazon-apigateway-"


def read(body: bytes) -> dict[str, Any]:
    """The document. Raises AwsError for what is none."""
    is_json = body.lstrip().startswith(b"{")
    if not is_json and len(body) > _LARGEST_YAML_BYTES:
        raise UnsupportedError(f"apigateway: an OpenAPI document in YAML of more than {_LARGEST_YAML_BYTES} bytes")
    try:
        text = body.decode()
        found = json.loads(text) if is_json else yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a SafeLoader
        document = json.loads(json.dumps(found, default=str))  # names are texts, also of statuses; dates are none
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise bad_request(f"Invalid OpenAPI input. It cannot be read: {error}") from error
    version = str(document.get("swagger") or document.get("openapi")) if isinstance(document, dict) else ""
    if version != "2.0" and not version.startswith("3.0"):
        raise bad_request("Invalid OpenAPI input. It must say swagger: '2.0' or openapi: 3.0.x.")
    return dict(document)


class _Loader(yaml.SafeLoader):
    """YAML without aliases, by which a short text is a huge document."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


def extension(part: dict[str, Any], name: str) -> Any:
    return part.get(f"{_EXTENSION}{name}")


def refuse_others(part: dict[str, Any], known: Collection[str], where: str) -> None:
    """Raises UnsupportedError for an extension that is not among ``known``, which are without their prefix."""
    found = [name for name in part if name.startswith(_EXTENSION) and name.removeprefix(_EXTENSION) not in known]
    if found:
        raise UnsupportedError(f"apigateway: {found[0]} of {where}")


def objects(value: Any, what: str) -> dict[str, dict[str, Any]]:
    """The members of a section, each an object; empty where the document has none."""
    found = {} if value is None else value
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise bad_request(f"Invalid OpenAPI input. {what} must be an object of objects.")
    return found
