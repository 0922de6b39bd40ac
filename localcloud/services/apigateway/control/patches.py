"""Patch operations, with which API Gateway's Update operations say what changes: op, path and value, all text.

The path leads through the thing as AWS's model describes it. So the value's type is the model's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.apis import bad_request
from localcloud.wire import protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.platform.service import Params
    from localcloud.platform.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    op: str
    path: tuple[str, ...]
    """The path's segments, with their escapes undone."""
    value: str

    @property
    def removes(self) -> bool:
        return self.op == "remove"

    def __str__(self) -> str:
        return f"op {self.op} on {'/'.join(('', *self.path))}"


def read(params: Params) -> list[Patch]:
    """The patch operations of a request; raises for those that are none, and for operations other than these three."""
    found = []
    for each in params.get("patchOperations") or []:
        if each.get("op") not in ("add", "replace", "remove"):
            raise UnsupportedError(f"apigateway: the patch operation {each.get('op')} {each.get('path')}")
        segments = str(each.get("path") or "").split("/")
        if segments[0] or len(segments) < 2:
            raise bad_request(f"Invalid patch path {each.get('path')!r}: it begins with a slash.")
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in segments[1:])
        found.append(Patch(op=each["op"], path=path, value=str(each.get("value") or "")))
    return found


def output_shape(operation: str) -> Any:
    """AWS's model of what an operation answers."""
    return protocol.Protocol.all_of("apigateway")["rest-json"].output_shape(operation)


def apply(
    document: Document,
    patches: Iterable[Patch],
    *,
    shape: Any,
    may: frozenset[str],
    special: Callable[[Document, Patch], bool] = lambda _document, _patch: False,
) -> None:
    """Applies the patches. ``may``: the members that can be patched; ``special`` takes those of another form itself."""
    for patch in patches:
        if special(document, patch):
            continue
        if patch.path[0] not in may:
            allowed, path = ", ".join(f"/{name}" for name in sorted(may)), "/".join(patch.path)
            raise bad_request(
                f"Invalid patch path '/{path}' specified for op '{patch.op}'. Must be one of: [{allowed}]"
            )
        _apply_one(document, patch, shape)


def _apply_one(document: Document, patch: Patch, shape: Any) -> None:
    place: Any = document
    for segment in patch.path[:-1]:
        shape = _inner(shape, segment, patch)
        if shape.type_name == "list":
            break
        place = place.setdefault(segment, {})
    if shape.type_name == "list":
        _apply_to_list(place.setdefault(patch.path[-2], []), patch)
        return
    last = patch.path[-1]
    inner = _inner(shape, last, patch)
    if inner.type_name == "list" and patch.value:
        _apply_to_list(place.setdefault(last, []), patch, patch.value)
    elif patch.removes:
        place.pop(last, None)
    else:
        place[last] = typed(inner.type_name, patch.value, patch)


def _apply_to_list(items: list[Any], patch: Patch, item: str | None = None) -> None:
    item = patch.path[-1] if item is None else item
    if patch.removes:
        items[:] = [each for each in items if each != item]
    elif patch.op == "replace":
        items[:] = [patch.value or item]
    elif item not in items:
        items.append(item)


def _inner(shape: Any, segment: str, patch: Patch) -> Any:
    if shape.type_name == "structure" and segment in shape.members:
        return shape.members[segment]
    if shape.type_name == "map":
        return shape.value
    if shape.type_name == "list":
        return shape.member
    raise bad_request(f"Invalid patch path '/{'/'.join(patch.path)}': there is no {segment!r}.")


def typed(kind: str, value: str, patch: Patch) -> Any:
    """The value of a text, as the model's type wants it."""
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[value.lower()]
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("double", "float"):
            return float(value)
    except (KeyError, ValueError) as error:
        raise bad_request(f"Invalid patch value {value!r} for {patch}: it must be of type {kind}.") from error
    if kind != "string":
        raise bad_request(f"Invalid patch path '/{'/'.join(patch.path)}': it is no single value.")
    return value
