"""Reads and checks a template's sections. What the engine does not support is refused by name at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import document, language_extensions, limits, sections, serverless, transforms
from localcloud.cloudformation.order import check_acyclic
from localcloud.cloudformation.schemas import schema
from localcloud.cloudformation.serverless import Account
from localcloud.cloudformation.values import objects
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.resources.registry import provider

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECTIONS = frozenset(
    {
        *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules"),
        *("Resources", "Outputs"),
    }
)
_RESOURCE_KEYS = frozenset(
    {"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
)
#: AWS's sections and resource attributes that the engine does not support.
_UNSUPPORTED = frozenset({"Hooks", "CreationPolicy", "UpdatePolicy"})
FUNCTIONS = frozenset(
    {
        *("Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Equals", "Fn::FindInMap", "Fn::GetAtt", "Fn::If"),
        *("Fn::ImportValue", "Fn::Join", "Fn::Not", "Fn::Or", "Fn::Select", "Fn::Split", "Fn::Sub"),
    }
)
RULE_FUNCTIONS = frozenset({"Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn"})
PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
_POLICIES = {
    "DeletionPolicy": frozenset({"Delete", "Retain", "RetainExceptOnCreate"}),
    "UpdateReplacePolicy": frozenset({"Delete", "Retain"}),
}
NO_VALUES: Mapping[str, str] = MappingProxyType({})
_NO_ACCOUNT = Account()
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]+")
SUBSTITUTION = language_extensions.SUBSTITUTION


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceDefinition:
    logical_id: str
    type_name: str
    properties: dict[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Any = "Delete"
    """A string, or a function of one (:meth:`Evaluation.policies`)."""
    update_replace_policy: Any = "Delete"
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def has_own_iam_name(self) -> bool:
        """Whether the template gives this IAM resource a name of its own. A PolicyName is not one."""
        kind = self.type_name.removeprefix("AWS::IAM::")
        return kind not in {self.type_name, "Policy"} and f"{kind}Name" in self.properties

    def dependencies(self) -> set[str]:
        """Names that must come first: those in DependsOn, and those that the properties refer to."""
        return {*self.depends_on, *(name for name, _ in references(self.properties))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    text: str
    document: dict[str, Any]
    """As it is deployed: without the transforms."""
    resources: dict[str, ResourceDefinition]
    transforms: tuple[str, ...] = ()
    written_types: tuple[str, ...] = ()
    """The type of each resource as the template has it, in its order: SAM's are among them."""

    @classmethod
    def parse(cls, text: str, parameters: Mapping[str, str] = NO_VALUES, account: Account = _NO_ACCOUNT) -> Template:
        """Raises AwsError in CloudFormation's words for an invalid template, UnsupportedError for what we lack.

        ``parameters``: the values that are given, as texts. Loops may go over them. ``account``: for SAM's transform.
        """
        limits.check_text(text, limits.STORED_BYTES, "templateBody")
        found = document.read(text)
        limits.check_depth(found)
        declared = transforms.declared(found)
        found = transforms.expanded(found, declared, parameters)
        written = tuple(transforms.types_of(found))
        if serverless.NAME in declared:
            found = transforms.translated(found, parameters, account)
        _check_sections(found)
        limits.check_sections(found)
        sections.check(found)
        resources = {name: _resource(name, value) for name, value in found["Resources"].items()}
        template = cls(text=text, document=found, resources=resources, transforms=declared, written_types=written)
        template._check_types()
        template._check_functions()
        template._check_references()
        check_acyclic({name: each.dependencies() & resources.keys() for name, each in resources.items()})
        return template

    def section(self, name: str) -> dict[str, Any]:
        return self.document.get(name) or {}

    @property
    def capabilities(self) -> list[str]:
        """The capabilities that the deployer must acknowledge: IAM resources, with or without names of their own."""
        iam = [each for each in self.resources.values() if each.type_name.startswith("AWS::IAM::")]
        if any(each.has_own_iam_name for each in iam):
            return ["CAPABILITY_NAMED_IAM"]
        return ["CAPABILITY_IAM"] if iam else []

    def _check_types(self) -> None:
        unknown = sorted({each.type_name for each in self.resources.values() if schema(each.type_name) is None})
        if unknown:
            raise AwsError("ValidationError", f"Template format error: Unrecognized resource types: {_listed(unknown)}")
        lacking = [each for each in self.resources.values() if provider(each.type_name) is None]
        if lacking:
            named = ", ".join(f"{each.type_name} ({each.logical_id})" for each in lacking)
            raise UnsupportedError(f"The resource type {named}")

    def _check_functions(self) -> None:
        extended = language_extensions.NAME in self.transforms
        known = FUNCTIONS | language_extensions.FUNCTIONS if extended else FUNCTIONS
        for name, each in self.resources.items():
            for function in functions(each.properties):
                if function not in known:
                    raise UnsupportedError(f"The function {function} (in resource {name})")
        for section, allowed in (("Conditions", known), ("Outputs", known), ("Rules", known | RULE_FUNCTIONS)):
            for function in functions(self.section(section)):
                if function not in allowed:
                    raise UnsupportedError(f"The function {function} (in {section})")
        for function in language_extensions.refs_of_functions(self.document) if extended else ():
            raise UnsupportedError(f"A Ref of a function ({function!r})")

    def _check_references(self) -> None:
        for each in self.resources.values():
            missing = [other for other in each.depends_on if other not in self.resources]
            missing += self._unresolved(each.properties)
            if missing:
                raise unresolved(missing, "Resources")
            if each.condition is not None and each.condition not in self.section("Conditions"):
                raise AwsError(
                    "ValidationError",
                    f"Template format error: Unresolved condition dependency {each.condition} in the Resources block",
                )
        self._check_conditions()
        for output_name, output in self.section("Outputs").items():
            missing = self._unresolved(output)
            if missing:
                raise unresolved(missing, "Outputs")
            exports = [name for name, _ in references(output.get("Export")) if name in self.resources]
            if exports:
                raise AwsError(
                    "ValidationError",
                    f"Template format error: Output {output_name} is malformed. The Name field of every Export member "
                    f"must not depend on any resources, imported values, or Fn::GetAZs: {_listed(exports)}",
                )

    def _check_conditions(self) -> None:
        """Conditions know parameters, pseudo parameters and each other, and no resource."""
        conditions = self.section("Conditions")
        known = self.section("Parameters").keys() | PSEUDO_PARAMETERS
        missing = sorted({name for name, _ in references(conditions) if name not in known})
        if missing:
            raise AwsError(
                "ValidationError",
                f"Template format error: Unresolved dependencies {_listed(missing)}. Cannot reference resources in the "
                "Conditions block of the template",
            )
        named = [each for each in _conditions_in(conditions) if each not in conditions]
        named += [
            str(output["Condition"])
            for output in self.section("Outputs").values()
            if "Condition" in output and output["Condition"] not in conditions
        ]
        if named:
            raise AwsError(
                "ValidationError", f"Template format error: Unresolved condition dependency {named[0]} in the template"
            )

    def _unresolved(self, value: Any) -> list[str]:
        known = self.resources.keys() | self.section("Parameters").keys() | PSEUDO_PARAMETERS
        for name, attribute in references(value):
            if attribute is not None and name in self.resources:
                found = schema(self.resources[name].type_name)
                if found and not found.attribute_exists(attribute):
                    raise AwsError(
                        "ValidationError",
                        f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt",
                    )
        return [name for name, _ in references(value) if name not in known]


def references(value: Any) -> Iterator[tuple[str, str | None]]:
    """Each name that a value refers to, with the attribute of a Fn::GetAtt."""
    for each in objects(value):
        yield from _own_references(each)


def _own_references(value: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    match value:
        case {"Ref": str(name)} if len(value) == 1:
            yield name, None
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            yield name, attribute
        case {"Fn::GetAtt": str(text)}:
            name, _, attribute = text.partition(".")
            yield name, attribute
        case {"Fn::Sub": str(text)}:
            yield from substitutions(text)
        case {"Fn::Sub": [str(text), dict(own)]}:
            yield from _apart(name for name in variables(text) if name not in own)


def variables(text: str) -> Iterator[str]:
    """The names in a text of Fn::Sub. One that the function's own map has may hold periods."""
    return (found[1].strip() for found in SUBSTITUTION.finditer(text))


def substitutions(text: str) -> Iterator[tuple[str, str | None]]:
    return _apart(variables(text))


def _apart(names: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for each in names:
        name, dot, attribute = each.partition(".")
        yield name, attribute if dot else None


def functions(value: Any) -> Iterator[str]:
    """Every intrinsic function that a value calls."""
    return (name for each in objects(value) if len(each) == 1 for name in each if name.startswith("Fn::"))


def _check_sections(found: dict[str, Any]) -> None:
    for name, section in found.items():
        if name in _UNSUPPORTED:
            raise UnsupportedError(f"The template section {name} ({section!r})")
        if name not in _SECTIONS:
            raise AwsError("ValidationError", f"Invalid template property or properties [{name}]")
    for name in _SECTIONS - {"AWSTemplateFormatVersion", "Description"}:
        if not isinstance(found.get(name, {}), dict):
            raise AwsError("ValidationError", f"Template format error: {name} must be an object.")
    if not found.get("Resources"):
        raise AwsError("ValidationError", "Template format error: At least one Resources member must be defined.")


def _resource(name: str, value: Any) -> ResourceDefinition:
    if not _LOGICAL_ID.fullmatch(name):
        raise AwsError("ValidationError", f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(value, dict) or not isinstance(value.get("Type"), str):
        raise AwsError("ValidationError", f"Template format error: [/Resources/{name}] Every resource needs a Type.")
    for key in value:
        if key in _UNSUPPORTED:
            raise UnsupportedError(f"The resource attribute {key} (of {name})")
        if key not in _RESOURCE_KEYS:
            raise AwsError("ValidationError", f"Invalid template resource property '{key}'")
    for key in _POLICIES:
        if isinstance(value.get(key, "Delete"), str):
            check_policy(name, key, value.get(key, "Delete"))
        elif not isinstance(value[key], dict):
            raise AwsError("ValidationError", f"Template format error: Every {key} member must be a string.")
    depends_on = value.get("DependsOn", [])
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    _check_types_of(name, value, names)
    return ResourceDefinition(
        logical_id=name,
        type_name=value["Type"],
        properties=value.get("Properties") or {},
        depends_on=tuple(names),
        condition=value.get("Condition"),
        deletion_policy=value.get("DeletionPolicy", "Delete"),
        update_replace_policy=value.get("UpdateReplacePolicy", "Delete"),
        metadata=value.get("Metadata") or {},
    )


def check_policy(name: str, key: str, policy: Any) -> None:
    """``key``: DeletionPolicy or UpdateReplacePolicy, whose value may be a function's."""
    if policy not in _POLICIES[key]:
        raise UnsupportedError(f"{key} {policy!r} (of {name})")


def _check_types_of(name: str, value: dict[str, Any], depends_on: Any) -> None:
    if not isinstance(depends_on, list) or not all(isinstance(each, str) for each in depends_on):
        raise AwsError("ValidationError", f"Template format error: DependsOn of {name} must be a string or strings.")
    for key, kind in (("Properties", dict), ("Metadata", dict), ("Condition", str)):
        if value.get(key) is not None and not isinstance(value[key], kind):
            raise AwsError("ValidationError", f"Template format error: [/Resources/{name}] {key} has another type.")


def _conditions_in(value: Any) -> Iterator[str]:
    """The names of conditions that a value asks for."""
    for each in objects(value):
        if len(each) == 1 and isinstance(each.get("Condition"), str):
            yield each["Condition"]


def unresolved(names: list[str], block: str) -> AwsError:
    """``block``: Resources or Outputs. AWS has no beginning for the latter."""
    told = f"Unresolved resource dependencies {_listed(sorted(set(names)))} in the {block} block of the template"
    return AwsError("ValidationError", told if block == "Outputs" else f"Template format error: {told}")


def _listed(names: list[str]) -> str:
    return f"[{', '.join(names)}]"
