"""Variables in an action's configuration: ``#{Namespace.Name}`` is replaced by text when the action starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@_-]+)\.([A-Za-z0-9@_.-]+)\}")

#: The namespaces of every pipeline: one for the execution, one for the pipeline's own variables.
EXECUTION_NAMESPACE = "codepipeline"
PIPELINE_NAMESPACE = "variables"

Variables = dict[str, dict[str, str]]
"""Namespace → name → value."""


class UnresolvedVariableError(Exception):
    """A reference to a variable that no earlier action has set."""


def references(text: str) -> Iterator[tuple[str, str]]:
    """Every (namespace, name) in the text."""
    for found in _REFERENCE.finditer(text):
        yield found[1], found[2]


def resolve(text: str, variables: Mapping[str, Mapping[str, str]]) -> str:
    """The text with its references replaced. Raises UnresolvedVariableError with the variables that exist."""

    def value(found: re.Match[str]) -> str:
        namespace = variables.get(found[1])
        if namespace is None or found[2] not in namespace:
            known = sorted(namespace) if namespace is not None else []
            raise UnresolvedVariableError(
                f"The action configuration refers to the variable {found[0]}, which no earlier action has set; "
                f"the namespace {found[1]} has {', '.join(known) or 'no variables'}."
            )
        return namespace[found[2]]

    return _REFERENCE.sub(value, text)


def resolve_all(configuration: Mapping[str, str], variables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: resolve(text, variables) for name, text in configuration.items()}
