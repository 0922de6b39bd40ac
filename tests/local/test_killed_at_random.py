"""A local cloud that is killed at any moment, or finds the disk full, has what it has acknowledged."""

import json
import resource
from collections.abc import Iterator

import pytest

from bench.lab.kills import BUCKET, Kills

ROUNDS = 3  #: `bench/kills.py` does many more


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kills]:
    found = Kills.of(tmp_path_factory.mktemp("kills"), seed=7)
    yield found
    found.cloud.down()


def test_what_was_acknowledged_is_there_whenever_it_is_killed(kills: Kills) -> None:
    """What was acknowledged is there after each kill; what was not is there whole or not at all."""
    for _ in range(ROUNDS):
        kills.round()
    assert kills.wrong() == []


def test_a_disk_that_is_full_is_told_and_nothing_is_acknowledged(kills: Kills) -> None:
    """Calls say what cannot be written, go on with space again, and a restart finds what was acknowledged."""
    cloud = kills.cloud
    s3, glue, ssm = cloud.client("s3"), cloud.client("glue"), cloud.client("ssm")
    pid = json.loads((cloud.home / "run.json").read_text())["pid"]
    s3.put_object(Bucket=BUCKET, Key="before", Body=b"x" * 20_000)
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, unlimited[1]))  # no file of it grows beyond this
    for write in (
        lambda: s3.put_object(Bucket=BUCKET, Key="large", Body=b"y" * 20_000),
        lambda: s3.put_object(Bucket=BUCKET, Key="small", Body=b"y"),
        lambda: ssm.put_parameter(Name="full", Value="v", Type="String"),
        lambda: glue.create_database(DatabaseInput={"Name": "full"}),
    ):
        with pytest.raises(Exception, match=r"\((ServiceUnavailable|503)\).*The local cloud cannot write"):
            write()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    s3.put_object(Bucket=BUCKET, Key="after", Body=b"z" * 20_000)
    glue.create_database(DatabaseInput={"Name": "after"})
    there = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="")["Contents"]]
    cloud.kill()
    cloud.start_again()

    assert [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="")["Contents"]] == there
    for key, content in (("before", b"x"), ("after", b"z")):
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == content * 20_000
    names = [found["Name"] for found in glue.get_databases()["DatabaseList"]]
    assert "after" in names
    assert "full" not in names
    assert kills.wrong() == []
