"""What the gate finds out about a push's data by itself."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_steps.running import StepError
from ml_test.known_data import KnownData
from tests.clouds import PROJECT

FOLDER = PROJECT / "ml_init" / "car_evaluation"
CONTENT = (FOLDER / "car.data").read_bytes()
CAR = Dataset.read(FOLDER / "dataset.toml")


class Bucket:
    """S3 with these objects."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": Body(self.objects[Key])}


class Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content


def derived(content: bytes, dataset: Dataset = CAR) -> KnownData:
    """What the gate makes of a file that the contract names by its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    named = replace(dataset, file=replace(dataset.file, sha256=sha256))
    return KnownData.read(Bucket({f"raw/{sha256}/{dataset.file.name}": content}), "data", named)


def test_test_rows_truth_and_baseline_come_from_file_and_contract() -> None:
    """The shipped file gives 289 test rows, in the order of their identities, and the training rows' labels."""
    data = derived(CONTENT)
    assert (len(data.requests), len(data.baseline_labels)) == (289, 1160)
    assert data.truth is not None
    assert f"{data.requests[0]},{data.truth[0]}" in CONTENT.decode().splitlines()
    assert data.labels == ("unacc", "acc", "good", "vgood")
    found = [identity(request.split(",")) for request in data.requests]
    assert found == sorted(found) == data.test_identities
    assert len(data.to_learn()) == 1728 - 289
    assert not data.to_learn() & set(found)


def test_a_file_of_another_hash_is_not_judged_by() -> None:
    """Bytes that were swapped under the hash end the gate with the file's address and the hash that it has."""
    key = f"raw/{CAR.file.sha256}/car.data"
    with pytest.raises(StepError, match=rf"{key} is another file: its SHA-256 is 98b5246c"):
        KnownData.read(Bucket({key: CONTENT + b"low,low,2,2,small,low,unacc\n"}), "data", CAR)


def test_a_file_that_the_data_step_did_not_store_is_named() -> None:
    """The address is in the message."""
    with pytest.raises(StepError, match=rf"There is no s3://data/raw/{CAR.file.sha256}/car.data"):
        KnownData.read(Bucket({}), "data", CAR)


def test_rows_that_break_the_contract_end_the_gate() -> None:
    """The gate applies the contract itself: a data step that skipped it changes nothing."""
    with pytest.raises(StepError, match=r"car\.data:1729: lug_boot is 'huge'"):
        derived(CONTENT + b"low,low,2,2,huge,low,unacc\n")


def test_thirty_thousand_rows_are_derived() -> None:
    """credit_default's 30,000 customers give 4,470 test rows, and an education of 0 counts as "other" here too."""
    folder = PROJECT / "ml_init" / "credit_default"
    content = gzip.decompress((folder / "UCI_Credit_Card.csv.gz").read_bytes())
    data = derived(content, Dataset.read(folder / "dataset.toml"))
    assert len(data.requests) == 4470
    assert {request.split(",")[2] for request in data.requests} == {"1", "2", "3", "4"}


def test_a_changed_file_keeps_the_rows_in_their_splits() -> None:
    """Two customers change places, one comes again under another number, and a label is corrected: another file, and
    the same rows to learn and to be tested by."""
    folder = PROJECT / "ml_init" / "credit_default"
    credit = Dataset.read(folder / "dataset.toml")
    content = gzip.decompress((folder / "UCI_Credit_Card.csv.gz").read_bytes())
    header, first, second, third, *others = content.decode().splitlines()
    corrected = third[:-1] + ("0" if third.endswith("1") else "1")
    again = f"30001,{first.partition(',')[2]}"
    changed = "\n".join([header, second, first, corrected, *others, again, ""]).encode()
    before, after = derived(content, credit), derived(changed, credit)
    assert before.sha256 != after.sha256
    assert before.to_learn() == after.to_learn()
    assert set(before.test_identities) == set(after.test_identities)
