"""Reads a template's text: JSON, or YAML with CloudFormation's short intrinsics (``!Ref``, ``!Sub`` …)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import yaml

from localcloud.platform.errors import AwsError

Document = dict[str, Any]


def read(text: str) -> Document:
    """The template as a document. Dates stay strings. Raises AwsError with the place of a syntax error."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a SafeLoader
    except json.JSONDecodeError as error:
        raise AwsError(
            "ValidationError",
            f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})",
        ) from error
    except (ValueError, RecursionError) as error:  # a number of too many digits; thousands of brackets
        raise AwsError("ValidationError", f"Template format error: it cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise AwsError("ValidationError", f"Template format error: YAML not well-formed.{place}") from error
    if not isinstance(found, dict):
        raise AwsError("ValidationError", "Template format error: unsupported structure.")
    return found


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: without aliases, by which a short text is a huge document."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise AwsError(
                "ValidationError", "Template error: YAML aliases are not allowed in CloudFormation templates"
            )
        return super().compose_node(parent, index)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Document:
    pairs = loader.construct_pairs(node, deep=True)
    names = Counter(str(name) for name, _ in pairs)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise yaml.MarkedYAMLError(problem=f"duplicate key {twice[0]}", problem_mark=node.start_mark)
    return {str(name) if not isinstance(name, str) else name: value for name, value in pairs}


def _short_intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Document:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _short_intrinsic)
# CloudFormation has no dates: 2012-10-17 is a policy's version.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
