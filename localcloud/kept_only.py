"""Operations that are answered as AWS answers them and have no effect: what they set can be read again, and no more.

COVERAGE.md names them. An operation that AWS would act on before it answers does not belong here: it is refused.
"""

from __future__ import annotations

_NO_REPLICA = "nothing is copied to another region or account"

#: botocore's name of the service → operation → what does not happen.
KEPT_ONLY = {
    "cloudwatch": {"PutDashboard": "there is no console that would draw it"},
    "ecr": {
        "PutImageScanningConfiguration": "no image is scanned",
        "PutLifecyclePolicy": "no image expires",
        "PutRegistryPolicy": "it allows nothing",
        "PutRegistryScanningConfiguration": "no image is scanned",
        "PutReplicationConfiguration": _NO_REPLICA,
        "StartImageScan": "nothing is found",
    },
    "glue": {"CreateSecurityConfiguration": "jobs and crawlers ask for it, and nothing is encrypted by it"},
    "iam": {
        "AddRoleToInstanceProfile": "no instance has one",
        "CreateInstanceProfile": "no instance has one",
        "CreateLoginProfile": "there is no console to sign in to",
        "CreateSAMLProvider": "nobody signs in by it",
        "CreateVirtualMFADevice": "no code is asked for",
        "EnableMFADevice": "no code is asked for",
        "UpdateAccountPasswordPolicy": "no password is held against it",
        "UpdateLoginProfile": "there is no console to sign in to",
        "UpdateSAMLProvider": "nobody signs in by it",
        "UploadSSHPublicKey": "there is no CodeCommit",
        "UploadServerCertificate": "nobody serves it",
        "UploadSigningCertificate": "no request is signed by it",
    },
    "kms": {
        "EnableKeyRotation": "no key is rotated",
        "ReplicateKey": "the local cloud has one region",
    },
    "logs": {
        "CreateDelivery": "nothing is delivered",
        "PutDeliveryDestination": "nothing is delivered",
        "PutDeliveryDestinationPolicy": "nothing is delivered",
        "PutDeliverySource": "nothing is delivered",
        "PutDestination": "nothing is delivered",
        "PutDestinationPolicy": "nothing is delivered",
        "PutMetricFilter": "nothing is counted",
        "PutRetentionPolicy": "no event expires; a stream keeps its last 32 MiB",
    },
    "s3": {
        "PutBucketAccelerateConfiguration": "there is one endpoint",
        "PutBucketAcl": "lists of grants allow nothing",
        "PutBucketCors": "pages of other origins are refused",
        "PutBucketInventoryConfiguration": "no inventory is written",
        "PutBucketLifecycle": "no object expires",
        "PutBucketLifecycleConfiguration": "no object expires",
        "PutBucketLogging": "no access is logged",
        "PutBucketOwnershipControls": "one account owns all objects",
        "PutBucketReplication": _NO_REPLICA,
        "PutBucketWebsite": "no website is served",
        "PutObjectAcl": "lists of grants allow nothing",
        "RestoreObject": "objects of every class can be read",
    },
    "secretsmanager": {"ReplicateSecretToRegions": _NO_REPLICA},
    "sns": {
        "CreatePlatformApplication": "no device is reached",
        "CreatePlatformEndpoint": "no device is reached",
        "SetSMSAttributes": "no text message is sent",
    },
    "ssm": {
        "CreateDocument": "it runs nowhere: there are no instances",
        "CreateMaintenanceWindow": "no window opens",
        "CreatePatchBaseline": "no instance is patched",
        "RegisterPatchBaselineForPatchGroup": "no instance is patched",
        "RegisterTargetWithMaintenanceWindow": "no window opens",
        "RegisterTaskWithMaintenanceWindow": "no window opens",
        "SendCommand": "it runs nowhere: there are no instances",
    },
}
