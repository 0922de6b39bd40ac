"""The property ProvisionedConcurrencyConfig, which versions and aliases of functions have alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from localcloud.resources.resource import Context, Properties

_READY_SECONDS = 900.0


def provision(ctx: Context, function: str, qualifier: str, properties: Properties, previous: Properties) -> None:
    """Sets, changes or removes it, and waits until the environments are ready. Raises ResourceError where they fail."""
    client = ctx.client("lambda")
    named = {"FunctionName": function, "Qualifier": qualifier}
    wanted, had = (each.get("ProvisionedConcurrencyConfig") for each in (properties, previous))
    if wanted is None:
        if had is not None:
            with already_gone():
                client.delete_provisioned_concurrency_config(**named)
        return
    if wanted != had:
        if had is not None:  # AWS changes none while an alias moves to another version
            ctx.wait(lambda: _ready(client, named), timeout_seconds=_READY_SECONDS, what=f"{function}:{qualifier}")
        executions = int(wanted["ProvisionedConcurrentExecutions"])
        client.put_provisioned_concurrency_config(**named, ProvisionedConcurrentExecutions=executions)
    ctx.wait(lambda: _ready(client, named), timeout_seconds=_READY_SECONDS, what=f"{function}:{qualifier}")


def _ready(client: Any, named: dict[str, str]) -> bool:
    found = client.get_provisioned_concurrency_config(**named)
    if found["Status"] == "FAILED":
        raise ResourceError(
            "Provisioned Concurrency configuration failed to be applied. Reason: "
            f"{found.get('StatusReason', 'no reason given')}"
        )
    return bool(found["Status"] == "READY")
