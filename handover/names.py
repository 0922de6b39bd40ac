"""Names that several parts of Gatehouse must spell alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

StackKind = Literal["Pipeline", "Qa", "Prod", "Api"]
#: The stacks with an endpoint, which the pipeline deploys.
ENDPOINT_STACKS: tuple[StackKind, ...] = ("Qa", "Prod")


class PipelineStage(StrEnum):
    """The pipeline's stages, in their order."""

    SOURCE = "Source"
    BUILD = "Build"
    DATA = "Data"
    TRAIN = "Train"
    QA = "QA"
    APPROVE = "Approve"
    PROD = "PROD"


class Artifact(StrEnum):
    """What an action of the pipeline passes to later ones."""

    SOURCE = "SourceOutput"
    #: The code of gate, approval and verification, as deployed with the pipeline.
    JUDGES = "JudgeOutput"
    BUILD = "BuildOutput"
    DATA = "DataOutput"
    GATE = "GateOutput"
    VERIFY = "VerifyOutput"


class Output(StrEnum):
    """Outputs of stacks. A check of a report takes bucket and key from here, not from the report."""

    DATA_BUCKET = "DataBucketName"
    SIGNING_KEY = "ReportSigningKeyArn"
    #: The gate's role: nobody else may sign.
    SIGNER = "ReportSignerArn"
    #: The role of transform jobs, if gatehouse.toml has [batch].
    BATCH_ROLE = "BatchRoleArn"
    ENDPOINT = "EndpointName"
    PACKAGE = "ServedPackageArn"
    #: Of a workload with a door: the address of the API's stage, that of the page, and the pool of those who sign in.
    API = "ApiAddress"
    PAGE = "PageAddress"
    USER_POOL = "UserPoolId"
    #: The ARN of the API's methods for programs, as a policy of a program names them.
    PROGRAMS = "ProgramsArn"


class Parameter(StrEnum):
    """Parameters of the stacks that the pipeline deploys. The pipeline and ``make rollback`` set them."""

    PACKAGE = "ModelPackageArn"
    ROLE = "ExecutionRoleArn"
    #: If releases compete: the package that keeps serving beside the release.
    CHAMPION = "ChampionPackageArn"
    #: How the traffic moves: GUARDED or AT_ONCE.
    SHIFT = "TrafficShift"
    CAPTURE_BUCKET = "CaptureBucket"
    TOPIC = "NotificationTopicArn"
    ENCRYPTION_KEY = "EncryptionKeyArn"
    #: Of the door's stack: what a person has deployed of it.
    REST_API = "RestApiId"
    ROOT_RESOURCE = "RootResourceId"
    FUNCTION_ROLE = "FunctionRoleArn"
    ACCESS_LOG = "AccessLogArn"
    AUTHORIZER = "AuthorizerId"
    PAGE_ORIGIN = "PageOrigin"
    PAGE_PUBLISHER = "PagePublisherArn"
    WEB_ACL = "WebAclArn"
    PARTNER_KEYS = "PartnerKeyIds"
    #: If answers need an object of it.
    DATA_BUCKET = "DataBucket"


#: The value of ``Parameter.CHAMPION``, and of the gate's variable, if a release serves alone. CodePipeline's
#: variables should not be empty.
NO_CHAMPION = "none"
#: The values of ``Parameter.SHIFT``. A rollback may need all the traffic to move at once.
GUARDED, AT_ONCE = "guarded", "at-once"

#: The production variant that always exists: the champion's, if a release competes with one.
MAIN_VARIANT = "AllTraffic"
#: The variant of a release that competes with the champion.
CHALLENGER_VARIANT = "Challenger"

#: The stage of a door's API, and the alias of the function's version that it calls.
API_STAGE = "live"
#: The path under which people call the API; programs call it without.
PEOPLE = "people"
#: What a token of the page must be for.
SIGN_IN_SCOPES = ("openid",)

#: The namespace and the name of the metric that counts how often PROD gives the watched answer.
METRIC_NAMESPACE = "Gatehouse"
ANSWER_SHARE_METRIC = "AnswerShare"


def camel(workload: str) -> str:
    """``car_evaluation`` → ``CarEvaluation``: stack names take no underscores."""
    return "".join(part.capitalize() for part in workload.split("_"))


#: SageMaker's limit for a tuning job's name is 32 characters: these, a dash, and ten that tell jobs apart.
_TUNING_BASE = 21


def tuning_job_base(dashed_name: str) -> str:
    """What the names of a workload's tuning jobs begin with, before the last dash."""
    return dashed_name[:_TUNING_BASE].rstrip("-")


def dashed(workload: str) -> str:
    """``car_evaluation`` → ``car-evaluation``: SageMaker's names take no underscores."""
    return workload.replace("_", "-")


def pipeline_of(initiator: str) -> str:
    """The pipeline that started a build, by CodeBuild's ``codepipeline/<name>``. Empty if something else did."""
    service, _, name = initiator.partition("/")
    return name if service == "codepipeline" else ""
