"""The engine of CodeBuild in this process, against a running local cloud: what no call can bring about quickly."""

import dataclasses
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.administrator import SECRET_FILE
from localcloud.platform.cloud import Cloud
from localcloud.platform.service import Call, Caller
from localcloud.platform.settings import Settings
from localcloud.services.codebuild import sources
from localcloud.services.codebuild.builds import Builds
from localcloud.services.codebuild.engine import Engine
from localcloud.services.codebuild.plan import BuildPlan, plan
from localcloud.services.codebuild.record import Record, builds
from localcloud.services.codebuild.run import BuildRun
from localcloud.services.codebuild.transitions import Phase
from tests.clouds import LocalCloud
from tests.waiting import until

pytestmark = pytest.mark.local


@pytest.fixture
def cloud(local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    port = int(local_cloud.endpoint_url.rpartition(":")[2])
    # An engine outside of its cloud: it has the administrator's key, and none of the services' own.
    shutil.copy(local_cloud.home / SECRET_FILE, tmp_path / SECRET_FILE)
    found = Cloud.assemble(Settings(port=port, home=tmp_path, cache=Settings.cache_folder()))
    monkeypatch.setattr(found.clients, "assume_role", lambda *_, **__: local_cloud.administrator)
    return found


def planned(command: str) -> BuildPlan:
    return plan(
        {
            "name": "p",
            "source": {
                "type": "NO_SOURCE",
                "buildspec": f"version: 0.2\nphases:\n  build:\n    commands: ['{command}']\n",
            },
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0"},
            "serviceRole": "arn:aws:iam::123456789012:role/r",
            "logsConfig": {"cloudWatchLogs": {"status": "DISABLED"}},
        },
        {},
    )


def begun(cloud: Cloud, decided: BuildPlan) -> str:
    caller = Caller(account_id="123456789012", access_key_id="A", arn="arn:aws:iam::123456789012:root")
    call = Call(service="codebuild", operation="StartBuild", region="us-east-1", caller=caller, request_id="1")
    build = Builds(cloud)._document(call, decided)
    builds(cloud).put(build["id"], build)
    return build["id"]


def run(cloud: Cloud, decided: BuildPlan) -> dict[str, Any]:
    build_id = begun(cloud, decided)
    BuildRun(cloud, decided, Record(cloud, build_id), threading.Event()).run()
    return builds(cloud).get(build_id)


def test_a_time_out_ends_the_build(cloud: Cloud, tmp_path: Path) -> None:
    """At timeoutInMinutes the phase that runs is TIMED_OUT, and nothing more of the buildspec runs."""
    build = run(cloud, dataclasses.replace(planned("sleep 3600"), timeout_minutes=0.02))
    assert build["buildStatus"] == "TIMED_OUT"
    running, *after = [phase["phaseType"] for phase in build["phases"][-3:]]
    assert running in {"INSTALL", "PRE_BUILD", "BUILD"}, "how far it comes in 1.2 s is the machine's matter"
    assert after == ["FINALIZING", "COMPLETED"]
    assert build["phases"][-3]["contexts"] == [{"statusCode": "BUILD_TIMED_OUT", "message": "Build has timed out."}]
    assert not list((tmp_path / "work" / "codebuild").iterdir())


def test_a_build_that_waits_too_long_times_out_in_the_queue(cloud: Cloud) -> None:
    """queuedTimeoutInMinutes holds while four others run."""
    engine = Engine(cloud)
    decided = planned("sleep 3600")
    running = [begun(cloud, decided) for _ in range(4)]
    for build_id in running:
        engine.submit(build_id, decided)
    impatient = dataclasses.replace(decided, queued_timeout_minutes=0.005)
    waiting = begun(cloud, impatient)
    engine.submit(waiting, impatient)
    until(lambda: builds(cloud).get(waiting)["buildComplete"], what="the end of the build that waits")
    assert builds(cloud).get(waiting)["buildStatus"] == "TIMED_OUT"
    assert builds(cloud).get(waiting)["phases"][-2]["phaseType"] == "QUEUED"
    engine.stop_all()


def test_when_the_cloud_goes_down_builds_are_stopped(cloud: Cloud, tmp_path: Path) -> None:
    """Every build, whether it runs or waits, is STOPPED in the store, and its folder is gone."""
    engine = Engine(cloud)
    decided = planned("trap : TERM; sleep 3600; sleep 3600")
    ids = [begun(cloud, decided) for _ in range(5)]
    for build_id in ids:
        engine.submit(build_id, decided)
    until(
        lambda: [builds(cloud).get(build_id).get("currentPhase") for build_id in ids],
        lambda phases: phases == ["BUILD"] * 4 + ["QUEUED"],
        what="four builds that run and one that waits",
    )
    engine.stop_all()
    assert {builds(cloud).get(build_id)["buildStatus"] for build_id in ids} == {"STOPPED"}
    assert not list((tmp_path / "work" / "codebuild").iterdir())


def test_a_fault_of_ours_ends_the_build_and_says_so(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw is FAULT with its text: the build does not hang, nor succeed."""

    def broken(*_: object) -> str:
        raise RuntimeError("the disk is made of cheese")

    monkeypatch.setattr(sources, "download", broken)
    build = run(cloud, planned(":"))
    assert build["buildStatus"] == "FAULT"
    contexts = next(phase["contexts"] for phase in build["phases"] if phase["phaseType"] == "DOWNLOAD_SOURCE")
    assert "the disk is made of cheese" in contexts[0]["message"]


def test_builds_that_a_crash_left_are_closed(cloud: Cloud) -> None:
    """A build that the store calls running becomes FAULT at the start, with the reason in its phase."""
    build_id = begun(cloud, planned(":"))
    Record(cloud, build_id).begin(Phase.BUILD)
    Builds(cloud).start()
    build = builds(cloud).get(build_id)
    assert build["buildStatus"] == "FAULT"
    assert (build["phases"][-2]["phaseType"], build["phases"][-2]["phaseStatus"]) == ("BUILD", "FAULT")
    assert build["phases"][-2]["contexts"][0]["message"] == "The local cloud ended while this build ran."
