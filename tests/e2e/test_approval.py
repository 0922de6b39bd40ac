"""A release that waits for a person, and what they are told."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from stacks.workloads import WORKLOADS
from tests.e2e.conftest import User
from tests.e2e.test_release import change
from tests.waiting import until

Answer = Literal["approve", "reject"]


class Person:
    """Reads what the topic tells, and answers the pipeline's approvals."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._sqs, self._codepipeline = user.cloud.client("sqs"), user.cloud.client("codepipeline")
        self._queue = self._sqs.create_queue(QueueName="person")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        user.cloud.client("sns").subscribe(TopicArn=self._resource("AWS::SNS::Topic"), Protocol="sqs", Endpoint=arn)
        self.pipeline = self._resource("AWS::CodePipeline::Pipeline")

    def _resource(self, kind: str) -> str:
        """The physical id of the first resource of a type in the pipeline's stack."""
        resources = self._user.cloud.client("cloudformation").describe_stack_resources(
            StackName=WORKLOADS[self._user.workload].stack_name("Pipeline")
        )
        found = [r for r in resources["StackResources"] if r["ResourceType"] == kind]
        return str(found[0]["PhysicalResourceId"])

    def mail(self) -> dict[str, str]:
        """What was told since the last look: texts by subject."""
        found: dict[str, str] = {}
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found[body.get("Subject", "without a subject")] = body["Message"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def told(self, words: str) -> str:
        """The text with these words, once it has come."""

        def look() -> str | None:
            return next((text for text in self.mail().values() if words in text), None)

        return str(until(look, what=f"word of {words!r}"))

    @contextmanager
    def answering(self, answer: Answer, before: Callable[[], object]) -> Iterator[None]:
        """Answers the next approval as ``make approve`` or ``make reject`` does, after ``before``.

        Fails if none has waited by the end of the block, and where the answer failed.
        """
        over = threading.Event()

        def give() -> None:
            waits = until(lambda: self._waits() or over.is_set(), what="an approval that waits")
            assert waits is not True, "no approval waited"
            before()
            comment = "looks good" if answer == "approve" else "not now"
            self._user.script("answer", answer, self._user.workload, comment)

        with ThreadPoolExecutor(1) as aside:
            given = aside.submit(give)
            try:
                yield
            finally:
                over.set()
            given.result()

    def _waits(self) -> Any:
        """The approval action that waits for an answer; None while none does."""
        for stage in self._codepipeline.get_pipeline_state(name=self.pipeline)["stageStates"]:
            for action in stage["actionStates"]:
                if stage["stageName"] == "Approve" and "token" in action.get("latestExecution", {}):
                    return action
        return None


@pytest.fixture(scope="module")
def person(released: User) -> Person:
    return Person(released)


def served(user: User) -> str:
    return user.outputs("CarEvaluationProd")["ServedPackageArn"]


def tags(user: User, package: dict[str, Any]) -> list[dict[str, str]]:
    """The approval tags of the package's artifacts."""
    s3, found = user.cloud.client("s3"), []
    for container in package["InferenceSpecification"]["Containers"]:
        bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
        found += s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return found


def test_a_release_waits_for_approval_and_goes_on(released: User, person: Person) -> None:
    """With ``approval = true``, PROD is deployed after a person approves what the gate lets pass; the topic is told.

    A push before `make deploy` stops at Build, and says what to run.

    Nobody else can let it through: until then the package is pending and its artifacts are closed to PROD.
    """

    def edit(clone: Path) -> None:
        change(clone / "gatehouse.toml", r"(?m)^approval\s*=\s*false", "approval = true")

    before = served(released)
    released.commit(edit, "A person approves")
    undeployed = released.push(check=False)
    released.script("deploy", "car_evaluation")
    seen: list[Any] = []

    def look() -> None:
        package = released.packages()[0]
        seen.extend([served(released), package["ModelApprovalStatus"], len(tags(released, package))])

    try:
        with person.answering("approve", look):
            push = released.push("--again")
    finally:
        released.run("git", "reset", "--quiet", "--hard", "HEAD~1")
        released.script("deploy", "car_evaluation")

    # Nobody had deployed what asks a person: the push stopped before it could be released without asking.
    assert undeployed.returncode != 0
    assert "✗ Build/Synth: CarEvaluationPipeline is deployed with other settings than this commit has:" in (
        undeployed.output
    )
    assert "Environment.EnvironmentVariables.APPROVAL.Value: false → true" in undeployed.output
    assert "run make deploy WORKLOAD=car_evaluation" in undeployed.output
    assert not re.search("^[✓…✗] Train ", undeployed.output, re.MULTILINE)

    assert "SetApproved" in push.output
    # The bundles are those of the first release: only the model itself waits for its tag.
    assert seen == [before, "PendingManualApproval", 2]
    package = released.packages()[0]
    assert served(released) == package["ModelPackageArn"] != before
    assert tags(released, package) == [{"Key": "gatehouse:approval", "Value": "Approved"}] * 3
    assert package["CustomerMetadataProperties"]["approved_by"].startswith("arn:aws:iam::")
    assert "(looks good)" in package["ApprovalDescription"]
    mail = person.mail()
    (asked,) = [json.loads(text) for subject, text in mail.items() if subject.startswith("APPROVAL NEEDED")]
    # On a busy machine the gate may hold the release for its latency: a person is asked either way.
    verdict = package["CustomerMetadataProperties"]["verdict"]
    assert f"The gate says {verdict}: " in asked["approval"]["customData"]
    (told,) = [text for subject, text in mail.items() if subject.endswith(": approved")]
    assert package["ModelPackageArn"] in told


def hold(clone: Path) -> None:
    """A floor between the figure (0.9931) and the lower bound of its interval (0.975): luck cannot be ruled out."""
    change(clone / "ml_test/car_evaluation/gate.toml", r"(?m)^accuracy\s*=\s*[0-9.]+", "accuracy = 0.98")


def test_what_the_gate_holds_goes_to_a_person_and_then_to_prod(released: User, person: Person) -> None:
    """They are told what to look at, and find QA's endpoint still there; PROD serves it once they have approved."""
    before = served(released)
    person.mail()
    seen: list[Any] = []

    def look() -> None:
        package = released.packages()[0]
        endpoint = released.outputs("CarEvaluationQa")["EndpointName"]
        asked = released.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body="low,low,5more,more,big,high"
        )
        answer, status = asked["Body"].read().decode().strip(), released.script("status").stdout
        seen.extend([served(released), package["ModelApprovalStatus"], answer, status])

    with person.answering("approve", look):
        push = released.push_on_a_branch_of_its_own(hold, "A floor that needs more rows")

    assert push.returncode == 0, push.output
    assert seen[:3] == [before, "PendingManualApproval", "vgood"]
    assert push.output.count("waits for a person") == 1
    package = released.packages()[0]
    assert served(released) == package["ModelPackageArn"] != before
    assert package["CustomerMetadataProperties"]["verdict"] == "HOLD"
    assert package["CustomerMetadataProperties"]["approved_by"].startswith("arn:aws:iam::")
    mail = person.mail()
    version = package["ModelPackageVersion"]
    held = mail[f"car_evaluation version {version}: HOLD, a person decides"]
    assert "accuracy 0.99" in held
    for said in (push.output, seen[3]):
        waits = re.search(rf"car_evaluation version {version} waits for a person\. The gate said HOLD:\n +(.+)\n", said)
        assert waits is not None, said
        assert f"The gate cannot decide: {waits[1][:60]}" in held
        assert "make approve WORKLOAD=car_evaluation COMMENT=" in said
    assert "make verify-report WORKLOAD=car_evaluation EXECUTION=" in held
    assert "make approve WORKLOAD=car_evaluation COMMENT='why'" in held
    assert f"car_evaluation version {version}: approved" in mail


def test_what_a_person_rejects_ends_there_and_is_told(released: User, person: Person) -> None:
    """The run fails, the package is Rejected with their reason, PROD stays as it is, and the topic hears of it."""
    before = served(released)
    person.mail()

    with person.answering("reject", lambda: None):
        push = released.push_on_a_branch_of_its_own(hold, "A floor that needs more rows, again")

    assert push.returncode != 0
    assert "not now" in push.output
    assert served(released) == before
    told = person.told("ended in stage Approve")
    for words in ("not now", "- accuracy 0.99", "/gate.html", "The package is Rejected."):
        assert words in told
    package = released.packages()[0]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert re.match(r"HOLD: rejected by arn:aws:iam::\S+ \(not now\); ", package["ApprovalDescription"])
    line = released.script("releases", "car_evaluation").stdout.splitlines()[1]
    assert re.match(rf"{package['ModelPackageVersion']} .* Rejected +HOLD .* rejected by arn:aws:iam::", line)


def lower_again(clone: Path) -> None:
    """The floor of before, which is looser than the one that a person has agreed to by now."""
    change(clone / "ml_test/car_evaluation/gate.toml", r"(?m)^accuracy\s*=\s*[0-9.]+", "accuracy = 0.950")


def test_looser_rules_are_a_persons_to_agree_to(released: User, person: Person) -> None:
    """Question, notification and registry have old and new value; once they are approved, the new ones are agreed."""
    person.mail()
    said = "floors accuracy 0.98 → 0.95"

    with person.answering("approve", lambda: None):
        push = released.push_on_a_branch_of_its_own(lower_again, "The floor of before")

    assert push.returncode == 0, push.output
    assert said in released.script("logs", "car_evaluation", "Gate").stdout
    # The deployed rules are older than the commit's: this is said, and stops nothing.
    assert "is deployed with other files than this commit" in released.script("logs", "car_evaluation", "Synth").stdout
    package = released.packages()[0]
    assert served(released) == package["ModelPackageArn"]
    assert package["CustomerMetadataProperties"]["verdict"] == "HOLD"
    assert f"The push loosens 1 rule: {said}; by the rules that let version" in package["ApprovalDescription"]
    mail, version = person.mail(), package["ModelPackageVersion"]
    (asked,) = [json.loads(text) for subject, text in mail.items() if subject.startswith("APPROVAL NEEDED")]
    assert f"The push loosens 1 rule: {said}" in asked["approval"]["customData"]
    assert f"- {said}\n" in mail[f"car_evaluation version {version}: HOLD, a person decides"]
    assert "The looser rules below hold from now on." in mail[f"car_evaluation version {version}: approved"]
    execution = package["CustomerMetadataProperties"]["pipeline_execution"]
    released.script("verify_report", "car_evaluation", execution)
    report = json.loads((released.clone / "reports" / execution / "gate.json").read_text())
    assert report["rules"]["floors"]["accuracy"] == 0.95


def test_the_report_is_the_gates_to_the_byte(released: User) -> None:
    """`make verify-report` passes the report, and names the file of which a byte was changed."""
    execution = released.packages()[0]["CustomerMetadataProperties"]["pipeline_execution"]
    bucket = released.outputs("CarEvaluationPipeline")["DataBucketName"]
    s3, key = released.cloud.client("s3"), f"gate/{execution}/gate.html"
    page = s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    assert "the gate's, to the byte" in released.script("verify_report", "car_evaluation", execution).stdout

    # An administrator can delete what nobody can overwrite.
    s3.delete_object(Bucket=bucket, Key=key)
    s3.put_object(Bucket=bucket, Key=key, Body=page.replace(b"<h1>", b"<h2>", 1), IfNoneMatch="*")
    try:
        forged = released.script("verify_report", "car_evaluation", execution, check=False)
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
        s3.put_object(Bucket=bucket, Key=key, Body=page, ContentType="text/html; charset=utf-8", IfNoneMatch="*")
    assert forged.returncode == 1
    assert "✗ gate.html was changed" in forged.stdout


def test_prod_takes_no_artifact_that_nobody_approved(released: User) -> None:
    """The deployment fails for want of s3:GetObject even where the registry says Approved, and PROD stays as it is."""
    sagemaker, s3 = released.cloud.client("sagemaker"), released.cloud.client("s3")
    package, before = released.packages()[0], served(released)
    bucket = released.outputs("CarEvaluationPipeline")["DataBucketName"]
    containers = package["InferenceSpecification"]["Containers"]
    model = s3.get_object(Bucket=bucket, Key=containers[1]["ModelDataUrl"].partition(f"{bucket}/")[2])["Body"].read()
    s3.put_object(Bucket=bucket, Key="models/unapproved/model.tar.gz", Body=model)
    containers[1]["ModelDataUrl"] = f"s3://{bucket}/models/unapproved/model.tar.gz"
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="car-evaluation",
        ModelApprovalStatus="Approved",
        InferenceSpecification=package["InferenceSpecification"],
    )["ModelPackageArn"]

    try:
        reasons = update_prod(released, arn)
    finally:
        sagemaker.delete_model_package(ModelPackageName=arn)

    assert "Could not access model data at s3://" in reasons
    assert "models/unapproved/model.tar.gz" in reasons
    assert '"s3:GetObject" permissions' in reasons
    assert released.stack_status("CarEvaluationProd") == "UPDATE_ROLLBACK_COMPLETE"
    assert served(released) == before
    assert released.ask("low,low,5more,more,big,high") == "vgood"


def update_prod(user: User, package_arn: str) -> str:
    """Updates PROD's stack to a package; what failed, in CloudFormation's words."""
    cloudformation = user.cloud.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName="CarEvaluationProd")["Stacks"][0]
    kept = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in stack["Parameters"]
        if each["ParameterKey"] != "ModelPackageArn"
    ]
    changed = {"ParameterKey": "ModelPackageArn", "ParameterValue": package_arn}
    cloudformation.update_stack(StackName="CarEvaluationProd", UsePreviousTemplate=True, Parameters=[*kept, changed])
    user.until_stack("CarEvaluationProd", lambda status: "IN_PROGRESS" not in str(status), what="at rest")
    events = cloudformation.describe_stack_events(StackName="CarEvaluationProd")["StackEvents"]
    return " ".join(e.get("ResourceStatusReason", "") for e in events if e["ResourceStatus"].endswith("_FAILED"))
