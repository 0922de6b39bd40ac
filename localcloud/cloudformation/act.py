"""Runs a plan: the providers' verbs in dependency order, independent ones in parallel, each with its events.

While an update runs, a resource's document keeps ``Before``: the resource as it was when the operation began, or None
for a new one. A rollback goes back to it, and the clean-up after a success deletes it where it was replaced.
"""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import order, reasons, stack_policy
from localcloud.cloudformation.live import Live
from localcloud.cloudformation.plan import (
    Action,
    Deployed,
    Plan,
    Step,
    check_properties,
    custom_named,
    decide,
    refuse_system_tags,
    removals,
    with_tags,
    without_tags,
)
from localcloud.cloudformation.schemas import schema
from localcloud.cloudformation.stacks import FAILED, Stack, Stacks, document_of, now
from localcloud.cloudformation.values import replaced
from localcloud.resources.registry import provider
from localcloud.resources.resource import CancelledError, Context, Created, ResourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.cloudformation.dynamic_references import DynamicReferences
    from localcloud.cloudformation.evaluation import Evaluation
    from localcloud.resources.resource import Resource
    from localcloud.resources.responses import Responses


@dataclass(kw_only=True)
class Actor:
    """Acts on the resources of one stack, with one caller's or role's credentials."""

    stacks: Stacks
    stack: Stack
    account_id: str
    region: str
    make_client: Callable[[str], Any]
    secrets: DynamicReferences
    responses: Responses
    time_scale: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    failed: dict[str, list[str]] = field(default_factory=dict)
    """Verb → logical ids of the resources that failed by themselves, not because they were cancelled."""

    def afresh(self) -> Actor:
        """A run for other work on the same stack, without cancellation or failures."""
        return dataclasses.replace(self, cancelled=threading.Event(), failed={})

    def run(self, plan: Plan, evaluation: Evaluation) -> bool:
        """Creates, updates and replaces as planned. Deletions wait for :meth:`delete`, after a success."""
        steps = {step.logical_id: step for step in plan.steps if step.wanted}
        for step in plan.steps:
            check = partial(self._check_policy, step.action, step)
            if not step.wanted and not self._guarded("UPDATE", step.logical_id, check):
                return False
        evaluation.resources = Live(self.stacks, self.stack["StackId"])
        return order.run(
            {name: step.depends_on for name, step in steps.items()},
            lambda name: self._guarded(_verb(steps[name]), name, lambda: self._apply(steps[name], evaluation)),
            stopped=self.cancelled,
        )

    def delete(self, gone: Mapping[str, Deployed], *, forget: bool) -> bool:
        """Deletes or retains these, dependents first, even after a failure; ``forget``: removes them from the stack."""
        steps = {step.logical_id: step for step in removals(gone, keep=set())}
        return order.run(
            {name: step.depends_on for name, step in steps.items()},
            lambda name: self._guarded("DELETE", name, lambda: self._delete(steps[name], forget=forget)),
            stopped=self.cancelled,
            go_on_after_failure=True,
        )

    def restore(self, touched: Mapping[str, Deployed]) -> bool:
        """Brings these back to what they were: in place, or by going back to the resource that was replaced."""
        return order.run(
            {name: set(before.depends_on) for name, before in touched.items()},
            lambda name: self._guarded("UPDATE", name, lambda: self._restore(touched[name])),
            stopped=self.cancelled,
        )

    def tell_cut_off(self) -> None:
        """Fails the resources that were being made or changed when the local cloud ended."""
        for name, each in self.stacks.resources(self.stack["StackId"]).items():
            verb, _, rest = each["ResourceStatus"].partition("_")
            if verb in _NOUNS and verb != "DELETE" and rest == "IN_PROGRESS":
                unknown = "" if each.get("Deployed") else _UNKNOWN
                self._event(name, f"{verb}_FAILED", f"Resource {_NOUNS[verb]} cancelled{unknown}")

    def _apply(self, step: Step, evaluation: Evaluation) -> None:
        self._begin(step)
        definition = evaluation.template.resources[step.logical_id]
        properties = with_tags(evaluation.resolve(definition.properties), step.type_name, self.stack["Tags"])
        check_properties(definition, properties)
        refuse_system_tags(properties, step.type_name)
        deletion_policy, update_replace_policy = evaluation.policies(step.logical_id)
        wanted = Deployed(
            logical_id=step.logical_id,
            type_name=step.type_name,
            physical_id="",
            properties=properties,
            depends_on=tuple(sorted(step.depends_on)),
            deletion_policy=deletion_policy,
            update_replace_policy=update_replace_policy,
            metadata=definition.metadata,
            fetched=self.secrets.latest(properties),
        )
        if step.imported:
            self._import(wanted, step.imported)
            return
        if step.present is None:
            self._create(wanted, "CREATE")
            return
        action, _ = decide(step.type_name, properties, step.present)
        status = (self.stacks.resource(self.stack["StackId"], step.logical_id) or {}).get("ResourceStatus")
        # An update that changes anything reads parameters anew.
        again = status in FAILED or step.automatic or wanted.fetched != step.present.fetched
        if action is Action.UNCHANGED and again:
            action = Action.UPDATE
        self._check_policy(action, step)
        if action is Action.UNCHANGED:
            same = dataclasses.replace(wanted, physical_id=step.present.physical_id, attributes=step.present.attributes)
            self._remember(same)
        elif action is Action.REPLACE:
            self._replace(wanted, step.present)
        else:
            self._update(wanted, step.present)

    def _begin(self, step: Step) -> None:
        """Writes ``Before`` first, so that a failure from here on can be rolled back."""
        name = step.logical_id
        if step.present is None:
            self._put(name, step.type_name, PhysicalResourceId=step.imported, Deployed=None, Before=None)
            started = "Resource import started." if step.imported else None
            self._event(name, f"{_verb(step)}_IN_PROGRESS", started)
        else:
            self._put(name, step.type_name, Before=document_of(step.present))

    def _check_policy(self, action: Action, step: Step) -> None:
        words = {Action.UPDATE: "Modify", Action.REPLACE: "Replace", Action.DELETE: "Delete", Action.RETAIN: "Delete"}
        if action in words:
            stack_policy.check(
                self.stack.get("StackPolicyDuringUpdate"), words[action], step.logical_id, step.type_name
            )

    def _replace(self, wanted: Deployed, present: Deployed) -> None:
        refused = _provider(wanted).cannot_be_replaced
        if refused:
            raise ResourceError(refused)
        name = custom_named(wanted, present)
        if name:
            raise ResourceError(
                f"CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )
        self._event(
            wanted.logical_id,
            "UPDATE_IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence creating one.",
        )
        self._create(wanted, "UPDATE")

    def _create(self, wanted: Deployed, verb: str) -> None:
        name = wanted.logical_id
        announced: list[str] = []

        def announce(physical_id: str) -> None:
            if not announced:
                announced.append(physical_id)
                self._remember(dataclasses.replace(wanted, physical_id=physical_id))
                self._event(name, f"{verb}_IN_PROGRESS", "Resource creation Initiated")

        provider = _provider(wanted)
        made = provider.create(self._context(name, announce), self._asked(wanted.properties, wanted))
        announce(made.physical_id)
        self._remember(self._as_made(wanted, made))
        self._event(name, f"{verb}_COMPLETE")

    def _import(self, wanted: Deployed, physical_id: str) -> None:
        """Takes over a resource as it is. Only its tags are changed: the stack's are added."""
        there = dataclasses.replace(wanted, physical_id=physical_id, imported=True)
        self._remember(there)
        self._event(wanted.logical_id, "IMPORT_COMPLETE", "Resource import completed.")
        properties = self._asked(wanted.properties, wanted)
        answer = _provider(wanted).update(
            self._context(wanted.logical_id), physical_id, properties, without_tags(properties, wanted.type_name)
        )
        made = answer if isinstance(answer, Created) else Created(physical_id=physical_id, attributes=answer)
        self._remember(self._as_made(there, made))
        self._event(wanted.logical_id, "UPDATE_COMPLETE")

    def _update(self, wanted: Deployed, present: Deployed) -> None:
        attempted = dataclasses.replace(wanted, physical_id=present.physical_id, attributes=present.attributes)
        self._remember(attempted)
        self._event(wanted.logical_id, "UPDATE_IN_PROGRESS")
        self._update_in_place(attempted, present)
        self._event(wanted.logical_id, "UPDATE_COMPLETE")

    def _update_in_place(self, wanted: Deployed, present: Deployed, *, back: bool = False) -> Deployed:
        """The resource after the change. A type that makes its own replacement may answer another one."""
        provider, ctx, asked = _provider(wanted), self._context(wanted.logical_id), self._asked
        properties = asked(wanted.properties, wanted)
        # With the values of parameters that it got, which may be others by now.
        previous = asked(replaced(present.properties, present.fetched.items()), wanted)
        if back:
            answer = provider.restore(ctx, wanted.physical_id, properties, previous, wanted.attributes)
        else:
            answer = provider.update(ctx, wanted.physical_id, properties, previous)
        made = answer if isinstance(answer, Created) else Created(physical_id=wanted.physical_id, attributes=answer)
        if made.physical_id != wanted.physical_id:
            self._event(wanted.logical_id, "UPDATE_IN_PROGRESS", _OWN_REPLACEMENT)
        changed = self._as_made(wanted, made)
        self._remember(changed)
        return changed

    def _asked(self, properties: Any, wanted: Deployed) -> dict[str, Any]:
        """What a provider is asked for: the values of dynamic references, and CloudFormation's own tags."""
        tags = {
            "aws:cloudformation:stack-name": self.stack["StackName"],
            "aws:cloudformation:stack-id": self.stack["StackId"],
            "aws:cloudformation:logical-id": wanted.logical_id,
        }
        known = schema(wanted.type_name)
        resolved: dict[str, Any] = self.secrets.resolve(properties)
        return with_tags(resolved, wanted.type_name, tags) if known and known.has_system_tags else resolved

    def _as_made(self, wanted: Deployed, made: Created) -> Deployed:
        attributes = self.secrets.restored(made.attributes)
        if made.no_echo:
            self.secrets.hide(attributes)
        return dataclasses.replace(wanted, physical_id=made.physical_id, attributes=attributes, no_echo=made.no_echo)

    def _restore(self, before: Deployed) -> None:
        name = before.logical_id
        found = self.stacks.resource(self.stack["StackId"], name) or {}
        attempted = self.stacks.deployed_one(self.stack["StackId"], name)
        assert attempted is not None  # noqa: S101 - what was touched is in the stack
        if _provider(before).makes_its_own_replacement and attempted.properties != before.properties:
            self._event(name, "UPDATE_IN_PROGRESS")
            asked = dataclasses.replace(before, physical_id=attempted.physical_id, attributes=attempted.attributes)
            back = self._update_in_place(asked, attempted, back=True)
            if back.physical_id != attempted.physical_id:
                self._remember(back, Replacement=document_of(attempted))
        elif attempted.physical_id != before.physical_id:
            # The old one was never touched. The stack points to it again, and the clean-up deletes the new one.
            self._remember(before, Replacement=document_of(attempted))
        elif attempted.properties != before.properties or _provider(before).asked_at_every_update:
            self._event(name, "UPDATE_IN_PROGRESS")
            self._update_in_place(before, attempted, back=True)
        else:
            self._remember(before)
            if not found["ResourceStatus"].endswith("_FAILED"):
                return
        self._event(name, "UPDATE_COMPLETE")

    def _delete(self, step: Step, *, forget: bool) -> None:
        name, gone = step.logical_id, step.present
        assert gone is not None  # noqa: S101 - a removal is of something that is present
        current = self.stacks.deployed_one(self.stack["StackId"], name)
        is_current = current is not None and current.physical_id == gone.physical_id
        if step.action is Action.RETAIN:
            self._event(name, "DELETE_SKIPPED", physical_id=gone.physical_id, keep_status=not is_current)
        else:
            self._event(name, "DELETE_IN_PROGRESS", physical_id=gone.physical_id, keep_status=not is_current)
            _provider(gone).delete(self._context(name), gone.physical_id, gone.properties)
            self._event(name, "DELETE_COMPLETE", physical_id=gone.physical_id, keep_status=not is_current)
        if is_current and forget:
            self.stacks.delete_resource(self.stack["StackId"], name)
        elif is_current:
            self._put(name, gone.type_name, Deployed=None)

    def _guarded(self, verb: str, name: str, work: Callable[[], None]) -> bool:
        """Whether the work succeeded. A failure becomes the resource's event, and cancels the resources beside it."""
        try:
            work()
        except CancelledError:
            self._event(name, f"{verb}_FAILED", f"Resource {_NOUNS[verb]} cancelled")
            return False
        except Exception as error:  # noqa: BLE001 - whatever a provider raises is why the resource failed
            self.failed.setdefault(verb, []).append(name)
            self._event(name, f"{verb}_FAILED", self.secrets.restored(reasons.words(error)))
            if verb != "DELETE":
                self.cancelled.set()
            return False
        return True

    def _context(self, logical_id: str, announce: Callable[[str], None] = lambda _: None) -> Context:
        return Context(
            stack_name=self.stack["StackName"],
            stack_id=self.stack["StackId"],
            logical_id=logical_id,
            account_id=self.account_id,
            region=self.region,
            capabilities=tuple(self.stack.get("Capabilities", ())),
            make_client=self.make_client,
            announce=announce,
            cancelled=self.cancelled,
            responses=self.responses,
            time_scale=self.time_scale,
        )

    def _remember(self, deployed: Deployed, **fields: Any) -> None:
        self._put(
            deployed.logical_id,
            deployed.type_name,
            PhysicalResourceId=deployed.physical_id,
            Deployed=document_of(deployed),
            **fields,
        )

    def _put(self, logical_id: str, type_name: str, **fields: Any) -> None:
        stack_id = self.stack["StackId"]
        found = self.stacks.resource(stack_id, logical_id) or {
            "LogicalResourceId": logical_id,
            "ResourceStatus": "CREATE_IN_PROGRESS",
            "Timestamp": now(),
        }
        if "Before" in found:  # what it was when the operation began, whatever was tried since
            fields.pop("Before", None)
        self.stacks.put_resource(stack_id, logical_id, {**found, "ResourceType": type_name, **fields})

    def _event(
        self,
        logical_id: str,
        status: str,
        reason: str | None = None,
        *,
        physical_id: str | None = None,
        keep_status: bool = False,
    ) -> None:
        """Writes an event of a resource; ``keep_status`` where another resource has replaced it."""
        stack_id = self.stack["StackId"]
        found = self.stacks.resource(stack_id, logical_id) or {}
        told = {"ResourceStatus": status, "ResourceStatusReason": reason}
        if found and not keep_status:
            self.stacks.put_resource(stack_id, logical_id, {**found, **told, "Timestamp": now()})
        deployed = found.get("Deployed") or {}
        self.stacks.add_event(
            self.stack,
            LogicalResourceId=logical_id,
            PhysicalResourceId=found.get("PhysicalResourceId", "") if physical_id is None else physical_id,
            ResourceType=found.get("ResourceType", ""),
            ResourceProperties=self.secrets.masked(deployed.get("properties")),
            **told,
        )


#: For a resource that was not recorded as made: a crash may have come just before the record.
_UNKNOWN = ". If it was made all the same, it is left behind: look for it, and delete it before it is made again"
_NOUNS = {"CREATE": "creation", "IMPORT": "import", "UPDATE": "update", "DELETE": "deletion"}


def _verb(step: Step) -> str:
    if step.imported:
        return "IMPORT"
    return "CREATE" if step.present is None else "UPDATE"


#: CloudFormation's words for a resource that its own provider has replaced.
_OWN_REPLACEMENT = "Requested update required the provider to create a new physical resource"


def _provider(deployed: Deployed) -> Resource:
    found = provider(deployed.type_name)
    if found is None:  # a stack of another version of the local cloud
        raise ResourceError(f"The local cloud has no resource type {deployed.type_name}")
    return found
