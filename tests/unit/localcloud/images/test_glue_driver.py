"""What the driver of a Glue job says about Spark's Java process."""

import importlib.util

import pytest

from tests.unit.localcloud.images.conftest import IMAGES

_SPEC = importlib.util.spec_from_file_location("glue_driver", IMAGES / "glue_spark" / "driver.py")
assert _SPEC
assert _SPEC.loader
driver = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(driver)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, ""),
        (-9, "Spark's driver was killed by signal 9 (SIGKILL)"),
        (1, "Spark's driver ended with exit code 1"),
    ],
)
def test_a_killed_driver_is_called_killed(code: int | None, said: str) -> None:
    """A process that runs says nothing; one that was killed names the signal."""
    assert driver.ended_as(code) == said
