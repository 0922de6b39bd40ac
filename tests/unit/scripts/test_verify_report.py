"""What is wrong with a report, told by its files alone."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from handover.signed_report import signer_faults
from scripts.verify_report import Files, Release, faults
from tests.gate_documents import PACKAGE

RELEASE = Release(workload="car_evaluation", execution="e1")
SIGNATURE = b"the key's own"


def signed(text: bytes, signature: bytes) -> bool:
    """A key that has signed one text."""
    return (text, signature) == (report()["manifest.json"], SIGNATURE)


def report(execution: str = "e1", **claims: str) -> Files:
    """``claims``: what gate.json says otherwise than the manifest."""
    release = {"workload": "car_evaluation", "pipeline_execution": execution, "model_package_arn": PACKAGE}
    files = {"gate.json": json.dumps(release | {"verdict": "PROMOTE"} | claims).encode(), "gate.html": b"<p>"}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = {**release, "sha256": sums}
    return files | {"manifest.json": json.dumps(manifest).encode(), "manifest.json.sig": base64.b64encode(SIGNATURE)}


def test_a_report_that_nobody_touched_has_no_fault() -> None:
    """A report whose sums and signature hold passes."""
    assert faults(report(), RELEASE, signed) == []


@pytest.mark.parametrize("name", ["gate.json", "gate.html"])
def test_a_changed_byte_names_its_file(name: str) -> None:
    """The fault names the file that was changed, with the SHA-256 that it has now."""
    (fault,) = faults(report() | {name: b"<q>"}, RELEASE, signed)
    assert fault.startswith(f"{name} was changed: its SHA-256 is {hashlib.sha256(b'<q>').hexdigest()}")


def test_both_may_be_changed() -> None:
    """Two changed files are two faults."""
    assert len(faults(report() | {"gate.json": b"1", "gate.html": b"2"}, RELEASE, signed)) == 2


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sig", "gate.json", "gate.html"])
def test_a_missing_file_is_named(name: str) -> None:
    """The fault names the file that is missing."""
    files = report()
    del files[name]
    assert faults(files, RELEASE, signed) == [f"{name} is missing"]


def test_a_manifest_made_to_fit_is_not_the_gates() -> None:
    """Whoever changes a file and its sum cannot sign the manifest."""
    files = report() | {"gate.json": b"forged"}
    manifest = json.loads(files["manifest.json"])
    manifest["sha256"]["gate.json"] = hashlib.sha256(b"forged").hexdigest()
    (fault,) = faults(files | {"manifest.json": json.dumps(manifest).encode()}, RELEASE, signed)
    assert "the signature is not the gate's of this manifest" in fault


@pytest.mark.parametrize("signature", [base64.b64encode(b"another"), b"no base64!"])
def test_a_swapped_signature_is_none(signature: bytes) -> None:
    """A signature of something else is a fault."""
    (fault,) = faults(report() | {"manifest.json.sig": signature}, RELEASE, signed)
    assert "manifest.json.sig was changed" in fault


def test_another_releases_report_is_not_this_ones() -> None:
    """Another release's report is refused, although its signature holds."""
    (fault,) = faults(report("e0"), RELEASE, lambda *_: True)
    assert fault == "manifest.json is that of another release: car_evaluation, execution e0"


@pytest.mark.parametrize(
    ("name", "claim"), [("pipeline_execution", "e0"), ("workload", "credit_default"), ("model_package_arn", "arn:old")]
)
def test_a_report_is_of_the_release_that_the_signature_names(name: str, claim: str) -> None:
    """An older report under a new manifest is found, although every hash and the signature hold."""
    (fault,) = faults(report(**{name: claim}), RELEASE, lambda *_: True)
    assert fault.startswith(f"gate.json is of another release: its {name} is {claim}, and the manifest's is")


GATE = "arn:aws:iam::123456789012:role/gate"
KEPT = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "kms:Sign",
    "Resource": "*",
    "Condition": {"ArnNotEquals": {"aws:PrincipalArn": GATE}},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Allow"},
        {"Action": "kms:Verify"},
        {"Principal": {"AWS": GATE}},
        {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}},
    ],
)
def test_the_keys_policy_keeps_everybody_else_from_signing(changes: dict[str, object]) -> None:
    """Only a policy that denies Sign to whoever is not the gate's role passes."""
    account = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
    assert signer_faults(json.dumps({"Statement": [account, KEPT]}), GATE) == []
    (fault,) = signer_faults(json.dumps({"Statement": [account, KEPT | changes]}), GATE)
    assert fault.startswith(f"the key's policy does not keep others than {GATE} from signing")
