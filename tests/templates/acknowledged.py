"""What cdk-nag's rules find and we stand by, one by one, each with its reason.

A rule is named without its pack: NIST 800-53, HIPAA and PCI have most in common. ``at`` are constructs of the
pipeline's stack; of the endpoints' stacks with ``Qa/`` or ``Prod/`` before them. Wildcards in policies are not here:
their reasons stand where the policies are made (``stacks/constructs/permissions.py``) and in the templates.
"""

from __future__ import annotations

from dataclasses import dataclass

BUILDS = tuple(f"Steps/{step}" for step in ("Synth", "Data", "Train", "Gate", "Approve", "Verify"))
BUCKETS = ("Workshop/Data", "Release/Artifacts/Objects")
CRAWLER, TRANSFORM = "Workshop/Catalog/CrawlerRole", "Workshop/Transform"
FUNCTIONS = ("QaCleanUp/Function", "AnswerShare/Function", "Release/Ended/Function")
ROLES = (
    *(
        CRAWLER,
        TRANSFORM,
        "Workshop/TrainingRole",
        "Workshop/QaServingRole",
        "Workshop/ProdServingRole",
        "DeploymentRole",
        "QaDeploymentRole",
        "Release/PipelineRole",
    ),
    *BUILDS,
    *FUNCTIONS,
)


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    rule: str
    at: tuple[str, ...]
    reason: str


#: Whatever the settings.
ALWAYS = (
    *(
        Acknowledged(
            rule=rule,
            at=BUCKETS,
            reason="access logs want a third bucket; who needs them turns on CloudTrail's data events for the account",
        )
        for rule in ("S1", "S3BucketLoggingEnabled")
    ),
    Acknowledged(
        rule="S3BucketReplicationEnabled",
        at=BUCKETS,
        reason="everything in them can be made again from the repository and the data's source; versions are kept",
    ),
    Acknowledged(
        rule="IAMNoInlinePolicy",
        at=ROLES,
        reason="each policy is one role's alone and goes with it: a managed one could be attached to others",
    ),
    Acknowledged(
        rule="CodeBuildProjectSourceRepoUrl",
        at=BUILDS,
        reason="the source is the pipeline's artifact: no build has a repository's address or its token",
    ),
    Acknowledged(
        rule="L1",
        at=tuple(f"{function}/Function" for function in FUNCTIONS),
        reason="Python 3.11 is this project's Python everywhere: builds, Glue, images, functions",
    ),
    Acknowledged(
        rule="LambdaDLQ",
        at=("QaCleanUp/Function/Function",),
        reason="what is lost of its events is made up for by its own schedule, every hour",
    ),
    Acknowledged(
        rule="LambdaDLQ",
        at=("AnswerShare/Function/Function",),
        reason="the next captured file is counted without the one that was lost, and tells the same share",
    ),
    Acknowledged(
        rule="LambdaDLQ",
        at=("Release/Ended/Function/Function",),
        reason="it is tried three times; what it could not tell still stands in the pipeline, which is red",
    ),
    *(
        Acknowledged(
            rule=rule,
            at=("Release/Push/Secret",),
            reason="GitHub must know a new value at the same moment; whoever learns it can start the pipeline, no more",
        )
        for rule in ("SMG4", "SecretsManagerRotationEnabled")
    ),
    Acknowledged(
        rule="SecretsManagerUsingKMSKey",
        at=("Release/Push/Secret",),
        reason="Secrets Manager's own key encrypts it; nobody reads it but CloudFormation",
    ),
    Acknowledged(
        rule="LambdaInsideVPC",
        at=tuple(f"{function}/Function" for function in FUNCTIONS),
        reason="it speaks to AWS's APIs alone, over TLS: a network of its own would add nothing but its costs",
    ),
)

#: With a key of one's own.
WITH_A_KEY = (
    Acknowledged(
        rule="GL1",
        at=("Workshop/Transform/Job",),
        reason="its log groups are the stack's and have the key themselves; Glue would make others, kept forever",
    ),
)

#: As long as no key of one's own is asked for: AWS encrypts all of this at rest, with keys that AWS manages.
WITHOUT_A_KEY = (
    Acknowledged(rule="S3DefaultEncryptionKMS", at=BUCKETS, reason="S3 encrypts with its own key; ours costs money"),
    Acknowledged(
        rule="CloudWatchLogGroupEncrypted",
        at=(
            *(*BUILDS, *FUNCTIONS),
            *("Workshop/QaLog", "Workshop/ProdLog", f"{TRANSFORM}/LogOutput", f"{TRANSFORM}/LogError"),
        ),
        reason="CloudWatch Logs encrypts at rest with its own key",
    ),
    Acknowledged(rule="CB4", at=BUILDS, reason="artifacts are encrypted by S3's AWS-managed key, as S3's objects are"),
    Acknowledged(
        rule="GL1",
        at=("Workshop/Catalog/Crawler", "Workshop/Transform/Job"),
        reason="CloudWatch Logs encrypts at rest with its own key; a security configuration wants one of ours",
    ),
    Acknowledged(rule="GL3", at=("Workshop/Transform/Job",), reason="the job keeps no bookmark to encrypt"),
    Acknowledged(
        rule="SageMakerEndpointConfigurationKMSKeyConfigured",
        at=("Qa/Served/Config", "Prod/Served/Config"),
        reason="instances with a disk of their own encrypt it by hardware; what SageMaker adds, with its own key",
    ),
)
