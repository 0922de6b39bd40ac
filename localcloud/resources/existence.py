"""No type adopts what exists: where a service's call to create is idempotent, a type asks first whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Callable


def refuse_existing(type_name: str, name: str | None, probe: Callable[[], Any]) -> None:
    """Raises ResourceError where the probe finds a resource of this name. Without a name there is none.

    A probe that fails finds nothing: the resource is not there, or the deployer may not see it.
    """
    if name is None:
        return
    try:
        found = probe()
    except ClientError:
        return
    if found:
        raise ResourceError(
            f"{name} already exists. Resource of type '{type_name}' with identifier '{name}' already exists. "
            "(HandlerErrorCode: AlreadyExists)"
        )
