"""A local cloud's parts in this process, for services without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import Settings


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud.assemble(Settings(home=tmp_path, cache=tmp_path / "cache"))
    yield cloud
    cloud.store.close()
