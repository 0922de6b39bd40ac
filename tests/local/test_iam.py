"""IAM as it is enforced at the front door: signatures, sessions, policies, and what is refused in AWS's words."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.local.cognito_lab import Pool
from tests.local.iam_account import ACCOUNT, Account, allow, policy, refused, trust
from tests.waiting import DEADLINE_SECONDS, WAITER

# ---- who calls


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("iam", "list_roles", "SignatureDoesNotMatch"),
        ("glue", "get_jobs", "InvalidSignatureException"),
    ],
)
def test_a_forged_signature(account: Account, service: str, call: str, code: str) -> None:
    """A caller is refused who knows the administrator's key id and not its secret."""
    forged = {**account.cloud.administrator, "aws_secret_access_key": "localcloud"}
    with refused(code, "does not match"):
        getattr(account.client(service, forged), call)()


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("sagemaker", "list_models", "UnrecognizedClientException"),
    ],
)
def test_a_foreign_key(account: Account, service: str, call: str, code: str) -> None:
    """A key of some other account is refused."""
    foreign = {"aws_access_key_id": "AKIAFOREIGN", "aws_secret_access_key": "secret"}
    with refused(code):
        getattr(account.client(service, foreign), call)()


def test_a_key_that_was_switched_off(account: Account) -> None:
    """An inactive key is as unknown as none."""
    keys = account.user()
    account.iam.update_access_key(UserName=account.name, AccessKeyId=keys["aws_access_key_id"], Status="Inactive")
    with refused("InvalidClientTokenId"):
        account.client("sts", keys).get_caller_identity()


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "RequestTimeTooSkewed"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("glue", "get_jobs", "InvalidSignatureException"),
    ],
)
def test_a_skewed_clock(account: Account, monkeypatch: pytest.MonkeyPatch, service: str, call: str, code: str) -> None:
    """A request of an hour ago is refused."""
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda **_: datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    )
    with refused(code):
        getattr(account.cloud.client(service), call)()


@pytest.mark.parametrize("token", ["", "another"])
def test_a_session_without_its_token(account: Account, token: str) -> None:
    """A session's key is good with its own token alone."""
    credentials = {**account.session(account.role()), "aws_session_token": token}
    with refused("InvalidClientTokenId"):
        account.client("sts", credentials).get_caller_identity()


def test_who_one_is_needs_no_permission(account: Account) -> None:
    """GetCallerIdentity answers a role without any policy, and the administrator."""
    identity = account.client("sts", account.session(account.role())).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{account.name}/run"
    assert account.cloud.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


# ---- presigned URLs


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_presigned_urls(account: Account, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed URL holds; it is refused once tampered with, expired, or signed by somebody who may not read."""

    def url(client: Any) -> str:
        parameters = {"Bucket": bucket, "Key": "raw/a.csv"}
        return str(client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60))

    admin = account.client("s3", account.cloud.administrator)
    good = url(admin)
    assert get(good) == (200, "1,2")
    status, body = get(good.replace("Expires=60", "Expires=600"))
    assert (status, "SignatureDoesNotMatch" in body) == (403, True)
    status, body = get(url(account.client("s3", account.user())))
    assert (status, "s3:GetObject" in body) == (403, True)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda **_: datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    )
    status, body = get(url(admin))
    assert (status, "Request has expired" in body) == (403, True)


def test_a_presigned_url_that_says_other_than_version_4_has_it(account: Account, bucket: str) -> None:
    """A URL for too long, without its signature, or by version 2 is refused under AWS's codes."""
    admin = account.client("s3", account.cloud.administrator)
    target = {"Bucket": bucket, "Key": "raw/a.csv"}
    status, body = get(admin.generate_presigned_url("get_object", Params=target, ExpiresIn=604_801))
    assert (status, "<Code>AuthorizationQueryParametersError</Code>" in body) == (400, True)
    good = admin.generate_presigned_url("get_object", Params=target)
    status, body = get(good.partition("&X-Amz-Signature")[0])
    assert (status, "<Code>AuthorizationQueryParametersError</Code>" in body) == (400, True)
    version_2 = account.cloud.client("s3", signature_version="s3")
    status, body = get(version_2.generate_presigned_url("get_object", Params=target))
    assert (status, "<Code>InvalidRequest</Code>" in body, "AWS4-HMAC-SHA256" in body) == (400, True, True)
    with refused("InvalidRequest"):
        version_2.list_buckets()


# ---- what they may


def test_a_refusal_reads_as_awss(account: Account, bucket: str) -> None:
    """A refusal says who, which action, which resource and which kind of policy, in each protocol's code."""
    session = account.session(account.role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/raw/*")))
    me = f"arn:aws:sts::{ACCOUNT}:assumed-role/{account.name}/run"
    s3 = account.client("s3", session)
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    reason = "because no identity-based policy allows the"
    with refused("AccessDenied", f'User: {me} is not authorized to perform: s3:PutObject on resource: "arn') as put:
        s3.put_object(Bucket=bucket, Key="raw/b.csv", Body=b"")
    assert f"{reason} s3:PutObject action" in str(put.value)
    with refused("AccessDeniedException", rf"glue:StartJobRun on resource: .*:job/x {reason}"):
        account.client("glue", session).start_job_run(JobName="x")
    with refused("AccessDenied", rf"iam:GetRole on resource: arn:aws:iam::{ACCOUNT}:role/{account.name} {reason}"):
        account.client("iam", session).get_role(RoleName=account.name)
    with refused("AuthorizationError", "SNS:CreateTopic|sns:CreateTopic"):
        account.client("sns", session).create_topic(Name="x")


def test_a_missing_object_is_told_to_those_who_may_list(account: Account, bucket: str) -> None:
    """A missing object is 404 with s3:ListBucket, and 403 without."""
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    s3 = account.client("s3", account.session(account.role(read)))
    with refused("AccessDenied", "s3:ListBucket"):
        s3.get_object(Bucket=bucket, Key="none")
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    account.iam.put_role_policy(RoleName=account.name, PolicyName="list", PolicyDocument=policy(listing))
    with refused("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="none")


def test_a_bucket_policy_denies_and_allows(account: Account, bucket: str) -> None:
    """An explicit deny wins over the role's own policy; a grant to the role needs no policy of its own."""
    arn = account.role()
    s3 = account.client("s3", account.session(arn))
    admin = account.cloud.client("s3")
    grant = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": arn}}
    admin.put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    deny = {**grant, "Effect": "Deny"}
    admin.put_bucket_policy(Bucket=bucket, Policy=policy(grant, deny))
    with refused("AccessDenied", "with an explicit deny in a resource-based policy"):
        s3.get_object(Bucket=bucket, Key="raw/a.csv")


def test_tls_only_buckets_answer(account: Account, bucket: str) -> None:
    """The loopback counts as secure transport; a policy that asks for the contrary bites."""
    statement = {**allow("s3:*", f"arn:aws:s3:::{bucket}/*"), "Effect": "Deny", "Principal": "*"}
    for wanted in ("false", "true"):
        document = policy({**statement, "Condition": {"Bool": {"aws:SecureTransport": wanted}}})
        account.cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)
        if wanted == "false":
            account.cloud.client("s3").get_object(Bucket=bucket, Key="raw/a.csv")
    with refused("AccessDenied", "explicit deny"):
        account.cloud.client("s3").get_object(Bucket=bucket, Key="raw/a.csv")


def test_a_boundary_limits(account: Account, bucket: str) -> None:
    """A boundary forbids what it does not allow, whatever the role's policy says."""
    boundary = account.iam.create_policy(PolicyName=account.name, PolicyDocument=policy(allow("glue:*")))
    arn = account.role(allow("s3:*"), PermissionsBoundary=boundary["Policy"]["Arn"])
    with refused("AccessDenied", "because no permissions boundary allows the s3:GetObject action"):
        account.client("s3", account.session(arn)).get_object(Bucket=bucket, Key="raw/a.csv")


def test_a_session_policy_limits(account: Account, bucket: str) -> None:
    """A session has its role's rights within the policy that it was assumed with."""
    arn = account.role(allow("s3:*"))
    session = account.session(arn, Policy=policy(allow("s3:GetObject")))
    s3 = account.client("s3", session)
    s3.get_object(Bucket=bucket, Key="raw/a.csv")
    with refused("AccessDenied", "because no session policy allows the s3:PutObject action"):
        s3.put_object(Bucket=bucket, Key="x", Body=b"")


def test_managed_policies_and_groups(account: Account, bucket: str) -> None:
    """A user has the default version of what is attached to a group of theirs, at once."""
    s3 = account.client("s3", account.user())
    created = account.iam.create_policy(PolicyName=account.name, PolicyDocument=policy(allow("glue:*")))["Policy"]
    account.iam.create_group(GroupName=account.name)
    account.iam.add_user_to_group(GroupName=account.name, UserName=account.name)
    account.iam.attach_group_policy(GroupName=account.name, PolicyArn=created["Arn"])
    with refused("AccessDenied"):
        s3.get_object(Bucket=bucket, Key="raw/a.csv")
    document = policy(allow("s3:GetObject", "arn:aws:s3:::${aws:RequestedRegion}*"), allow("s3:GetObject"))
    account.iam.create_policy_version(PolicyArn=created["Arn"], PolicyDocument=document, SetAsDefault=True)
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"


def test_a_keys_policy_is_required(account: Account) -> None:
    """Identity policies count nothing on a key whose policy does not name the account or the caller."""
    statement = {**allow("kms:*"), "Principal": {"AWS": "arn:aws:iam::210987654321:root"}}
    admin = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    kms = account.cloud.client("kms")
    closed = kms.create_key(Policy=policy(statement))["KeyMetadata"]["KeyId"]
    opened = kms.create_key(Policy=policy(admin))["KeyMetadata"]["KeyId"]
    mine = account.client("kms", account.session(account.role(allow("kms:*"))))
    mine.generate_data_key(KeyId=opened, KeySpec="AES_256")
    with refused("AccessDeniedException", "because no resource-based policy allows the kms:GenerateDataKey action"):
        mine.generate_data_key(KeyId=closed, KeySpec="AES_256")


# ---- roles


def test_a_role_that_does_not_trust(account: Account) -> None:
    """Neither the administrator nor CloudFormation may assume a role that trusts Glue."""
    arn = account.role(trusting=trust(Service="glue.amazonaws.com"))
    with refused("AccessDenied", f"sts:AssumeRole on resource: {arn} because no role trust policy allows"):
        account.session(arn)
    with refused("ValidationError", "cannot be assumed"):
        account.cloud.client("cloudformation").create_stack(
            StackName=account.name, TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}', RoleARN=arn
        )


@pytest.mark.parametrize("there", [True, False])
def test_a_service_takes_no_role_that_does_not_trust_it(account: Account, there: bool) -> None:
    """Each service refuses such a role, and a missing one, in its own words, and makes nothing."""
    role = account.role() if there else f"arn:aws:iam::{ACCOUNT}:role/{account.name}"
    name, clients = account.name, account.cloud.client
    command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://b/k"}
    with refused("InvalidInputException", "unable to assume provided role"):
        clients("glue").create_job(Name=name, Role=account.name, Command=command, GlueVersion="5.1")
    with refused("InvalidInputException", "unable to assume provided role"):
        targets = {"S3Targets": [{"Path": "s3://b/k"}]}
        clients("glue").create_crawler(Name=name, Role=role, DatabaseName="d", Targets=targets)
    with refused("ValidationException", f"Could not assume role {role}"):
        clients("sagemaker").create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    with refused("ValidationException", f"'{role}' cannot be assumed by principal 'events.amazonaws.com'"):
        clients("events").put_rule(Name=name, ScheduleExpression="rate(1 day)", RoleArn=role)
    build = {
        "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
    }
    with refused("InvalidInputException", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"):
        clients("codebuild").create_project(name=name, serviceRole=role, **build)
    stages: list[dict[str, Any]] = [{"name": "S", "actions": []}, {"name": "T", "actions": []}]
    pipeline = {"name": name, "roleArn": role, "artifactStore": {"type": "S3", "location": "bucket"}, "stages": stages}
    with refused("InvalidStructureException", f"CodePipeline is not authorized to perform AssumeRole on role {role}"):
        clients("codepipeline").create_pipeline(pipeline=pipeline)


def test_a_role_is_passed_to_the_service_that_the_policy_names(account: Account) -> None:
    """iam:PassRole for SageMaker does not hand the role to Glue; without PassRole nobody gets it."""
    arn = account.role(trusting=trust(Service="glue.amazonaws.com"))
    keys = account.user(
        allow("glue:CreateJob"),
        allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    )
    job = {"Name": account.name, "Role": arn, "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k.py"}}
    job |= {"GlueVersion": "5.1"}
    with refused("AccessDeniedException", f"iam:PassRole on resource: {arn}"):
        account.client("glue", keys).create_job(**job)
    passing = allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}})
    document = policy(allow("glue:CreateJob"), passing)
    account.iam.put_user_policy(UserName=account.name, PolicyName="p", PolicyDocument=document)
    assert account.client("glue", keys).create_job(**job)["Name"] == account.name


def test_a_template_is_deployed_with_its_callers_rights(account: Account) -> None:
    """Without a role, CloudFormation goes on with the caller's own permissions and no more."""
    keys = account.user(allow("cloudformation:*"))
    client = account.client("cloudformation", keys)
    client.create_stack(StackName=account.name, TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    with pytest.raises(Exception, match=r"Waiter|terminal"):
        client.get_waiter("stack_create_complete").wait(StackName=account.name, WaiterConfig=WAITER)
    events = client.describe_stack_events(StackName=account.name)["StackEvents"]
    assert any("not authorized to perform: sns:CreateTopic" in e.get("ResourceStatusReason", "") for e in events)


# ---- documents


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}', "neither Resource"),
        (
            policy({**allow("s3:*"), "Condition": {"StringEqual": {"a": "b"}}}),
            "StringEqual is not a condition operator",
        ),
        (policy({**allow("s3:*"), "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}}), "does not evaluate"),
    ],
)
def test_a_policy_that_cannot_be_held_to_is_refused(account: Account, document: str, said: str) -> None:
    """A policy is refused, with the place, that is malformed or has a condition which is not evaluated."""
    account.role()
    with refused("MalformedPolicyDocument", said):
        account.iam.put_role_policy(RoleName=account.name, PolicyName="p", PolicyDocument=document)


@pytest.mark.parametrize(
    ("service", "call", "parameters"),
    [
        ("sts", "get_session_token", {}),
        ("sts", "get_federation_token", {"Name": "me"}),
        ("sts", "assume_role", {"Tags": [{"Key": "team", "Value": "a"}]}),
        ("sts", "assume_role", {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}),
        ("kms", "create_grant", {"KeyId": "k", "Operations": ["Decrypt"]}),
    ],
)
def test_what_no_policy_here_would_say_is_refused(
    account: Account, service: str, call: str, parameters: dict[str, Any]
) -> None:
    """A grant or a session whose limits are not evaluated is refused by name."""
    if call == "assume_role":
        parameters = {"RoleArn": account.role(), "RoleSessionName": "run", **parameters}
    if call == "create_grant":
        parameters = {"GranteePrincipal": account.role(), **parameters}
    with refused("NotImplemented", "is not supported by the local cloud"):
        getattr(account.cloud.client(service), call)(**parameters)


class TokenLogin:
    """A pool with the user ``ann``, and a role that trusts its provider for her alone. It is yet to be registered."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.pool = Pool(account.cloud)
        self.pool.add_user("ann")
        self.tokens = self.pool.password_auth("ann")["AuthenticationResult"]
        self.token: str = self.tokens["IdToken"]
        self.subject: str = self.pool.claims(self.token)["sub"]
        self.issuer = f"cognito-idp.us-east-1.amazonaws.com/{self.pool.id}"
        self.role = account.role(allow("sqs:ListQueues"), trusting=self.trust(self.subject))
        self.sts = boto3.client(
            "sts",
            endpoint_url=account.cloud.endpoint_url,
            region_name="us-east-1",
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )

    def trust(self, subject: str) -> str:
        wanted = {f"{self.issuer}:aud": self.pool.client_id, f"{self.issuer}:sub": subject}
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.issuer}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": wanted},
        }
        return policy(statement)

    def register(self) -> None:
        self.account.iam.create_open_id_connect_provider(
            Url=f"https://{self.issuer}", ClientIDList=[self.pool.client_id]
        )

    def log_in(self, token: str, **more: Any) -> Any:
        asked = {"RoleArn": self.role, "RoleSessionName": "ann", "WebIdentityToken": token}
        return self.sts.assume_role_with_web_identity(**asked, **more)


def test_a_users_token_of_a_pool_is_a_login(account: Account) -> None:
    """An ID token assumes the role that trusts its provider for its audience and subject, without a signature."""
    login = TokenLogin(account)
    login.register()
    found = login.log_in(login.token)
    assert found["SubjectFromWebIdentityToken"] == login.subject
    assert (found["Audience"], found["Provider"].partition("/")[2]) == (login.pool.client_id, login.issuer)
    assert found["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/{account.name}/ann")
    assert found["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    keys = {
        "aws_access_key_id": found["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": found["Credentials"]["SecretAccessKey"],
        "aws_session_token": found["Credentials"]["SessionToken"],
    }
    who = account.client("sts", keys).get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (found["AssumedRoleUser"]["Arn"], found["AssumedRoleUser"]["AssumedRoleId"])
    account.client("sqs", keys).list_queues()
    with refused("AccessDenied"):
        account.client("s3", keys).list_buckets()
    asked = {"RoleArn": login.role, "RoleSessionName": "ann", "WebIdentityToken": login.token}
    address = urllib.parse.urlencode({"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", **asked})
    with urllib.request.urlopen(f"{account.cloud.endpoint_url}/?{address}") as answer:
        assert f"<SubjectFromWebIdentityToken>{login.subject}<".encode() in answer.read()


def test_a_token_that_the_role_does_not_trust_is_refused_in_awss_words(account: Account) -> None:
    """Unknown provider, forged, for nobody, malformed, too long, or another's: each has its own refusal."""
    login = TokenLogin(account)
    unknown = f"No OpenIDConnect provider found in your account for https://{login.issuer}"
    with refused("InvalidIdentityToken", unknown):
        login.log_in(login.token)
    login.register()
    head, body, signature = login.token.split(".")
    with refused("InvalidIdentityToken", "could not be validated"):
        login.log_in(f"{head}.{body}.{signature[::-1]}")
    with refused("InvalidIdentityToken", "Incorrect token audience"):
        login.log_in(login.tokens["AccessToken"])
    with refused("InvalidIdentityToken", "not a valid JWT"):
        login.log_in("none")
    with refused("ValidationError", "MaxSessionDuration"):
        login.log_in(login.token, DurationSeconds=43_200)
    with refused("NotImplemented", "PolicyArns"):
        login.log_in(login.token, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
    account.iam.update_assume_role_policy(RoleName=account.name, PolicyDocument=login.trust("somebody else"))
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        login.log_in(login.token)


def test_policies_are_no_longer_than_awss_quotas(account: Account) -> None:
    """A role's inline policies count together, white space aside; managed and trust policies count by themselves."""
    account.role()
    half = policy(allow("s3:GetObject", [f"arn:aws:s3:::bucket/{number:04}/*" for number in range(215)]))

    def put(name: str, document: str) -> None:
        account.iam.put_role_policy(RoleName=account.name, PolicyName=name, PolicyDocument=document)

    put("a", half + " " * 10_000)
    put("a", half)  # it takes its own place
    with refused("LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {account.name}"):
        put("b", half)
    put("b", policy(allow("s3:GetObject")))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        account.iam.create_policy(PolicyName=account.name, PolicyDocument=half)
    long_trust = trust(AWS=f"arn:aws:iam::{ACCOUNT}:root").replace("root", "r" * 2048)
    with refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"):
        account.iam.create_role(RoleName=f"{account.name}b", AssumeRolePolicyDocument=long_trust)


def test_every_service_words_a_malformed_policy_its_own_way(account: Account, bucket: str) -> None:
    """Bucket, key, secret, topic and session each refuse a malformed policy with the place."""
    bad = policy({**allow("s3:*"), "Principal": {"CanonicalUser": "abc"}})
    place = r"Statement\[0\], Principal"
    client = account.cloud.client
    with refused("MalformedPolicy", place):
        client("s3").put_bucket_policy(Bucket=bucket, Policy=bad)
    with refused("MalformedPolicyDocumentException", place):
        client("kms").create_key(Policy=bad)
    with refused("MalformedPolicyDocument", place):
        client("sns").create_topic(Name=account.name, Attributes={"Policy": bad})
    with refused("MalformedPolicyDocument", r"Statement\[0\], Effect"):
        account.session(account.role(), Policy=policy({**allow("s3:*"), "Effect": "Maybe"}))


def test_simulation_answers_as_calls_are_decided(account: Account) -> None:
    """SimulatePrincipalPolicy and SimulateCustomPolicy answer allowed, explicitDeny and implicitDeny."""
    deny = {**allow("s3:GetObject", "arn:aws:s3:::b/secret/*"), "Effect": "Deny"}
    statements = (allow("s3:GetObject", "arn:aws:s3:::b/*"), deny)
    arn = account.role(*statements)
    asked = {
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::b/a", "arn:aws:s3:::b/secret/a"],
    }
    principal = account.iam.simulate_principal_policy(PolicySourceArn=arn, **asked)
    custom = account.iam.simulate_custom_policy(PolicyInputList=[policy(*statements)], **asked)
    for found in (principal, custom):
        decisions = [result["EvalDecision"] for result in found["EvaluationResults"]]
        assert decisions == ["allowed", "explicitDeny", "implicitDeny", "implicitDeny"]


def test_denied_calls_are_shown_first(account: Account) -> None:
    """`status` begins with the denied calls, and the log has them."""
    with refused("AccessDenied"):
        account.client("iam", account.session(account.role())).list_users()
    from tests.clouds import run_localcloud

    shown = run_localcloud(account.cloud.home, "status").stdout.splitlines()
    assert shown[0].startswith("denied 1x")
    assert any(f"assumed-role/{account.name}/run" in line and "iam:ListUsers" in line for line in shown)
    assert "denied: User" in (account.cloud.home / "localcloud.log").read_text()
