"""Finds a call's stack policy: in its body, or in an S3 object of the local cloud, as templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.cloudformation import limits, stack_policy, template_source
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Caller, Params


def given(params: Params, cloud: Cloud, caller: Caller, *, name: str = "StackPolicy") -> str | None:
    """The policy under ``StackPolicyBody`` or ``StackPolicyURL``, or ``StackPolicyDuringUpdate…``; None without one.

    Raises AwsError for both, for an address that is not S3's, and for what is no stack policy.
    """
    body, url = params.get(f"{name}Body"), params.get(f"{name}URL")
    if body is not None and url is not None:
        raise AwsError("ValidationError", f"You cannot specify both {name}Body and {name}URL.")
    text: str | None = body
    if url is not None:
        text = template_source.read_object(str(url), cloud, caller, named=f"{name}URL")
        limits.check_text(text, limits.STACK_POLICY_BYTES, f"{name[0].lower()}{name[1:]}URL")
    if text is not None:
        stack_policy.validate(text)
    return text
