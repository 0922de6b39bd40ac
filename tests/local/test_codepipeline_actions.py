"""Pipelines whose actions build and deploy: CodeBuild and CloudFormation of the running local cloud."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.waiting import until

BUILDSPEC = {
    "version": 0.2,
    "env": {"exported-variables": ["ANSWER"]},
    "phases": {
        "build": {
            "commands": [
                "mkdir out",
                "cp template.json out/",
                'export ANSWER="$QUESTION-$CODEBUILD_RESOLVED_SOURCE_VERSION"',
                'echo "{\\"Color\\": \\"$COLOR\\"}" > out/values.json',
                "$COMMAND",
            ]
        }
    },
    "artifacts": {"base-directory": "out", "files": ["**/*"]},
}

TEMPLATE = {
    "Parameters": {"Color": {"Type": "String"}, "Answer": {"Type": "String"}},
    "Resources": {
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Color"}}}
    },
    "Outputs": {"ParameterName": {"Value": {"Ref": "Parameter"}}, "Answer": {"Value": {"Ref": "Answer"}}},
}


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return with_a_build(Lab(local_cloud, tmp_path))


def with_a_build(lab: Lab) -> Lab:
    """Pushes a build specification and a template, and makes the project that runs them."""
    (lab.folder / "buildspec.yml").write_text(json.dumps(BUILDSPEC))
    (lab.folder / "template.json").write_text(json.dumps(TEMPLATE))
    lab.first_commit = lab.push("with a build")
    lab.make_build()
    return lab


def build(lab: Lab, command: str = "true", **action: Any) -> dict[str, Any]:
    variables = {"QUESTION": "#{Source.BranchName}", "COLOR": "red", "COMMAND": command}
    do = {
        "name": "Do",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {
            "ProjectName": lab.name,
            "EnvironmentVariables": json.dumps([{"name": name, "value": value} for name, value in variables.items()]),
        },
        "inputArtifacts": [{"name": "SourceOutput"}],
        "outputArtifacts": [{"name": "BuildOutput"}],
        "namespace": "Build",
    }
    return {"name": "Build", "actions": [do | action]}


def deploy(lab: Lab, mode: str = "CREATE_UPDATE", **configuration: str) -> dict[str, Any]:
    overrides = {"Color": {"Fn::GetParam": ["BuildOutput", "values.json", "Color"]}, "Answer": "#{Build.ANSWER}"}
    return {
        "name": f"Deploy-{mode}",
        "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"},
        "configuration": {
            "ActionMode": mode,
            "StackName": lab.name,
            "TemplatePath": "BuildOutput::template.json",
            "ParameterOverrides": json.dumps(overrides),
            "RoleArn": lab.role_arn,
        }
        | configuration,
        "inputArtifacts": [{"name": "BuildOutput"}],
        "runOrder": 1,
    }


def test_build_and_deploy(lab: Lab) -> None:
    """A build's artifact and exported variable reach the stack; its outputs become variables and an artifact."""
    action = deploy(lab, OutputFileName="outputs.json") | {
        "namespace": "Stack",
        "outputArtifacts": [{"name": "StackOutput"}],
    }
    execution_id = lab.create(build(lab), {"name": "Deploy", "actions": [action]})

    execution = lab.ended(execution_id)
    deployed, built, _ = lab.actions(execution_id)

    assert execution["status"] == "Succeeded", execution
    expected = f"main-{lab.first_commit}"
    assert built["output"]["outputVariables"] == {"ANSWER": expected}
    assert deployed["output"]["outputVariables"]["Answer"] == expected
    name = deployed["output"]["outputVariables"]["ParameterName"]
    assert lab.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "red"
    place = deployed["output"]["outputArtifacts"][0]["s3location"]
    content = lab.s3.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
    assert json.loads(zipfile.ZipFile(io.BytesIO(content)).read("outputs.json"))["Answer"] == expected
    assert deployed["output"]["executionResult"]["externalExecutionId"].startswith("arn:aws:cloudformation:")
    stream = built["output"]["executionResult"]["logStreamARN"]
    assert stream.split(":log-group:")[1].startswith(f"/aws/codebuild/{lab.name}:log-stream:")


def test_several_artifacts(lab: Lab) -> None:
    """A build with two inputs starts in its primary one and finds the other in its own folder."""
    both = {"inputArtifacts": [{"name": "BuildOutput"}, {"name": "SourceOutput"}], "outputArtifacts": []}
    use = build(lab, "eval test -f $CODEBUILD_SRC_DIR_BuildOutput/values.json")["actions"][0] | both
    use["configuration"]["PrimarySource"] = "SourceOutput"
    execution_id = lab.create(build(lab), {"name": "Use", "actions": [use | {"namespace": "Use"}]})

    execution = lab.ended(execution_id)

    assert execution["status"] == "Succeeded", execution
    shown = lab.actions(execution_id)[0]
    assert [artifact["name"] for artifact in shown["input"]["inputArtifacts"]] == ["BuildOutput", "SourceOutput"]
    assert shown["output"]["outputVariables"] == {"ANSWER": f"main-{lab.first_commit}"}


def test_nothing_to_update(lab: Lab) -> None:
    """Deploying the same template with the same parameters again is a success."""
    execution_id = lab.create(build(lab), {"name": "Deploy", "actions": [deploy(lab)]})
    assert lab.ended(execution_id)["status"] == "Succeeded"

    again = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]

    assert lab.ended(again)["status"] == "Succeeded"
    assert lab.actions(again)[0]["status"] == "Succeeded"


def test_change_set_and_delete(lab: Lab) -> None:
    """A change set made by one action is executed by the next; DELETE_ONLY leaves no stack."""
    lab.create(
        build(lab),
        {
            "name": "Deploy",
            "actions": [
                deploy(lab, "CHANGE_SET_REPLACE", ChangeSetName="release"),
                deploy(lab, "CHANGE_SET_EXECUTE", ChangeSetName="release") | {"runOrder": 2, "namespace": "Stack"},
                deploy(lab, "DELETE_ONLY") | {"runOrder": 3},
            ],
        },
    )
    execution_id = lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"][0][
        "pipelineExecutionId"
    ]

    execution = lab.ended(execution_id)

    assert execution["status"] == "Succeeded", execution
    executed = next(run for run in lab.actions(execution_id) if run["actionName"] == "Deploy-CHANGE_SET_EXECUTE")
    assert executed["output"]["outputVariables"]["Answer"] == f"main-{lab.first_commit}"
    stacks = lab.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks if stack["StackName"] == lab.name} == {"DELETE_COMPLETE"}


def test_a_failed_build(lab: Lab) -> None:
    """The action's error names the phase, its code and the command; the stages after it do not start."""
    execution_id = lab.create(build(lab, "false"), {"name": "Deploy", "actions": [deploy(lab)]})

    execution = lab.ended(execution_id)
    error = lab.actions(execution_id)[0]["output"]["executionResult"]["errorDetails"]

    assert execution["status"] == "Failed"
    assert error["code"] == "JobFailed"
    assert "Phase: BUILD, Code: COMMAND_EXECUTION_ERROR" in error["message"]
    assert "$COMMAND" in error["message"]
    assert "latestExecution" not in lab.stage("Deploy")


def test_a_failed_stack(lab: Lab) -> None:
    """The action's error names the resource that failed and why; REPLACE_ON_FAILURE then replaces the stack."""
    lab.cloud.client("ssm").put_parameter(Name=lab.name, Type="String", Value="in the way")
    template = json.loads(json.dumps(TEMPLATE))
    template["Resources"]["Parameter"]["Properties"]["Name"] = lab.name
    (lab.folder / "template.json").write_text(json.dumps(template))
    lab.push("a broken template")
    action = deploy(lab, "REPLACE_ON_FAILURE")
    failed = lab.create(build(lab), {"name": "Deploy", "actions": [action]})
    execution = lab.ended(failed)
    assert execution["status"] == "Failed"
    assert (
        f"Stack [{lab.name}] ended in ROLLBACK_COMPLETE. Parameter (AWS::SSM::Parameter):" in execution["statusSummary"]
    )

    (lab.folder / "template.json").write_text(json.dumps(TEMPLATE))
    lab.push("the template mended")
    mended = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]

    assert lab.ended(mended)["status"] == "Succeeded"


def test_a_missing_file(lab: Lab) -> None:
    """A template that is not in the artifact fails the action with what the artifact holds instead."""
    action = deploy(lab, TemplatePath="BuildOutput::missing.json")
    execution = lab.ended(lab.create(build(lab), {"name": "Deploy", "actions": [action]}))

    assert execution["status"] == "Failed"
    assert "File [missing.json] does not exist in artifact [BuildOutput]; it holds: " in execution["statusSummary"]
    assert "template.json" in execution["statusSummary"]


def test_an_abandoned_build_is_stopped(lab: Lab) -> None:
    """Abandoning an execution stops the build that it runs."""
    execution_id = lab.create(build(lab, "sleep 3600"), {"name": "Deploy", "actions": [deploy(lab)]})
    codebuild = lab.cloud.client("codebuild")

    def running() -> str | None:
        result = lab.actions(execution_id)[0].get("output", {}).get("executionResult", {})
        return result.get("externalExecutionId") if "logStreamARN" in result else None

    build_id = until(running, what="a build that runs")
    lab.codepipeline.stop_pipeline_execution(
        pipelineName=lab.name, pipelineExecutionId=execution_id, abandon=True, reason="enough"
    )

    assert lab.ended(execution_id)["status"] == "Stopped"
    until(
        lambda: codebuild.batch_get_builds(ids=[build_id])["builds"][0]["buildStatus"],
        lambda status: status == "STOPPED",
        what="a build that is STOPPED",
    )


def test_down_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """`down` ends the build and leaves no process; the next start tells what the execution was cut off in."""
    cloud = LocalCloud.up(tmp_path / "home")
    lab = with_a_build(Lab(cloud, tmp_path))
    execution_id = lab.create(build(lab, "sleep 3607"), {"name": "Deploy", "actions": [deploy(lab)]})
    until(lambda: _processes("sleep 3607"), what="the build's command")

    cloud.down()

    assert not _processes("sleep 3607")
    cloud.start_again()
    execution = lab.ended(execution_id)
    (cut_off,) = cloud.client("codebuild").batch_get_builds(ids=cloud.client("codebuild").list_builds()["ids"])[
        "builds"
    ]
    cloud.down()
    assert execution["status"] == "Failed"
    assert execution["statusSummary"].endswith("The local cloud ended while this action was under way.")
    assert cut_off["buildStatus"] == "FAULT"
    assert cut_off["phases"][-2]["contexts"][0]["message"] == "The local cloud ended while this build ran."


def test_an_approval_that_nobody_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The approval's time-out fails the execution; its five minutes pass on a scale here."""
    monkeypatch.setenv("LOCALCLOUD_TIME_SCALE", "3000")
    cloud = LocalCloud.up(tmp_path / "home")
    try:
        lab = Lab(cloud, tmp_path)
        execution = lab.ended(lab.create(approval(timeoutInMinutes=5)))
    finally:
        cloud.down()

    assert execution["status"] == "Failed"
    assert "Ask: The action did not complete within its 5 minutes." in execution["statusSummary"]


def _processes(command: str) -> list[str]:
    """Process ids whose command line is exactly this."""
    wanted = command.replace(" ", "\0") + "\0"
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                found += [folder.name] if (folder / "cmdline").read_text() == wanted else []
    return found
