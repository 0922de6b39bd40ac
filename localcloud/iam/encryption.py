"""The permissions on a customer's key that a request needs besides its own, because the service calls KMS for it.

Source: "Protecting data with server-side encryption" of the S3 user guide, "Key management" of SNS and SQS, "Secret
encryption" of Secrets Manager. AWS's own keys (``alias/aws/s3``) need none: their policy admits the whole account.

SageMaker makes a grant for disks. "Amazon SageMaker AI API Permissions" of its developer guide requires
``kms:CreateGrant``: for an endpoint whose configuration has a key, from the caller; for a training job's volumes, from
its role or the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask
from localcloud.iam.encryption_keys import Encryption
from localcloud.wire.s3_requests import copy_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.iam.asks import Place
    from localcloud.wire.api_requests import ApiRequest

_DATA_KEY, _DECRYPT = "kms:GenerateDataKey", "kms:Decrypt"
_S3_WRITES = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_S3_READS = frozenset({"GetObject", "SelectObjectContent"})
_SECRET_ACTIONS = {
    "GetSecretValue": (_DECRYPT,),
    "PutSecretValue": (_DATA_KEY, _DECRYPT),
    "UpdateSecret": (_DATA_KEY, _DECRYPT),
}
_QUEUE_ACTIONS = {
    "SendMessage": (_DATA_KEY, _DECRYPT),
    "SendMessageBatch": (_DATA_KEY, _DECRYPT),
    "ReceiveMessage": (_DECRYPT,),
}


def key_asks(request: ApiRequest, place: Place, own: list[Ask]) -> list[Ask]:
    """``own``: the request's asks to its own service, which hold the ARN of a secret, a topic or a queue."""
    keys = place.state.encryption
    if request.service == "s3":
        return list(_of_s3(request, place))
    if request.service == "sns" and request.operation in ("Publish", "PublishBatch"):
        return _asked("sns", keys.of_topic(own[0].resource), (_DATA_KEY, _DECRYPT), own[0].resource, place)
    if request.service == "sqs" and request.operation in _QUEUE_ACTIONS:
        actions = _QUEUE_ACTIONS[request.operation]
        return _asked("sqs", keys.of_queue(own[0].resource), actions, own[0].resource, place)
    if request.service == "secretsmanager":
        return _of_secret(request, place, own[0].resource)
    if request.service == "sagemaker":
        return _of_disks(request, place)
    return []


def _of_disks(request: ApiRequest, place: Place) -> list[Ask]:
    params, role = request.params, ""
    if request.operation in ("CreateEndpoint", "UpdateEndpoint"):
        key = place.state.key_of_endpoint_config(str(params.get("EndpointConfigName", "")))
    elif request.operation in ("CreateTrainingJob", "CreateHyperParameterTuningJob"):
        definition = params.get("TrainingJobDefinition")
        params = definition if isinstance(definition, dict) else params
        resources = params.get("ResourceConfig")
        key = str(resources.get("VolumeKmsKeyId") or "") if isinstance(resources, dict) else ""
        role = str(params.get("RoleArn", ""))
    else:
        return []
    if not key or "alias/aws/" in key:
        return []
    context = {
        "kms:viaservice": (f"sagemaker.{place.region}.amazonaws.com",),
        "kms:calleraccount": (place.account_id,),
        "kms:grantisforawsresource": ("true",),
        "aws:viaawsservice": ("true",),
    }
    arn = place.state.key_arn(place.region, key)
    return [Ask(action="kms:CreateGrant", resource=arn, context=context, or_role=role)]


def _of_secret(request: ApiRequest, place: Place, arn: str) -> list[Ask]:
    if request.operation == "CreateSecret":
        name = request.params.get("KmsKeyId")
        given = Encryption(key=name) if name and not name.startswith("alias/aws/") else None
        return _asked("secretsmanager", given, (_DATA_KEY, _DECRYPT), arn, place)
    actions = _SECRET_ACTIONS.get(request.operation, ())
    if not actions or (request.operation == "UpdateSecret" and "SecretString" not in request.params):
        return []
    return _asked("secretsmanager", place.state.encryption.of_secret(arn), actions, arn, place)


def _of_s3(request: ApiRequest, place: Place) -> Iterable[Ask]:
    bucket, key, query = request.params["Bucket"], request.params["Key"], request.params["query"]
    keys = place.state.encryption
    arn = f"arn:aws:s3:::{bucket}/{key}"
    if request.operation in _S3_WRITES:
        yield from _asked("s3", _written(request, bucket, place), (_DATA_KEY,), arn, place)
    if request.operation == "CompleteMultipartUpload":  # S3 reads the parts to put them together
        yield from _asked("s3", keys.of_upload(bucket, query.get("uploadId", "")), (_DECRYPT,), arn, place)
    with_checksum = request.operation == "HeadObject" and "x-amz-checksum-mode" in request.headers
    if request.operation in _S3_READS or with_checksum:
        yield from _asked("s3", keys.of_object(bucket, key, query.get("versionId")), (_DECRYPT,), arn, place)
    source = copy_source(request.headers)
    if source is not None:
        of_source = keys.of_object(source.bucket, source.key, source.version or None)
        yield from _asked("s3", of_source, (_DECRYPT,), f"arn:aws:s3:::{source.bucket}/{source.key}", place)


def _written(request: ApiRequest, bucket: str, place: Place) -> Encryption | None:
    """The key with which the object will be stored: the request's, otherwise the bucket's."""
    algorithm = request.headers.get("x-amz-server-side-encryption", "")
    default = place.state.encryption.of_bucket(bucket)
    if algorithm and not algorithm.startswith("aws:kms"):
        return None
    key = request.headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    if not key:
        return default
    header = request.headers.get("x-amz-server-side-encryption-bucket-key-enabled")
    bucket_key = header.lower() == "true" if header else bool(default and default.bucket_key)
    return None if "alias/aws/" in key else Encryption(key=key, bucket_key=bucket_key)


#: Service → the name that it uses in the encryption context.
_CONTEXT_NAMES = {"s3": "aws:s3:arn", "sns": "aws:sns:topicarn", "sqs": "aws:sqs:arn", "secretsmanager": "secretarn"}


def _asked(
    service: str, encryption: Encryption | None, actions: tuple[str, ...], resource: str, place: Place
) -> list[Ask]:
    if encryption is None:
        return []
    told = resource.partition("/")[0] if service == "s3" and encryption.bucket_key else resource
    name = _CONTEXT_NAMES[service]
    context = {
        "kms:viaservice": (f"{service}.{place.region}.amazonaws.com",),
        "kms:calleraccount": (place.account_id,),
        f"kms:encryptioncontext:{name}": (told,),
        "kms:encryptioncontextkeys": (name,),
        "aws:viaawsservice": ("true",),
    }
    arn = place.state.key_arn(place.region, encryption.key)
    return [Ask(action=action, resource=arn, context=context) for action in actions]
