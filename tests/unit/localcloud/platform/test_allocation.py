"""How the process asks for memory, tried in a process of its own."""

import platform

import pytest

from tests.alone import run_alone

_HOLES = """
import os
from localcloud.platform import allocation

{first}

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

large = bytearray(16 << 20)
del large  # glibc now takes blocks of this size for small ones
before = resident()
blocks, kept = [], []
for number in range(32):
    blocks.append(bytearray(1 << 20))
    kept.append(bytearray(2_000))
blocks.clear()
print(resident() - before)
"""


def _left_by_32_mib(first: str) -> int:
    done = run_alone(_HOLES.format(first=first))
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="these are parameters of glibc")
def test_large_blocks_go_back_to_the_system_when_they_are_freed() -> None:
    """Nothing is left of 32 MiB that were freed between blocks that stay; glibc by itself would keep them all."""
    assert _left_by_32_mib("allocation.give_back_what_is_freed()") < 4 << 20
    assert _left_by_32_mib("") > 16 << 20
