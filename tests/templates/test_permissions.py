"""What the roles may do: the least that works, and each exception with its reason."""

from __future__ import annotations

import json
import re

import pytest

from localcloud.iam.facts import action_facts
from stacks.settings import Settings
from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Statement, Template, as_list, render


@pytest.fixture
def statements(pipeline: Template) -> list[Statement]:
    found = list(pipeline.identity_statements())
    assert len(found) > 20
    return found


@pytest.fixture
def allowed(statements: list[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.effect == "Allow"]


def test_only_the_pipelines_stack_has_roles(assembly: CloudAssembly) -> None:
    """The endpoints' stacks have nothing of IAM, and the pipeline's has roles and their policies."""
    for name, template in assembly.templates.items():
        iam = [r["Type"] for r in template.resources.values() if r["Type"].startswith("AWS::IAM::")]
        assert bool(iam) == name.endswith("Pipeline")
        assert set(iam) <= {"AWS::IAM::Role", "AWS::IAM::Policy"}


def test_no_policy_is_managed_by_aws_or_full(assembly: CloudAssembly) -> None:
    """Every permission stands in the template, in a policy of its own."""
    roles = [role for template in assembly.templates.values() for role in template.of_type("AWS::IAM::Role").values()]
    assert len(roles) > 20
    assert [role for role in roles if {"ManagedPolicyArns", "Policies"} & set(role)] == []
    assert [name for name, each in assembly.templates.items() if "FullAccess" in json.dumps(each.document)] == []


def test_a_statement_names_what_it_allows(allowed: list[Statement], pipeline: Template) -> None:
    """No statement has NotAction, NotResource, or a wildcard in an action."""
    assert "NotAction" not in json.dumps(pipeline.document)
    assert "NotResource" not in json.dumps(pipeline.document)
    for statement in allowed:
        for action in statement.actions:
            assert re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z]+", action), (statement.holder, action)


def test_only_actions_without_a_resource_are_granted_on_all(allowed: list[Statement]) -> None:
    """AWS's service authorization reference knows no type of resource for what is granted on all."""
    on_all = {action for statement in allowed if "*" in statement.resources for action in statement.actions}
    assert on_all
    for action in on_all:
        facts = action_facts(*action.split(":"))
        assert facts is not None, action
        assert not facts.resource_types, action


def test_metrics_are_of_training_jobs_and_of_answers_only(allowed: list[Statement], workload: Workload) -> None:
    """Only training and the answers' function put metrics, each in its own namespace."""
    found = [statement for statement in allowed if "cloudwatch:PutMetricData" in statement.actions]
    answers = {"AnswerShareFunction": {"StringEquals": {"cloudwatch:namespace": "Gatehouse"}}}
    assert {statement.holder.partition("Role")[0]: statement.conditions for statement in found} == {
        "WorkshopTraining": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}},
        **(answers if workload.watches else {}),
    }


def test_every_role_is_assumed_by_one_service(pipeline: Template) -> None:
    """Each role trusts one service and nobody else."""
    roles = pipeline.of_type("AWS::IAM::Role").values()
    assert len(roles) > 10
    for role in roles:
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
        (principal,) = statement["Principal"].items()
        assert principal[0] == "Service"
        assert re.fullmatch(r"[a-z]+\.amazonaws\.com", principal[1])
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_each_step_has_a_role_of_its_own(pipeline: Template, workload: Workload) -> None:
    """No role serves two builds, jobs or functions, nor pipeline and deployment together."""
    users = [render(p["ServiceRole"]) for p in pipeline.of_type("AWS::CodeBuild::Project").values()]
    assert len(users) == 6
    users += [render(p["Role"]) for kind in ("Job", "Crawler") for p in pipeline.of_type(f"AWS::Glue::{kind}").values()]
    users += [render(p["Role"]) for p in pipeline.of_type("AWS::Lambda::Function").values()]
    users.append(render(pipeline.only("AWS::CodePipeline::Pipeline")["RoleArn"]))
    others = {f"${{{name}.Arn}}" for name in pipeline.of_type("AWS::IAM::Role")} - set(users)
    assert len(users) == len(set(users))
    assert {re.sub(r"\w{8}\.Arn\}$", "", role) for role in others} == {
        "${WorkshopTrainingRole",
        "${WorkshopQaServingRole",
        "${WorkshopProdServingRole",
        "${DeploymentRole",
        "${QaDeploymentRole",
        *(["${ApiDeploymentRole", "${DoorApiLogRole", "${DoorFunctionRole"] if workload.doors else []),
    }


def test_a_role_has_one_policy_and_a_policy_one_role(pipeline: Template) -> None:
    """Each role has exactly one policy, which no other role has."""
    held = [render(role) for policy in pipeline.of_type("AWS::IAM::Policy").values() for role in policy["Roles"]]
    assert sorted(held) == sorted(f"${{{name}}}" for name in pipeline.of_type("AWS::IAM::Role"))


def test_roles_are_handed_only_to_the_service_that_they_are_for(
    pipeline: Template, statements: list[Statement], workload: Workload
) -> None:
    """Each PassRole names its roles and, by iam:PassedToService, the service that each role trusts."""
    roles = pipeline.of_type("AWS::IAM::Role")
    passing = [s for s in statements if s.effect == "Allow" and "iam:PassRole" in s.actions]
    deploying = 2 + len(workload.doors)
    assert len(passing) == 2 + deploying, "the training step, the deployment roles and the pipeline"
    for statement in passing:
        for resource in statement.resources:
            name = resource.removeprefix("${").removesuffix(".Arn}")
            (trust,) = roles[name]["AssumeRolePolicyDocument"]["Statement"]
            assert _passed_to(statement, resource, statements) == {trust["Principal"]["Service"]}


def _passed_to(passing: Statement, role: str, statements: list[Statement]) -> set[str]:
    """The services to which a role may be passed: by a condition of the grant, or by a denial of all others."""
    own = passing.conditions.get("StringEquals", {}).get("iam:PassedToService")
    denied_but = [
        s.conditions["StringNotEquals"]["iam:PassedToService"]
        for s in statements
        if (s.holder, s.effect, s.actions) == (passing.holder, "Deny", ("iam:PassRole",)) and role in s.resources
    ]
    return {service for value in [own, *denied_but] if value for service in as_list(value)}


def test_no_role_can_change_roles_or_policies(allowed: list[Statement], workload: Workload) -> None:
    """Roles may make nothing in IAM but autoscaling's service-linked roles, for endpoints and for a door."""
    found = {(a, r) for s in allowed for a in s.actions for r in s.resources if a.startswith("iam:")}
    found = {(action, resource) for action, resource in found if action != "iam:PassRole"}
    assert {action for action, _ in found} == {"iam:CreateServiceLinkedRole"}
    services = ["sagemaker", "lambda"] if workload.doors else ["sagemaker"]
    assert sorted(resource.split("/")[2] for _, resource in found) == sorted(
        f"{service}.application-autoscaling.amazonaws.com" for service in services
    )
    assert all("role/aws-service-role/" in resource for _, resource in found)


def test_no_step_can_read_secrets(assembly: CloudAssembly) -> None:
    """No role may read secrets: CloudFormation resolves the token for the pipeline."""
    for template in assembly.templates.values():
        actions = [action for s in template.identity_statements() for action in s.actions]
        assert [a for a in actions if a.startswith(("secretsmanager:", "ssm:"))] == []


def test_keys_are_used_to_publish_and_to_sign_alone(allowed: list[Statement]) -> None:
    """Publishers may use the topic's key, the gate may sign, and no role uses a key otherwise."""
    using = [(a, s.resources) for s in allowed for a in s.actions if a.startswith("kms:")]
    signing = [resources for action, resources in using if action == "kms:Sign"]
    assert [re.fullmatch(r"\$\{WorkshopSignatureKey\w+\.Arn\}", r) is not None for (r,) in signing] == [True]
    using = [found for found in using if found[0] != "kms:Sign"]
    assert {action for action, _ in using} == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert all(re.fullmatch(r"\$\{WorkshopEncryptionKey\w+\.Arn\}", r) for _, rs in using for r in rs)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert holders(allowed, action) == holders(allowed, "sns:Publish")


def holders(allowed: list[Statement], action: str) -> set[str]:
    """The constructs, such as ``StepsGate``, whose policies allow an action."""
    return {re.sub(r"(Project)?(Role)?DefaultPolicy\w{8}$", "", s.holder) for s in allowed if action in s.actions}


@pytest.mark.parametrize(
    ("action", "who"),
    [
        ("sagemaker:CreateTrainingJob", {"StepsTrain"}),
        ("sagemaker:DescribeTrainingJob", {"StepsTrain", "StepsGate"}),
        ("sagemaker:CreateModelPackage", {"StepsTrain"}),
        ("sagemaker:UpdateModelPackage", {"StepsGate", "StepsApprove", "ReleaseEndedFunction"}),
        ("kms:Sign", {"StepsGate"}),
        ("codepipeline:ListActionExecutions", {"StepsApprove", "ReleaseEndedFunction"}),
        ("sagemaker:InvokeEndpoint", {"StepsGate", "StepsVerify"}),
        ("sagemaker:CreateEndpoint", {"Deployment", "QaDeployment"}),
        ("sagemaker:DeleteEndpoint", {"Deployment", "QaDeployment"}),
        ("sns:Publish", {"StepsGate", "StepsApprove", "StepsVerify", "ReleasePipeline", "ReleaseEndedFunction"}),
        ("cloudformation:CreateStack", {"ReleasePipeline"}),
        ("cloudformation:DeleteStack", {"ReleasePipeline", "QaCleanUpFunction"}),
        ("codepipeline:DisableStageTransition", {"QaCleanUpFunction"}),
        ("codebuild:StartBuild", {"ReleasePipeline"}),
    ],
)
def test_a_deed_is_one_roles_task(allowed: list[Statement], workload: Workload, action: str, who: set[str]) -> None:
    """Only the roles that are listed for it may do this action; a door's function asks the endpoint, too."""
    asking = {"DoorFunction"} if workload.doors and action == "sagemaker:InvokeEndpoint" else set()
    assert holders(allowed, action) == who | asking


def test_the_gate_reads_the_data_and_writes_its_own_folder(allowed: list[Statement], workload: Workload) -> None:
    """It derives test rows and learned rows by itself; and it describes no other workload's training jobs."""
    of_gate = [s for s in allowed if s.holder.startswith("StepsGate")]

    def places(action: str) -> set[str]:
        found = [r for s in of_gate if action in s.actions for r in s.resources if "${WorkshopDataBucket" in r]
        return {resource.rpartition(".Arn}/")[2] for resource in found}

    assert places("s3:GetObject") == {"raw/*", "features/*", "gate/*"}
    assert places("s3:PutObject") == {"gate/*"}
    (jobs,) = [s.resources for s in of_gate if "sagemaker:DescribeTrainingJob" in s.actions]
    assert [resource.rpartition("/")[2] for resource in jobs] == [f"{workload.dashed_name}-*"]


def test_the_training_step_reads_the_logs_of_its_own_jobs(allowed: list[Statement], workload: Workload) -> None:
    """It may see which streams there are, and read those of the workload's jobs; nobody else reads a log."""
    reading = {a: s for s in allowed for a in s.actions if a.startswith(("logs:Get", "logs:Filter", "logs:Describe"))}
    mine = {action: s.resources for action, s in reading.items() if s.holder.startswith("StepsTrain")}
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:"
    assert {
        action: [r.replace("${AWS::AccountId}", "123456789012") for r in found] for action, found in mine.items()
    } == {
        "logs:DescribeLogStreams": [f"{group}*"],
        "logs:GetLogEvents": [f"{group}log-stream:{workload.dashed_name}-*"],
    }
    assert holders(allowed, "logs:GetLogEvents") - {"DoorApiLog"} == {"StepsTrain"}


def test_only_the_data_step_of_a_workload_with_glue_runs_glue(allowed: list[Statement], workload: Workload) -> None:
    """The data step may start job and crawler where the workload has Glue, and nobody may where it has none."""
    for action in ("glue:StartJobRun", "glue:StartCrawler"):
        assert holders(allowed, action) == ({"StepsData"} if workload.glue else set())


def test_the_table_of_rows_is_read_by_who_needs_it(allowed: list[Statement], workload: Workload) -> None:
    """The data step looks at the one table, the job reads it, and the crawler alone writes tables."""
    of_table = {s.holder: s for s in allowed if "glue:GetTable" in s.actions}
    if not workload.glue:
        assert of_table == {}
        return
    readers = {holder: s for holder, s in of_table.items() if "glue:CreateTable" not in s.actions}
    assert len(of_table) == len(readers) + 1
    actions = {"StepsDataRole": ["glue:GetTable"]}
    for holder, statement in readers.items():
        wanted = actions.get(holder[:13], ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"])
        assert sorted(statement.actions) == wanted
        resources = sorted(resource.rpartition(":")[2] for resource in statement.resources)
        assert resources == ["catalog", f"database/{workload.name}", f"table/{workload.name}/rows"]
    assert len(readers) == 2


def test_prod_reads_approved_artifacts_and_nothing_else(allowed: list[Statement], workload: Workload) -> None:
    """PROD's model reads tagged artifacts alone, and QA's untagged ones too, for they are to be judged."""
    artifacts = ["features/*/model.tar.gz*", "models/*"] if workload.glue else ["models/*"]
    approved = {"StringEquals": {"s3:ExistingObjectTag/gatehouse:approval": "Approved"}}
    for kind, conditions in (("Qa", {}), ("Prod", approved)):
        reading = [s for s in allowed if f"{kind}ServingRole" in s.holder and "s3:GetObject" in s.actions]
        assert [s.conditions for s in reading] == [conditions]
        assert sorted(r.rpartition(".Arn}/")[2] for r in reading[0].resources) == artifacts


def test_of_the_data_only_approval_can_be_tagged(allowed: list[Statement]) -> None:
    """Gate and approval may tag with this value of this tag; no role may take a tag away."""
    on_data = [s for s in allowed if any("${WorkshopDataBucket" in resource for resource in s.resources)]
    tagging = [s for s in on_data if "s3:PutObjectVersionTagging" in s.actions]
    assert holders(tagging, "s3:PutObjectVersionTagging") == {"StepsGate", "StepsApprove"}
    assert not [s for s in on_data if "s3:PutObjectTagging" in s.actions], "a tag is a version's, not a name's"
    assert not [action for s in on_data for action in s.actions if re.match(r"s3:(Put|Delete)Object.*\*", action)]
    for statement in tagging:
        assert statement.conditions == {"StringEquals": {"s3:RequestObjectTag/gatehouse:approval": "Approved"}}


def test_no_step_overwrites_an_object(allowed: list[Statement], workload: Workload) -> None:
    """Steps add objects; only jobs and containers of AWS's services, which send no such header, may replace theirs."""
    writing = [
        s
        for s in allowed
        if "s3:PutObject" in s.actions and any("${WorkshopDataBucket" in resource for resource in s.resources)
    ]
    adding = [s for s in writing if s.conditions == {"Null": {"s3:if-none-match": "false"}}]
    assert {s.holder.partition("Role")[0] for s in adding} == {"StepsData", "StepsTrain", "StepsGate"}
    replacing = {
        s.holder.partition("Role")[0]: [r for r in s.resources if "${WorkshopDataBucket" in r]
        for s in writing
        if s not in adding
    }
    script = [f"${{WorkshopDataBucket47E1DA11.Arn}}/code/{workload.name}/transform.py"]
    glue = {"WorkshopTransform", "StepsData"} if workload.glue else set()
    assert replacing.keys() == {"WorkshopTraining", "WorkshopProdServing", *glue}
    assert replacing.get("StepsData", script) == script, "the job's definition names its script once and for all"


def test_nobody_overwrites_a_report(pipeline: Template) -> None:
    """The bucket's own policy denies it, also to an administrator."""
    (policy,) = [
        policy
        for policy in pipeline.of_type("AWS::S3::BucketPolicy").values()
        if "WorkshopData" in str(policy["Bucket"])
    ]
    (kept,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "s3:PutObject"]
    assert (kept["Effect"], kept["Principal"]) == ("Deny", {"AWS": "*"})
    assert kept["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert render(kept["Resource"]) == "${WorkshopDataBucket47E1DA11.Arn}/gate/*"


def test_training_reads_what_a_model_learns_from_and_no_test_rows(allowed: list[Statement], workload: Workload) -> None:
    """The training role reads the splits to learn from and to tune by, what stands beside them, and a job's program."""
    reading = [s for s in allowed if s.holder.startswith("WorkshopTrainingRole") and "s3:GetObject" in s.actions]
    features = [f"features/*/{name}/*" for name in ("train", "validation", *workload.data.side_channels)]
    assert [sorted(r.partition("Arn}/")[2] for r in s.resources) for s in reading] == [
        sorted([*(f"{prefix}*" for prefix in workload.code_prefixes), *features])
    ]


def test_a_training_job_costs_no_more_than_the_settings_allow(allowed: list[Statement], settings: Settings) -> None:
    """The training step's role refuses other instances and longer runs than gatehouse.toml allows."""
    (statement,) = [s for s in allowed if "sagemaker:CreateTrainingJob" in s.actions]
    assert statement.conditions == {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": settings.training.instance_types},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(settings.training.max_runtime_minutes * 60)},
    }


def test_only_the_workloads_own_images_can_be_pulled(pipeline: Template, workload: Workload) -> None:
    """Roles name AWS's accounts and repositories one by one, and the gate is told the same images with their tags."""
    arns = {
        f"arn:aws:ecr:us-east-1:{image.account('us-east-1')}:repository/{image.repository}": image
        for image in workload.images
    }
    pulling = [s for s in pipeline.identity_statements() if "ecr:BatchGetImage" in s.actions]
    assert len(pulling) == 3
    for statement in pulling:
        trains = statement.holder.startswith("WorkshopTrainingRole")
        wanted = {arn for arn, image in arns.items() if (image.trains if trains else image.serves)}
        assert set(statement.resources) == wanted


@pytest.mark.parametrize(
    ("step", "action", "statuses"),
    [
        ("StepsTrain", "sagemaker:CreateModelPackage", ["PendingManualApproval"]),
        ("StepsGate", "sagemaker:UpdateModelPackage", ["Rejected", "PendingManualApproval", "Approved"]),
        ("StepsApprove", "sagemaker:UpdateModelPackage", ["Approved"]),
        ("ReleaseEndedFunction", "sagemaker:UpdateModelPackage", ["Rejected"]),
    ],
)
def test_a_package_gets_no_other_approval_than_a_steps_own(
    allowed: list[Statement], step: str, action: str, statuses: list[str]
) -> None:
    """Training registers what waits; gate and approval decide."""
    (statement,) = [s for s in allowed if s.holder.startswith(step) and action in s.actions]
    assert as_list(statement.conditions["StringEquals"]["sagemaker:ModelApprovalStatus"]) == statuses


def test_where_a_person_approves_each_release_the_gate_can_not(
    assembly_with_approval: CloudAssembly, workload: Workload
) -> None:
    """It may neither set a package Approved nor open its artifacts to PROD."""
    template = assembly_with_approval.templates[workload.stack_name("Pipeline")]
    statements = [s for s in template.identity_statements() if s.holder.startswith("StepsGate")]
    (judging,) = [s for s in statements if "sagemaker:UpdateModelPackage" in s.actions]
    assert judging.conditions == {
        "StringEquals": {"sagemaker:ModelApprovalStatus": ["Rejected", "PendingManualApproval"]}
    }
    assert [s for s in statements if any("Tagging" in action for action in s.actions)] == []


def test_nobody_may_delete_prod(allowed: list[Statement], workload: Workload) -> None:
    """Who may delete stacks may delete QA's alone, and the pipeline a door's, whose creation failed."""
    deleting = [s for s in allowed if "cloudformation:DeleteStack" in s.actions]
    named = {(s.holder[:9], re.findall(r":stack/(\w+)/\*$", resource)[0]) for s in deleting for resource in s.resources}
    qa, api = workload.stack_name("Qa"), workload.stack_name("Api")
    assert named == {("QaCleanUp", qa), ("ReleasePi", qa), *(("ReleasePi", api) for _ in workload.doors)}


def test_alarms_can_be_read_all_and_changed_only_where_they_are_this_workloads(
    allowed: list[Statement], workload: Workload
) -> None:
    """Reading is granted on all, because it lists; changing on PROD's, to the role that deploys PROD.

    The role that deploys a door changes the alarms by which its function scales.
    """
    named: dict[str, set[tuple[str, str]]] = {}
    for statement in allowed:
        for action in statement.actions:
            alarms = [r.split(":alarm:")[1] for r in statement.resources if ":alarm:" in r]
            named.setdefault(action, set()).update((statement.holder.partition("Role")[0], alarm) for alarm in alarms)
    api = {("ApiDeployment", "*")} if workload.doors else set()
    assert named["cloudwatch:DescribeAlarms"] == {("Deployment", "*")} | api
    assert named["cloudwatch:PutMetricAlarm"] == named["cloudwatch:DeleteAlarms"]
    assert named["cloudwatch:PutMetricAlarm"] == {
        ("Deployment", f"{workload.stack_name('Prod')}-*"),
        ("Deployment", f"TargetTracking-endpoint/{workload.endpoint_name('Prod')}/*"),
        *(("ApiDeployment", f"TargetTracking-function:{workload.function_name}:*") for _ in workload.doors),
    }
