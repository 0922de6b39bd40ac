"""Which resources a stack can take over because they are there already: types whose name is their identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Type → service, and the call that finds the resource of a name, or fails.
_FINDING: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", lambda api, name: api.describe_alarms(AlarmNames=[name])["MetricAlarms"]),
    "AWS::CloudWatch::CompositeAlarm": (
        "cloudwatch",
        lambda api, name: api.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"],
    ),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", lambda api, name: api.get_dashboard(DashboardName=name)),
    "AWS::CodePipeline::Pipeline": ("codepipeline", lambda api, name: api.get_pipeline(name=name)),
    "AWS::ECR::Repository": ("ecr", lambda api, name: api.describe_repositories(repositoryNames=[name])),
    "AWS::Glue::Crawler": ("glue", lambda api, name: api.get_crawler(Name=name)),
    "AWS::Glue::Job": ("glue", lambda api, name: api.get_job(JobName=name)),
    "AWS::Glue::SecurityConfiguration": ("glue", lambda api, name: api.get_security_configuration(Name=name)),
    "AWS::IAM::Role": ("iam", lambda api, name: api.get_role(RoleName=name)),
    "AWS::Lambda::Function": ("lambda", lambda api, name: api.get_function_configuration(FunctionName=name)),
    "AWS::Logs::LogGroup": (
        "logs",
        lambda api, name: [
            group
            for group in api.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
            if group["logGroupName"] == name
        ],
    ),
    "AWS::S3::Bucket": ("s3", lambda api, name: api.head_bucket(Bucket=name)),
    "AWS::SSM::Parameter": ("ssm", lambda api, name: api.get_parameter(Name=name)),
}
IMPORTABLE = frozenset(_FINDING)


def exists(type_name: str, name: str, make_client: Callable[[str], Any]) -> bool:
    """Whether there is such a resource, as far as the deployer may see it."""
    service, find = _FINDING[type_name]
    try:
        return bool(find(make_client(service), name))
    except ClientError:
        return False
