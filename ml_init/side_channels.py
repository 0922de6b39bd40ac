"""Stores the weights that training begins with where its job finds them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from handover.data import SideChannel
from handover.places import raw_file
from ml_steps.objects import put_once, read_if_there
from ml_steps.running import say, timed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ml_init.pretrained import Pretrained


def side_channels(s3: Any, pretrained: Sequence[Pretrained], *, folder: Path, bucket: str) -> dict[str, SideChannel]:
    """Stores the weights under their hash, for training. ``folder``: the workload's own. StepError as for ``fetch``."""
    found = {}
    for each in pretrained:
        with timed(f"brought the {each.channel}"):
            say(f"  {each.name}, licence: {each.licence}")
            stored = partial(read_if_there, s3, raw_file(bucket, each.sha256, each.name))
            address = each.prefix(bucket) / each.name
            put_once(s3, address, each.content(folder, stored))
            say(f"  {address}")
        found[each.channel] = SideChannel(prefix=str(each.prefix(bucket)), content_type=each.CONTENT_TYPE)
    return found
