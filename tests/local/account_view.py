"""A bit of everything that moto keeps, and all that its describe and list calls say of it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.clouds import LocalCloud

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
ALLOWED = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
)
LARGE = bytes(range(256)) * 1024


def fill(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """Makes something in each service; returns what only its maker knows."""
    known: dict[str, Any] = {"name": name}
    _fill_buckets(cloud, name)
    known |= _fill_keys(cloud, name)
    known |= _fill_identities(cloud, name)
    known |= _fill_messages(cloud, name)
    _fill_the_rest(cloud, name)
    return known


def _fill_buckets(cloud: LocalCloud, name: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    for body in (b"first", b"second", LARGE):
        s3.put_object(Bucket=name, Key="changing", Body=body, Metadata={"m": "1"}, Tagging="t=1")
    s3.put_object(Bucket=name, Key="deleted", Body=b"gone")
    s3.delete_object(Bucket=name, Key="deleted")
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/changing")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x", LARGE)
    s3.upload_fileobj(io.BytesIO(archive.getvalue()), name, "a folder/ä+b.zip")
    for key, end in (("whole", True), ("half", False)):
        upload = s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
        parts = [
            s3.upload_part(Bucket=name, Key=key, UploadId=upload, PartNumber=number, Body=body)
            for number, body in ((1, b"1" * 5 * 1024 * 1024), (2, b"2"))
        ]
        done = {"Parts": [{"ETag": part["ETag"], "PartNumber": n} for n, part in enumerate(parts, start=1)]}
        if end:
            s3.complete_multipart_upload(Bucket=name, Key=key, UploadId=upload, MultipartUpload=done)


def _fill_keys(cloud: LocalCloud, name: str) -> dict[str, Any]:
    kms = cloud.client("kms")
    key = kms.create_key(Description=name)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    signing = {
        kind: kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=kind)["KeyMetadata"]["KeyId"]
        for kind in ("ECC_NIST_P256", "RSA_2048")
    }
    algorithms = {"ECC_NIST_P256": "ECDSA_SHA_256", "RSA_2048": "RSASSA_PSS_SHA_256"}
    return {
        "encrypted": kms.encrypt(KeyId=key, Plaintext=b"a secret")["CiphertextBlob"],
        "under AWS's key": kms.encrypt(KeyId="alias/aws/s3", Plaintext=b"another")["CiphertextBlob"],
        "signed": [
            {
                "KeyId": signing[kind],
                "Message": b"text",
                "SigningAlgorithm": algorithm,
                "Signature": kms.sign(KeyId=signing[kind], Message=b"text", SigningAlgorithm=algorithm)["Signature"],
            }
            for kind, algorithm in algorithms.items()
        ],
    }


def _fill_identities(cloud: LocalCloud, name: str) -> dict[str, Any]:
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=ALLOWED)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=ALLOWED)["Policy"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    session = cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
    return {"user's key": iam.create_access_key(UserName=name)["AccessKey"], "session": session}


def _fill_messages(cloud: LocalCloud, name: str) -> dict[str, Any]:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/nobody")
    for text in ("read", "waits"):
        sns.publish(TopicArn=topic, Message=text, Subject="s")
    (received,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, VisibilityTimeout=600)["Messages"]
    return {"queue": queue, "received": received["ReceiptHandle"]}


def _fill_the_rest(cloud: LocalCloud, name: str) -> None:
    secrets, ssm, logs, ecr = (cloud.client(service) for service in ("secretsmanager", "ssm", "logs", "ecr"))
    secrets.create_secret(Name=name, SecretString="one")
    secrets.put_secret_value(SecretId=name, SecretString="two")
    ssm.put_parameter(Name=f"/{name}/a", Value="1", Type="String")
    ssm.put_parameter(Name=f"/{name}/a", Value="2", Type="String", Overwrite=True)
    ssm.put_parameter(Name=f"/{name}/b", Value="x", Type="SecureString")
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    events = [{"timestamp": 1_763_728_000_000 + n, "message": f"line {n}"} for n in range(50)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    ecr.create_repository(repositoryName=name)


def view(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """What the services answer about all that is there, without what belongs to the answer alone."""
    found = {
        **_buckets(cloud),
        "kms": _keys(cloud),
        "iam": cloud.client("iam").get_account_authorization_details(),
        "users' keys": cloud.client("iam").list_access_keys(UserName=name),
        **_messages(cloud),
        **_rest(cloud, name),
    }
    return {key: _plain(value) for key, value in found.items()}


def _plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _plain(value) for key, value in answer.items() if key != "ResponseMetadata"}
    return [_plain(item) for item in answer] if isinstance(answer, list) else answer


def _buckets(cloud: LocalCloud) -> dict[str, Any]:
    s3 = cloud.client("s3")
    found: dict[str, Any] = {"s3": s3.list_buckets()["Buckets"]}
    for bucket in found["s3"]:
        name = bucket["Name"]
        versions = s3.list_object_versions(Bucket=name)
        found[f"s3 {name}"] = versions
        found[f"s3 {name} uploads"] = s3.list_multipart_uploads(Bucket=name).get("Uploads")
        found[f"s3 {name} versioning"] = s3.get_bucket_versioning(Bucket=name)
        for version in versions.get("Versions", []):
            which = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            read = s3.get_object(**which)
            content = read.pop("Body").read()
            found[f"s3 {which}"] = [read, content, s3.get_object_tagging(**which)["TagSet"]]
    return found


def _keys(cloud: LocalCloud) -> list[Any]:
    kms = cloud.client("kms")
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    described = [kms.describe_key(KeyId=key)["KeyMetadata"] for key in keys]
    public = [
        kms.get_public_key(KeyId=key["KeyId"])["PublicKey"] for key in described if key.get("KeyUsage") == "SIGN_VERIFY"
    ]
    return [described, public, kms.list_aliases()["Aliases"]]


def _messages(cloud: LocalCloud) -> dict[str, Any]:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topics = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    queues = sqs.list_queues().get("QueueUrls", [])
    return {
        "sns": [sns.get_topic_attributes(TopicArn=topic)["Attributes"] for topic in topics],
        "sns subscriptions": sns.list_subscriptions()["Subscriptions"],
        "sqs": {queue: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"]) for queue in queues},
    }


def _rest(cloud: LocalCloud, name: str) -> dict[str, Any]:
    secrets, ssm, logs, ecr = (cloud.client(service) for service in ("secretsmanager", "ssm", "logs", "ecr"))
    listed = secrets.list_secrets()["SecretList"]
    return {
        "secrets": [
            [secrets.get_secret_value(SecretId=each["ARN"]), secrets.describe_secret(SecretId=each["ARN"])]
            for each in listed
        ],
        "ssm": [ssm.describe_parameters(), ssm.get_parameter_history(Name=f"/{name}/a")],
        "ssm secret": ssm.get_parameter(Name=f"/{name}/b", WithDecryption=True),
        "logs": [logs.describe_log_groups()["logGroups"], logs.describe_log_streams(logGroupName=name)],
        "log events": logs.get_log_events(logGroupName=name, logStreamName="s", startFromHead=True)["events"],
        "ecr": ecr.describe_repositories()["repositories"],
    }
