"""What CloudFormation's groups of operations share: the engine, paging, and refused parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.engine import Engine
from localcloud.platform import page_tokens
from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import Operations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params

PAGE_SIZE = 100


class CloudFormationOperations(Operations):
    service = "cloudformation"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.engine = Engine(cloud)
        self.stacks = self.engine.stacks


def page(name: str, items: Sequence[Any], token: str | None) -> Params:
    """The next items under ``name``. A token counts the items left, so new items at the front do not shift the page."""
    left = len(items) if token is None else page_tokens.start(token, code="ValidationError")
    start = max(0, len(items) - left)
    rest = left - PAGE_SIZE
    return {name: list(items[start : start + PAGE_SIZE]), **({"NextToken": str(rest)} if rest > 0 else {})}


def refuse(params: Params, *names: str) -> None:
    """Raises UnsupportedError with the names of given parameters that would change the outcome."""
    given = [name for name in names if params.get(name) not in (None, [], {}, False, "")]
    if given:
        raise UnsupportedError(f"The parameter {', '.join(given)} of a stack operation")


def refuse_deployment_config(params: Params) -> None:
    """Refuses EXPRESS, which ends before resources are ready. STANDARD is the engine's way."""
    config = dict(params.get("DeploymentConfig") or {})
    mode = config.pop("Mode", "STANDARD")
    if mode != "STANDARD":
        raise UnsupportedError(f"DeploymentConfig.Mode {mode}")
    refuse({f"DeploymentConfig.{name}": value for name, value in config.items()}, "DeploymentConfig.DisableRollback")
