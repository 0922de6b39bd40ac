"""Another data set in place of a workload's own: one line and a deployment choose it, and a person decides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from stacks.workloads import WORKLOADS
from tests.e2e.conftest import Edit, User
from tests.e2e.test_approval import Person
from tests.e2e.test_release import change, gate_report


def held_with_another_data_set(user: User, contract: str, edit: Edit, message: str, *, rows: int) -> dict[str, Any]:
    """The gate's report on a push of the data set of a contract, of which the data lie beside the clone.

    contract: ``ml_init/<workload>/datasets/<name>.toml``, which states no checksum yet. edit: what else is changed.
    The release names the data, is held, and a person rejects it: PROD serves what it did.
    """
    workload, name, settings = user.workload, Path(contract).stem, user.clone / "gatehouse.toml"
    settings.write_text(f'{settings.read_text()}\n[workloads.{workload}]\ndataset = "{name}"\n')
    said = user.script("datasets", workload, check=False)
    assert (said.returncode, f"{rows} good rows; nothing is stored yet" in said.stdout) == (1, True)
    (stated,) = re.findall(r'^  (sha256 = "[0-9a-f]{64}")$', said.stdout, re.MULTILINE)

    def all_edits(clone: Path) -> None:
        change(clone / contract, r'(?m)^sha256 = ""$', stated)
        edit(clone)

    user.commit(all_edits, message)
    user.script("deploy", workload)
    prod = WORKLOADS[workload].stack_name("Prod")
    served = user.outputs(prod)["ServedPackageArn"]
    with Person(user).answering("reject", lambda: None):
        assert user.push(check=False).returncode == 1
    report = gate_report(user, user.packages()[0])
    assert report["verdict"] == "HOLD"
    assert f'dataset.toml chosen none → "{name}"' in [each["sentence"] for each in report["agreed"]["changed"]]
    assert user.outputs(prod)["ServedPackageArn"] == served
    return report
