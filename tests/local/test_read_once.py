"""A request that two readers could read in two ways: a role of few permissions tries to read what it may not.

The role may read one secret, list log groups, and read and write the objects below ``mine/`` of one bucket. There is
another secret and another object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bench.lab.raw_http import Raw, presigned, send, signed
from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow

TARGET = "X-Amz-Target"
JSON = {"Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GET_SECRET = "secretsmanager.GetSecretValue"
TREASURE = "the-github-token"


@dataclass(frozen=True, kw_only=True)
class Thief:
    """A session of the role, and the names of what it is after."""

    cloud: LocalCloud
    credentials: dict[str, str]
    harmless: str
    """The ARN of the secret that it may read."""
    bucket: str
    token: str = "github-token"

    def ask(self, service: str, target: str, params: object, **more: str) -> Raw:
        body = params if isinstance(params, bytes) else json.dumps(params).encode()
        return signed(self.cloud, self.credentials, service, headers={**JSON, TARGET: target, **more}, body=body)

    def form(self, service: str, body: str, address: str = "/") -> Raw:
        return signed(self.cloud, self.credentials, service, address=address, headers=FORM, body=body.encode())

    def s3(self, method: str, address: str, body: bytes = b"", **headers: str) -> Raw:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return signed(self.cloud, self.credentials, "s3", method=method, address=address, headers=named, body=body)


@pytest.fixture(scope="module")
def thief(local_cloud: LocalCloud) -> Thief:
    account = Account(local_cloud)
    secrets = local_cloud.client("secretsmanager")
    harmless = secrets.create_secret(Name=f"harmless-{account.name}", SecretString="nothing")["ARN"]
    token = f"token-{account.name}"
    secrets.create_secret(Name=token, SecretString=TREASURE)
    bucket, s3 = account.name, local_cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="mine/a", Body=b"harmless")
    s3.put_object(Bucket=bucket, Key="treasure", Body=TREASURE.encode())
    role = account.role(
        allow("secretsmanager:GetSecretValue", harmless),
        allow(["logs:DescribeLogGroups", "secretsmanager:GetRandomPassword"]),
        allow(
            ["s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:DeleteObject"], f"arn:aws:s3:::{bucket}/mine/*"
        ),
        allow(["s3:ListBucket", "s3:GetBucketTagging"], "*"),
    )
    return Thief(cloud=local_cloud, credentials=account.session(role), harmless=harmless, bucket=bucket, token=token)


def test_what_the_role_may(thief: Thief) -> None:
    """The role reads its own secret and objects, and is denied the others: the attacks below ask for no less."""
    status, body = send(thief.cloud, thief.ask("secretsmanager", GET_SECRET, {"SecretId": thief.harmless}))
    assert (status, b"nothing" in body) == (200, True)
    status, body = send(thief.cloud, thief.ask("secretsmanager", GET_SECRET, {"SecretId": thief.token}))
    assert (status, b"AccessDeniedException" in body) == (400, True)
    assert send(thief.cloud, thief.s3("GET", f"/{thief.bucket}/mine/a")) == (200, b"harmless")
    assert send(thief.cloud, thief.s3("GET", f"/{thief.bucket}/treasure"))[0] == 403
    admin = signed(thief.cloud, thief.cloud.administrator, "s3", method="GET", address=f"/{thief.bucket}/treasure")
    assert send(thief.cloud, admin) == (200, TREASURE.encode())


def two_credentials(thief: Thief, *, first: bool) -> Raw:
    request = thief.ask("logs", "Logs_20140328.DescribeLogGroups", {"SecretId": thief.token})
    given = request.header("Authorization")
    scope = given.partition("Credential=")[2].partition(",")[0]
    other = f"Credential={scope.replace('/logs/', '/secretsmanager/')}"
    both = given.replace("Credential=", f"{other}, Credential=") if first else f"{given}, {other}"
    return request.with_header("Authorization", both)


def authorization_twice(thief: Thief) -> Raw:
    request = thief.ask("logs", "Logs_20140328.DescribeLogGroups", {"SecretId": thief.token})
    return request.and_header("Authorization", request.header("Authorization").replace("/logs/", "/secretsmanager/"))


def secret_by(name: str) -> Callable[[Thief], Raw]:
    """A call that the role may make, and the secret's target in another header."""

    def attack(thief: Thief) -> Raw:
        request = thief.ask("secretsmanager", "secretsmanager.GetRandomPassword", {"SecretId": thief.token})
        return request.and_header(name, GET_SECRET)

    return attack


def two_credentials_and_targets(thief: Thief) -> Raw:
    return two_credentials(thief, first=True).and_header("x_amz_target", GET_SECRET)


def by_multipart_form(thief: Thief) -> Raw:
    fields = {"Action": "GetSecretValue", "SecretId": thief.token}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    body = "\r\n".join([*parts, "--x--", ""])
    return signed(
        thief.cloud,
        thief.credentials,
        "secretsmanager",
        address=f"/?Action=GetRandomPassword&SecretId={thief.harmless}",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        body=body.encode(),
    )


def arn_in_another_member(thief: Thief) -> Raw:
    return thief.ask(
        "secretsmanager", GET_SECRET, {"SecretId": thief.token, "Extra": thief.harmless, "arn": thief.harmless}
    )


def arn_in_a_known_member(thief: Thief) -> Raw:
    return thief.ask("secretsmanager", GET_SECRET, {"VersionId": thief.harmless, "SecretId": thief.token})


def member_twice(thief: Thief) -> Raw:
    body = f'{{"SecretId": "{thief.harmless}", "SecretId": "{thief.token}"}}'
    return thief.ask("secretsmanager", GET_SECRET, body.encode())


def scope_of_another_service(thief: Thief) -> Raw:
    return thief.ask("logs", GET_SECRET, {"SecretId": thief.token})


def operation_of_another_service(thief: Thief) -> Raw:
    return thief.ask("secretsmanager", "Logs_20140328.GetSecretValue", {"SecretId": thief.token})


def action_beside_target(thief: Thief) -> Raw:
    return signed(
        thief.cloud,
        thief.credentials,
        "secretsmanager",
        address="/?Action=GetSecretValue",
        headers={**JSON, TARGET: "secretsmanager.ListSecrets"},
        body=json.dumps({"SecretId": thief.token}).encode(),
    )


def target_not_signed(thief: Thief) -> Raw:
    request = signed(
        thief.cloud,
        thief.credentials,
        "secretsmanager",
        headers=JSON,
        body=b'{"SecretId": "%s"}' % thief.token.encode(),
    )
    return request.and_header(TARGET, GET_SECRET)


def host_twice(thief: Thief) -> Raw:
    return thief.ask("secretsmanager", GET_SECRET, {"SecretId": thief.token}).and_header(
        "Host", "secretsmanager.us-east-1.amazonaws.com"
    )


def date_twice(thief: Thief) -> Raw:
    return thief.ask("secretsmanager", GET_SECRET, {"SecretId": thief.token}).and_header(
        "X-Amz-Date", "20200101T000000Z"
    )


def bucket_with_a_slash(thief: Thief) -> Raw:
    return thief.s3("GET", f"/{thief.bucket}%2Ftreasure")


def two_subresources(thief: Thief) -> Raw:
    return thief.s3("GET", f"/{thief.bucket}?list-type=2&policy")


def parameter_twice(thief: Thief) -> Raw:
    return thief.s3("GET", f"/{thief.bucket}/mine/a?versionId=null&versionId=x")


def copy_by_presigned_url(thief: Thief) -> Raw:
    """Somebody else gave the role a URL to upload one object."""
    request = presigned(thief.cloud, thief.cloud.administrator, method="PUT", address=f"/{thief.bucket}/mine/stolen")
    return request.and_header("x-amz-copy-source", f"/{thief.bucket}/treasure")


def copy_with_an_underscore(thief: Thief) -> Raw:
    request = thief.s3("PUT", f"/{thief.bucket}/mine/stolen")
    return request.and_header("x_amz_copy_source", f"/{thief.bucket}/treasure")


def copy_of_a_question_mark(thief: Thief) -> Raw:
    return thief.s3(
        "PUT", f"/{thief.bucket}/mine/stolen", x_amz_copy_source=f"/{thief.bucket}/treasure?x=/{thief.bucket}/mine/a"
    )


def url_and_header(thief: Thief) -> Raw:
    url = presigned(thief.cloud, thief.cloud.administrator, address=f"/{thief.bucket}/mine/a")
    return thief.s3("GET", url.address.replace("mine/a", "treasure"))


def motos_own_pages(thief: Thief) -> Raw:
    return thief.s3("GET", "/moto-api/data.json")


def deletion_elsewhere_in_the_document(thief: Thief) -> Raw:
    body = b"<Delete><Object><Key>mine/a</Key></Object><x><Object><Key>treasure</Key></Object></x></Delete>"
    return thief.s3("POST", f"/{thief.bucket}?delete", body)


def key_twice_in_a_deletion(thief: Thief) -> Raw:
    body = b"<Delete><Object><Key>treasure</Key><Key>mine/a</Key></Object></Delete>"
    return thief.s3("POST", f"/{thief.bucket}?delete", body)


def two_actions(thief: Thief) -> Raw:
    return thief.form("sts", "Action=GetCallerIdentity&Action=GetSessionToken&Version=2011-06-15")


def action_in_address_and_body(thief: Thief) -> Raw:
    return thief.form("iam", "Action=ListUsers&Version=2010-05-08", "/?Action=GetUser")


ATTACKS = {
    "the first of two Credential fields is another's": lambda thief: two_credentials(thief, first=True),
    "the second of two Credential fields is another's": lambda thief: two_credentials(thief, first=False),
    "two Credential fields and x_amz_target": two_credentials_and_targets,
    "Authorization twice": authorization_twice,
    "x_amz_target beside X-Amz-Target": secret_by("x_amz_target"),
    "X_Amz_Target beside X-Amz-Target": secret_by("X_Amz-Target"),
    "X-Amz-Target twice": secret_by("X-Amz-Target"),
    "a multipart form": by_multipart_form,
    "an ARN in a member that the operation does not have": arn_in_another_member,
    "an ARN in a member that it has": arn_in_a_known_member,
    "a member twice": member_twice,
    "signed for another service": scope_of_another_service,
    "another service's operation of the same name": operation_of_another_service,
    "Action beside X-Amz-Target": action_beside_target,
    "X-Amz-Target not signed": target_not_signed,
    "Host twice": host_twice,
    "X-Amz-Date twice": date_twice,
    "a bucket's name with a slash": bucket_with_a_slash,
    "two subresources": two_subresources,
    "a parameter twice": parameter_twice,
    "an unsigned x-amz-copy-source on a presigned URL": copy_by_presigned_url,
    "x_amz_copy_source": copy_with_an_underscore,
    "a copy source with a second query": copy_of_a_question_mark,
    "a presigned URL beside a header": url_and_header,
    "moto's own pages": motos_own_pages,
    "an object to delete elsewhere in the document": deletion_elsewhere_in_the_document,
    "a key twice in a deletion": key_twice_in_a_deletion,
    "two actions": two_actions,
    "an action in the address and one in the body": action_in_address_and_body,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_can_be_read_in_two_ways_is_refused(thief: Thief, attack: str) -> None:
    """None of these requests gets the secret or the object, nor anything else: each is refused, none breaks."""
    status, body = send(thief.cloud, ATTACKS[attack](thief))
    assert TREASURE.encode() not in body
    assert 400 <= status < 500 or (status, b"NotImplemented" in body) == (501, True), (status, body)
    s3 = thief.cloud.client("s3")
    assert {item["Key"] for item in s3.list_objects_v2(Bucket=thief.bucket)["Contents"]} == {"mine/a", "treasure"}


def test_moto_takes_the_region_from_the_signature(thief: Thief) -> None:
    """A User-Agent that names another region leads to no other region's secrets."""
    request = signed(
        thief.cloud,
        thief.cloud.administrator,
        "secretsmanager",
        headers={**JSON, TARGET: GET_SECRET, "User-Agent": "Boto3 region/eu-west-1"},
        body=json.dumps({"SecretId": thief.token}).encode(),
    )
    status, body = send(thief.cloud, request)
    assert (status, TREASURE.encode() in body) == (200, True)


def test_an_objects_content_type_may_be_that_of_a_form(thief: Thief) -> None:
    """Bytes that look like a form are an object's bytes, and keep their type."""
    for kind, body in (
        ("application/x-www-form-urlencoded", b"key=stolen&file=x"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x--\r\n'),
    ):
        s3 = thief.cloud.client("s3")
        s3.put_object(Bucket=thief.bucket, Key="form", Body=body, ContentType=kind)
        found = s3.get_object(Bucket=thief.bucket, Key="form")
        s3.delete_object(Bucket=thief.bucket, Key="form")
        assert (found["Body"].read(), found["ContentType"]) == (body, kind)


def test_names_and_values_with_every_character(thief: Thief) -> None:
    """Keys, metadata and tags come back as they were given, whatever stands in them."""
    s3 = thief.cloud.client("s3")
    for key in ("a b", "a+b", "a%2Fb", "ä/ö", "x//y", "q?versionId=1", "#;&=:", "trailing/", "~a.b-c_d"):
        s3.put_object(Bucket=thief.bucket, Key=key, Body=b"x", Metadata={"under_score": "1"}, Tagging="a%20b=c%2Bd")
        found = s3.get_object(Bucket=thief.bucket, Key=key)
        assert found["Metadata"] == {"under_score": "1"}
        assert s3.get_object_tagging(Bucket=thief.bucket, Key=key)["TagSet"] == [{"Key": "a b", "Value": "c+d"}]
        s3.copy_object(Bucket=thief.bucket, Key=f"copy-of-{key}", CopySource={"Bucket": thief.bucket, "Key": key})
        assert s3.get_object(Bucket=thief.bucket, Key=f"copy-of-{key}")["Body"].read() == b"x"
        listed = s3.list_objects_v2(Bucket=thief.bucket, Prefix=key)["Contents"]
        assert [item["Key"] for item in listed] == [key]
        done = s3.delete_objects(Bucket=thief.bucket, Delete={"Objects": [{"Key": key}, {"Key": f"copy-of-{key}"}]})
        assert {item["Key"] for item in done["Deleted"]} == {key, f"copy-of-{key}"}
