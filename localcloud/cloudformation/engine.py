"""Starts stack operations, each on a thread of its own, and knows which ones are running."""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import authority
from localcloud.cloudformation.act import Actor
from localcloud.cloudformation.cut_off import CUT_OFF, go_on
from localcloud.cloudformation.deployment import Deployment, stack_fields
from localcloud.cloudformation.dynamic_references import DynamicReferences
from localcloud.cloudformation.stacks import Stack, Stacks
from localcloud.platform.errors import AwsError
from localcloud.resources.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloudformation.preparation import Preparation
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Caller

STOP_SECONDS = 3.0
#: How long an answer waits for a short operation to end. A client like cdk looks again after five seconds only.
GRACE_SECONDS = 2.0

#: A deletion does not wait for the end of these.
_BEING_MADE = frozenset({"CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})

log = logging.getLogger("localcloud.cloudformation")


class Engine:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.stacks = Stacks(cloud)
        self.responses = Responses(cloud.settings.endpoint_url)
        self._going_down = threading.Event()
        self._running: dict[str, tuple[threading.Thread, Deployment]] = {}
        self._lock = threading.Lock()

    def create(self, stack: Stack, prepared: Preparation, *, on_failure: str, **fields: Any) -> None:
        """``stack`` is a blank one, or one in REVIEW_IN_PROGRESS."""
        fields |= {**prepared.fields, "OnFailure": on_failure}
        stack = self._begin(stack["StackId"], "CREATE_IN_PROGRESS", blank=stack, **fields)
        deployment = self._deployment(stack, prepared.make_client)
        self._start(deployment, lambda: deployment.create(prepared.plan, prepared.evaluation, on_failure=on_failure))

    def update(self, stack_id: str, prepared: Preparation, *, roll_back: bool, **fields: Any) -> None:
        known = self.stacks.get(stack_id)
        # After a failure that was not rolled back, a rollback still leads to what was before it.
        unsettled = known.get("Before") if known["StackStatus"] == "UPDATE_FAILED" else None
        before = unsettled or stack_fields(known)
        # A policy that comes with the update is for the next ones, unless it is for this one alone.
        fields = {"StackPolicyDuringUpdate": known.get("StackPolicy")} | fields
        stack = self._begin(
            stack_id, "UPDATE_IN_PROGRESS", **prepared.fields, **fields, Before=before, RollBack=roll_back
        )
        deployment = self._deployment(stack, prepared.make_client)
        self._start(deployment, lambda: deployment.update(prepared.plan, prepared.evaluation, roll_back=roll_back))

    def delete(
        self, stack: Stack, caller: Caller, *, retain: frozenset[str], role_arn: str | None, **fields: Any
    ) -> None:
        """A creation that is under way, or its rollback, ends first: what it waits for is cancelled."""
        make_client = authority.client_maker(self.cloud.clients, role_arn or stack.get("RoleARN"), caller.access_key_id)
        if role_arn:
            fields["RoleARN"] = role_arn
        fields |= {"CallerKey": caller.access_key_id, "Retain": sorted(retain)}
        stack, making = self._begin_deletion(stack["StackId"], **fields)
        deployment = self._deployment(stack, make_client)

        def work() -> None:
            if making is not None:
                making.join()
            deployment.delete(retain=retain, back_to=stack["BackTo"])

        self._start(deployment, work)

    def roll_back(self, stack: Stack, caller: Caller, *, skip: frozenset[str] = frozenset(), **fields: Any) -> None:
        """Rolls back a failed create or update."""
        make_client = authority.client_maker(
            self.cloud.clients, fields.get("RoleARN") or stack.get("RoleARN"), caller.access_key_id
        )
        creating = stack["StackStatus"] in {"CREATE_FAILED", "ROLLBACK_FAILED"}
        status = "ROLLBACK_IN_PROGRESS" if creating else "UPDATE_ROLLBACK_IN_PROGRESS"
        stack = self._begin(stack["StackId"], status, **fields)
        deployment = self._deployment(stack, make_client)
        self._start(
            deployment,
            deployment.roll_back_create if creating else lambda: deployment.roll_back_update(skip=skip),
        )

    def cancel(self, stack_id: str) -> None:
        """Lets the stack's running operation fail, so that it is rolled back."""
        running = self._running.get(stack_id)
        if running is not None:
            running[1].actor.cancelled.set()

    def take_up(self) -> None:
        """Takes up what an earlier run left, each on a thread of its own, because the front door is not up yet."""
        for stack in self.stacks.living():
            if is_busy(stack):
                name = f"stack-{stack['StackName']}"
                threading.Thread(target=self._take_up, args=(stack,), name=name, daemon=True).start()

    def _take_up(self, stack: Stack) -> None:
        try:
            make_client = authority.client_maker(self.cloud.clients, stack.get("RoleARN"), stack.get("CallerKey", ""))
        except AwsError as error:
            self._fail(stack["StackId"], f"{CUT_OFF}. {error.message}")
            return
        deployment = self._deployment(stack, make_client)
        self._start(deployment, lambda: go_on(deployment, stack))

    def stop(self) -> None:
        self._going_down.set()
        with self._lock:
            running = list(self._running.values())
        for _, deployment in running:
            deployment.actor.cancelled.set()
        for thread, _ in running:
            thread.join(STOP_SECONDS)

    def _begin(self, stack_id: str, status: str, *, blank: Stack | None = None, **fields: Any) -> Stack:
        """Takes the stack, or ``blank`` where there is none, for one operation. Raises AwsError where it is taken."""
        fields["OperationId"] = str(uuid.uuid4())
        with self._lock:
            if blank is not None and self.stacks.find(stack_id) is None:
                require_new_name(self.stacks, blank["StackName"])
                return self.stacks.add(blank, status, **fields)
            require_idle(self.stacks.get(stack_id))
            return self.stacks.begin(stack_id, status, **fields)

    def _begin_deletion(self, stack_id: str, **fields: Any) -> tuple[Stack, threading.Thread | None]:
        """Takes the stack for its deletion, also from the operation that makes it, whose thread comes back with it."""
        fields["OperationId"] = str(uuid.uuid4())
        with self._lock:
            thread, making = self._running.get(stack_id, (None, None))
            with making.in_charge if making else contextlib.nullcontext():
                status = str(self.stacks.get(stack_id)["StackStatus"])
                if making is None or status not in _BEING_MADE:
                    require_deletable(self.stacks.get(stack_id))
                    return self.stacks.begin(stack_id, "DELETE_IN_PROGRESS", BackTo=status, **fields), None
                making.superseded = True
                stack = self.stacks.begin(stack_id, "DELETE_IN_PROGRESS", BackTo="CREATE_FAILED", **fields)
            if status == "CREATE_IN_PROGRESS":
                making.actor.cancelled.set()
            return stack, thread

    def _deployment(self, stack: Stack, make_client: Callable[[str], Any]) -> Deployment:
        settings = self.cloud.settings
        actor = Actor(
            stacks=self.stacks,
            stack=stack,
            account_id=settings.account_id,
            region=settings.region,
            make_client=make_client,
            secrets=self.references(stack["StackId"], make_client),
            responses=self.responses,
            time_scale=settings.time_scale,
        )
        return Deployment(stacks=self.stacks, stack_id=stack["StackId"], actor=actor, going_down=self._going_down)

    def _start(self, deployment: Deployment, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception as error:
                log.exception("stack %s", deployment.stack_id)
                if not deployment.superseded:
                    self._fail(deployment.stack_id, f"Internal failure: {type(error).__name__}: {error}")
            finally:
                with self._lock:
                    if self._running.get(deployment.stack_id, (None, None))[1] is deployment:
                        del self._running[deployment.stack_id]

        thread = threading.Thread(target=run, name=f"stack-{deployment.actor.stack['StackName']}", daemon=True)
        with self._lock:
            self._running[deployment.stack_id] = (thread, deployment)
        thread.start()

    def references(self, stack_id: str, make_client: Callable[[str], Any]) -> DynamicReferences:
        """The dynamic references of a stack's properties. They hide what its custom resources want nobody to see."""
        found = DynamicReferences(make_client)
        for each in self.stacks.deployed(stack_id).values():
            if each.no_echo:
                found.hide(each.attributes)
        return found

    def give_grace(self, stack_id: str) -> None:
        """Waits for the stack's running operation, but not for long."""
        running = self._running.get(stack_id)
        if running is not None:
            running[0].join(GRACE_SECONDS)

    def _fail(self, stack_id: str, reason: str) -> None:
        """Ends the operation as failed after a fault of ours, so that the stack does not stay in progress for ever."""
        status = str(self.stacks.get(stack_id)["StackStatus"])
        for ending in ("_COMPLETE_CLEANUP_IN_PROGRESS", "_IN_PROGRESS"):
            if status.endswith(ending):
                self.stacks.set_status(stack_id, status.removesuffix(ending) + "_FAILED", reason)
                return


def is_busy(stack: Stack) -> bool:
    status = str(stack.get("StackStatus", ""))
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def require_deletable(stack: Stack) -> None:
    if is_busy(stack):
        message = f"Stack [{stack['StackId']}] cannot be deleted while in status {stack['StackStatus']}"
        raise AwsError("ValidationError", message)


def require_new_name(stacks: Stacks, name: str) -> None:
    if stacks.find(name) is not None:
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")


def require_idle(stack: Stack) -> None:
    if is_busy(stack):
        raise AwsError(
            "ValidationError", f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        )
