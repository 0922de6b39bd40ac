"""The transforms that a template may declare, and their order. Any other is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import language_extensions, limits, serverless
from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: AWS writes loops out first, whatever the order in which a template names the two.
KNOWN = (language_extensions.NAME, serverless.NAME)


def declared(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The transforms of a template, in the order in which they work; raises UnsupportedError for one not here."""
    given = document.get("Transform", [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or any(name not in KNOWN for name in names):
        raise UnsupportedError(f"The template section Transform ({given!r})")
    return tuple(name for name in KNOWN if name in names)


def expanded(document: dict[str, Any], names: tuple[str, ...], texts: Mapping[str, str]) -> dict[str, Any]:
    """The template with its loops written out.

    ``names``: those that it has :func:`declared`. ``texts``: the values given to its parameters, if any.
    """
    found = {section: value for section, value in document.items() if section != "Transform"}
    if language_extensions.NAME in names:
        found = language_extensions.expand(found, texts)
        limits.check_depth(found)
    return found


def translated(document: dict[str, Any], texts: Mapping[str, str], account: serverless.Account) -> dict[str, Any]:
    """An expanded template with what SAM's resources stand for. ``document`` is not to be used afterwards."""
    found = serverless.translate(document, texts, account)
    limits.check_depth(found)
    return found


def types_of(document: dict[str, Any]) -> list[str]:
    """The type of each resource of an expanded template."""
    resources = document.get("Resources")
    members = resources.values() if isinstance(resources, dict) else ()
    return [str(each["Type"]) for each in members if isinstance(each, dict) and "Type" in each]
