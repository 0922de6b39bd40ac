"""Refuses parameters that an operation of SageMaker does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform import accepted

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.platform.service import Params


def accept_only(params: Params, known: Collection[str], what: str) -> None:
    """Raises UnsupportedError such as ``sagemaker:CreateModel with VpcConfig``. Empty values ask nothing and pass."""
    accepted.accept_only(params, known, f"sagemaker:{what}")
