"""What cdk-nag's AwsSolutions rules find and we stand by, one by one, each with its reason.

Names are a workload's in general: ``{Workload}`` is CarEvaluation, ``{workload}`` car-evaluation, car_evaluation or
carevaluation. A finding is a rule at a construct of the pipeline's stack; the endpoint stacks have none.
"""

from __future__ import annotations

from dataclasses import dataclass

BUILDS = tuple(f"Steps/{step}" for step in ("Synth", "Data", "Train", "Gate", "Verify"))
DEPLOYMENT = "DeploymentRole"
PIPELINE = "Release/Pipeline"
SERVING, TRAINING = "Workshop/ServingRole", "Workshop/TrainingRole"
CRAWLER, TRANSFORM = "Workshop/Catalog/CrawlerRole", "Workshop/Transform"


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    rule: str
    at: tuple[str, ...]
    reason: str


def _resource(pattern: str, *at: str, reason: str) -> Acknowledged:
    return Acknowledged(rule=f"IAM5[Resource::{pattern}]", at=at, reason=reason)


def _objects(prefix: str, *at: str) -> Acknowledged:
    reason = "objects are named by content hash, commit or execution: the prefix is what is known beforehand"
    return _resource(f"<WorkshopDataBucket.Arn>/{prefix}/*", *at, reason=reason)


def _action(pattern: str, *at: str, reason: str) -> Acknowledged:
    return Acknowledged(rule=f"IAM5[Action::{pattern}]", at=at, reason=reason)


RULES = (
    Acknowledged(
        rule="S1",
        at=("Workshop/Data", "Release/Artifacts"),
        reason="access logs want a third bucket; who needs them turns on CloudTrail's data events for the account",
    ),
    Acknowledged(
        rule="CB4",
        at=BUILDS,
        reason="artifacts are encrypted by S3's AWS-managed key; a key of our own costs and guards nothing more here",
    ),
    Acknowledged(
        rule="GL1",
        at=("Workshop/Catalog/Crawler", "Workshop/Transform/Job"),
        reason="CloudWatch Logs encrypts at rest by itself; Glue's security configuration would add a KMS key",
    ),
    Acknowledged(rule="GL3", at=("Workshop/Transform/Job",), reason="the job keeps no bookmark to encrypt"),
)

DATA = (
    _objects("raw", CRAWLER, TRANSFORM, "Steps/Data"),
    _objects("code", TRANSFORM, "Steps/Data"),
    _objects("features", TRANSFORM, TRAINING, SERVING, "Steps/Data", "Steps/Train", "Steps/Gate"),
    _objects("models", TRAINING, SERVING, "Steps/Train"),
    _objects("gate", "Steps/Gate"),
    _objects("capture", SERVING),
    _resource("glue:table/{workload}/*", CRAWLER, reason="the crawler names its tables after what it finds"),
)

ARTIFACTS = (
    *(
        _action(
            action, PIPELINE, *BUILDS, reason="the CDK's own grant, on the bucket of the pipeline's artifacts alone"
        )
        for action in ("s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*")
    ),
    _resource(
        "<ReleaseArtifactsBucket.Arn>/*",
        *(PIPELINE, *BUILDS),
        reason="CodePipeline names its artifacts at random; nothing else lies in this bucket",
    ),
)

STACKS = (
    *(
        _action(
            action, PIPELINE, reason="the CDK's own grant to the deploy actions: reading, of QA's and PROD's stacks"
        )
        for action in ("cloudformation:DescribeStack*", "cloudformation:GetTemplate*")
    ),
    _resource(
        "cloudformation:stack/{Workload}Qa/*",
        *(PIPELINE, "Steps/Gate"),
        reason="a stack's ARN ends in an id that is made with it",
    ),
    _resource(
        "cloudformation:stack/{Workload}Prod/*", PIPELINE, reason="a stack's ARN ends in an id that is made with it"
    ),
)

NOTIFICATIONS = (
    _action(
        "kms:GenerateDataKey*",
        *("Steps/Gate", "Steps/Verify"),
        reason="the CDK's own grant to those who publish to an encrypted topic, on its key alone",
    ),
)

LOGS = (
    *(
        _resource(
            f"logs:log-group:/aws/codebuild/<{step.replace('/', '')}Project>:*",
            step,
            reason="the streams of this project's own group are named at run time",
        )
        for step in BUILDS
    ),
    *(
        _resource(
            f"logs:log-group:/aws-glue/{kind}*{streams}",
            role,
            reason="Glue fixes its groups' names for the whole account, and names streams at run time",
        )
        for kind, role in (("crawlers", CRAWLER), ("jobs", TRANSFORM))
        for streams in ("", ":*")
    ),
    _resource(
        "logs:log-group:/aws/sagemaker/TrainingJobs:*",
        TRAINING,
        reason="SageMaker has one group for all training jobs; streams are named after the job",
    ),
    *(
        _resource(
            f"logs:log-group:/aws/sagemaker/Endpoints/{{workload}}-*{streams}",
            SERVING,
            reason="the groups of this workload's two endpoints; streams are named after instances",
        )
        for streams in ("", ":*")
    ),
)

SAGEMAKER = (
    _resource(
        "*",
        *(DEPLOYMENT, SERVING, TRAINING),
        reason="actions that take no resource; test_permissions.py names them one by one",
    ),
    _resource(
        "ecr*:repository/sagemaker-*",
        *(SERVING, TRAINING),
        reason="AWS's images lie in AWS's accounts, another one for each region and image",
    ),
    _resource(
        "sagemaker:model-package/{workload}/*",
        *(DEPLOYMENT, "Steps/Train", "Steps/Gate", "Steps/Verify"),
        reason="the versions of this workload's group are numbered as they come",
    ),
    _resource(
        "sagemaker:training-job/{workload}-*", "Steps/Train", reason="each training job has a name of its own, once"
    ),
    *(
        _resource(
            f"sagemaker:{kind}/{name}*",
            *((DEPLOYMENT, "Steps/Verify") if name.lower().endswith("prod") else (DEPLOYMENT,)),
            reason="CloudFormation names them after their stack, with random letters, anew for each release",
        )
        for kind in ("model", "endpoint-config")
        for name in ("{Workload}Qa", "{Workload}Prod", "{workload}qa", "{workload}prod")
    ),
    _resource(
        "application-autoscaling:scalable-target/*",
        DEPLOYMENT,
        reason="a scalable target's ARN ends in an id that is made with it",
    ),
    *(
        _resource(f"cloudwatch:alarm:{name}-*", DEPLOYMENT, reason="CloudFormation names them after their stack")
        for name in ("{Workload}Qa", "{Workload}Prod")
    ),
    _resource("cloudwatch:alarm:*", DEPLOYMENT, reason="reading only: a list is checked against all alarms"),
    _resource(
        "cloudwatch:alarm:TargetTracking-endpoint/{workload}-*",
        DEPLOYMENT,
        reason="the alarms that Application Auto Scaling makes for this workload's endpoints",
    ),
)

ACKNOWLEDGED = (*RULES, *DATA, *ARTIFACTS, *STACKS, *NOTIFICATIONS, *LOGS, *SAGEMAKER)
