"""The transform ``AWS::LanguageExtensions``: loops are written out, before anything else looks at the template.

A function in Ref or Fn::GetAtt makes the name of a parameter or a resource, and is replaced by it here. What the
transform adds besides are functions (``intrinsics.py``), and functions in the policies of a resource. Source: "AWS::
LanguageExtensions transform" and "Fn::ForEach" of the user guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.limits import WRITTEN_CHARACTERS
from localcloud.cloudformation.values import is_list, items_of, objects, text_of
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAME = "AWS::LanguageExtensions"
#: The functions that a template may call with the transform alone.
FUNCTIONS = frozenset({"Fn::Length", "Fn::ToJsonString"})
#: Where AWS takes loops.
SECTIONS = ("Conditions", "Resources", "Outputs")
_LOOP = "Fn::ForEach::"
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
#: A place in the text of Fn::Sub.
SUBSTITUTION = re.compile(r"\$\{([^!{}][^{}]*)\}")
#: More passes than a template could use: it has 500 resources and 200 outputs.
_MOST_PASSES = 10_000


def expand(document: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """The template without its loops. ``texts``: the values given to its parameters, if any.

    Raises AwsError for a loop that AWS would not write out either.
    """
    loops = _Loops(document=document, texts=texts)
    return {name: loops.written_out(section) if name in SECTIONS else section for name, section in document.items()}


@dataclass(kw_only=True, slots=True)
class _Loops:
    document: Mapping[str, Any]
    texts: Mapping[str, str]
    #: Identifier → value, of the loops around.
    bound: dict[str, str] = field(default_factory=dict)
    passes: int = 0
    written: int = 0

    def written_out(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.written_out(item) for item in value]
        if isinstance(value, str):
            return self._filled(value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and isinstance(name := value.get("Ref"), str) and name in self.bound:
            return self.bound[name]
        found: dict[str, Any] = {}
        for key, item in self._members(value):
            if key in found:
                raise _error(f"Template format error: A loop of Fn::ForEach makes {key} twice.")
            found[key] = item
        return self._with_names(found)

    def _with_names(self, found: dict[str, Any]) -> dict[str, Any]:
        """A Ref or Fn::GetAtt with the names that functions in it make, of a parameter or a resource."""
        match found:
            case {"Ref": dict(function)} if len(found) == 1:
                return {"Ref": self._name(function)}
            case {"Fn::GetAtt": [dict(function), attribute]} if len(found) == 1:
                return {"Fn::GetAtt": [self._name(function), attribute]}
            case _:
                return found

    def _name(self, value: Any) -> str:
        """The text that a function makes of the parameters' values, which are all that is known before."""
        match value:
            case str(text):
                return text
            case {"Ref": str(parameter)}:
                return self._value(parameter)
            case {"Fn::Sub": str(text)}:
                return SUBSTITUTION.sub(lambda place: self._value(place[1].strip()), text)
            case {"Fn::Sub": [str(text), dict(own)]}:
                made = {name: self._name(function) for name, function in own.items()}
                return SUBSTITUTION.sub(lambda place: self._sub(place[1].strip(), made), text)
            case {"Fn::Join": [str(delimiter), list(parts)]}:
                return delimiter.join(map(self._name, parts))
            case {"Fn::FindInMap": [mapping, first, second]}:
                place = self._in_mappings(*map(self._name, (mapping, first, second)))
                if isinstance(place, str):
                    return place
        raise UnsupportedError(f"A Ref or Fn::GetAtt of a function ({repr(value)[:200]})")

    def _sub(self, name: str, own: Mapping[str, str]) -> str:
        return own[name] if name in own else self._value(name)

    def _value(self, parameter: str) -> str:
        definition = self._definition(parameter)
        if not isinstance(definition, dict) or "AWS::SSM::" in str(definition.get("Type")):
            raise UnsupportedError(f"A Ref or Fn::GetAtt of a function of {parameter}, which is no plain parameter")
        return self.texts.get(parameter, text_of(definition.get("Default", "")))

    def _definition(self, parameter: str) -> Any:
        declared = self.document.get("Parameters")
        return declared.get(parameter) if isinstance(declared, dict) else None

    def _in_mappings(self, mapping: str, first: str, second: str) -> Any:
        found: Any = self.document.get("Mappings")
        for name in (mapping, first, second):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def _members(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, item in value.items():
            if str(key).startswith(_LOOP):
                yield from self._loop(str(key), item)
            else:
                yield self._filled(key) if isinstance(key, str) else key, self.written_out(item)

    def _loop(self, name: str, argument: Any) -> Iterator[tuple[str, Any]]:
        match argument:
            case [str(identifier), collection, dict(fragment)]:
                pass
            case _:
                raise _error(f"Template error: {name} requires an identifier, a collection and an object, in a list.")
        self._check_names(name, identifier)
        for item in self._collection(name, collection):
            self.passes += 1
            if self.passes > _MOST_PASSES:
                raise _error(f"Template error: The template's loops have more than {_MOST_PASSES} passes: {name}")
            self.bound[identifier] = item
            yield from self.written_out(fragment).items()
            del self.bound[identifier]

    def _check_names(self, name: str, identifier: str) -> None:
        taken = {*self.bound, *(self.document.get("Parameters") or {}), *(self.document.get("Resources") or {})}
        if not _ALPHANUMERIC.fullmatch(name.removeprefix(_LOOP)) or not _ALPHANUMERIC.fullmatch(identifier):
            raise _error(
                f"Template error: The names of {name} and of its identifier {identifier} must be alphanumeric."
            )
        if identifier in taken:
            raise _error(f"Template error: The identifier {identifier} of {name} is in use: choose another one.")

    def _collection(self, name: str, collection: Any) -> list[str]:
        found = self.written_out(collection)
        match found:
            case {"Ref": str(parameter)} if len(found) == 1:
                return self._list_of(name, parameter)
            case {"Fn::FindInMap": [str(mapping), str(first), str(second)]} if len(found) == 1:
                found = self._in_mappings(mapping, first, second)
        if not isinstance(found, list) or any(isinstance(item, dict | list | None) for item in found):
            raise _error(
                f"Template error: {name} loops over a list of texts, a Ref to a parameter of type CommaDelimitedList, "
                f"or a list in Mappings, not over {repr(collection)[:200]}"
            )
        return list(map(text_of, found))

    def _list_of(self, name: str, parameter: str) -> list[str]:
        definition = self._definition(parameter)
        kind = str(definition.get("Type")) if isinstance(definition, dict) else "no parameter"
        if "AWS::SSM::" in kind:
            raise UnsupportedError(f"{name} over {parameter}, a parameter of type {kind}")
        if not isinstance(definition, dict) or not is_list(kind):
            raise _error(f"Template error: {name} cannot loop over {parameter}, which is {kind} and no list.")
        return items_of(self.texts.get(parameter, text_of(definition.get("Default", ""))))

    def _filled(self, text: str) -> str:
        """``${Name}`` is the value, ``&{Name}`` its letters and digits alone."""
        for identifier, value in self.bound.items():
            text = text.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", _plain(value))
        self.written += len(text) if self.bound else 0
        if self.written > WRITTEN_CHARACTERS:
            raise _error("Template error: The loops of the template make more text than any template may have")
        return text


def _plain(value: str) -> str:
    return "".join(_ALPHANUMERIC.findall(value))


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def refs_of_functions(value: Any) -> Iterable[Any]:
    """Each function that stands in the place of a name in ``Ref``, which the transform allows."""
    return (each["Ref"] for each in objects(value) if len(each) == 1 and isinstance(each.get("Ref"), dict))
