"""The workload without Glue and with one container takes the same way to PROD: nothing is cut to the first one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import LocalCloud
from tests.e2e.conftest import User, clone_of_the_working_tree
from tests.e2e.test_release import gate_report

TWO_MONTHS_BEHIND = "20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0"
PAYS_IN_TIME = "500000,1,1,2,35,-1,-1,-1,-1,-1,-1,5000,4000,3000,4000,5000,4000,4000,3000,4000,5000,4000,6000"


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose HEAD of credit_default is in PROD; the cloud is its own: a push starts every pipeline there is."""
    clone = clone_of_the_working_tree(tmp_path_factory.mktemp("credit_user") / "project")
    cloud = LocalCloud.up(tmp_path_factory.mktemp("credit_cloud"))
    user = User(cloud=cloud, clone=clone, workload="credit_default")
    try:
        user.script("deploy", user.workload)
        user.push()
        yield user
    finally:
        cloud.down()
    assert user.processes() == []


def test_head_is_in_prod(credit: User) -> None:
    """PROD answers with a probability: high for who is behind, low for who pays; QA is cleaned up."""
    assert 0.5 < float(credit.ask(TWO_MONTHS_BEHIND)) < 1
    assert 0 < float(credit.ask(PAYS_IN_TIME)) < 0.15
    assert credit.stack_status("CreditDefaultProd") == "CREATE_COMPLETE"
    assert credit.stack_status("CreditDefaultQa") is None


def test_the_gate_judged_every_test_row(credit: User) -> None:
    """AUC, log loss, calibration, decisions and each slice stand in the report; the package has one container."""
    (package,) = credit.packages()
    assert package["ModelApprovalStatus"] == "Approved"
    assert len(package["InferenceSpecification"]["Containers"]) == 1
    report = gate_report(credit, package)
    assert report["verdict"] == "PROMOTE"
    assert report["rows"] == sum(map(sum, report["confusion"])) == 4514
    names = {check["name"] for check in report["checks"]}
    assert {"AUC", "log loss", "calibration error", "groups", "beats the baseline"} <= names
    assert {"women", "university", "age 18 to 29"} <= {group["name"] for group in report["slices"]}


def test_a_model_that_answers_everybody_alike_is_rejected(credit: User) -> None:
    """Its AUC is one half, the champion's is not; the package says so, QA is gone, and PROD answers as before."""

    def no_tree_is_worth_its_while(clone: Path) -> None:
        path = clone / "ml_training/credit_default/training.toml"
        text, count = re.subn(r"(?m)^(max_depth\s*=.*)$", r"\1\ngamma = 1000000", path.read_text())
        assert count == 1
        path.write_text(text)

    before = credit.ask(TWO_MONTHS_BEHIND)
    push = credit.push_on_a_branch_of_its_own(no_tree_is_worth_its_while, "A constant model")
    assert push.returncode != 0
    assert "REJECT: To decide by it does not surely save costs" in push.output
    assert "AUC 0.5000 against 0.7" in push.output
    newest = credit.packages()[0]
    assert newest["ModelApprovalStatus"] == "Rejected"
    assert "REJECT" in newest["ApprovalDescription"]
    assert credit.stack_status("CreditDefaultQa") is None
    assert credit.ask(TWO_MONTHS_BEHIND) == before
