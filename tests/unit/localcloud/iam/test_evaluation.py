"""The evaluator against AWS's documented evaluation rules; each case names its rule.

Rules: "Policy evaluation logic", "Condition operators", "Multivalued context keys", "Policy variables", "Principal",
"NotAction", "NotResource" and "NotPrincipal" of the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.iam.evaluation import Policies, Principal, Request, evaluate

ACCOUNT = "123456789012"
USER = Principal(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/ann")
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/run"
SESSION = Principal(account_id=ACCOUNT, arn=SESSION_ARN, role_arn=ROLE_ARN)
ROOT = Principal(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root")
GLUE = Principal(account_id=ACCOUNT, arn="", service="glue.amazonaws.com")
OBJECT = "arn:aws:s3:::data/raw/car.data"

ALLOWED, DENIED, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"

Statement = dict[str, Any]


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Statement:
    return allow(action, resource, **more) | {"Effect": "Deny"}


@dataclass(frozen=True)
class Case:
    rule: str
    expected: str
    identity: Sequence[Statement] = ()
    resource: Sequence[Statement] | None = None
    boundary: Sequence[Statement] | None = None
    session: Sequence[Statement] | None = None
    action: str = "s3:GetObject"
    on: str = OBJECT
    principal: Principal = USER
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    version: str = "2012-10-17"
    required: bool = False
    trust: bool = False

    def decide(self) -> str:
        def policy(statements: Sequence[Statement] | None, kind: PolicyKind) -> Any:
            if statements is None:
                return None
            return parse_policy({"Version": self.version, "Statement": list(statements)}, name=kind.value, kind=kind)

        session = policy(self.session, PolicyKind.SESSION)
        policies = Policies(
            identity=(policy(self.identity, PolicyKind.IDENTITY),) if self.identity else (),
            boundary=policy(self.boundary, PolicyKind.BOUNDARY),
            session=None if session is None else (session,),
            resource=policy(self.resource, PolicyKind.TRUST if self.trust else PolicyKind.RESOURCE),
            resource_policy_required=self.required,
        )
        request = Request(principal=self.principal, action=self.action, resource=self.on, context=self.context)
        return evaluate(request, policies).outcome.value


def when(operator: str, key: str, value: Any) -> list[Statement]:
    """An identity policy with one condition."""
    return [allow(Condition={operator: {key: value}})]


def condition(rule: str, expected: str, block: tuple[str, str, Any], **context: Any) -> Case:
    """A case of one condition; keyword names are context keys with __ for the colon and values as lists."""
    found = {name.replace("__", ":").replace("_S_", "/").lower(): values for name, values in context.items()}
    return Case(rule, expected, when(*block), context=found)


BASICS = [
    Case("by default a request is implicitly denied", IMPLICIT),
    Case("an identity policy allows", ALLOWED, [allow()]),
    Case("an explicit deny overrides an allow", DENIED, [allow(), deny()]),
    Case("the order of statements does not matter", DENIED, [deny(), allow()]),
    Case("an explicit deny needs no allow", DENIED, [deny()]),
    Case("the account's root needs no policy", ALLOWED, principal=ROOT),
    Case("a resource policy's deny binds the root too", DENIED, principal=ROOT, resource=[deny(Principal="*")]),
    Case("a role session has its role's policies", ALLOWED, [allow()], principal=SESSION),
    Case("a deny that does not match denies nothing", ALLOWED, [allow(), deny(action="s3:PutObject")]),
    Case("a deny on another resource denies nothing", ALLOWED, [allow(), deny(resource="arn:aws:s3:::other/*")]),
    Case("several statements allow together", ALLOWED, [allow("s3:PutObject"), allow("s3:GetObject")]),
]

ACTIONS = [
    Case("actions are compared without regard to case", ALLOWED, [allow("S3:getobject")]),
    Case("* is every action", ALLOWED, [allow("*")]),
    Case("service:* is every action of the service", ALLOWED, [allow("s3:*")]),
    Case("service:* is no other service's action", IMPLICIT, [allow("sns:*")]),
    Case("* stands for any characters", ALLOWED, [allow("s3:Get*")]),
    Case("* stands for none as well", ALLOWED, [allow("s3:GetObject*")]),
    Case("* may stand in the middle", ALLOWED, [allow("s3:G*Object")]),
    Case("? is exactly one character", ALLOWED, [allow("s3:?etObject")]),
    Case("? is not none", IMPLICIT, [allow("s3:GetObject?")]),
    Case("a list of actions is any of them", ALLOWED, [allow(["s3:PutObject", "s3:GetObject"])]),
    Case("an action is not its longer sister", IMPLICIT, [allow()], action="s3:GetObjectAcl"),
    Case("NotAction allows all but these", ALLOWED, [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    Case("NotAction does not allow these", IMPLICIT, [{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}]),
    Case(
        "Deny with NotAction denies all but these",
        DENIED,
        [allow("*"), {"Effect": "Deny", "NotAction": "sns:*", "Resource": "*"}],
    ),
    Case(
        "Deny with NotAction spares these",
        ALLOWED,
        [allow("*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}],
    ),
    Case(
        "NotAction with several spares each",
        IMPLICIT,
        [{"Effect": "Allow", "NotAction": ["iam:*", "s3:GetObject"], "Resource": "*"}],
    ),
]

RESOURCES = [
    Case("an ARN is itself", ALLOWED, [allow(resource=OBJECT)]),
    Case(
        "ARNs are compared with regard to case",
        IMPLICIT,
        [allow(resource=OBJECT.upper().replace("ARN:AWS:S3", "arn:aws:s3"))],
    ),
    Case("a bucket is not its objects", IMPLICIT, [allow(resource="arn:aws:s3:::data")]),
    Case("bucket/* is its objects", ALLOWED, [allow(resource="arn:aws:s3:::data/*")]),
    Case(
        "bucket/* is not the bucket",
        IMPLICIT,
        [allow("s3:ListBucket", "arn:aws:s3:::data/*")],
        action="s3:ListBucket",
        on="arn:aws:s3:::data",
    ),
    Case("* crosses slashes", ALLOWED, [allow(resource="arn:aws:s3:::data/*.data")]),
    Case("a prefix is a prefix", IMPLICIT, [allow(resource="arn:aws:s3:::data/models/*")]),
    Case("? is one character of an ARN", ALLOWED, [allow(resource="arn:aws:s3:::dat?/raw/car.data")]),
    Case(
        "a wildcard does not cross the colon of an ARN's first parts",
        IMPLICIT,
        [allow("glue:GetJob", "arn:aws:glue:*:job/car")],
        action="glue:GetJob",
        on=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/car",
    ),
    Case(
        "a wildcard may stand for one whole part",
        ALLOWED,
        [allow("glue:GetJob", "arn:aws:glue:*:*:job/car")],
        action="glue:GetJob",
        on=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/car",
    ),
    Case(
        "another account's ARN is another resource",
        IMPLICIT,
        [allow("glue:GetJob", "arn:aws:glue:us-east-1:999999999999:job/car")],
        action="glue:GetJob",
        on=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/car",
    ),
    Case(
        "an incomplete ARN is completed with wildcards",
        ALLOWED,
        [allow("glue:GetJob", "arn:aws:glue")],
        action="glue:GetJob",
        on=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/car",
    ),
    Case(
        "the last part of an ARN may hold colons",
        ALLOWED,
        [allow("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/codebuild/x:*")],
        action="logs:PutLogEvents",
        on=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/codebuild/x:log-stream:1",
    ),
    Case("a list of resources is any of them", ALLOWED, [allow(resource=["arn:aws:s3:::other/*", OBJECT])]),
    Case(
        "NotResource allows all but these",
        ALLOWED,
        [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::secret/*"}],
    ),
    Case(
        "NotResource does not allow these",
        IMPLICIT,
        [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data/*"}],
    ),
    Case(
        "Deny with NotResource denies all but these",
        DENIED,
        [allow("*"), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}],
    ),
    Case(
        "* is a call without a resource too",
        ALLOWED,
        [allow("s3:ListAllMyBuckets")],
        action="s3:ListAllMyBuckets",
        on="*",
    ),
    Case(
        "an ARN does not allow a call without a resource",
        IMPLICIT,
        [allow("s3:ListAllMyBuckets", OBJECT)],
        action="s3:ListAllMyBuckets",
        on="*",
    ),
]

BOUNDARIES = [
    Case("a boundary alone allows nothing", IMPLICIT, boundary=[allow("*")]),
    Case("identity and boundary both allow", ALLOWED, [allow()], boundary=[allow("s3:*")]),
    Case("a boundary that does not allow limits", IMPLICIT, [allow()], boundary=[allow("sns:*")]),
    Case("a boundary's explicit deny denies", DENIED, [allow()], boundary=[allow("*"), deny()]),
    Case("session and identity policies both allow", ALLOWED, [allow()], session=[allow("s3:*")], principal=SESSION),
    Case(
        "a session policy that does not allow limits", IMPLICIT, [allow()], session=[allow("sns:*")], principal=SESSION
    ),
    Case("a session policy alone allows nothing", IMPLICIT, session=[allow("*")], principal=SESSION),
    Case("a session policy's explicit deny denies", DENIED, [allow()], session=[allow("*"), deny()], principal=SESSION),
    Case(
        "identity, boundary and session all allow",
        ALLOWED,
        [allow()],
        boundary=[allow("*")],
        session=[allow("*")],
        principal=SESSION,
    ),
    Case(
        "one of the three missing is enough to refuse",
        IMPLICIT,
        [allow()],
        boundary=[allow("*")],
        session=[allow("sns:*")],
        principal=SESSION,
    ),
    Case("a boundary's resource limits too", IMPLICIT, [allow()], boundary=[allow("*", "arn:aws:s3:::other/*")]),
]


def to(principal: Any, **more: Any) -> Statement:
    return allow(Principal=principal, **more)


RESOURCE_POLICIES = [
    Case("in one account the resource's policy alone grants to a user", ALLOWED, resource=[to({"AWS": USER.arn})]),
    Case(
        "a grant to a user is not limited by the boundary's silence",
        ALLOWED,
        resource=[to({"AWS": USER.arn})],
        boundary=[allow("sns:*")],
    ),
    Case(
        "a grant to a user is limited by the boundary's deny",
        DENIED,
        resource=[to({"AWS": USER.arn})],
        boundary=[deny()],
    ),
    Case(
        "a grant to a role session is not limited by session policies",
        ALLOWED,
        resource=[to({"AWS": SESSION_ARN})],
        session=[allow("sns:*")],
        principal=SESSION,
    ),
    Case("a grant to a role reaches its sessions", ALLOWED, resource=[to({"AWS": ROLE_ARN})], principal=SESSION),
    Case(
        "a grant to a role is limited by session policies",
        IMPLICIT,
        resource=[to({"AWS": ROLE_ARN})],
        session=[allow("sns:*")],
        principal=SESSION,
    ),
    Case(
        "a grant to a role is limited by the boundary",
        IMPLICIT,
        resource=[to({"AWS": ROLE_ARN})],
        boundary=[allow("sns:*")],
        principal=SESSION,
    ),
    Case(
        "a grant to the account delegates to identity policies",
        IMPLICIT,
        resource=[to({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
    ),
    Case(
        "the account's consent and an identity policy allow",
        ALLOWED,
        [allow()],
        resource=[to({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
    ),
    Case("the account may be named by its number", ALLOWED, [allow()], resource=[to({"AWS": ACCOUNT})], required=True),
    Case("a grant to everybody", ALLOWED, resource=[to("*")]),
    Case('{"AWS": "*"} is everybody', ALLOWED, resource=[to({"AWS": "*"})]),
    Case(
        "a grant to somebody else grants nothing", IMPLICIT, resource=[to({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})]
    ),
    Case(
        "a deny for somebody else denies nothing",
        ALLOWED,
        [allow()],
        resource=[deny(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})],
    ),
    Case("a deny for everybody denies", DENIED, [allow()], resource=[deny(Principal="*")]),
    Case("a deny for the account denies its users", DENIED, [allow()], resource=[deny(Principal={"AWS": ACCOUNT})]),
    Case(
        "a deny for a role denies its sessions",
        DENIED,
        [allow()],
        resource=[deny(Principal={"AWS": ROLE_ARN})],
        principal=SESSION,
    ),
    Case(
        "Deny with NotPrincipal spares the one named",
        ALLOWED,
        [allow()],
        resource=[{"Effect": "Deny", "NotPrincipal": {"AWS": USER.arn}, "Action": "s3:*", "Resource": "*"}],
    ),
    Case(
        "Deny with NotPrincipal denies all others",
        DENIED,
        [allow()],
        principal=SESSION,
        resource=[{"Effect": "Deny", "NotPrincipal": {"AWS": USER.arn}, "Action": "s3:*", "Resource": "*"}],
    ),
    Case(
        "a service principal is granted by name",
        ALLOWED,
        resource=[to({"Service": "glue.amazonaws.com"})],
        principal=GLUE,
    ),
    Case("another service is not", IMPLICIT, resource=[to({"Service": "sns.amazonaws.com"})], principal=GLUE),
    Case("a grant to a service is not a grant to a user", IMPLICIT, resource=[to({"Service": "glue.amazonaws.com"})]),
    Case(
        "several principals are any of them",
        ALLOWED,
        resource=[to({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/bob", USER.arn]})],
    ),
    Case(
        "several statements: the furthest grant counts", ALLOWED, resource=[to({"AWS": ACCOUNT}), to({"AWS": USER.arn})]
    ),
    Case(
        "a resource's policy still names its resource",
        IMPLICIT,
        resource=[to({"AWS": USER.arn}) | {"Resource": "arn:aws:s3:::other/*"}],
    ),
    Case(
        "a resource's policy still has its conditions",
        IMPLICIT,
        resource=[to({"AWS": USER.arn}, Condition={"Bool": {"aws:SecureTransport": "true"}})],
        context={"aws:securetransport": ["false"]},
    ),
    Case(
        "a key's policy must consent: identity policies alone are not enough",
        IMPLICIT,
        [allow("kms:*")],
        action="kms:Decrypt",
        on=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        resource=[to({"AWS": ROLE_ARN})],
        required=True,
    ),
    Case(
        "a key's policy that names the account lets identity policies decide",
        ALLOWED,
        [allow("kms:Decrypt")],
        action="kms:Decrypt",
        on=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        resource=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": ACCOUNT}}],
        required=True,
    ),
    Case(
        "not even the root passes a key's policy that does not name it",
        IMPLICIT,
        principal=ROOT,
        action="kms:Decrypt",
        on=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        resource=[{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": ROLE_ARN}}],
        required=True,
    ),
]

ROLE = {"action": "sts:AssumeRole", "on": ROLE_ARN, "trust": True, "required": True}


def trusts(principal: Any, **more: Any) -> list[Statement]:
    return [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}]


TRUST = [
    Case(
        "a role is assumed by the service that it trusts",
        ALLOWED,
        principal=GLUE,
        resource=trusts({"Service": "glue.amazonaws.com"}),
        **ROLE,
    ),
    Case(
        "a role is not assumed by a service that it does not trust",
        IMPLICIT,
        principal=GLUE,
        resource=trusts({"Service": "codebuild.amazonaws.com"}),
        **ROLE,
    ),
    Case(
        "an identity policy is not enough without trust",
        IMPLICIT,
        [allow("sts:AssumeRole")],
        resource=trusts({"Service": "glue.amazonaws.com"}),
        **ROLE,
    ),
    Case("trust in the user suffices in one account", ALLOWED, resource=trusts({"AWS": USER.arn}), **ROLE),
    Case("trust in the account needs an identity policy", IMPLICIT, resource=trusts({"AWS": ACCOUNT}), **ROLE),
    Case(
        "trust in the account and an identity policy",
        ALLOWED,
        [allow("sts:AssumeRole", ROLE_ARN)],
        resource=trusts({"AWS": ACCOUNT}),
        **ROLE,
    ),
    Case(
        "trust under a condition that fails",
        IMPLICIT,
        principal=GLUE,
        resource=trusts({"Service": "glue.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": "9"}}),
        context={"aws:sourceaccount": [ACCOUNT]},
        **ROLE,
    ),
    Case(
        "trust under a condition that holds",
        ALLOWED,
        principal=GLUE,
        resource=trusts({"Service": "glue.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
        context={"aws:sourceaccount": [ACCOUNT]},
        **ROLE,
    ),
]

STRINGS = [
    condition("StringEquals is exact", ALLOWED, ("StringEquals", "aws:x", "a"), aws__x=["a"]),
    condition("StringEquals has regard to case", IMPLICIT, ("StringEquals", "aws:x", "a"), aws__x=["A"]),
    condition("StringEquals knows no wildcard", IMPLICIT, ("StringEquals", "aws:x", "a*"), aws__x=["ab"]),
    condition("several values are any of them", ALLOWED, ("StringEquals", "aws:x", ["a", "b"]), aws__x=["b"]),
    condition("a missing key does not equal", IMPLICIT, ("StringEquals", "aws:x", "a")),
    condition("StringNotEquals", ALLOWED, ("StringNotEquals", "aws:x", "a"), aws__x=["b"]),
    condition("StringNotEquals of the same", IMPLICIT, ("StringNotEquals", "aws:x", "a"), aws__x=["a"]),
    condition(
        "a negated operator with several values is none of them",
        IMPLICIT,
        ("StringNotEquals", "aws:x", ["a", "b"]),
        aws__x=["b"],
    ),
    condition("a negated operator holds for a missing key", ALLOWED, ("StringNotEquals", "aws:x", "a")),
    condition("StringEqualsIgnoreCase", ALLOWED, ("StringEqualsIgnoreCase", "aws:x", "Ab"), aws__x=["aB"]),
    condition("StringNotEqualsIgnoreCase", IMPLICIT, ("StringNotEqualsIgnoreCase", "aws:x", "Ab"), aws__x=["aB"]),
    condition("StringLike with *", ALLOWED, ("StringLike", "aws:x", "a*c"), aws__x=["abbc"]),
    condition("StringLike with ?", ALLOWED, ("StringLike", "aws:x", "a?c"), aws__x=["abc"]),
    condition("StringLike has regard to case", IMPLICIT, ("StringLike", "aws:x", "a*"), aws__x=["AB"]),
    condition("StringLike without wildcard is exact", IMPLICIT, ("StringLike", "aws:x", "a"), aws__x=["ab"]),
    condition("StringNotLike", ALLOWED, ("StringNotLike", "aws:x", "a*"), aws__x=["b"]),
    condition("StringNotLike of what fits", IMPLICIT, ("StringNotLike", "aws:x", "a*"), aws__x=["ab"]),
    condition("condition keys have no regard to case", ALLOWED, ("StringEquals", "AWS:X", "a"), aws__x=["a"]),
]

NUMBERS_AND_DATES = [
    condition(
        "NumericEquals compares numbers", ALLOWED, ("NumericEquals", "s3:max-keys", "10"), **{"s3:max-keys": ["10.0"]}
    ),
    condition("NumericNotEquals", ALLOWED, ("NumericNotEquals", "s3:max-keys", "10"), **{"s3:max-keys": ["9"]}),
    condition("NumericLessThan", ALLOWED, ("NumericLessThan", "s3:max-keys", "10"), **{"s3:max-keys": ["9"]}),
    condition(
        "NumericLessThan is strict", IMPLICIT, ("NumericLessThan", "s3:max-keys", "10"), **{"s3:max-keys": ["10"]}
    ),
    condition(
        "NumericLessThanEquals", ALLOWED, ("NumericLessThanEquals", "s3:max-keys", 10), **{"s3:max-keys": ["10"]}
    ),
    condition("NumericGreaterThan", ALLOWED, ("NumericGreaterThan", "s3:max-keys", "9"), **{"s3:max-keys": ["10"]}),
    condition(
        "NumericGreaterThan is strict", IMPLICIT, ("NumericGreaterThan", "s3:max-keys", "10"), **{"s3:max-keys": ["10"]}
    ),
    condition(
        "NumericGreaterThanEquals",
        ALLOWED,
        ("NumericGreaterThanEquals", "s3:max-keys", "10"),
        **{"s3:max-keys": ["10"]},
    ),
    condition(
        "numbers are not compared as text", IMPLICIT, ("NumericLessThan", "s3:max-keys", "9"), **{"s3:max-keys": ["10"]}
    ),
    condition(
        "what is no number fits no number", IMPLICIT, ("NumericEquals", "s3:max-keys", "1"), **{"s3:max-keys": ["x"]}
    ),
    condition(
        "DateEquals across zones",
        ALLOWED,
        ("DateEquals", "aws:currenttime", "2026-01-01T00:00:00Z"),
        aws__currenttime=["2026-01-01T01:00:00+01:00"],
    ),
    condition(
        "DateNotEquals",
        ALLOWED,
        ("DateNotEquals", "aws:currenttime", "2026-01-01T00:00:00Z"),
        aws__currenttime=["2026-01-02T00:00:00Z"],
    ),
    condition(
        "DateLessThan",
        ALLOWED,
        ("DateLessThan", "aws:currenttime", "2026-02-01T00:00:00Z"),
        aws__currenttime=["2026-01-31T23:59:59Z"],
    ),
    condition(
        "DateLessThan after it",
        IMPLICIT,
        ("DateLessThan", "aws:currenttime", "2026-02-01T00:00:00Z"),
        aws__currenttime=["2026-02-01T00:00:01Z"],
    ),
    condition(
        "DateLessThanEquals",
        ALLOWED,
        ("DateLessThanEquals", "aws:currenttime", "2026-02-01T00:00:00Z"),
        aws__currenttime=["2026-02-01T00:00:00Z"],
    ),
    condition(
        "DateGreaterThan",
        ALLOWED,
        ("DateGreaterThan", "aws:currenttime", "2026-01-01"),
        aws__currenttime=["2026-01-01T00:00:01Z"],
    ),
    condition(
        "DateGreaterThanEquals",
        ALLOWED,
        ("DateGreaterThanEquals", "aws:currenttime", "2026-01-01T00:00:00Z"),
        aws__currenttime=["2026-01-01T00:00:00Z"],
    ),
    condition(
        "a date may be seconds since the epoch",
        ALLOWED,
        ("DateLessThan", "aws:epochtime", "1800000000"),
        aws__epochtime=["1767225600"],
    ),
]

OTHER_OPERATORS = [
    condition("Bool", ALLOWED, ("Bool", "aws:securetransport", "true"), aws__securetransport=["true"]),
    condition("Bool that differs", IMPLICIT, ("Bool", "aws:securetransport", "true"), aws__securetransport=["false"]),
    condition(
        "Bool may be a JSON boolean", ALLOWED, ("Bool", "aws:securetransport", True), aws__securetransport=["true"]
    ),
    condition("Bool of a missing key is not false", IMPLICIT, ("Bool", "aws:x", "false")),
    condition("BinaryEquals", ALLOWED, ("BinaryEquals", "aws:x", "QmluYXJ5"), aws__x=["QmluYXJ5"]),
    condition(
        "IpAddress in a network",
        ALLOWED,
        ("IpAddress", "aws:sourceip", "203.0.113.0/24"),
        aws__sourceip=["203.0.113.9"],
    ),
    condition(
        "IpAddress outside", IMPLICIT, ("IpAddress", "aws:sourceip", "203.0.113.0/24"), aws__sourceip=["198.51.100.9"]
    ),
    condition(
        "IpAddress of one host", ALLOWED, ("IpAddress", "aws:sourceip", "203.0.113.9"), aws__sourceip=["203.0.113.9"]
    ),
    condition(
        "IpAddress of version 6", ALLOWED, ("IpAddress", "aws:sourceip", "2001:db8::/32"), aws__sourceip=["2001:db8::1"]
    ),
    condition(
        "version 4 is not in a version 6 network",
        IMPLICIT,
        ("IpAddress", "aws:sourceip", "2001:db8::/32"),
        aws__sourceip=["203.0.113.9"],
    ),
    condition(
        "NotIpAddress", ALLOWED, ("NotIpAddress", "aws:sourceip", "203.0.113.0/24"), aws__sourceip=["198.51.100.9"]
    ),
    condition(
        "NotIpAddress inside",
        IMPLICIT,
        ("NotIpAddress", "aws:sourceip", "203.0.113.0/24"),
        aws__sourceip=["203.0.113.9"],
    ),
    condition(
        "ArnEquals takes wildcards as ArnLike does",
        ALLOWED,
        ("ArnEquals", "aws:sourcearn", "arn:aws:sns:*:*:t"),
        aws__sourcearn=["arn:aws:sns:us-east-1:1:t"],
    ),
    condition(
        "ArnLike",
        ALLOWED,
        ("ArnLike", "aws:sourcearn", "arn:aws:sns:us-east-1:*:t*"),
        aws__sourcearn=["arn:aws:sns:us-east-1:1:topic"],
    ),
    condition(
        "ArnLike compares part by part",
        IMPLICIT,
        ("ArnLike", "aws:sourcearn", "arn:aws:sns:*:t"),
        aws__sourcearn=["arn:aws:sns:us-east-1:1:t"],
    ),
    condition(
        "ArnNotLike",
        ALLOWED,
        ("ArnNotLike", "aws:sourcearn", "arn:aws:sns:*:*:t"),
        aws__sourcearn=["arn:aws:sqs:us-east-1:1:t"],
    ),
    condition(
        "ArnNotEquals of what fits",
        IMPLICIT,
        ("ArnNotEquals", "aws:sourcearn", "arn:aws:sns:*:*:t"),
        aws__sourcearn=["arn:aws:sns:us-east-1:1:t"],
    ),
    condition("Null true: the key is absent", ALLOWED, ("Null", "aws:x", "true")),
    condition("Null true of a key that is there", IMPLICIT, ("Null", "aws:x", "true"), aws__x=["a"]),
    condition("Null false: the key is there", ALLOWED, ("Null", "aws:x", "false"), aws__x=["a"]),
    condition("Null false of a missing key", IMPLICIT, ("Null", "aws:x", "false")),
    condition("IfExists holds for a missing key", ALLOWED, ("StringEqualsIfExists", "aws:x", "a")),
    condition("IfExists compares a key that is there", IMPLICIT, ("StringEqualsIfExists", "aws:x", "a"), aws__x=["b"]),
    condition("IfExists of a key that fits", ALLOWED, ("BoolIfExists", "aws:x", "true"), aws__x=["true"]),
]

SETS = [
    condition(
        "ForAllValues: each value of the request is among the policy's",
        ALLOWED,
        ("ForAllValues:StringEquals", "aws:tagkeys", ["a", "b"]),
        aws__tagkeys=["a", "b"],
    ),
    condition(
        "ForAllValues: one that is not, fails",
        IMPLICIT,
        ("ForAllValues:StringEquals", "aws:tagkeys", ["a", "b"]),
        aws__tagkeys=["a", "c"],
    ),
    condition("ForAllValues holds for a missing key", ALLOWED, ("ForAllValues:StringEquals", "aws:tagkeys", ["a"])),
    condition(
        "ForAnyValue: one of the request's is enough",
        ALLOWED,
        ("ForAnyValue:StringEquals", "aws:tagkeys", ["a", "b"]),
        aws__tagkeys=["c", "b"],
    ),
    condition(
        "ForAnyValue: none fails",
        IMPLICIT,
        ("ForAnyValue:StringEquals", "aws:tagkeys", ["a", "b"]),
        aws__tagkeys=["c", "d"],
    ),
    condition("ForAnyValue fails for a missing key", IMPLICIT, ("ForAnyValue:StringEquals", "aws:tagkeys", ["a"])),
    condition(
        "ForAllValues with a negated operator: none of the request's is among them",
        ALLOWED,
        ("ForAllValues:StringNotEquals", "aws:tagkeys", ["a"]),
        aws__tagkeys=["b", "c"],
    ),
    condition(
        "ForAllValues with a negated operator fails for one that is",
        IMPLICIT,
        ("ForAllValues:StringNotEquals", "aws:tagkeys", ["a"]),
        aws__tagkeys=["a", "c"],
    ),
    condition(
        "ForAnyValue with a negated operator: one that is not among them",
        ALLOWED,
        ("ForAnyValue:StringNotEquals", "aws:tagkeys", ["a"]),
        aws__tagkeys=["a", "c"],
    ),
    condition(
        "ForAnyValue with a negated operator fails where all are",
        IMPLICIT,
        ("ForAnyValue:StringNotEquals", "aws:tagkeys", ["a"]),
        aws__tagkeys=["a"],
    ),
    condition(
        "ForAnyValue with a negated operator fails for a missing key",
        IMPLICIT,
        ("ForAnyValue:StringNotEquals", "aws:tagkeys", ["a"]),
    ),
    condition(
        "ForAllValues with wildcards",
        ALLOWED,
        ("ForAllValues:StringLike", "aws:tagkeys", ["a*"]),
        aws__tagkeys=["a1", "a2"],
    ),
]

SEVERAL = {"StringEquals": {"aws:x": "a", "aws:y": "b"}}
COMBINED = [
    Case("several keys must all hold", ALLOWED, [allow(Condition=SEVERAL)], context={"aws:x": ["a"], "aws:y": ["b"]}),
    Case(
        "one key that fails, fails all", IMPLICIT, [allow(Condition=SEVERAL)], context={"aws:x": ["a"], "aws:y": ["c"]}
    ),
    Case(
        "several operators must all hold",
        IMPLICIT,
        [allow(Condition={"StringEquals": {"aws:x": "a"}, "Bool": {"aws:z": "true"}})],
        context={"aws:x": ["a"], "aws:z": ["false"]},
    ),
    Case(
        "a deny whose condition fails denies nothing",
        ALLOWED,
        [allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})],
        context={"aws:securetransport": ["true"]},
    ),
    Case(
        "a deny whose condition holds denies",
        DENIED,
        [allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})],
        context={"aws:securetransport": ["false"]},
    ),
    Case(
        "a deny with a negated operator binds who lacks the key",
        DENIED,
        [allow(), deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})],
    ),
    Case(
        "a deny with IfExists binds who lacks the key",
        DENIED,
        [allow(), deny(Condition={"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})],
    ),
    Case(
        "PassRole to the service named",
        ALLOWED,
        [allow("iam:PassRole", ROLE_ARN, Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}})],
        action="iam:PassRole",
        on=ROLE_ARN,
        context={"iam:passedtoservice": ["glue.amazonaws.com"]},
    ),
    Case(
        "PassRole to another service",
        IMPLICIT,
        [allow("iam:PassRole", ROLE_ARN, Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}})],
        action="iam:PassRole",
        on=ROLE_ARN,
        context={"iam:passedtoservice": ["sagemaker.amazonaws.com"]},
    ),
    Case(
        "a key only by way of a service",
        IMPLICIT,
        [allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})],
        action="kms:Decrypt",
        on=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        context={"kms:viaservice": ["secretsmanager.us-east-1.amazonaws.com"]},
    ),
]

VARIABLES = [
    Case(
        "a variable in a resource",
        ALLOWED,
        [allow(resource="arn:aws:s3:::data/${aws:username}/*")],
        on="arn:aws:s3:::data/ann/x",
        context={"aws:username": ["ann"]},
    ),
    Case(
        "a variable's other value",
        IMPLICIT,
        [allow(resource="arn:aws:s3:::data/${aws:username}/*")],
        on="arn:aws:s3:::data/bob/x",
        context={"aws:username": ["ann"]},
    ),
    Case(
        "a variable without a value matches nothing",
        IMPLICIT,
        [allow(resource="arn:aws:s3:::data/${aws:username}/*")],
        on="arn:aws:s3:::data//x",
    ),
    Case(
        "a variable's default",
        ALLOWED,
        [allow(resource="arn:aws:s3:::data/${aws:username, 'all'}/*")],
        on="arn:aws:s3:::data/all/x",
    ),
    Case(
        "a variable in a condition",
        ALLOWED,
        when("StringEquals", "s3:prefix", "${aws:username}"),
        context={"aws:username": ["ann"], "s3:prefix": ["ann"]},
    ),
    Case(
        "a variable in StringLike",
        ALLOWED,
        when("StringLike", "s3:prefix", "${aws:username}/*"),
        context={"aws:username": ["ann"], "s3:prefix": ["ann/x"]},
    ),
    Case(
        "a variable's wildcard is literal",
        IMPLICIT,
        when("StringLike", "s3:prefix", "${aws:username}"),
        context={"aws:username": ["*"], "s3:prefix": ["bob"]},
    ),
    Case(
        "a variable without a value fits no condition",
        IMPLICIT,
        when("StringEquals", "s3:prefix", "${aws:username}"),
        context={"s3:prefix": [""]},
    ),
    Case("${*} is a literal star", ALLOWED, when("StringLike", "s3:prefix", "a${*}b"), context={"s3:prefix": ["a*b"]}),
    Case("${*} is no wildcard", IMPLICIT, when("StringLike", "s3:prefix", "a${*}b"), context={"s3:prefix": ["axb"]}),
    Case(
        "${?} is a literal question mark",
        IMPLICIT,
        when("StringLike", "s3:prefix", "a${?}"),
        context={"s3:prefix": ["ax"]},
    ),
    Case(
        "${$} is a literal dollar", ALLOWED, when("StringEquals", "s3:prefix", "a${$}"), context={"s3:prefix": ["a$"]}
    ),
    Case(
        "a tag of the principal",
        ALLOWED,
        [allow(resource="arn:aws:s3:::data/${aws:PrincipalTag/team}/*")],
        on="arn:aws:s3:::data/red/x",
        context={"aws:principaltag/team": ["red"]},
    ),
    Case(
        "version 2008-10-17 knows no variables",
        IMPLICIT,
        [allow(resource="arn:aws:s3:::data/${aws:username}/*")],
        on="arn:aws:s3:::data/ann/x",
        context={"aws:username": ["ann"]},
        version="2008-10-17",
    ),
]

CASES = [
    *BASICS, *ACTIONS, *RESOURCES, *BOUNDARIES, *RESOURCE_POLICIES, *TRUST, *STRINGS, *NUMBERS_AND_DATES,
    *OTHER_OPERATORS, *SETS, *COMBINED, *VARIABLES,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_rule(case: Case) -> None:
    """The evaluator decides as the rule says."""
    assert case.decide() == case.expected


def test_the_rules_are_many_and_each_is_stated_once() -> None:
    """There are at least 150 cases, and no rule stands twice."""
    assert len(CASES) >= 150
    assert len({case.rule for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (Case("", ""), "because no identity-based policy allows the {action} action"),
        (Case("", "", [allow(), deny()]), "with an explicit deny in an identity-based policy"),
        (Case("", "", [allow()], resource=[deny(Principal="*")]), "with an explicit deny in a resource-based policy"),
        (Case("", "", [allow()], boundary=[]), "because no permissions boundary allows the {action} action"),
    ],
)
def test_the_refusal_names_the_kind_of_policy(case: Case, sentence: str) -> None:
    """AWS's sentence says because of which kind of policy a call was refused."""
    boundary = case.boundary
    policies = Policies(
        identity=(
            parse_policy(
                {"Version": case.version, "Statement": list(case.identity)}, name="p", kind=PolicyKind.IDENTITY
            ),
        )
        if case.identity
        else (),
        boundary=None
        if boundary is None
        else parse_policy({"Statement": [allow("sns:*")]}, name="b", kind=PolicyKind.BOUNDARY),
        resource=None
        if case.resource is None
        else parse_policy({"Statement": list(case.resource)}, name="r", kind=PolicyKind.RESOURCE),
    )
    decision = evaluate(Request(principal=USER, action="s3:GetObject", resource=OBJECT), policies)
    assert decision.reason() == sentence
