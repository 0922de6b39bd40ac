"""Snapshots of moto's memory, read again."""

from __future__ import annotations

import io
from pathlib import Path

from localcloud.moto_services.state import snapshot
from localcloud.moto_services.state.bodies import Bodies


def test_a_snapshot_from_before_the_module_moved_is_still_read(tmp_path: Path) -> None:
    """A pickle names its functions by their module, and homes of an earlier version name the earlier one."""
    pickled = b"clocalcloud.moto_state.snapshot\n_private_key\n."
    assert snapshot._Unpickler(io.BytesIO(pickled), Bodies(tmp_path)).load() is snapshot._private_key
