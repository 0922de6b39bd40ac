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
    Acknowledged(
        rule="LambdaInsideVPC",
        at=tuple(f"{function}/Function" for function in FUNCTIONS),
        reason="it speaks to AWS's APIs alone, over TLS: a network of its own would add nothing but its costs",
    ),
)

#: Of a workload with a door.
WITH_A_DOOR = (
    Acknowledged(
        rule="APIG2",
        at=("Door/Api/Api",),
        reason="the methods validate bodies, in the stack of each release; no method takes a parameter",
    ),
    *(
        Acknowledged(
            rule=rule,
            at=("Api/Api/Live/Stage",),
            reason="a firewall costs about $8 a month: [api] waf = true puts the stage behind one",
        )
        for rule in ("APIG3", "APIGWAssociatedWithWAF")
    ),
    *(
        Acknowledged(
            rule=rule,
            at=("Api/Api/Live/Stage",),
            reason="execution logs go to a group of API Gateway's own, forever; the access log says who asked what",
        )
        for rule in ("APIG6", "APIGWExecutionLoggingEnabled")
    ),
    Acknowledged(
        rule="APIGWCacheEnabledAndEncrypted",
        at=("Api/Api/Live/Stage",),
        reason="a cache would keep answers to what people asked, and a caller could read another's",
    ),
    Acknowledged(
        rule="APIGWSSLEnabled",
        at=("Api/Api/Live/Stage",),
        reason="a client certificate is for backends by HTTP; this one is a function, called by AWS's own API",
    ),
    Acknowledged(
        rule="APIGWXrayEnabled",
        at=("Api/Api/Live/Stage",),
        reason="traces cost money: [api] tracing = true switches them on, for API and function",
    ),
    Acknowledged(
        rule="CFR1",
        at=("Door/Page/Distribution",),
        reason="who may sign in is decided by name: an address says nothing about who somebody is",
    ),
    Acknowledged(
        rule="CFR2",
        at=("Door/Page/Distribution",),
        reason="behind it are public files alone, which take no input; the firewall, if wanted, is before the API",
    ),
    Acknowledged(
        rule="CFR3",
        at=("Door/Page/Distribution",),
        reason="who loads a page is nobody's concern; who asks the model stands in the API's access log",
    ),
    Acknowledged(
        rule="CFR4",
        at=("Door/Page/Distribution",),
        reason="CloudFront's own certificate allows no higher minimum than TLS 1.0; a domain of one's own would",
    ),
    Acknowledged(
        rule="COG2",
        at=("Door/People/Pool",),
        reason="a second factor wants telephones or an app that every user has: who needs it decides on one",
    ),
    Acknowledged(
        rule="COG8",
        at=("Door/People/Pool",),
        reason="threat protection is of Cognito's plan Plus, which costs for each user from the first on",
    ),
    Acknowledged(
        rule="COG4",
        at=tuple(f"Api/Api/Methods/{each}" for each in ("POST-predictions", "GET-schema", "GET-openapi.json")),
        reason="these are for programs, which sign with credentials of AWS; people's methods ask the pool",
    ),
    *(
        Acknowledged(
            rule=rule,
            at=("Door/Page/Files",),
            reason="its files are the commit's and public; versions are kept, and a release writes all of them",
        )
        for rule in ("S1", "S3BucketLoggingEnabled", "S3BucketReplicationEnabled", "S3DefaultEncryptionKMS")
    ),
    Acknowledged(
        rule="IAMNoInlinePolicy",
        at=("ApiDeploymentRole", "Door/Api/LogRole", "Door/FunctionRole", "Door/Publisher/Function"),
        reason="each policy is one role's alone and goes with it: a managed one could be attached to others",
    ),
    Acknowledged(
        rule="L1",
        at=("Api/Predict/Function", "Door/Publisher/Function/Function"),
        reason="Python 3.11 is this project's Python everywhere: builds, Glue, images, functions",
    ),
    Acknowledged(
        rule="LambdaDLQ",
        at=("Api/Predict/Function", "Door/Publisher/Function/Function"),
        reason="who calls it waits for its answer, and hears of every failure: the API, and CloudFormation",
    ),
    Acknowledged(
        rule="LambdaInsideVPC",
        at=("Api/Predict/Function", "Door/Publisher/Function/Function"),
        reason="it speaks to AWS's APIs alone, over TLS: a network of its own would add nothing but its costs",
    ),
    Acknowledged(
        rule="CloudWatchLogGroupEncrypted",
        at=("Door/Api/AccessLog", "Door/FunctionRoleLog", "Door/Publisher/Function"),
        reason="CloudWatch Logs encrypts at rest with its own key",
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

#: Where GitHub calls a webhook, for lack of a connection.
WITH_A_TOKEN = (
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
