"""The life of one stack operation, from IN_PROGRESS to its end, with roll back and clean-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.act import Actor, Live
from localcloud.cloudformation.outputs import ExportError, check_exports, outputs
from localcloud.cloudformation.plan import Deployed
from localcloud.cloudformation.stacks import now

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from localcloud.cloudformation.evaluation import Evaluation
    from localcloud.cloudformation.plan import Plan
    from localcloud.cloudformation.stacks import Stacks

#: What an update replaces on the stack itself, and its roll back puts back.
_STACK_FIELDS = ("Template", "Description", "Parameters", "DescribedParameters", "Tags", "Capabilities", "Imports")


@dataclass(kw_only=True)
class Deployment:
    """One operation on one stack. Each method runs on the operation's own thread, and ends with a final status."""

    stacks: Stacks
    stack_id: str
    actor: Actor
    going_down: threading.Event
    """Set when the local cloud stops: what fails then is not rolled back."""

    def create(self, plan: Plan, evaluation: Evaluation, *, on_failure: str) -> None:
        """``on_failure``: ROLLBACK, DELETE or DO_NOTHING."""
        reason = self._run(plan, evaluation)
        if reason is None:
            self._settle()
            self._status("CREATE_COMPLETE")
        elif on_failure == "DO_NOTHING" or self.going_down.is_set():
            self._status("CREATE_FAILED", reason)
        elif on_failure == "DELETE":
            self._status("DELETE_IN_PROGRESS", f"{reason}. Delete requested by user.")
            self.delete(retain=frozenset(), created=True)
        else:
            self._status("ROLLBACK_IN_PROGRESS", f"{reason}. Rollback requested by user.")
            self.roll_back_create()

    def roll_back_create(self) -> None:
        actor = self._fresh_actor()
        present = {name: _as_never_made(each) for name, each in self.stacks.deployed(self.stack_id).items()}
        if actor.delete(present, forget=False):
            self._settle()
            self._status("ROLLBACK_COMPLETE", Outputs=[])
        else:
            self._status("ROLLBACK_FAILED", _failures(actor))

    def update(self, plan: Plan, evaluation: Evaluation, *, roll_back: bool) -> None:
        reason = self._run(plan, evaluation)
        if reason is None:
            self._status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up({step.logical_id for step in plan.steps if step.present and not step.wanted})
            self._status("UPDATE_COMPLETE")
        elif not roll_back or self.going_down.is_set():
            self._status("UPDATE_FAILED", reason)
        else:
            self._status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            self.roll_back_update()

    def roll_back_update(self, *, skip: frozenset[str] = frozenset()) -> None:
        """Back to what the stack was; resources in ``skip`` are taken as rolled back without doing anything."""
        actor = self._fresh_actor()
        if not actor.restore({name: before for name, before in self._before().items() if name not in skip}):
            self._status("UPDATE_ROLLBACK_FAILED", _failures(actor))
            return
        stack = self.stacks.get(self.stack_id)
        self.stacks.change(self.stack_id, **(stack.get("Before") or {}))
        self._status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._forget_new()
        self._status("UPDATE_ROLLBACK_COMPLETE")

    def delete(self, *, retain: frozenset[str], created: bool = False) -> None:
        """``created``: the deletion ends a failed create, where RetainExceptOnCreate does not retain."""
        try:
            check_exports(self.stacks, self.stack_id, [])
        except ExportError as error:
            self._status("DELETE_FAILED", f"Delete canceled. {error}")
            return
        present = {
            name: _as_never_made(each) if created else each
            for name, each in self.stacks.deployed(self.stack_id).items()
        }
        actor = self._fresh_actor() if created else self.actor
        gone = {
            name: replace(each, deletion_policy="Retain") if name in retain else each for name, each in present.items()
        }
        leftovers = {name: old for name, old in self._before().items() if not _same(old, present.get(name))}
        if actor.delete(leftovers, forget=False) and actor.delete(gone, forget=False):
            self._settle()
            self._status("DELETE_COMPLETE", Outputs=[], Imports=[], DeletionTime=now())
        else:
            self._status("DELETE_FAILED", _failures(actor))

    def _run(self, plan: Plan, evaluation: Evaluation) -> str | None:
        """Carry the plan out, and set the outputs; the reason of a failure."""
        if not self.actor.run(plan, evaluation):
            return _failures(self.actor)
        evaluation.resources = Live(self.stacks, self.stack_id)
        try:
            found = outputs(evaluation)
            check_exports(self.stacks, self.stack_id, found)
        except ExportError as error:
            return str(error)
        self.stacks.change(self.stack_id, Outputs=found)
        return None

    def _clean_up(self, removed: set[str]) -> None:
        """Delete what was replaced and what the template no longer has. A failure is but an event, as on AWS."""
        present = self.stacks.deployed(self.stack_id)
        replaced = {
            name: replace(old, deletion_policy=present[name].update_replace_policy)
            for name, old in self._before().items()
            if name in present and not _same(old, present[name])
        }
        self.actor.delete(replaced | {name: present[name] for name in removed if name in present}, forget=True)
        self._settle()

    def _forget_new(self) -> None:
        """Delete what the update made: new resources, and those that had replaced old ones."""
        found = self.stacks.resources(self.stack_id)
        present = self.stacks.deployed(self.stack_id)
        new = {name for name, each in found.items() if each.get("Before", each) is None}
        gone = {name: _as_never_made(present[name]) for name in new if name in present}
        gone |= {
            name: replace(_as_never_made(Deployed(**each["Replacement"])))
            for name, each in found.items()
            if each.get("Replacement")
        }
        self._fresh_actor().delete(gone, forget=True)
        for name in new:
            self.stacks.delete_resource(self.stack_id, name)
        self._settle()

    def _before(self) -> dict[str, Deployed]:
        """What this operation touched, as it was before."""
        return {
            name: Deployed(**each["Before"])
            for name, each in self.stacks.resources(self.stack_id).items()
            if each.get("Before")
        }

    def _settle(self) -> None:
        """The operation is over: nothing is to be gone back to."""
        for name, each in self.stacks.resources(self.stack_id).items():
            kept = {key: value for key, value in each.items() if key not in {"Before", "Replacement"}}
            self.stacks.put_resource(self.stack_id, name, kept)
        self.stacks.change(self.stack_id, Before=None)

    def _fresh_actor(self) -> Actor:
        """For going back: what was cancelled stays cancelled, this is new work."""
        self.actor = self.actor.afresh()
        return self.actor

    def _status(self, status: str, reason: str | None = None, **fields: Any) -> None:
        self.stacks.set_status(self.stack_id, status, reason, **fields)


def stack_fields(stack: Mapping[str, Any]) -> dict[str, Any]:
    """What an update will have to put back when it fails."""
    return {name: stack.get(name) for name in _STACK_FIELDS} | {"Outputs": stack["Outputs"]}


def _failures(actor: Actor) -> str:
    nouns = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}
    told = [
        f"The following resource(s) failed to {nouns[verb]}: [{', '.join(sorted(names))}]"
        for verb, names in sorted(actor.failed.items())
    ]
    return ". ".join(told) if told else "Resource operation cancelled"


def _as_never_made(deployed: Deployed) -> Deployed:
    """RetainExceptOnCreate retains what once was in use, not what a failed operation made."""
    policy = "Delete" if deployed.deletion_policy == "RetainExceptOnCreate" else deployed.deletion_policy
    return replace(deployed, deletion_policy=policy)


def _same(one: Deployed, other: Deployed | None) -> bool:
    return other is not None and one.physical_id == other.physical_id
