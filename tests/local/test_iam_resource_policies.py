"""Policies of resources: keys behind S3, topics, queues, secrets, many objects at once, roles that trust a resource."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.local.iam_account import ACCOUNT, Account, allow, policy, refused, trust
from tests.local.test_glue import until_crawled

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def by(principal: str, action: Any, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Principal": {"AWS": principal}}


# ---- a customer's key behind disks and S3


def test_disks_under_a_customers_key_need_a_grant(account: Account) -> None:
    """The caller, or a training job's role, needs kms:CreateGrant, and the refusal names the key."""
    key = account.cloud.client("kms").create_key(Policy=policy(by(ROOT, "kms:*")))["KeyMetadata"]["Arn"]
    job = {
        "TrainingJobName": account.name,
        "RoleArn": account.role(trusting=trust(Service="sagemaker.amazonaws.com")),
        "AlgorithmSpecification": {"TrainingImage": "none", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://none/"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 1,
            "VolumeKmsKeyId": key,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    keys = account.user(allow(["sagemaker:CreateTrainingJob", "iam:PassRole"]))
    sagemaker = account.client("sagemaker", keys)
    with refused("AccessDeniedException", f"user/{account.name} is not .*: kms:CreateGrant on resource: {key}"):
        sagemaker.create_training_job(**job)
    for_aws = {"Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
    grant = policy(allow("kms:CreateGrant", key, **for_aws))
    account.iam.put_role_policy(RoleName=account.name, PolicyName="grant", PolicyDocument=grant)
    with refused("UnsupportedOperation|NotImplemented|ValidationException"):  # allowed; there is no such image
        sagemaker.create_training_job(**job)


# ---- S3


def test_an_object_under_a_customers_key_asks_for_the_key(account: Account, bucket: str) -> None:
    """PUT makes a data key and GET decrypts, with the caller's permissions on the key, by way of S3 alone."""
    kms, admin = account.cloud.client("kms"), account.cloud.client("s3")
    key = kms.create_key(Policy=policy(by(ROOT, "kms:*")))["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    admin.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
    session = account.session(account.role(objects))
    s3 = account.client("s3", session)
    with refused("AccessDenied", f"kms:GenerateDataKey on resource: {key} because no identity-based policy"):
        s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    through = {
        "Condition": {
            "StringEquals": {
                "kms:ViaService": "s3.us-east-1.amazonaws.com",
                "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/x",
            }
        }
    }
    use = allow("kms:GenerateDataKey", key, **through)
    account.iam.put_role_policy(RoleName=account.name, PolicyName="key", PolicyDocument=policy(use))
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    with refused("AccessDenied"):
        s3.put_object(Bucket=bucket, Key="y", Body=b"1")
    with refused("AccessDenied", f"kms:Decrypt on resource: {key}"):
        s3.get_object(Bucket=bucket, Key="x")
    both = allow(["kms:GenerateDataKey", "kms:Decrypt"], key, **through)
    account.iam.put_role_policy(RoleName=account.name, PolicyName="key", PolicyDocument=policy(both))
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"1"
    with refused("AccessDeniedException"):  # not by way of S3
        account.client("kms", session).generate_data_key(KeyId=key, KeySpec="AES_256")


def test_a_rename_under_the_buckets_key_names_no_key(account: Account, bucket: str) -> None:
    """Spark's rename, by AWS's SDK for Java 1, copies what HEAD describes without naming the key over plain HTTP."""
    kms, admin = account.cloud.client("kms"), account.cloud.client("s3")
    key, other = (kms.create_key(Policy=policy(by(ROOT, "kms:*")))["KeyMetadata"]["Arn"] for _ in range(2))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    admin.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    admin.put_object(Bucket=bucket, Key="x", Body=b"1")
    admin.put_object(Bucket=bucket, Key="y", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=other)
    java = account.cloud.client("s3", user_agent_extra="Hadoop 3.3.4, aws-sdk-java/1.12.262")
    told = {name: java.head_object(Bucket=bucket, Key=name).get("SSEKMSKeyId") for name in ("x", "y")}
    assert told == {"x": None, "y": other}
    assert admin.head_object(Bucket=bucket, Key="x")["SSEKMSKeyId"] == key
    java.copy_object(Bucket=bucket, Key="z", CopySource=f"{bucket}/x")
    assert admin.head_object(Bucket=bucket, Key="z")["SSEKMSKeyId"] == key


def test_a_keys_policy_closes_its_objects(account: Account, bucket: str) -> None:
    """A role that may do all of S3 and KMS reads nothing where the key's policy does not let it."""
    kms, admin = account.cloud.client("kms"), account.cloud.client("s3")
    key = kms.create_key(Policy=policy(by(ROOT, "kms:*")))["KeyMetadata"]["KeyId"]
    admin.put_object(Bucket=bucket, Key="x", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    s3 = account.client("s3", account.session(account.role(allow(["s3:*", "kms:*"]))))
    s3.get_object(Bucket=bucket, Key="x")
    others = by("arn:aws:iam::210987654321:root", "kms:Decrypt")
    administration = by(ROOT, ["kms:Put*", "kms:Describe*"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(others, administration))
    with refused("AccessDenied", "because no resource-based policy allows the kms:Decrypt action"):
        s3.get_object(Bucket=bucket, Key="x")


# ---- many objects at once


def test_many_deletions_are_refused_one_by_one(account: Account, bucket: str) -> None:
    """DeleteObjects deletes what may be deleted, and names each of the others with AccessDenied."""
    admin = account.cloud.client("s3")
    for key in ("raw/b & c", "old/a", "old/b"):
        admin.put_object(Bucket=bucket, Key=key, Body=b"")
    s3 = account.client("s3", account.session(account.role(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/old/*"))))

    def delete(*keys: str, quiet: bool = False) -> Any:
        return s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": quiet})

    answer = delete("old/a", "raw/b & c", "raw/a.csv")
    assert [found["Key"] for found in answer["Deleted"]] == ["old/a"]
    assert [(found["Key"], found["Code"]) for found in answer["Errors"]] == [
        ("raw/b & c", "AccessDenied"),
        ("raw/a.csv", "AccessDenied"),
    ]
    assert "s3:DeleteObject on resource" in answer["Errors"][0]["Message"]
    answer = delete("old/b", "raw/a.csv", quiet=True)
    assert [found["Key"] for found in answer["Errors"]] == ["raw/a.csv"]
    assert [found["Key"] for found in delete("raw/a.csv")["Errors"]] == ["raw/a.csv"]
    left = [item["Key"] for item in admin.list_objects_v2(Bucket=bucket)["Contents"]]
    assert left == ["raw/a.csv", "raw/b & c"]


# ---- topics, queues, secrets


def test_a_topics_policy(account: Account) -> None:
    """A topic's policy lets in who has no policy of their own, and its Deny keeps out who has."""
    sns = account.cloud.client("sns")
    topic = sns.create_topic(Name=account.name)["TopicArn"]
    arn = account.role()
    mine = account.client("sns", account.session(arn))
    with refused("AuthorizationError", "sns:Publish"):
        mine.publish(TopicArn=topic, Message="m")

    def set_policy(*statements: dict[str, Any]) -> None:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(*statements))

    set_policy(by(arn, "sns:Publish", topic))
    mine.publish(TopicArn=topic, Message="m")
    set_policy(by(arn, "sns:Publish", topic), {**by("*", "sns:Publish", topic), "Effect": "Deny"})
    with refused("AuthorizationError", "explicit deny in a resource-based policy"):
        mine.publish(TopicArn=topic, Message="m")


def test_a_queues_policy(account: Account) -> None:
    """A queue's policy lets in who has no policy of their own, and its Deny keeps out who has."""
    sqs = account.cloud.client("sqs")
    queue = sqs.create_queue(QueueName=account.name)["QueueUrl"]
    arn = account.role()
    mine = account.client("sqs", account.session(arn))
    with refused("AccessDeniedException", "sqs:SendMessage"):
        mine.send_message(QueueUrl=queue, MessageBody="m")
    document = policy(by(arn, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:{account.name}"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    mine.send_message(QueueUrl=queue, MessageBody="m")
    with refused("AccessDeniedException", "sqs:ReceiveMessage"):
        mine.receive_message(QueueUrl=queue)


def test_a_secrets_policy_and_key(account: Account) -> None:
    """A secret's policy lets a role in; a secret under a customer's key is not read without the key."""
    secrets, arn = account.cloud.client("secretsmanager"), account.role()
    mine = account.client("secretsmanager", account.session(arn))
    secrets.create_secret(Name=account.name, SecretString="s")
    statement = by(arn, "secretsmanager:GetSecretValue")
    secrets.put_resource_policy(SecretId=account.name, ResourcePolicy=policy(statement))
    assert mine.get_secret_value(SecretId=account.name)["SecretString"] == "s"
    key = account.cloud.client("kms").create_key(Policy=policy(by(ROOT, "kms:*")))["KeyMetadata"]["KeyId"]
    secrets.update_secret(SecretId=account.name, KmsKeyId=key, SecretString="t")
    with refused("AccessDeniedException", "kms:Decrypt"):
        mine.get_secret_value(SecretId=account.name)


# ---- roles that trust a service for one of its resources


@pytest.mark.parametrize("trusted", ["mine", "another"])
def test_a_role_may_trust_a_service_for_one_resource(account: Account, bucket: str, trusted: str) -> None:
    """By aws:SourceArn and aws:SourceAccount, Glue gets the role for the crawler that it trusts, and for no other."""
    name = account.name
    crawler = name if trusted == "mine" else "another"
    source = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:crawler/{crawler}"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    statement = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = account.role(allow("*"), trusting=policy({**statement, "Condition": source}))
    glue = account.cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": name})
    target = {"S3Targets": [{"Path": f"s3://{bucket}/raw/"}]}
    glue.create_crawler(Name=name, Role=arn, DatabaseName=name, Targets=target)
    glue.start_crawler(Name=name)
    last = until_crawled(glue, name)
    assert last["Status"] == ("SUCCEEDED" if trusted == "mine" else "FAILED")
    assert trusted == "mine" or f"sts:AssumeRole on resource: {arn}" in last["ErrorMessage"]


# ---- who one is


def test_the_administrator_is_the_same_to_iam_as_to_sts(account: Account) -> None:
    """GetUser without a name answers the root, or the user of the key; a role's session is no user."""
    identity = account.cloud.client("sts").get_caller_identity()
    user = account.iam.get_user()["User"]
    assert (user["Arn"], user["UserId"]) == (identity["Arn"], identity["UserId"])
    assert user["Arn"] == ROOT
    keys = account.user(allow("iam:GetUser"))
    assert account.client("iam", keys).get_user()["User"]["UserName"] == account.name
    session = account.session(account.role(allow("iam:GetUser"), trusting=trust(AWS=ROOT)))
    with refused("ValidationError", "non-User credentials"):
        account.client("iam", session).get_user()


# ---- what a bucket's block prevents


def test_a_new_bucket_takes_no_public_policy(account: Account, bucket: str) -> None:
    """Every setting of the block is on; without the block, the policy is taken, and it shows as public."""
    s3, everybody = account.cloud.client("s3"), policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    words = "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
    with refused("AccessDenied", f's3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket}" {words}'):
        s3.put_bucket_policy(Bucket=bucket, Policy=everybody)
    network = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition=network)),
    )
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(block, True) | {"BlockPublicPolicy": False}
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=everybody)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=bucket)


def test_a_new_bucket_takes_no_list_of_grants(account: Account, bucket: str) -> None:
    """Its owner owns all of it. Where lists are allowed, the block still refuses public ones."""
    s3 = account.cloud.client("s3")
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    words = "because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access"
    with refused("AccessDenied", f's3:PutObjectAcl on resource: "arn:aws:s3:::{bucket}/raw/a.csv" {words}'):
        s3.put_object_acl(Bucket=bucket, Key="raw/a.csv", ACL="public-read")
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_bucket_acl(Bucket=bucket, ACL="private")
    for canned in ("private", "aws-exec-read"):
        with refused("AccessControlListNotSupported"):
            s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL=canned)
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    group = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    with refused("AccessDenied", "s3:PutBucketAcl.*BlockPublicAcls"):
        s3.put_bucket_acl(Bucket=bucket, GrantRead=group)
    grants = s3.get_bucket_acl(Bucket=bucket)
    grants["Grants"].append({"Grantee": {"Type": "Group", "URI": group[5:-1]}, "Permission": "READ"})
    with refused("AccessDenied", "s3:PutBucketAcl.*BlockPublicAcls"):
        s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={key: grants[key] for key in ("Grants", "Owner")})
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, GrantRead=group)
    with refused("InvalidBucketAclWithObjectOwnership", "BucketOwnerEnforced"):
        s3.create_bucket(Bucket=f"{bucket}-2", ACL="public-read")
    with refused("InvalidArgument", "Invalid x-amz-object-ownership header: Nobody"):
        s3.create_bucket(Bucket=f"{bucket}-2", ObjectOwnership="Nobody")
    with refused("InvalidBucketAclWithBlockPublicAccessError"):
        s3.create_bucket(Bucket=f"{bucket}-2", ACL="public-read", ObjectOwnership="ObjectWriter")


# ---- who a policy names


def test_a_policy_names_an_identity_and_no_text(account: Account, bucket: str) -> None:
    """A role that is made anew under its name has none of the access that the old one had, until the policy is put."""
    s3, name = account.cloud.client("s3"), f"arn:aws:iam::{ACCOUNT}:role/{account.name}"
    document = policy(by(name, "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    with refused("MalformedPolicy", "Invalid principal in policy"):
        s3.put_bucket_policy(Bucket=bucket, Policy=document)
    account.role()
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    reader = account.client("s3", account.session(name))
    assert reader.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    account.iam.delete_role(RoleName=account.name)
    account.role()
    reader = account.client("s3", account.session(name))
    with refused("AccessDenied"):
        reader.get_object(Bucket=bucket, Key="raw/a.csv")
    shown = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Principal"]["AWS"]
    assert re.fullmatch(r"AROA[A-Z0-9]{17}", shown)
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert name in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert reader.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"


def test_other_policies_show_who_is_gone(account: Account) -> None:
    """A key, a queue, a topic and a role answer in forms of their own, and each shows the lost id."""
    gone, iam = account.role(), account.iam
    topic = account.cloud.client("sns").create_topic(Name=account.name)["TopicArn"]
    queue = account.cloud.client("sqs").create_queue(QueueName=account.name)["QueueUrl"]
    kms, sns, sqs = (account.cloud.client(name) for name in ("kms", "sns", "sqs"))
    root = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=policy(root, by(gone, "kms:Decrypt", "*")))["KeyMetadata"]["KeyId"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy(by(gone, "sns:Publish", topic))
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(by(gone, "sqs:SendMessage", "*"))})
    trusting = f"{account.name}-trusting"
    iam.create_role(RoleName=trusting, AssumeRolePolicyDocument=trust(AWS=gone))
    identity = iam.get_role(RoleName=account.name)["Role"]["RoleId"]

    def shown() -> list[str]:
        return [
            kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
            sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"],
            sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"],
            json.dumps(iam.get_role(RoleName=trusting)["Role"]["AssumeRolePolicyDocument"]),
        ]

    assert all(gone in each and identity not in each for each in shown())
    iam.delete_role(RoleName=account.name)
    assert all(gone not in each and f'"{identity}"' in each for each in shown())
    iam.delete_role(RoleName=trusting)


def test_a_trust_policy_may_leave_its_version_out(account: Account) -> None:
    """As the roles of `cdk bootstrap --trust` do, when they are made and when they are changed."""
    document = policy({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
    document = document.replace('"Version": "2012-10-17", ', "")
    role = account.role(trusting=document)
    account.iam.update_assume_role_policy(RoleName=account.name, PolicyDocument=document)
    assert account.session(role)
    unknown = document.replace(ROOT, f"arn:aws:iam::{ACCOUNT}:user/nobody-{account.name}")
    with refused("MalformedPolicyDocument", "Invalid principal in policy"):
        account.iam.update_assume_role_policy(RoleName=account.name, PolicyDocument=unknown)


def test_a_session_lasts_as_long_as_its_role_allows(account: Account) -> None:
    """By default an hour; and never longer where a role's session assumes another role."""
    role = account.role(allow("sts:AssumeRole"))
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role"):
        account.session(role, DurationSeconds=3601)
    account.iam.update_role(RoleName=account.name, MaxSessionDuration=7200)
    session = account.session(role, DurationSeconds=7200)
    with refused("ValidationError", "exceeds the 1 hour session limit for roles assumed by role chaining"):
        account.client("sts", session).assume_role(RoleArn=role, RoleSessionName="again", DurationSeconds=3601)


def test_a_copy_of_an_object_with_tags_asks_for_the_tags(account: Account, bucket: str) -> None:
    """Reading them from the source and putting them to the copy; a copy with tags of its own reads none."""
    account.cloud.client("s3").put_object(Bucket=bucket, Key="tagged", Body=b"1", Tagging="a=b")
    role = account.role(allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*"))
    s3, source = account.client("s3", account.session(role)), f"{bucket}/tagged"
    s3.copy_object(Bucket=bucket, Key="plain", CopySource=f"{bucket}/raw/a.csv")
    with refused("AccessDenied", "s3:GetObjectTagging"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    more = allow(["s3:GetObjectTagging", "s3:PutObjectTagging"], f"arn:aws:s3:::{bucket}/*")
    account.iam.put_role_policy(RoleName=account.name, PolicyName="tags", PolicyDocument=policy(more))
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    copied = account.cloud.client("s3").get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]
    assert copied == [{"Key": "a", "Value": "b"}]


def test_what_moto_takes_and_aws_does_not(account: Account) -> None:
    """A parameter's name has letters, digits and four signs. What is not there has no tags."""
    with refused("ValidationException", "each sub-path can be formed as a mix of letters"):
        account.cloud.client("ssm").put_parameter(Name="two words", Type="String", Value="x")
    glue, sagemaker = account.cloud.client("glue"), account.cloud.client("sagemaker")
    with refused("EntityNotFoundException"):
        glue.tag_resource(ResourceArn=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/none", TagsToAdd={"a": "b"})
    with refused("ValidationException", "Could not find resource"):
        endpoint = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/none"
        sagemaker.add_tags(ResourceArn=endpoint, Tags=[{"Key": "a", "Value": "b"}])
