"""One local cloud for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.clouds import LocalCloud


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("localcloud"))
    yield cloud
    cloud.down()
