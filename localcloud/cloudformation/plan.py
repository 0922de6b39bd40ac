"""Decides what a deployment will do, before any of it is done.

A plan is frozen and printable. It compares the properties that a template wants with those that the stack's resources
got last. A value that comes from a resource yet to be made is an ``Unknown``. Running the plan decides again
(:func:`decide`) with all values known. That can only reduce the work, never add to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import dynamic_references
from localcloud.cloudformation.order import in_order, reversed_
from localcloud.cloudformation.schemas import Schema, is_custom, schema
from localcloud.cloudformation.values import Unknown, contains_unknown
from localcloud.platform.errors import AwsError
from localcloud.resources.registry import provider
from localcloud.wire import system_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.cloudformation.evaluation import Evaluation
    from localcloud.cloudformation.template import ResourceDefinition


class Action(Enum):
    CREATE = "create"
    IMPORT = "import"
    UPDATE = "update in place"
    REPLACE = "replace"
    DELETE = "delete"
    RETAIN = "retain"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """An existing resource: what it was asked to be, and what it answered."""

    logical_id: str
    type_name: str
    physical_id: str
    properties: dict[str, Any] = field(default_factory=dict)
    """The properties as they were resolved for its deployment, with dynamic references in place of their values."""
    attributes: dict[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: dict[str, Any] = field(default_factory=dict)
    fetched: dict[str, str] = field(default_factory=dict)
    """Reference to the latest version of a plain parameter of Systems Manager → the value that the resource got."""
    no_echo: bool = False
    """Whether nobody may see the attributes' values."""
    imported: bool = False
    """Whether it was there before the stack had it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyChange:
    name: str
    before: Any
    after: Any
    replaces: bool
    """Whether a change of this property needs a new resource."""

    @property
    def known(self) -> bool:
        return not contains_unknown(self.after)

    @property
    def kind(self) -> str:
        if self.before is None:
            return "Add"
        return "Remove" if self.after is None else "Modify"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One resource's part of a plan."""

    action: Action
    logical_id: str
    type_name: str
    depends_on: frozenset[str] = frozenset()
    properties: dict[str, Any] = field(default_factory=dict)
    """The wanted properties; they may hold unknowns."""
    present: Deployed | None = None
    imported: str = ""
    """The physical id of a resource that is there, and in no stack yet."""
    changes: tuple[PropertyChange, ...] = ()
    automatic: bool = False
    """Whether it is asked only because the stack is updated: nobody knows before whether anything changes."""
    attributes_changed: tuple[str, ...] = ()
    """Which of Metadata, DeletionPolicy and UpdateReplacePolicy changed."""

    @property
    def certain(self) -> bool:
        """False where only values known after apply decide whether anything changes."""
        known = [change for change in self.changes if change.known]
        return (
            self.action is not Action.REPLACE
            if not self.changes
            else any(c.replaces for c in known) or (self.action is Action.UPDATE and bool(known))
        )

    @property
    def wanted(self) -> bool:
        """Whether the template has the resource."""
        return self.action not in {Action.DELETE, Action.RETAIN}

    def __str__(self) -> str:
        names = f" ({', '.join(change.name for change in self.changes)})" if self.changes else ""
        return f"{self.action.value:16} {self.logical_id} {self.type_name}{names}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    steps: tuple[Step, ...]
    """In an order that works: dependencies first, deletions last."""
    outputs_changed: bool = False

    @property
    def has_changes(self) -> bool:
        return self.outputs_changed or any(
            step.action is not Action.UNCHANGED or step.attributes_changed for step in self.steps
        )

    def __str__(self) -> str:
        return "\n".join(str(step) for step in self.steps)


def make(
    evaluation: Evaluation,
    present: Mapping[str, Deployed],
    *,
    tags: Mapping[str, str],
    failed: frozenset[str] = frozenset(),
    imported: Callable[[ResourceDefinition, str], str] | None = None,
) -> Plan:
    """The plan that turns the present resources into those that a template wants.

    Resolves the template as far as values are known. Properties that the schema does not allow fail their resource
    when it is made (:func:`check_properties`), as on AWS. What had ``failed`` is changed again in any case.
    ``imported``: the id of what is there already for a definition and its DeletionPolicy, to become the stack's.
    """
    planned = _Planned(present)
    evaluation.resources = planned
    definitions = evaluation.template.resources
    included = evaluation.included()
    dependencies = {name: definitions[name].dependencies() & set(included) for name in included}
    for name in in_order(dependencies):
        properties = with_tags(evaluation.resolve(definitions[name].properties), definitions[name].type_name, tags)
        dynamic_references.refuse_secure(definitions[name].type_name, properties)
        step = _step(
            definitions[name], properties, present.get(name), frozenset(dependencies[name]), evaluation.policies(name)
        )
        if imported and step.action is Action.CREATE:
            there = imported(definitions[name], evaluation.policies(name)[0])
            step = replace(step, action=Action.IMPORT, imported=there) if there else step
        again = name in failed and step.action is Action.UNCHANGED
        planned.steps[name] = replace(step, action=Action.UPDATE) if again else step
    return Plan(steps=(*planned.steps.values(), *removals(present, keep=set(included))))


def removals(present: Mapping[str, Deployed], *, keep: set[str]) -> tuple[Step, ...]:
    """Steps that delete or retain all other resources, dependents first."""
    gone = {name: set(each.depends_on) for name, each in present.items() if name not in keep}
    backwards = reversed_(gone)
    return tuple(
        Step(
            action=Action.DELETE if present[name].deletion_policy == "Delete" else Action.RETAIN,
            logical_id=name,
            type_name=present[name].type_name,
            depends_on=frozenset(backwards[name]),
            present=present[name],
        )
        for name in in_order(backwards)
    )


def decide(type_name: str, properties: dict[str, Any], present: Deployed) -> tuple[Action, tuple[PropertyChange, ...]]:
    """What happens to a present resource that is wanted with these properties, and which of them cause it."""
    found = _schema(type_name)
    before = present.properties
    changes = tuple(
        PropertyChange(
            name=name,
            before=before.get(name),
            after=properties.get(name),
            replaces=_replaces(found, name, before, properties),
        )
        for name in sorted(before.keys() | properties.keys())
        if before.get(name) != properties.get(name)
    )
    if not changes:
        return Action.UNCHANGED, ()
    return (Action.REPLACE if any(change.replaces for change in changes) else Action.UPDATE), changes


def with_tags(properties: dict[str, Any], type_name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """The properties with the stack's tags added, in the form of the type's schema. The resource's own tags win."""
    place = _schema(type_name).tag_property
    if not tags or place is None:
        return properties
    name, is_list = place
    own = properties.get(name) or ([] if is_list else {})
    if isinstance(own, dict):
        return {**properties, name: {**tags, **own}}
    if not isinstance(own, list) or not all(isinstance(tag, dict) for tag in own):
        return properties
    taken = {tag.get("Key") for tag in own}
    added = [{"Key": key, "Value": value} for key, value in tags.items() if key not in taken]
    return {**properties, name: [*own, *added]}


def refuse_system_tags(properties: dict[str, Any], type_name: str) -> None:
    """Raises AwsError for tags of a template that only CloudFormation itself writes."""
    place = _schema(type_name).tag_property
    own = system_tags.keys({"Tags": properties.get(place[0])}) if place else []
    if any(key.startswith(system_tags.PREFIX) for key in own):
        raise AwsError("ValidationError", system_tags.NOT_YOURS)


def without_tags(properties: dict[str, Any], type_name: str) -> dict[str, Any]:
    place = _schema(type_name).tag_property
    return {name: value for name, value in properties.items() if place is None or name != place[0]}


def check_properties(definition: ResourceDefinition, properties: dict[str, Any]) -> None:
    problems = _schema(definition.type_name).problems(properties)
    if problems:
        raise AwsError(
            "ValidationError",
            f"Properties validation failed for resource {definition.logical_id} with message:\n" + "\n".join(problems),
        )


class _Planned:
    """The resources' future answers, as far as they are known before."""

    def __init__(self, present: Mapping[str, Deployed]) -> None:
        self._present = present
        self.steps: dict[str, Step] = {}

    def ref(self, logical_id: str) -> Any:
        if self.steps[logical_id].imported:
            return self.steps[logical_id].imported
        present = self._kept(logical_id)
        return present.physical_id if present else Unknown(logical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        present = self._kept(logical_id)
        # A change in place keeps a resource's identifiers. Its other answers may change.
        steady = self.steps[logical_id].action is Action.UNCHANGED or name == "Arn"
        if present and steady and name in present.attributes:
            return present.attributes[name]
        return Unknown(f"{logical_id}.{name}")

    def _kept(self, logical_id: str) -> Deployed | None:
        step = self.steps[logical_id]
        kept = {Action.UNCHANGED} if is_custom(step.type_name) else {Action.UPDATE, Action.UNCHANGED}
        return self._present.get(logical_id) if step.action in kept else None


def _step(
    definition: ResourceDefinition,
    properties: dict[str, Any],
    present: Deployed | None,
    depends_on: frozenset[str],
    policies: tuple[str, str],
) -> Step:
    action: Action = Action.CREATE
    changes: tuple[PropertyChange, ...] = ()
    if present is not None:
        if present.type_name != definition.type_name:
            raise AwsError(
                "ValidationError",
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{definition.logical_id}]",
            )
        action, changes = decide(definition.type_name, properties, present)
    kind = provider(definition.type_name)
    automatic = action is Action.UNCHANGED and kind is not None and kind.asked_at_every_update
    return Step(
        action=Action.UPDATE if automatic else action,
        automatic=automatic,
        logical_id=definition.logical_id,
        type_name=definition.type_name,
        depends_on=depends_on,
        properties=properties,
        present=present,
        changes=changes,
        attributes_changed=_attributes_changed(definition, present, policies) if present else (),
    )


def _attributes_changed(
    definition: ResourceDefinition, present: Deployed, policies: tuple[str, str]
) -> tuple[str, ...]:
    pairs = {
        "Metadata": (definition.metadata, present.metadata),
        "DeletionPolicy": (policies[0], present.deletion_policy),
        "UpdateReplacePolicy": (policies[1], present.update_replace_policy),
    }
    return tuple(name for name, (wanted, had) in pairs.items() if wanted != had)


def _replaces(found: Schema, name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(path[0] == name and _at(before, path) != _at(after, path) for path in found.create_only)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a property's path; for a list, the whole list."""
    for part in path:
        if part == "*" or not isinstance(value, dict):
            return value
        value = value.get(part)
    return value


def _schema(type_name: str) -> Schema:
    found = schema(type_name)
    if found is None:
        raise AwsError("ValidationError", f"Template format error: Unrecognized resource types: [{type_name}]")
    return found


def custom_named(wanted: Deployed, present: Deployed) -> str | None:
    """The name that a replacement would share with the old resource, which is not possible.

    Where a type is identified by several properties, or by one that it answers, the two are different resources.
    """
    identifier = _schema(wanted.type_name).primary_identifier
    names = [_at(wanted.properties, path) for path in identifier]
    if all(
        isinstance(name, str) and name == _at(present.properties, path)
        for name, path in zip(names, identifier, strict=True)
    ):
        return ", ".join(names) or None
    return None
