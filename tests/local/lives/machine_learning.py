"""Data, builds and models: Glue, CodeBuild, CodePipeline, SageMaker."""

from __future__ import annotations

from typing import Any

from tests.local.lives.life import ROLE, Life, Stack, attribute, ref, tags

DATABASE = {
    "Type": "AWS::Glue::Database",
    "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "cars"}},
}


def user_arguments(stack: Stack, outputs: dict[str, str]) -> tuple[str | None, dict[str, str]]:
    found = stack.client("glue").get_job(JobName=outputs["Ref"])["Job"]
    return found.get("Description"), found["DefaultArguments"]


def connection_of(team: str) -> dict[str, Any]:
    return {"ConnectionName": "hub", "ProviderType": "GitHub", "Tags": [{"Key": "team", "Value": team}]}


def connection(stack: Stack, outputs: dict[str, str]) -> tuple[str, str, dict[str, str]]:
    arn = outputs["Ref"]
    client = stack.client("codeconnections")
    found = client.get_connection(ConnectionArn=arn)["Connection"]
    own = tags(client.list_tags_for_resource(ResourceArn=arn)["Tags"])
    return arn.split(":")[2], found["ConnectionStatus"], own


def table_columns(stack: Stack, outputs: dict[str, str]) -> list[str]:
    found = stack.client("glue").get_table(DatabaseName="cars", Name=outputs["Ref"])["Table"]
    return [each["Name"] for each in found["StorageDescriptor"]["Columns"]]


def table_of(*columns: str) -> dict[str, Any]:
    listed = [{"Name": name, "Type": "string"} for name in columns]
    return {
        "CatalogId": ref("AWS::AccountId"),
        "DatabaseName": ref("Database"),
        "TableInput": {"Name": "raw", "StorageDescriptor": {"Columns": listed, "Location": "s3://b/raw/"}},
    }


def crawler_of(**more: str) -> dict[str, Any]:
    return {
        "Role": attribute("Role"),
        "DatabaseName": ref("Database"),
        "Targets": {"S3Targets": [{"Path": "s3://b/raw/"}]},
        **more,
    }


def crawler(stack: Stack, outputs: dict[str, str]) -> tuple[str, str]:
    found = stack.client("glue").get_crawler(Name=outputs["Ref"])["Crawler"]
    return found.get("TablePrefix", ""), found.get("Description", "")


def classifier(stack: Stack, outputs: dict[str, str]) -> tuple[str, str]:
    found = stack.client("glue").get_classifier(Name=outputs["Ref"])["Classifier"]["CsvClassifier"]
    return found["ContainsHeader"], found["Delimiter"]


def security_configuration(stack: Stack, outputs: dict[str, str]) -> str:
    found = stack.client("glue").get_security_configuration(Name=outputs["Ref"])["SecurityConfiguration"]
    mode: str = found["EncryptionConfiguration"]["S3Encryption"][0]["S3EncryptionMode"]
    return mode


def project_of(value: str, **more: Any) -> dict[str, Any]:
    return {
        "Artifacts": {"Type": "NO_ARTIFACTS"},
        "Environment": {
            "ComputeType": "BUILD_GENERAL1_SMALL",
            "Image": "aws/codebuild/standard:7.0",
            "Type": "LINUX_CONTAINER",
            "EnvironmentVariables": [{"Name": "STAGE", "Value": value}],
        },
        "ServiceRole": attribute("Role"),
        "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2"},
        **more,
    }


def project(stack: Stack, outputs: dict[str, str]) -> tuple[str, int, str]:
    found = stack.client("codebuild").batch_get_projects(names=[outputs["Ref"]])["projects"][0]
    variables = found["environment"]["environmentVariables"]
    return variables[0]["value"], found["timeoutInMinutes"], found.get("description", "")


def pipeline_of(*, branch: str) -> dict[str, Any]:
    source = {
        "Name": "GitHub",
        "ActionTypeId": {"Category": "Source", "Owner": "ThirdParty", "Provider": "GitHub", "Version": "1"},
        "Configuration": {
            "Owner": "o",
            "Repo": "r",
            "Branch": branch,
            "OAuthToken": "not a token",
            "PollForSourceChanges": False,
        },
        "OutputArtifacts": [{"Name": "SourceOutput"}],
    }
    approval = {
        "Name": "Approve",
        "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
    }
    return {
        "PipelineType": "V2",
        "RoleArn": attribute("Role"),
        "ArtifactStore": {"Type": "S3", "Location": ref("Bucket")},
        "Stages": [{"Name": "Source", "Actions": [source]}, {"Name": "Approve", "Actions": [approval]}],
    }


def pipeline(stack: Stack, outputs: dict[str, str]) -> tuple[str, int]:
    found = stack.client("codepipeline").get_pipeline(name=outputs["Ref"])["pipeline"]
    return found["stages"][0]["actions"][0]["configuration"]["Branch"], found["version"]


def webhook_of(branch: str) -> dict[str, Any]:
    return {
        "Authentication": "GITHUB_HMAC",
        "AuthenticationConfiguration": {"SecretToken": "a secret"},
        "Filters": [{"JsonPath": "$.ref", "MatchEquals": f"refs/heads/{branch}"}],
        "TargetAction": "GitHub",
        "TargetPipeline": ref("Pipeline"),
        "TargetPipelineVersion": 1,
    }


def webhook(stack: Stack, outputs: dict[str, str]) -> str:
    found = stack.client("codepipeline").list_webhooks()["webhooks"]
    mine = [each["definition"] for each in found if each["definition"]["name"] == outputs["Ref"]]
    pattern: str = mine[0]["filters"][0]["matchEquals"]
    return pattern


def tagged(stack: Stack, outputs: dict[str, str]) -> dict[str, str]:
    """The tags that SageMaker has for the subject, whose Ref is its ARN."""
    return tags(stack.client("sagemaker").list_tags(ResourceArn=outputs["Ref"])["Tags"])


def model_of(team: str) -> dict[str, Any]:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    return {
        "ExecutionRoleArn": attribute("Role"),
        "Containers": [{"Image": image, "Environment": {"A": 1}}],
        "Tags": [{"Key": "team", "Value": team}],
    }


def model(stack: Stack, outputs: dict[str, str]) -> tuple[str, dict[str, str]]:
    found = stack.client("sagemaker").describe_model(ModelName=outputs["ModelName"])
    containers = found.get("Containers") or [found["PrimaryContainer"]]
    return containers[0]["Environment"]["A"], tagged(stack, outputs)


def endpoint_config_of(team: str) -> dict[str, Any]:
    variant = {
        "VariantName": "v",
        "ModelName": attribute("Model", "ModelName"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1,
    }
    return {"ProductionVariants": [variant], "Tags": [{"Key": "team", "Value": team}]}


def endpoint_config(stack: Stack, outputs: dict[str, str]) -> tuple[str, dict[str, str]]:
    name = outputs["EndpointConfigName"]
    found = stack.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    return found["ProductionVariants"][0]["InstanceType"], tagged(stack, outputs)


def group(stack: Stack, outputs: dict[str, str]) -> dict[str, str]:
    stack.client("sagemaker").describe_model_package_group(ModelPackageGroupName="cars")
    return tagged(stack, outputs)


LIVES = [
    Life(
        type_name="AWS::Glue::Database",
        first={"CatalogId": ref("AWS::AccountId"), "DatabaseInput": {"Name": "cars", "Description": "one"}},
        then={"CatalogId": ref("AWS::AccountId"), "DatabaseInput": {"Name": "cars", "Description": "two"}},
        look=lambda stack, outputs: stack.client("glue").get_database(Name=outputs["Ref"])["Database"]["Description"],
        at_first="one",
        later="two",
    ),
    Life(
        type_name="AWS::Glue::Table",
        needs={"Database": DATABASE},
        first=table_of("buying"),
        then=table_of("buying", "maint"),
        look=table_columns,
        at_first=["buying"],
        later=["buying", "maint"],
    ),
    Life(
        type_name="AWS::Glue::Job",
        needs={"Role": ROLE},
        first={
            "Role": attribute("Role"),
            "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://b/t.py"},
            "GlueVersion": "5.1",
            "Description": "one",
            "DefaultArguments": {"--Input_Path": "s3://b/raw"},
        },
        then={
            "Role": attribute("Role"),
            "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://b/t.py"},
            "GlueVersion": "5.1",
            "DefaultArguments": {"--Input_Path": "s3://b/new"},
        },
        look=user_arguments,
        at_first=("one", {"--Input_Path": "s3://b/raw"}),
        later=(None, {"--Input_Path": "s3://b/new"}),
    ),
    Life(
        type_name="AWS::Glue::Crawler",
        needs={"Role": ROLE, "Database": DATABASE},
        first=crawler_of(TablePrefix="raw_", Description="one"),
        then=crawler_of(Description="two"),
        look=crawler,
        at_first=("raw_", "one"),
        later=("", "two"),
    ),
    Life(
        type_name="AWS::Glue::Classifier",
        first={"CsvClassifier": {"ContainsHeader": "PRESENT", "Delimiter": ";"}},
        then={"CsvClassifier": {"ContainsHeader": "ABSENT"}},
        look=classifier,
        at_first=("PRESENT", ";"),
        later=("ABSENT", ","),
    ),
    Life(
        type_name="AWS::Glue::SecurityConfiguration",
        first={
            "Name": "encrypted",
            "EncryptionConfiguration": {"S3Encryptions": [{"S3EncryptionMode": "SSE-S3"}]},
        },
        look=security_configuration,
        at_first="SSE-S3",
    ),
    Life(
        type_name="AWS::CodeBuild::Project",
        needs={"Role": ROLE},
        first=project_of("qa", TimeoutInMinutes=5, Description="one"),
        then=project_of("prod"),
        look=project,
        at_first=("qa", 5, "one"),
        later=("prod", 60, ""),
        attributes=("Arn",),
    ),
    *(
        Life(
            type_name=f"AWS::{name}::Connection",
            first=connection_of("one"),
            then=connection_of("two"),
            look=connection,
            at_first=(service, "AVAILABLE", {"team": "one"}),
            later=(service, "AVAILABLE", {"team": "two"}),
            attributes=("ConnectionArn", "ConnectionStatus"),
        )
        for name, service in (
            ("CodeConnections", "codeconnections"),
            ("CodeStarConnections", "codestar-connections"),
        )
    ),
    Life(
        type_name="AWS::CodePipeline::Pipeline",
        needs={"Role": ROLE, "Bucket": {"Type": "AWS::S3::Bucket"}},
        first=pipeline_of(branch="main"),
        then=pipeline_of(branch="next"),
        look=pipeline,
        at_first=("main", 1),
        later=("next", 2),
        attributes=("Version",),
    ),
    Life(
        type_name="AWS::CodePipeline::Webhook",
        needs={
            "Role": ROLE,
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline_of(branch="main")},
        },
        first=webhook_of("main"),
        then=webhook_of("next"),
        look=webhook,
        at_first="refs/heads/main",
        later="refs/heads/next",
        attributes=("Url",),
    ),
    Life(
        type_name="AWS::SageMaker::Model",
        needs={"Role": ROLE},
        first=model_of("one"),
        then=model_of("two"),
        look=model,
        at_first=("1", {"team": "one"}),
        later=("1", {"team": "two"}),
        attributes=("ModelName",),
    ),
    Life(
        type_name="AWS::SageMaker::EndpointConfig",
        needs={"Role": ROLE, "Model": {"Type": "AWS::SageMaker::Model", "Properties": model_of("one")}},
        first=endpoint_config_of("one"),
        then=endpoint_config_of("two"),
        look=endpoint_config,
        at_first=("ml.m5.large", {"team": "one"}),
        later=("ml.m5.large", {"team": "two"}),
        attributes=("EndpointConfigName",),
    ),
    Life(
        type_name="AWS::SageMaker::ModelPackageGroup",
        first={"ModelPackageGroupName": "cars", "Tags": [{"Key": "team", "Value": "one"}]},
        then={"ModelPackageGroupName": "cars", "Tags": [{"Key": "team", "Value": "two"}]},
        look=group,
        at_first={"team": "one"},
        later={"team": "two"},
        attributes=("ModelPackageGroupArn", "ModelPackageGroupStatus"),
    ),
]
