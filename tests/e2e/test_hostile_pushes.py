"""Pushes that want to talk the gate round: what they try is refused by AWS's permissions, or judged as it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import PROJECT, User
from tests.e2e.test_approval import Person, served
from tests.e2e.test_release import ROW, change
from tests.waiting import until

WORKLOAD = "car_evaluation"
PIPELINE, PROD = "CarEvaluationPipeline", "CarEvaluationProd"
#: What services call a refusal.
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


@pytest.fixture(autouse=True)
def _prod_is_untouched(released: User):
    """Whatever was tried: PROD serves the package of before."""
    before = served(released)
    yield
    assert served(released) == before
    assert released.ask(ROW) == "vgood"
    released.until_qa_is_gone()


@pytest.fixture(scope="module")
def stands(released: User) -> dict[str, Any]:
    """What is worth attacking, by the names that the deployed stack has given it."""
    outputs = released.outputs(PIPELINE)
    package = next(each for each in released.packages() if each["ModelPackageArn"] == served(released))
    model = package["InferenceSpecification"]["Containers"][1]["ModelDataUrl"]
    pipeline = released.cloud.client("codepipeline").list_pipelines()["pipelines"][0]["name"]
    stages = released.cloud.client("codepipeline").get_pipeline(name=pipeline)["pipeline"]["stages"]
    resources = released.cloud.client("cloudformation").describe_stack_resources(StackName=PIPELINE)["StackResources"]
    made = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    api = released.cloud.client("apigateway").get_rest_api(restApiId=the(made, "DoorApi"))
    judges = next(action for action in stages[0]["actions"] if action["name"] == "JudgeCode")["configuration"]
    return {
        "bucket": outputs["DataBucketName"],
        "model": model.partition(outputs["DataBucketName"] + "/")[2],
        "report": package["CustomerMetadataProperties"]["gate_report"].partition(outputs["DataBucketName"] + "/")[2],
        "key": outputs["ReportSigningKeyArn"],
        "signer": outputs["ReportSignerArn"],
        "package": package["ModelPackageArn"],
        "judges": {"Bucket": judges["S3Bucket"], "Key": judges["S3ObjectKey"]},
        "pipeline": pipeline,
        "api": api["id"],
        "root": api["rootResourceId"],
        "pool": outputs["UserPoolId"],
        "site": the(made, "DoorPageFiles"),
        "pushed": {"Bucket": judges["S3Bucket"], "Key": pushed(released, judges["S3Bucket"])},
        "alarms": [each["AlarmName"] for each in released.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]],
    }


def the(made: dict[str, str], logical_id: str) -> str:
    """The physical id of the only resource whose logical id begins so."""
    (found,) = [physical for logical, physical in made.items() if re.fullmatch(rf"{logical_id}[0-9A-F]{{8}}", logical)]
    return found


def pushed(user: User, bucket: str) -> str:
    """A file that a push has published."""
    found = user.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"pushed/{WORKLOAD}/")["Contents"]
    return str(found[0]["Key"])


#: What a step of a hostile commit tries with its role.
ATTACKS = (Path(__file__).parent / "attacks.py").read_text()


@pytest.mark.parametrize("step", ["ml_init/prepare.py", "ml_training/train.py"])
def test_a_step_of_the_push_reaches_nothing_that_judges_it(released: User, stands: dict[str, Any], step: str) -> None:
    """The data step and the training step run what the push brings; twenty-three attempts end in AccessDenied."""

    def edit(clone: Path) -> None:
        (clone / "attacks.py").write_text(ATTACKS)
        (clone / "stands.json").write_text(json.dumps(stands))
        released.run("git", "add", "attacks.py", "stands.json")
        attack = "import attacks, json, sys; attacks.attack(json.load(open('stands.json'))); sys.exit(7)"
        begin = 'if __name__ == "__main__":'
        change(clone / step, f"(?m)^{begin}$", f"{begin}\n    {attack}\n{begin}")

    push = released.push_on_a_branch_of_its_own(edit, f"An attack from {step}")

    assert push.returncode != 0
    action = {"ml_init/prepare.py": "Data", "ml_training/train.py": "Train"}[step]
    log = released.run("python", "-m", "scripts.logs", WORKLOAD, action).stdout
    tried = dict(re.findall(r"ATTACK ([^:]+): (\w+)", log))
    assert len(tried) == 23, log
    assert {name: code for name, code in tried.items() if code not in REFUSED} == {}


def test_a_push_does_not_judge_itself(released: User) -> None:
    """A gate that the push brings, its build file too, is not run: a useless model is rejected as ever."""

    def edit(clone: Path) -> None:
        change(
            clone / "ml_test" / "evaluation.py",
            r'(?m)^if __name__ == "__main__":$',
            'print("the push is the judge", flush=True)\nraise SystemExit(0)\nif __name__ == "__main__":',
        )
        (clone / "ml_test" / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: [echo judge]}}\n")
        change(clone / "ml_training" / WORKLOAD / "training.toml", r"(?m)^(max_depth\s*=.*)$", r"\1\ngamma = 1000000")

    push = released.push_on_a_branch_of_its_own(edit, "The push is the judge")

    assert push.returncode != 0
    assert "REJECT" in push.output
    log = released.run("python", "-m", "scripts.logs", WORKLOAD, "Gate").stdout
    assert "the push is the judge" not in log
    assert released.packages()[0]["ModelApprovalStatus"] == "Rejected"


def test_a_qa_template_does_not_touch_prods_alarms(released: User, stands: dict[str, Any]) -> None:
    """QA is deployed before the gate, from the push's own template: its role reaches QA's resources alone."""
    alarm = next(name for name in stands["alarms"] if name.startswith(PROD))

    def edit(clone: Path) -> None:
        change(
            clone / "stacks" / "endpoint_stack.py",
            r"(?m)^(        cdk\.CfnOutput\(self, Output\.ENDPOINT)",
            f'        if kind == "Qa":\n'
            f'            cdk.CfnResource(self, "Mine", type="AWS::CloudWatch::Alarm", properties={{\n'
            f'                "AlarmName": "{alarm}", "ComparisonOperator": "LessThanThreshold",\n'
            f'                "EvaluationPeriods": 1, "Threshold": -1, "MetricName": "M", "Namespace": "N",\n'
            f'                "Period": 60, "Statistic": "Sum"}})\n'
            r"\1",
        )

    cloudwatch = released.cloud.client("cloudwatch")
    before = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]

    push = released.push_on_a_branch_of_its_own(edit, "An alarm of PROD in QA's template")

    assert push.returncode != 0
    assert "cloudwatch:PutMetricAlarm" in push.output
    after = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    settings = ("MetricName", "Threshold", "ComparisonOperator", "AlarmActions")
    assert [after[name] for name in settings] == [before[name] for name in settings]


def test_a_model_that_is_replaced_after_the_gate_is_not_served(released: User) -> None:
    """The approval tags the version that was judged; PROD cannot read the one that came later, and stays as it is."""

    def looser(clone: Path) -> None:
        change(clone / "ml_test" / WORKLOAD / "gate.toml", r"(?m)^margin = 0\.03$", "margin = 0.04")

    def replace() -> None:
        package = released.packages()[0]
        address = package["InferenceSpecification"]["Containers"][1]["ModelDataUrl"]
        bucket, _, key = address.removeprefix("s3://").partition("/")
        s3 = released.cloud.client("s3")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3.put_object(Bucket=bucket, Key=key, Body=body + b"\0")

    with Person(released).answering("approve", replace):
        push = released.push_on_a_branch_of_its_own(looser, "A looser margin, and a model that changes")

    assert push.returncode != 0
    assert '"s3:GetObject" permissions' in push.output
    package = released.packages()[0]
    assert package["CustomerMetadataProperties"]["verdict"] == "HOLD"
    until(
        lambda: released.stack_status(PROD),
        lambda status: "IN_PROGRESS" not in str(status),
        what="PROD's stack at rest",
    )


def test_nobody_rewrites_a_report_not_even_an_administrator(released: User, stands: dict[str, Any]) -> None:
    """The bucket's policy refuses to overwrite, S3 refuses to add what is there, and the key to sign for others."""
    s3, kms = released.cloud.client("s3"), released.cloud.client("kms")
    report = {"Bucket": stands["bucket"], "Key": stands["report"], "Body": b"{}"}
    for how, code in (({}, "AccessDenied"), ({"IfNoneMatch": "*"}, "PreconditionFailed")):
        with pytest.raises(ClientError) as refused:
            s3.put_object(**report, **how)
        assert refused.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.sign(KeyId=stands["key"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")


def test_what_roles_can_do_is_what_the_threat_model_lists(released: User, stands: dict[str, Any]) -> None:
    """For each deed worth abusing, IAM's own simulation names the roles that may do it: those of the page's table."""
    resources = released.cloud.client("cloudformation").describe_stack_resources(StackName=PIPELINE)["StackResources"]
    roles = {
        r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources if r["ResourceType"] == "AWS::IAM::Role"
    }
    iam, found = released.cloud.client("iam"), {}
    deeds = deeds_of(stands)
    for name, (action, arn) in deeds.items():
        who = []
        for logical, role in roles.items():
            answer = iam.simulate_principal_policy(
                PolicySourceArn=iam.get_role(RoleName=role)["Role"]["Arn"], ActionNames=[action], ResourceArns=[arn]
            )["EvaluationResults"][0]["EvalDecision"]
            who += [re.sub(r"Role\w{8}$|\w{8}$", "", logical)] if answer == "allowed" else []
        found[name] = ", ".join(f"`{each}`" for each in sorted(who)) or "nobody"
    page = (PROJECT / "docs" / "threat-model.md").read_text()
    listed = dict(re.findall(r"^\| ([^|]+?) \| `\S+` \| ([^|]+?) \|$", page, re.MULTILINE))
    assert found == listed, "\n".join(f"| {name} | `{deeds[name][0]}` | {who} |" for name, who in found.items())


def deeds_of(at: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Deed → action and resource."""
    account = "123456789012"
    api = f"arn:aws:apigateway:us-east-1::/restapis/{at['api']}"
    function = f"arn:aws:lambda:us-east-1:{account}:function:"
    objects = f"arn:aws:s3:::{at['bucket']}/"
    sagemaker, packages = f"arn:aws:sagemaker:us-east-1:{account}:", at["package"]
    return {
        "read the raw data, test rows among them": ("s3:GetObject", f"{objects}raw/1/car.data"),
        "read training rows": ("s3:GetObject", f"{objects}features/1/train/part-0.csv"),
        "overwrite features": ("s3:PutObject", f"{objects}features/1/train/part-0.csv"),
        "read a model": ("s3:GetObject", f"{objects}{at['model']}"),
        "overwrite a model": ("s3:PutObject", f"{objects}{at['model']}"),
        "read a report": ("s3:GetObject", f"{objects}{at['report']}"),
        "overwrite a report": ("s3:PutObject", f"{objects}{at['report']}"),
        "delete features": ("s3:DeleteObject", f"{objects}features/1/train/part-0.csv"),
        "delete a model": ("s3:DeleteObject", f"{objects}{at['model']}"),
        "delete a version": ("s3:DeleteObjectVersion", f"{objects}{at['model']}"),
        "tag a name, not a version": ("s3:PutObjectTagging", f"{objects}{at['model']}"),
        "read what people asked": ("s3:GetObject", f"{objects}capture/1/e/v/2026/11/26/12/a.jsonl"),
        "write the judges' code": ("s3:PutObject", f"arn:aws:s3:::{at['judges']['Bucket']}/{at['judges']['Key']}"),
        "sign a report": ("kms:Sign", at["key"]),
        "create a package, approved": ("sagemaker:CreateModelPackage", packages),
        "set a package's status at will": ("sagemaker:UpdateModelPackage", packages),
        "create QA's endpoint": ("sagemaker:CreateEndpoint", f"{sagemaker}endpoint/car-evaluation-qa"),
        "change PROD's endpoint": ("sagemaker:UpdateEndpoint", f"{sagemaker}endpoint/car-evaluation-prod"),
        "ask PROD": ("sagemaker:InvokeEndpoint", f"{sagemaker}endpoint/car-evaluation-prod"),
        "train without limits": ("sagemaker:CreateTrainingJob", f"{sagemaker}training-job/car-evaluation-1"),
        "delete PROD's alarms": ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{PROD}-E"),
        "change PROD's stack": (
            "cloudformation:UpdateStack",
            f"arn:aws:cloudformation:us-east-1:{account}:stack/{PROD}/1",
        ),
        "change the pipeline's stack": (
            "cloudformation:UpdateStack",
            f"arn:aws:cloudformation:us-east-1:{account}:stack/{PIPELINE}/1",
        ),
        "read the pipeline's template": (
            "cloudformation:GetTemplate",
            f"arn:aws:cloudformation:us-east-1:{account}:stack/{PIPELINE}/1",
        ),
        "change a build": ("codebuild:UpdateProject", f"arn:aws:codebuild:us-east-1:{account}:project/p"),
        "change the pipeline": (
            "codepipeline:UpdatePipeline",
            f"arn:aws:codepipeline:us-east-1:{account}:{at['pipeline']}",
        ),
        "approve as a person": (
            "codepipeline:PutApprovalResult",
            f"arn:aws:codepipeline:us-east-1:{account}:{at['pipeline']}/Approve/Approve",
        ),
        "change a role": ("iam:PutRolePolicy", at["signer"]),
        "become the gate": ("sts:AssumeRole", at["signer"]),
        "change a function": ("lambda:UpdateFunctionCode", f"{function}f"),
        "change the door's function": ("lambda:UpdateFunctionCode", f"{function}car-evaluation-predict"),
        "open a method of the API": ("apigateway:PUT", f"{api}/resources/x/methods/POST"),
        "take a method's authorization away": ("apigateway:PATCH", f"{api}/resources/x/methods/POST"),
        "change who is let in": ("apigateway:PATCH", f"{api}/authorizers/x"),
        "admit somebody": (
            "cognito-idp:AdminCreateUser",
            f"arn:aws:cognito-idp:us-east-1:{account}:userpool/{at['pool']}",
        ),
        "write the page": ("s3:PutObject", f"arn:aws:s3:::{at['site']}/index.html"),
        "replace a published file": ("s3:PutObject", f"arn:aws:s3:::{at['pushed']['Bucket']}/{at['pushed']['Key']}"),
        "change the API's stack": (
            "cloudformation:UpdateStack",
            f"arn:aws:cloudformation:us-east-1:{account}:stack/CarEvaluationApi/1",
        ),
        "read the token": (
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-east-1:{account}:secret:gatehouse/github-token-x",
        ),
    }
