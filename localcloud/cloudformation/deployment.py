"""One stack operation, from IN_PROGRESS to its end, with rollback and clean-up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.live import Live
from localcloud.cloudformation.outputs import ExportError, check_exports, outputs
from localcloud.cloudformation.plan import Deployed
from localcloud.cloudformation.stacks import now
from localcloud.platform.errors import AwsError
from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.cloudformation.act import Actor
    from localcloud.cloudformation.evaluation import Evaluation
    from localcloud.cloudformation.plan import Plan
    from localcloud.cloudformation.stacks import Stacks

#: The stack's own attributes that an update replaces, and that a rollback restores.
_STACK_FIELDS = ("Template", "Description", "Parameters", "DescribedParameters", "Tags", "Capabilities", "Imports")


@dataclass(kw_only=True)
class Deployment:
    """One operation on one stack. Each method runs on the operation's thread, and ends with a final status."""

    stacks: Stacks
    stack_id: str
    actor: Actor
    going_down: threading.Event
    """Set when the local cloud stops. Failures are not rolled back from then on."""
    in_charge: threading.Lock = field(default_factory=threading.Lock)
    """Held while the stack's status changes, and while another operation takes the stack over."""
    superseded: bool = False
    """Whether the stack is another operation's by now: its deletion's, which waits for the end of this one."""

    def create(self, plan: Plan, evaluation: Evaluation, *, on_failure: str) -> None:
        """``on_failure``: ROLLBACK, DELETE or DO_NOTHING. Without an export that it imports, nothing is made."""
        reason = self._run(plan, evaluation)
        if reason is None:
            self._settle()
            self._status("CREATE_COMPLETE")
        else:
            self.fail_create(reason, on_failure=on_failure)

    def fail_create(self, reason: str, *, on_failure: str) -> None:
        if on_failure == "DO_NOTHING" or self.going_down.is_set():
            self._status("CREATE_FAILED", reason)
        elif on_failure == "DELETE":
            if self._status("DELETE_IN_PROGRESS", f"{reason}. Delete requested by user."):
                self._delete_all(self._as_never_made(self.stacks.deployed(self.stack_id)))
        elif self._status("ROLLBACK_IN_PROGRESS", f"{reason}. Rollback requested by user."):
            self.roll_back_create()

    def roll_back_create(self) -> None:
        actor = self._fresh_actor()
        if actor.delete(self._as_never_made(self.stacks.deployed(self.stack_id)), forget=False):
            self._settle()
            self._status("ROLLBACK_COMPLETE", Outputs=[])
        else:
            self._status("ROLLBACK_FAILED", _failures(actor))

    def update(self, plan: Plan, evaluation: Evaluation, *, roll_back: bool) -> None:
        reason = self._run(plan, evaluation)
        if reason is None:
            removed = sorted(step.logical_id for step in plan.steps if step.present and not step.wanted)
            self._status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Removed=removed)
            self.complete_update()
        else:
            self.fail_update(reason, roll_back=roll_back)

    def fail_update(self, reason: str, *, roll_back: bool) -> None:
        if not roll_back or self.going_down.is_set():
            self._status("UPDATE_FAILED", reason)
        else:
            self._status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            self.roll_back_update()

    def complete_update(self) -> None:
        """The clean-up after all resources have been updated."""
        stack = self.stacks.get(self.stack_id)
        self._clean_up(set(stack["Removed"]))
        if "RootId" in stack:  # its parent's update may still fail
            self.stacks.change(self.stack_id, Former=stack.get("Before"))
        self._status("UPDATE_COMPLETE")

    def roll_back_update(self, *, skip: frozenset[str] = frozenset()) -> None:
        """Rolls the stack back. Resources in ``skip`` count as rolled back and are left alone."""
        actor = self._fresh_actor()
        if not actor.restore({name: before for name, before in self._kept("Before").items() if name not in skip}):
            self._status("UPDATE_ROLLBACK_FAILED", _failures(actor))
            return
        stack = self.stacks.get(self.stack_id)
        self.stacks.change(self.stack_id, **(stack.get("Before") or {}))
        self._status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self.complete_roll_back()

    def complete_roll_back(self) -> None:
        """The clean-up after all resources have been rolled back."""
        self._forget_new()
        self._status("UPDATE_ROLLBACK_COMPLETE")

    def delete(self, *, retain: frozenset[str], back_to: str) -> None:
        """``back_to``: the status of a stack that is not deleted because its exports are in use."""
        try:
            check_exports(self.stacks, self.stack_id, [])
        except ExportError as error:
            self._status(back_to, f"Delete canceled. {error}")
            return
        self._delete_all(self.stacks.deployed(self.stack_id), retain)

    def _delete_all(self, present: Mapping[str, Deployed], retain: frozenset[str] = frozenset()) -> None:
        actor = self._fresh_actor()
        gone = {
            name: replace(each, deletion_policy="Retain") if name in retain else each for name, each in present.items()
        }
        leftovers = [
            {name: other for name, other in self._kept(key).items() if not _same(other, present.get(name))}
            for key in ("Before", "Replacement")
        ]
        if all([actor.delete(each, forget=False) for each in (*leftovers, gone)]):  # noqa: C419 - all are tried
            self._settle()
            self._status("DELETE_COMPLETE", Outputs=[], Imports=[], DeletionTime=now())
        else:
            self._status("DELETE_FAILED", _failures(actor))

    def _run(self, plan: Plan, evaluation: Evaluation) -> str | None:
        """Carries out the plan and sets the outputs; returns the reason of a failure."""
        impossible = evaluation.begin()
        if impossible is not None:
            return impossible
        if not self.actor.run(plan, evaluation):
            return _failures(self.actor)
        evaluation.resources = Live(self.stacks, self.stack_id)
        try:
            found = outputs(evaluation)
            check_exports(self.stacks, self.stack_id, found)
        except (AwsError, ExportError, ResourceError) as error:
            return str(error)
        self.stacks.change(self.stack_id, Outputs=found)
        return None

    def _clean_up(self, removed: set[str]) -> None:
        """Deletes the resources that were replaced or left the template. As on AWS, a failure is only an event."""
        present = self.stacks.deployed(self.stack_id)
        replaced = {
            name: replace(old, deletion_policy=present[name].update_replace_policy)
            for name, old in self._kept("Before").items()
            if name in present and not _same(old, present[name])
        }
        self._fresh_actor().delete(replaced | {name: present[name] for name in removed if name in present}, forget=True)
        self._settle()

    def _forget_new(self) -> None:
        """Deletes what the update made: new resources, and those that replaced old ones."""
        found = self.stacks.resources(self.stack_id)
        present = self.stacks.deployed(self.stack_id)
        new = {name for name, each in found.items() if each.get("Before", each) is None}
        gone = {name: present[name] for name in new if name in present} | self._kept("Replacement")
        self._fresh_actor().delete(self._as_never_made(gone), forget=True)
        for name in new:
            self.stacks.delete_resource(self.stack_id, name)
        self._settle()

    def _as_never_made(self, made: Mapping[str, Deployed]) -> dict[str, Deployed]:
        """RetainExceptOnCreate does not retain resources that a failed operation made."""
        policies = {"RetainExceptOnCreate"}
        if self.stacks.get(self.stack_id).get("RetainExceptOnCreate"):
            policies.add("Retain")
        return {
            name: replace(
                each,
                deletion_policy="Delete"
                if not each.imported and each.deletion_policy in policies
                else each.deletion_policy,
            )
            for name, each in made.items()
        }

    def _kept(self, key: str) -> dict[str, Deployed]:
        """``Before``: touched resources as they were. ``Replacement``: resources that were made and then taken back."""
        return {
            name: Deployed(**each[key]) for name, each in self.stacks.resources(self.stack_id).items() if each.get(key)
        }

    def _settle(self) -> None:
        """Removes the records for a rollback, because the operation is over."""
        for name, each in self.stacks.resources(self.stack_id).items():
            kept = {key: value for key, value in each.items() if key not in {"Before", "Replacement"}}
            self.stacks.put_resource(self.stack_id, name, kept)
        self.stacks.change(self.stack_id, Before=None)

    def _fresh_actor(self) -> Actor:
        """For rollback and clean-up, which an earlier cancellation does not stop."""
        self.actor = self.actor.afresh()
        if self.going_down.is_set():
            self.actor.cancelled.set()
        return self.actor

    def _status(self, status: str, reason: str | None = None, **fields: Any) -> bool:
        """Whether the stack has the status now: it has not once another operation has taken the stack over."""
        with self.in_charge:
            if not self.superseded:
                self.stacks.set_status(self.stack_id, status, reason, **fields)
            return not self.superseded


def stack_fields(stack: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that an update must restore if it fails."""
    return {name: stack.get(name) for name in _STACK_FIELDS} | {"Outputs": stack["Outputs"]}


def _failures(actor: Actor) -> str:
    nouns = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete", "IMPORT": "import"}
    told = [
        f"The following resource(s) failed to {nouns[verb]}: [{', '.join(sorted(names))}]"
        for verb, names in sorted(actor.failed.items())
    ]
    return ". ".join(told) if told else "Resource operation cancelled"


def _same(one: Deployed, other: Deployed | None) -> bool:
    return other is not None and one.physical_id == other.physical_id
