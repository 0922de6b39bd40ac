"""From a CSV file to PROD: `make new-workload` writes two files and a line in the registry. No Python is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import User
from tests.e2e.test_release import gate_report

FILES = Path(__file__).with_name("workloads")


@pytest.fixture(scope="module")
def own(workshop: User) -> Iterator[User]:
    """A user who adds two workloads, deploys their pipelines, and pushes once; afterwards, HEAD is as it was."""
    user = replace(workshop, workload="breast_cancer")
    head = user.run("git", "rev-parse", "HEAD").stdout.strip()
    new_workload(user, "breast_cancer")
    gate = user.clone / "ml_test" / "breast_cancer" / "gate.toml"
    gate.write_text(gate.read_text().replace("# [floors]\n# auc = …", "[floors]\nauc = 0.9"))
    user.run("git", "add", "--all")
    user.commit(lambda _: None, "A workload of our own")
    proposed = new_workload(user, "wine")
    assert "50 test rows can tell models apart whose accuracy differs by 0.15 or more" in proposed
    user.run("git", "add", "--all")
    user.commit(lambda _: None, "Another")
    for workload in (user.workload, "wine"):
        user.script("deploy", workload)
    user.push()
    yield user
    user.run("git", "reset", "--quiet", "--hard", head)


@pytest.fixture(scope="module")
def wine(own: User) -> User:
    """The same user, once the push has gone the whole way for the other workload, too."""
    own.script("push", "wine", "--latest")
    return replace(own, workload="wine")


def new_workload(user: User, name: str) -> str:
    """What `make new-workload` says of a file of the tests' own."""
    data = str(FILES / f"{name}.csv")
    return user.script("new_workload", name, data, "--licence", "CC BY 4.0 (see ATTRIBUTION.md)").stdout


def test_no_python_is_written_for_it(own: User) -> None:
    """The facts and the rules are TOML, the data is CSV, and a line of the registry names it."""
    changed = own.run("git", "show", "--format=", "--name-only", "HEAD~1").stdout.split()
    assert changed == [
        *(f"ml_init/breast_cancer/{name}" for name in ("breast_cancer.csv", "dataset.toml")),
        "ml_test/breast_cancer/gate.toml",
        "stacks/workloads.py",
    ]
    added = own.run("git", "show", "--format=", "--unified=0", "HEAD~1", "--", "stacks/workloads.py").stdout
    assert '+        Workload(name="breast_cancer"),' in added.splitlines()


def test_it_goes_to_prod(own: User) -> None:
    """PROD answers a high probability for the first malignant row of the file, and a low one for the first benign."""
    lines = (FILES / "breast_cancer.csv").read_text().splitlines()[1:]
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


def test_three_labels_that_are_numbers_are_tried_without_a_cloud(own: User) -> None:
    """The gate promotes a model of 178 wines, trained on this machine, and would promote it again unchanged."""
    tried = own.script("try_data", "wine").stdout
    assert "train: 104 rows {'0': 33, '1': 45, '2': 26}" in tried
    judged = own.script("try_gate", "wine").stdout
    assert "The same model again, at the next push: PROMOTE" in judged
    report = json.loads((own.clone / "out" / "wine" / "gate.json").read_text())
    assert (report["verdict"], report["rows"]) == ("PROMOTE", 50)
    assert report["unusable_answers"] == []
    assert "<h1>wine: PROMOTE</h1>" in (own.clone / "out" / "wine" / "gate.html").read_text()


def test_three_labels_go_to_prod(wine: User) -> None:
    """PROD gives the first wine of each cultivar the highest probability, and the gate judged it on 50 rows."""
    (package,) = wine.packages()
    assert package["ModelApprovalStatus"] == "Approved"
    report = gate_report(wine, package)
    assert (report["verdict"], report["rows"], report["unusable_answers"]) == ("PROMOTE", 50, [])
    lines = (FILES / "wine.csv").read_text().splitlines()[1:]
    first = {line.rpartition(",")[2]: line.rpartition(",")[0] for line in reversed(lines)}
    for label, row in first.items():
        best, *others = wine.ask(row).split(", ")
        assert best.startswith(f"{label} ")
        assert len(others) == 2
