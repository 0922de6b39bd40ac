"""Stack operations that an earlier run left unfinished: those that built are rolled back, those that deleted go on.

Every resource's document has the resource as it was before, so a cut-off update rolls back like a failed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.cloudformation.deployment import Deployment
    from localcloud.cloudformation.stacks import Stack

CUT_OFF = "The local cloud ended while this operation was under way"


def go_on(deployment: Deployment, stack: Stack) -> None:
    """Ends the operation, on the operation's own thread."""
    deployment.actor.tell_cut_off()
    match stack["StackStatus"]:
        case "CREATE_IN_PROGRESS":
            deployment.fail_create(CUT_OFF, on_failure=stack["OnFailure"])
        case "ROLLBACK_IN_PROGRESS":
            deployment.roll_back_create()
        case "UPDATE_IN_PROGRESS":
            deployment.fail_update(CUT_OFF, roll_back=stack["RollBack"])
        case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            deployment.complete_update()
        case "UPDATE_ROLLBACK_IN_PROGRESS":
            deployment.roll_back_update()
        case "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
            deployment.complete_roll_back()
        case "DELETE_IN_PROGRESS":
            deployment.delete(retain=frozenset(stack.get("Retain", ())), back_to=stack.get("BackTo", "DELETE_FAILED"))
        case other:
            raise ValueError(f"{stack['StackName']} was left in {other}, which no operation leaves it in")
