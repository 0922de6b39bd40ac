"""What is promised of the way from a commit to PROD."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handover.function_variables import AnswerShareVariables, EndedReleaseVariables, QaCleanUpVariables
from handover.invocations import text_of
from handover.names import StackKind
from handover.step_variables import (
    ApproveVariables,
    DataVariables,
    GateVariables,
    SynthVariables,
    TrainVariables,
    VerifyVariables,
)
from handover.variables import Variables
from ml_release.deployed import differences, plain
from stacks.pushed_paths import patterns
from stacks.settings import Settings
from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, as_list, render

PROJECT = Path(__file__).parents[2]

STAGES = ["Source", "Build", "Data", "Train", "QA", "Approve", "PROD"]
#: Each build, and what its step reads.
READERS: dict[str, type[Variables]] = {
    "Synth": SynthVariables,
    "Data": DataVariables,
    "Train": TrainVariables,
    "Gate": GateVariables,
    "SetApproved": ApproveVariables,
    "Verify": VerifyVariables,
}
BUILDS = tuple(READERS)


def stages(template: Template) -> dict[str, list[dict[str, Any]]]:
    """The actions of each stage, in order."""
    return {s["Name"]: s["Actions"] for s in template.only("AWS::CodePipeline::Pipeline")["Stages"]}


def actions(template: Template) -> dict[str, dict[str, Any]]:
    return {action["Name"]: action for stage in stages(template).values() for action in stage}


def project_of(template: Template, action: str) -> dict[str, Any]:
    """The build project that an action runs."""
    reference = actions(template)[action]["Configuration"]["ProjectName"]["Ref"]
    return template.of_type("AWS::CodeBuild::Project")[reference]


def variables(template: Template, action: str) -> dict[str, str]:
    """What a build gets: its project's variables, then its action's."""
    project = {v["Name"]: v for v in project_of(template, action)["Environment"].get("EnvironmentVariables", [])}
    own = json.loads(actions(template)[action]["Configuration"].get("EnvironmentVariables", "[]"))
    assert {v["Type"] for v in project.values()} | {v["type"] for v in own} <= {"PLAINTEXT"}
    return {name: render(v["Value"]) for name, v in project.items()} | {v["name"]: v["value"] for v in own}


def logical_id(template: Template, resource_type: str, contains: str = "") -> str:
    (found,) = [name for name in template.of_type(resource_type) if contains in name]
    return found


def test_a_newer_commit_supersedes_one_that_waits(pipeline: Template) -> None:
    """The pipeline is of type V2 and mode SUPERSEDED."""
    properties = pipeline.only("AWS::CodePipeline::Pipeline")
    assert (properties["PipelineType"], properties["ExecutionMode"]) == ("V2", "SUPERSEDED")


def test_the_stages_come_in_this_order(pipeline: Template) -> None:
    """The stages are Source, Build, Data, Train, QA, Approve and PROD."""
    assert list(stages(pipeline)) == STAGES


def test_within_a_stage_each_action_waits_for_the_one_before(pipeline: Template) -> None:
    """The actions of a stage have the run orders 1, 2, 3 and so on."""
    for stage in stages(pipeline).values():
        assert [action["RunOrder"] for action in stage] == list(range(1, len(stage) + 1))


def declared(template: Template, stage: str) -> dict[str, Any]:
    (found,) = [s for s in template.only("AWS::CodePipeline::Pipeline")["Stages"] if s["Name"] == stage]
    return dict(found)


def test_without_approval_a_person_decides_on_what_the_gate_holds_alone(pipeline: Template) -> None:
    """Stage Approve is skipped unless the gate's verdict is HOLD."""
    (condition,) = declared(pipeline, "Approve")["BeforeEntry"]["Conditions"]
    (rule,) = condition["Rules"]
    assert condition["Result"] == "SKIP"
    assert rule["RuleTypeId"] == {"Category": "Rule", "Owner": "AWS", "Provider": "VariableCheck", "Version": "1"}
    assert rule["Configuration"] == {"Variable": "#{Gate.VERDICT}", "Value": "HOLD", "Operator": "EQ"}
    assert [s["Name"] for s in pipeline.only("AWS::CodePipeline::Pipeline")["Stages"] if "BeforeEntry" in s] == [
        "Approve"
    ]
    assert variables(pipeline, "Gate")["APPROVAL"] == "false"


def test_who_decides_reads_what_the_gate_says(pipeline: Template, workload: Workload) -> None:
    """The approval shows verdict, sentence, report and how to check it; then the package becomes Approved."""
    approval, set_approved = stages(pipeline)["Approve"]
    text = approval["Configuration"]["CustomData"]
    for part in ("#{Gate.VERDICT}", "#{Gate.REASON}", "#{Gate.REPORT_URL}", f"WORKLOAD={workload.name}"):
        assert part in text
    assert approval["ActionTypeId"]["Category"] == "Approval"
    assert approval["Configuration"]["NotificationArn"] == {"Ref": logical_id(pipeline, "AWS::SNS::Topic")}
    assert set_approved["Name"] == "SetApproved"
    assert variables(pipeline, "SetApproved")["MODEL_PACKAGE_ARN"] == "#{Train.MODEL_PACKAGE_ARN}"


def test_who_is_told_of_a_release_subscribes_to_one_encrypted_topic(pipeline: Template) -> None:
    """The topic exists without an e-mail address, too, and has no subscriber then."""
    topic = pipeline.only("AWS::SNS::Topic")
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": [logical_id(pipeline, "AWS::KMS::Key", "Encryption"), "Arn"]}
    assert pipeline.of_type("AWS::SNS::Subscription") == {}
    for action in ("Gate", "SetApproved", "Verify"):
        assert (
            variables(pipeline, action)["NOTIFICATION_TOPIC_ARN"] == f"${{{logical_id(pipeline, 'AWS::SNS::Topic')}}}"
        )


def key(template: Template, contains: str) -> dict[str, Any]:
    return template.of_type("AWS::KMS::Key")[logical_id(template, "AWS::KMS::Key", contains)]


def test_the_gates_reports_are_signed_by_a_key_that_outlives_the_stack(pipeline: Template, workload: Workload) -> None:
    """The signing key is asymmetric and retained, and its ARN is an output of the stack."""
    name = logical_id(pipeline, "AWS::KMS::Key", "Signature")
    found = key(pipeline, "Signature")
    assert (found["KeySpec"], found["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert pipeline.resources[name]["DeletionPolicy"] == "Retain"
    assert variables(pipeline, "Gate")["SIGNING_KEY_ARN"] == f"${{{name}.Arn}}"
    outputs = {name: render(output["Value"]) for name, output in pipeline.document["Outputs"].items()}
    of_door = [outputs.pop(name, None) for name in ("ApiAddress", "PageAddress", "ProgramsArn", "UserPoolId")]
    assert [value is not None for value in of_door] == [bool(workload.doors)] * 4
    (role,) = [name for name in pipeline.of_type("AWS::IAM::Role") if name.startswith("StepsGateRole")]
    denied = [s for s in found["KeyPolicy"]["Statement"] if s["Effect"] == "Deny"]
    assert [render(s["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) for s in denied] == [f"${{{role}.Arn}}"]
    assert [(s["Action"], s["Principal"]) for s in denied] == [("kms:Sign", {"AWS": "*"})]
    assert outputs == {
        "ReportSignerArn": f"${{{role}.Arn}}",
        "ReportSigningKeyArn": f"${{{name}.Arn}}",
        "DataBucketName": f"${{{logical_id(pipeline, 'AWS::S3::Bucket', 'Data')}}}",
    }


def services(statement: dict[str, Any]) -> list[str]:
    """Those that a statement of a resource's policy is for."""
    principal = statement["Principal"]
    return as_list(principal["Service"]) if isinstance(principal, dict) and "Service" in principal else []


def test_this_workloads_alarms_may_publish(pipeline: Template, workload: Workload) -> None:
    """Topic and key admit this workload's alarms, and no other account's."""
    alarms = "cloudwatch.amazonaws.com"
    policies = (pipeline.only("AWS::SNS::TopicPolicy")["PolicyDocument"], key(pipeline, "Encryption")["KeyPolicy"])
    (publish,), (encrypt,) = ([s for s in p["Statement"] if alarms in services(s)] for p in policies)
    assert publish["Action"] == "sns:Publish"
    assert re.search(rf":alarm:{workload.camel_name}\*$", publish["Condition"]["ArnLike"]["aws:SourceArn"])
    assert set(encrypt["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    for statement in (publish, encrypt):
        assert re.fullmatch(r"\d{12}", statement["Condition"]["StringEquals"]["aws:SourceAccount"])


def test_with_approval_a_person_decides_between_gate_and_prod(
    assembly_with_approval: CloudAssembly, workload: Workload
) -> None:
    """A person decides on every release, and is told of it by e-mail."""
    template = assembly_with_approval.templates[workload.stack_name("Pipeline")]
    assert list(stages(template)) == STAGES
    assert "BeforeEntry" not in declared(template, "Approve")
    assert variables(template, "Gate")["APPROVAL"] == "true"
    topic = logical_id(template, "AWS::SNS::Topic")
    subscription = template.only("AWS::SNS::Subscription")
    assert subscription == {"Protocol": "email", "Endpoint": "ada@example.org", "TopicArn": {"Ref": topic}}


def test_a_release_that_ends_after_the_gate_is_told(pipeline: Template) -> None:
    """A rule calls a function, for nothing runs in the pipeline after a failure."""
    rule = pipeline.of_type("AWS::Events::Rule")[logical_id(pipeline, "AWS::Events::Rule", "EndedFailed")]
    assert rule["EventPattern"]["detail"] == {
        "pipeline": [{"Ref": logical_id(pipeline, "AWS::CodePipeline::Pipeline")}],
        "stage": ["Approve", "PROD"],
        "state": ["FAILED"],
    }
    (target,) = rule["Targets"]
    function = logical_id(pipeline, "AWS::Lambda::Function", "EndedFunction")
    assert target["Arn"] == {"Fn::GetAtt": [function, "Arn"]}
    given = pipeline.of_type("AWS::Lambda::Function")[function]["Environment"]["Variables"]
    assert given == {
        "DATA_BUCKET": {"Ref": logical_id(pipeline, "AWS::S3::Bucket", "Data")},
        "NOTIFICATION_TOPIC_ARN": {"Ref": logical_id(pipeline, "AWS::SNS::Topic")},
    }


def test_the_topic_takes_tls_only(pipeline: Template) -> None:
    """The topic's policy denies publishing without TLS."""
    statements = pipeline.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (denial,) = [s for s in statements if s["Effect"] == "Deny"]
    assert (denial["Action"], denial["Principal"]) == ("sns:Publish", "*")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_approval_changes_nothing_but_the_pipelines_stack(
    assembly: CloudAssembly, assembly_with_approval: CloudAssembly, workload: Workload
) -> None:
    """The endpoints' templates are the same with and without a person's approval."""
    for kind in ("Qa", "Prod"):
        name = workload.stack_name(kind)
        assert assembly.templates[name].document == assembly_with_approval.templates[name].document


def test_a_push_starts_the_pipeline(pipeline: Template, settings: Settings) -> None:
    """GitHub calls a webhook that checks the signature and the branch; nobody polls."""
    source = stages(pipeline)["Source"][0]
    webhook = pipeline.only("AWS::CodePipeline::Webhook")
    expected = {key: getattr(settings.github, key.lower()) for key in ("Owner", "Repo", "Branch")}
    assert source["Configuration"].items() >= {**expected, "PollForSourceChanges": False}.items()
    assert webhook["Authentication"] == "GITHUB_HMAC"
    assert webhook["RegisterWithThirdParty"] is True
    assert webhook["TargetAction"] == source["Name"]
    assert render(webhook["TargetPipeline"]) == f"${{{logical_id(pipeline, 'AWS::CodePipeline::Pipeline')}}}"
    name = pipeline.only("AWS::SecretsManager::Secret")["Name"]
    token = webhook["AuthenticationConfiguration"]["SecretToken"]
    assert token == f"{{{{resolve:secretsmanager:{name}}}}}"
    assert len(token) <= 100, "the property's limit counts for the reference, too"
    (waits_for,) = pipeline.resources[logical_id(pipeline, "AWS::CodePipeline::Webhook")]["DependsOn"]
    assert waits_for == logical_id(pipeline, "AWS::SecretsManager::Secret")
    assert webhook["Filters"] == [{"JsonPath": "$.ref", "MatchEquals": "refs/heads/{Branch}"}]


def test_a_connection_takes_the_place_of_token_and_webhook(
    assembly_with_key: CloudAssembly, workload: Workload
) -> None:
    """The source is a connection, which the pipeline's role may use; its trigger asks for branch and files."""
    template = assembly_with_key.templates[workload.stack_name("Pipeline")]
    source = stages(template)["Source"][0]
    arn = "arn:aws:codeconnections:us-east-1:123456789012:connection/00000000-0000-0000-0000-000000000000"
    assert {key: source["ActionTypeId"][key] for key in ("Owner", "Provider", "Version")} == {
        "Owner": "AWS",
        "Provider": "CodeStarSourceConnection",
        "Version": "1",
    }
    assert source["Configuration"] == {
        "ConnectionArn": arn,
        "FullRepositoryId": "gatehouse/gatehouse",
        "BranchName": "main",
        "DetectChanges": False,
    }
    (trigger,) = template.only("AWS::CodePipeline::Pipeline")["Triggers"]
    assert trigger["ProviderType"] == "CodeStarSourceConnection"
    assert trigger["GitConfiguration"] == {
        "SourceActionName": source["Name"],
        "Push": [{"Branches": {"Includes": ["main"]}, "FilePaths": {"Includes": list(patterns(workload.name))}}],
    }
    assert not template.of_type("AWS::CodePipeline::Webhook")
    assert not template.of_type("AWS::SecretsManager::Secret")
    assert "secretsmanager" not in json.dumps(template.document)
    using = [each for each in template.identity_statements() if "codeconnections:UseConnection" in each.actions]
    assert [(each.actions, each.resources) for each in using] == [
        (("codeconnections:UseConnection", "codestar-connections:UseConnection"), (arn,))
    ]


def test_a_branch_of_its_own_starts_one_pipeline_alone(assembly_with_batch: CloudAssembly) -> None:
    """Each webhook asks for the branch of its own source, which gatehouse.toml chooses for one workload alone."""
    branches = {
        name: stages(template)["Source"][0]["Configuration"]["Branch"]
        for name, template in assembly_with_batch.templates.items()
        if name.endswith("Pipeline")
    }
    assert branches.pop("CreditDefaultPipeline") == "credit_default"
    assert set(branches.values()) == {"main"}


def test_what_needs_a_deploy_is_named_by_its_setting(
    assembly: CloudAssembly,
    assembly_with_approval: CloudAssembly,
    assembly_with_ab: CloudAssembly,
    workload: Workload,
) -> None:
    """The Build stage would stop at an approval that is asked for, and at an experiment that is over; not at itself."""
    as_it_is, approved, competing = (
        plain(each.templates[workload.stack_name("Pipeline")].document)
        for each in (assembly, assembly_with_approval, assembly_with_ab)
    )
    assert list(differences(as_it_is, as_it_is)) == []
    asked = "\n".join(differences(as_it_is, approved))
    assert "Environment.EnvironmentVariables.APPROVAL.Value: false → true" in asked
    over = "\n".join(differences(competing, as_it_is))
    assert "Stages.PROD.Actions.DeployProd.Configuration.ParameterOverrides" in over


def test_the_token_stands_in_no_template(assembly: CloudAssembly, settings: Settings) -> None:
    """The templates have the name of the token's secret, in one place that CloudFormation fills in."""
    reference = f"{{{{resolve:secretsmanager:{settings.github.token_secret}:SecretString:::}}}}"
    for name, template in assembly.templates.items():
        found = re.findall(r'"OAuthToken": ("[^"]*"|\S+)', json.dumps(template.document))
        assert found == ([f'"{reference}"'] if name.endswith("Pipeline") else [])
        assert json.dumps(template.document).count(settings.github.token_secret) == len(found)
        assert not re.search(r"gh[pousr]_|github_pat_", json.dumps(template.document))


def test_qa_is_replaced_when_it_failed_and_prod_is_not(pipeline: Template) -> None:
    """A bad release deletes QA's failed stack, and never PROD's last good one."""
    modes = {name: actions(pipeline)[name]["Configuration"]["ActionMode"] for name in ("DeployQa", "DeployProd")}
    assert modes == {"DeployQa": "REPLACE_ON_FAILURE", "DeployProd": "CREATE_UPDATE"}


@pytest.mark.parametrize("kind", ["Qa", "Prod"])
def test_a_stage_deploys_this_commits_template_with_the_trained_package(
    pipeline: Template, workload: Workload, kind: StackKind
) -> None:
    """A deployment takes the build's template and the registered package, with the role made for it."""
    stack = workload.stack_name(kind)
    action = actions(pipeline)[f"Deploy{kind}"]
    assert action["InputArtifacts"] == [{"Name": "BuildOutput"}]
    configuration = action["Configuration"]
    assert (configuration["StackName"], configuration["TemplatePath"]) == (stack, f"BuildOutput::{stack}.template.json")
    parameters = json.loads(render(configuration["ParameterOverrides"]))
    assert parameters["ModelPackageArn"] == "#{Train.MODEL_PACKAGE_ARN}"
    role = logical_id(pipeline, "AWS::IAM::Role", f"{kind}ServingRole")
    assert parameters["ExecutionRoleArn"] == f"${{{role}.Arn}}"
    # Said each time: CloudFormation would keep what a rollback has set.
    assert parameters.get("TrafficShift") == ("guarded" if kind == "Prod" else None)


@pytest.mark.parametrize("kind", ["Qa", "Prod"])
def test_a_stage_gets_the_parameters_that_its_template_has(
    assembly: CloudAssembly, pipeline: Template, workload: Workload, kind: StackKind
) -> None:
    """The pipeline gives exactly the template's parameters, none of which has a default."""
    template = assembly.templates[workload.stack_name(kind)]
    given = json.loads(render(actions(pipeline)[f"Deploy{kind}"]["Configuration"]["ParameterOverrides"]))
    assert set(given) == set(template.document["Parameters"])


@pytest.mark.parametrize(("kind", "construct"), [("Qa", "QaDeploymentRole"), ("Prod", "DeploymentRole")])
def test_an_endpoint_is_deployed_with_the_role_of_its_stage(
    pipeline: Template, workload: Workload, kind: StackKind, construct: str
) -> None:
    """Each deployment has a role of its own that names nothing of the other stage, and acknowledges no capabilities."""
    (role,) = [name for name in pipeline.of_type("AWS::IAM::Role") if name.startswith(construct)]
    configuration = actions(pipeline)[f"Deploy{kind}"]["Configuration"]
    assert configuration["RoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
    assert "Capabilities" not in configuration, "endpoint stacks make no roles"
    other: StackKind = "Prod" if kind == "Qa" else "Qa"
    names = (workload.endpoint_name(other), workload.stack_name(other), f"{other}ServingRole")
    reached = [r for s in pipeline.identity_statements() if s.holder.startswith(construct) for r in s.resources]
    assert any(workload.endpoint_name(kind) in resource for resource in reached)
    assert [r for r in reached if any(name.lower() in r.lower() for name in names)] == []
    assert [r for r in reached if workload.dashed_name in r and f"{workload.dashed_name}*" in r] == []


@pytest.mark.parametrize(
    ("action", "build_file", "inputs", "output"),
    [
        ("Synth", "stacks/buildspec.yml", ["SourceOutput"], "BuildOutput"),
        ("Data", "ml_init/buildspec.yml", ["SourceOutput"], "DataOutput"),
        ("Train", "ml_training/buildspec.yml", ["SourceOutput", "DataOutput"], None),
    ],
)
def test_a_build_of_the_commit_takes_the_source_first_and_gives_one_artifact_at_most(
    pipeline: Template, action: str, build_file: str, inputs: list[str], output: str | None
) -> None:
    """Each build has its build file, its inputs in order with the source first, and its output."""
    found = actions(pipeline)[action]
    assert project_of(pipeline, action)["Source"] == {"BuildSpec": build_file, "Type": "CODEPIPELINE"}
    assert [artifact["Name"] for artifact in found["InputArtifacts"]] == inputs
    assert [artifact["Name"] for artifact in found.get("OutputArtifacts", [])] == ([output] if output else [])
    assert found["Configuration"].get("PrimarySource", "SourceOutput") == "SourceOutput"


@pytest.mark.parametrize(
    ("action", "module", "inputs", "output"),
    [
        ("Gate", "ml_test.evaluation", ["JudgeOutput", "SourceOutput"], "GateOutput"),
        ("SetApproved", "ml_release.approve", ["JudgeOutput", "GateOutput"], None),
        ("Verify", "ml_release.verify", ["JudgeOutput", "GateOutput"], "VerifyOutput"),
    ],
)
def test_what_judges_a_push_does_not_come_from_it(
    pipeline: Template, action: str, module: str, inputs: list[str], output: str | None
) -> None:
    """Gate, approval and verification start in the code deployed with the stack, with a build file of the project's."""
    found = actions(pipeline)[action]
    source = project_of(pipeline, action)["Source"]
    assert source["Type"] == "CODEPIPELINE"
    build_file = json.loads(source["BuildSpec"])
    (install,) = build_file["phases"]["install"]["commands"]
    lock = install.removeprefix("pip install -q -r ")
    assert (PROJECT / lock).is_file()
    (command,) = build_file["phases"]["build"]["commands"]
    assert command.split(";")[0] == f"python -m {module}"
    assert (PROJECT / f"{module.replace('.', '/')}.py").is_file()
    assert [artifact["Name"] for artifact in found["InputArtifacts"]] == inputs
    assert found["Configuration"]["PrimarySource"] == "JudgeOutput"
    assert [artifact["Name"] for artifact in found.get("OutputArtifacts", [])] == ([output] if output else [])


def test_the_judges_come_from_the_assets_that_a_person_deploys(
    assembly: CloudAssembly, pipeline: Template, workload: Workload
) -> None:
    """The source action takes the asset by its hash; only the pipeline's role can read it, and nobody write it."""
    configuration = actions(pipeline)["JudgeCode"]["Configuration"]
    assert render(configuration["S3Bucket"]).startswith("cdk-")
    assert configuration["PollForSourceChanges"] is False
    digest = configuration["S3ObjectKey"].removesuffix(".zip")
    folder = assembly.folder / f"asset.{digest}"
    assert (folder / "ml_test" / "evaluation.py").read_bytes() == (PROJECT / "ml_test/evaluation.py").read_bytes()
    rules = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.toml"))
    assert rules == [f"ml_init/{workload.name}/dataset.toml", f"ml_test/{workload.name}/gate.toml"]
    assert not list(folder.rglob("__pycache__"))
    pushed = f":::cdk-hnb659fds-assets-123456789012-us-east-1/pushed/{workload.name}/*"
    reaching = [
        s
        for s in pipeline.identity_statements()
        if any(re.search("[/:]cdk-", r) and not r.endswith(pushed) for r in s.resources)
    ]
    assert {s.holder[:19] for s in reaching} == {"ReleasePipelineRole"}
    assert not [a for s in reaching for a in s.actions if "Put" in a or "Delete" in a or "*" in a]


def test_data_step_and_gate_read_the_data_set_that_a_person_deploys(
    assembly: CloudAssembly, assembly_with_batch: CloudAssembly
) -> None:
    """`dataset` in gatehouse.toml is a variable of these two builds alone, and the judges have its file."""
    for chosen, made in (([], assembly), (["nyt_comments"], assembly_with_batch)):
        template = made.templates["NytCommentsPipeline"]
        told = {action: variables(template, action).get("DATASET") for action in READERS}
        assert {action: name for action, name in told.items() if name} == {
            action: name for name in chosen for action in ("Data", "Gate")
        }
        digest = actions(template)["JudgeCode"]["Configuration"]["S3ObjectKey"].removesuffix(".zip")
        files = (made.folder / f"asset.{digest}").rglob("datasets/*.toml")
        assert [path.stem for path in files] == chosen
    assert "DATASET" not in variables(assembly_with_batch.templates["IrisPipeline"], "Data")


@pytest.mark.parametrize(("action", "declared"), READERS.items())
def test_a_build_is_told_what_its_step_reads_and_nothing_else(
    pipeline: Template, workload: Workload, action: str, declared: type[Variables]
) -> None:
    """The variables that the stack sets are those that the step declares; it may leave out optional ones."""
    given = variables(pipeline, action)
    assert declared.required() <= given.keys() <= declared.names()
    bucket = logical_id(pipeline, "AWS::S3::Bucket", "Data")
    facts = {
        "WORKLOAD": workload.name,
        "DATA_BUCKET": f"${{{bucket}}}",
        "COMMIT_ID": "#{Source.CommitId}",
        "PIPELINE_EXECUTION_ID": "#{codepipeline.PipelineExecutionId}",
        "INVOCATION": text_of(workload.invocation),
        "TRAINING_ROWS": workload.data.training_rows,
    }
    assert given.items() >= {name: value for name, value in facts.items() if name in declared.names()}.items()


@pytest.mark.parametrize(
    ("construct", "declared"),
    [("AnswerShare", AnswerShareVariables), ("Ended", EndedReleaseVariables), ("QaCleanUp", QaCleanUpVariables)],
)
def test_a_function_is_told_what_it_reads_and_nothing_else(
    pipeline: Template, workload: Workload, construct: str, declared: type[Variables]
) -> None:
    """The variables that the stack sets are those that the function declares; nothing counts what nobody watches."""
    if construct == "AnswerShare" and not workload.watches:
        assert not [name for name in pipeline.resources if name.startswith("AnswerShare")]
        return
    function = pipeline.resources[logical_id(pipeline, "AWS::Lambda::Function", construct)]["Properties"]
    given = function["Environment"]["Variables"].keys()
    assert declared.required() <= given <= declared.names()


def test_the_data_step_knows_catalog_and_job(pipeline: Template, workload: Workload) -> None:
    """The data step has the names of job, database and crawler; without Glue the stack has nothing of it."""
    given = variables(pipeline, "Data")
    if workload.glue is None:
        assert [name for name in given if "GLUE" in name] == []
        assert [r["Type"] for r in pipeline.resources.values() if r["Type"].startswith("AWS::Glue::")] == []
        return
    assert given["GLUE_JOB_NAME"] == f"${{{logical_id(pipeline, 'AWS::Glue::Job')}}}"
    assert given["GLUE_DATABASE"] == f"${{{logical_id(pipeline, 'AWS::Glue::Database')}}}"
    assert given["GLUE_CRAWLER"] == f"${{{logical_id(pipeline, 'AWS::Glue::Crawler')}}}"
    assert given["GLUE_SCRIPT_KEY"] == f"code/{workload.name}/transform.py"


def test_the_crawler_knows_that_rows_have_a_header(pipeline: Template, workload: Workload) -> None:
    """The crawler of CSV has the classifier that says so: rows of text alone would not show it. JSON has names."""
    rows = workload.glue.rows if workload.glue else None
    assert bool(pipeline.of_type("AWS::Glue::Classifier")) == (rows == "csv")
    for crawler in pipeline.of_type("AWS::Glue::Crawler").values() if rows == "csv" else ():
        assert crawler["Classifiers"] == [{"Ref": logical_id(pipeline, "AWS::Glue::Classifier")}]
        csv = pipeline.only("AWS::Glue::Classifier")["CsvClassifier"]
        assert csv == {"ContainsHeader": "PRESENT", "Delimiter": ","}


def test_the_glue_job_runs_the_script_that_the_data_step_uploads(pipeline: Template, workload: Workload) -> None:
    """The job's script lies where the data step puts it."""
    jobs = pipeline.of_type("AWS::Glue::Job").values()
    assert len(jobs) == (1 if workload.glue else 0)
    for job in jobs:
        given = variables(pipeline, "Data")
        location = f"s3://{given['DATA_BUCKET']}/{given['GLUE_SCRIPT_KEY']}"
        assert render(job["Command"]["ScriptLocation"]) == location


def test_the_training_step_knows_registry_and_role(pipeline: Template, workload: Workload) -> None:
    """The training step has the package group's name and the training role's ARN."""
    given = variables(pipeline, "Train")
    assert given["MODEL_PACKAGE_GROUP"] == workload.dashed_name
    assert given["TRAINING_ROLE_ARN"] == f"${{{logical_id(pipeline, 'AWS::IAM::Role', 'TrainingRole')}.Arn}}"


@pytest.mark.parametrize(("action", "kind"), [("Gate", "Qa"), ("Verify", "Prod")])
def test_who_judges_knows_the_endpoint_and_the_package(
    assembly: CloudAssembly, pipeline: Template, workload: Workload, action: str, kind: StackKind
) -> None:
    """Gate and verification have their stage's endpoint and the package; the gate has PROD's endpoint and stack."""
    endpoint = assembly.templates[workload.stack_name(kind)].only("AWS::SageMaker::Endpoint")
    given = variables(pipeline, action)
    assert given["ENDPOINT_NAME"] == endpoint["EndpointName"]
    assert given["MODEL_PACKAGE_ARN"] == "#{Train.MODEL_PACKAGE_ARN}"
    champion = (workload.endpoint_name("Prod"), workload.stack_name("Prod")) if action == "Gate" else (None, None)
    assert (given.get("CHAMPION_ENDPOINT"), given.get("CHAMPION_STACK_NAME")) == champion


def test_a_build_ends_in_time_and_its_log_expires(pipeline: Template, workload: Workload) -> None:
    """Each build has its time-out, and a log group of its own that keeps lines for 90 days."""
    limits = dict(zip(BUILDS, ("build", "data", "train", "gate", "approve", "verify"), strict=True))
    groups = set()
    for action, limit in limits.items():
        project = project_of(pipeline, action)
        assert project["TimeoutInMinutes"] == getattr(workload.minutes, limit)
        assert project["Environment"]["PrivilegedMode"] is False
        groups.add(project["LogsConfig"]["CloudWatchLogs"]["GroupName"]["Ref"])
    assert len(groups) == len(limits)
    assert {pipeline.of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] for group in groups} == {90}
