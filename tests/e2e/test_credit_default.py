"""The workload without Glue and with one container takes the same way to PROD: nothing is cut to the first one.

Its user encrypts everything with a key of their own, which the first one's does not, and releases compete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import User, in_prod
from tests.e2e.test_competing_models import AB, compared
from tests.e2e.test_release import change, gate_report, reported_while_learning
from tests.e2e.test_rollback import messages, subscribed

PROD = "credit-default-prod"

TWO_MONTHS_BEHIND = "20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0"
PAYS_IN_TIME = "500000,1,1,2,35,-1,-1,-1,-1,-1,-1,5000,4000,3000,4000,5000,4000,4000,3000,4000,5000,4000,6000"


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose HEAD of credit_default is in PROD, with settings of their own."""
    edit, message = with_settings_of_ones_own, "A key of our own; releases compete"
    with in_prod(tmp_path_factory, "credit_default", edit=edit, message=message) as user:
        yield user


def with_settings_of_ones_own(clone: Path) -> None:
    settings = clone / "gatehouse.toml"
    before, after = "customer_managed_key = false", "customer_managed_key = true"
    assert before in settings.read_text()
    settings.write_text(settings.read_text().replace(before, after) + AB)


def test_head_is_in_prod(credit: User) -> None:
    """PROD answers a high probability for who is behind and a low one for who pays, and QA is cleaned up."""
    assert 0.5 < float(credit.ask(TWO_MONTHS_BEHIND)) < 1
    assert 0 < float(credit.ask(PAYS_IN_TIME)) < 0.15
    assert credit.stack_status("CreditDefaultProd") == "CREATE_COMPLETE"
    credit.until_qa_is_gone()


def test_its_door_tells_both_probabilities(credit: User) -> None:
    """Through the API, the same row has the same probability, with the other label's beside it, and the release."""
    answer = credit.call(TWO_MONTHS_BEHIND)
    assert answer["release"] == 1
    assert answer["probabilities"]["1"] == pytest.approx(float(credit.ask(TWO_MONTHS_BEHIND)))
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_the_gate_judged_every_test_row(credit: User) -> None:
    """The report has AUC, log loss, calibration, decisions and each slice; the package has one container."""
    (package,) = credit.packages()
    assert package["ModelApprovalStatus"] == "Approved"
    assert len(package["InferenceSpecification"]["Containers"]) == 1
    report = gate_report(credit, package)
    assert report["verdict"] == "PROMOTE"
    assert report["rows"] == sum(map(sum, report["answered"]["confusion"])) == 4470
    names = {check["name"] for check in report["checks"]}
    assert {"AUC", "log loss", "calibration error", "groups", "beats the baseline"} <= names
    assert {"women", "university", "age 18 to 29"} <= {group["name"] for group in report["slices"]}


def test_the_report_shows_how_the_model_was_trained(credit: User) -> None:
    """Each round's value of each metric, on training and validation rows; the objective is drawn first."""
    (package,) = credit.packages()
    curve = reported_while_learning(gate_report(credit, package))
    assert list(curve) == ["train:logloss", "validation:logloss", "train:auc", "validation:auc"]
    (rounds,) = set(curve.values())
    assert 100 < rounds < 1000, "early stopping ends it"
    bucket, key = urlsplit(package["ApprovalDescription"].rpartition(" ")[2])[1:3]
    page = credit.cloud.client("s3").get_object(Bucket=bucket, Key=key.lstrip("/"))["Body"].read().decode()
    assert "aria-label='Training curve: logloss'" in page


def test_all_that_is_kept_is_encrypted_with_the_users_own_key(credit: User) -> None:
    """The key encrypts every object of both buckets, every log group, the topic, the training job and the disks.

    The page's files, which CloudFront shows to everybody, are in a third one.
    """
    resources = stack_resources(credit, "CreditDefaultPipeline")
    s3, logs, sagemaker = (credit.cloud.client(service) for service in ("s3", "logs", "sagemaker"))
    buckets = [name for name in resources["AWS::S3::Bucket"] if "-doorpagefiles" not in name]
    assert len(buckets) == len(resources["AWS::S3::Bucket"]) - 1 == 2
    (key,) = {default_key(s3, bucket) for bucket in buckets}
    assert key in resources["AWS::KMS::Key"]
    kept = [(bucket, each["Key"]) for bucket in buckets for each in objects(s3, bucket)]
    assert {key.partition("/")[0] for _, key in kept} >= {"raw", "features", "models", "gate", "CreditDefaultPipelin"}
    for bucket, name in kept:
        found = s3.head_object(Bucket=bucket, Key=name)
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"].rpartition("/")[2]) == ("aws:kms", key), name
    groups = {g["logGroupName"]: g.get("kmsKeyId", "") for g in logs.describe_log_groups()["logGroups"]}
    for name in resources["AWS::Logs::LogGroup"]:
        assert groups[name].endswith(key), name
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    described = sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
    config = sagemaker.describe_endpoint_config(
        EndpointConfigName=sagemaker.describe_endpoint(EndpointName="credit-default-prod")["EndpointConfigName"]
    )
    disk, model = described["ResourceConfig"]["VolumeKmsKeyId"], described["OutputDataConfig"]["KmsKeyId"]
    assert {each.rpartition("/")[2] for each in (disk, model, config["KmsKeyId"])} == {key}


def stack_resources(user: User, stack: str) -> dict[str, list[str]]:
    """Physical ids by type."""
    found: dict[str, list[str]] = {}
    for each in user.cloud.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]:
        found.setdefault(each["ResourceType"], []).append(each["PhysicalResourceId"])
    return found


def default_key(s3: Any, bucket: str) -> str:
    """The id of the key that a bucket encrypts with unless told otherwise."""
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].rpartition("/")[2])


def objects(s3: Any, bucket: str) -> list[dict[str, Any]]:
    return [each for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for each in page["Contents"]]


def test_a_model_that_answers_everybody_alike_is_rejected(credit: User) -> None:
    """Its AUC is one half; package and topic say so, QA is gone, and PROD answers as before."""

    def no_tree_is_worth_its_while(clone: Path) -> None:
        path = clone / "ml_training/credit_default/training.toml"
        text, count = re.subn(r"(?m)^(max_depth\s*=.*)$", r"\1\ngamma = 1000000", path.read_text())
        assert count == 1
        path.write_text(text)

    before, queue = credit.ask(TWO_MONTHS_BEHIND), subscribed(credit, "CreditDefaultProd")
    push = credit.push_on_a_branch_of_its_own(no_tree_is_worth_its_while, "A constant model")
    assert push.returncode != 0
    assert "REJECT: Deciding by it does not clearly save costs" in push.output
    assert "AUC 0.5000 against 0.7" in push.output
    newest = credit.packages()[0]
    assert newest["ModelApprovalStatus"] == "Rejected"
    assert "REJECT" in newest["ApprovalDescription"]
    (told,) = [text for text in messages(credit, queue) if "credit_default version 2: REJECT" in text]
    for words in ("AUC 0.5000 against 0.7", "PROD stays as it is", "/gate.html"):
        assert words in told
    credit.until_qa_is_gone()
    assert credit.ask(TWO_MONTHS_BEHIND) == before


def test_every_grant_is_listed_and_used_or_has_its_reason(credit: User) -> None:
    """The page lists what is deployed with a key of the user's own, and why what no run has used is granted."""
    done = credit.script("iam", credit.workload, "--check", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def competing(credit: User) -> User:
    """A user whose second release competes with the first one."""
    credit.commit(
        lambda clone: change(
            clone / "ml_training/credit_default/training.toml", r"(?m)^(max_depth\s*=\s*)5", r"\g<1>4"
        ),
        "Shallower trees",
    )
    credit.push()
    return credit


def test_two_releases_compete_and_the_truth_decides(competing: User, tmp_path: Path) -> None:
    """`make compare` knows what both answered, and how right that was; `make end-experiment` keeps the challenger."""
    truths = ["inference_id,truth"]
    runtime = competing.cloud.client("sagemaker-runtime")
    for number in range(120):
        row, truth = ((TWO_MONTHS_BEHIND, "1"), (PAYS_IN_TIME, "0"))[number % 2]
        runtime.invoke_endpoint(EndpointName=PROD, ContentType="text/csv", Body=row, InferenceId=f"customer-{number}")
        truths.append(f"customer-{number},{truth}")
    (tmp_path / "truths.csv").write_text("\n".join(truths) + "\n")
    said = compared(competing, str(tmp_path / "truths.csv"), judged=120)
    assert "AUC 1.0000 against 1.0000" in said
    kept = competing.script("end_experiment", competing.workload, "challenger").stdout
    newest = competing.packages()[0]
    assert f"PROD serves version {newest['ModelPackageVersion']} " in kept
    assert competing.outputs("CreditDefaultProd")["ServedPackageArn"] == newest["ModelPackageArn"]


def test_what_served_before_is_put_back(competing: User) -> None:
    """`make rollback` puts it back, verified, and `make releases` tells what serves, competed and was rejected."""
    said = competing.script("rollback", competing.workload).stdout
    assert "PROD serves version 1 " in said
    table = competing.script("releases", competing.workload).stdout
    assert re.search(r"^1 .* Approved +PROMOTE +serves since ", table, re.MULTILINE)
    assert re.search(r"^2 .* Rejected +REJECT ", table, re.MULTILINE)
    assert re.search(r"^3 .* Approved +(PROMOTE|HOLD) +served from ", table, re.MULTILINE)
