"""The tags of a function, for conditions on aws:ResourceTag."""

from pathlib import Path

import pytest

from localcloud.iam.resource_tags import ResourceTags
from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import Settings


@pytest.mark.parametrize(
    ("resource", "tags"),
    [("function:fonts", {"team": "a"}), ("function:fonts:live", {"team": "a"}), ("layer:fonts:1", {}), ("*", {})],
)
def test_a_functions_tags_are_its_own(tmp_path: Path, resource: str, tags: dict[str, str]) -> None:
    """Its versions and aliases share them, and a layer of its name does not."""
    cloud = Cloud.assemble(Settings(home=tmp_path))
    cloud.store.table("lambda.functions").put("fonts", {"tags": {"team": "a"}})
    account = cloud.settings.account_id
    assert ResourceTags(account, cloud.store).of(f"arn:aws:lambda:us-east-1:{account}:{resource}") == tags
