"""A new tabular workload is two files and a line in the registry: no Python, no training.toml. It goes to PROD."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import LocalCloud
from tests.e2e.conftest import User, clone_of_the_working_tree
from tests.e2e.test_release import gate_report

FILES = Path(__file__).with_name("workloads") / "breast_cancer"
REGISTRY_END = """        ),
    )
}
"""
ENTRY = """        ),
        Workload(name="breast_cancer"),
    )
}
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user who adds a workload of their own, deploys its pipeline and pushes."""
    clone = clone_of_the_working_tree(tmp_path_factory.mktemp("own_user") / "project")
    cloud = LocalCloud.up(tmp_path_factory.mktemp("own_cloud"))
    user = User(cloud=cloud, clone=clone, workload="breast_cancer")
    try:
        add_the_workload(clone)
        user.run("git", "add", "--all")
        user.commit(lambda _: None, "A workload of our own")
        user.script("deploy", user.workload)
        user.push()
        yield user
    finally:
        cloud.down()
    assert user.processes() == []


def add_the_workload(clone: Path) -> None:
    """The data with its facts, the gate's rules, and the entry in the registry."""
    for step in ("ml_init", "ml_test"):
        shutil.copytree(FILES / step, clone / step / "breast_cancer")
    registry = clone / "stacks" / "workloads.py"
    text = registry.read_text()
    assert text.count(REGISTRY_END) == 1
    registry.write_text(text.replace(REGISTRY_END, ENTRY))


def test_no_python_is_written_for_it() -> None:
    """The facts and the rules are TOML, the data is CSV."""
    written = {path.suffix for path in FILES.rglob("*") if path.is_file()}
    assert written == {".toml", ".csv", ".md"}


def test_it_goes_to_prod(own: User) -> None:
    """PROD answers a high probability for the first malignant row of the file, and a low one for the first benign."""
    lines = (FILES / "ml_init" / "breast_cancer.csv").read_text().splitlines()[1:]
    first = {line.rpartition(",")[2]: line.rpartition(",")[0] for line in reversed(lines)}
    assert 0.5 < float(own.ask(first["malignant"])) < 1
    assert 0 < float(own.ask(first["benign"])) < 0.5
    assert own.stack_status("BreastCancerProd") == "CREATE_COMPLETE"


def test_its_gate_judged_it(own: User) -> None:
    """The default training learned it, and the gate held every test row against the rules of its gate.toml."""
    (package,) = own.packages()
    assert package["ModelApprovalStatus"] == "Approved"
    report = gate_report(own, package)
    assert report["verdict"] == "PROMOTE"
    assert report["rows"] > 100
    assert "AUC" in {check["name"] for check in report["checks"]}
    job = own.cloud.client("sagemaker").describe_training_job(
        TrainingJobName=package["CustomerMetadataProperties"]["training_job"]
    )
    assert job["HyperParameters"]["objective"] == "binary:logistic"
