"""The condition keys of a request: AWS's global ones, and those of services that policies of this kind use.

A policy with a key that is not in ``EVALUATED`` is refused when it is put, because the key would never match. The local
cloud speaks HTTP on the loopback, where nobody can listen, so ``aws:SecureTransport`` is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.iam.facts import action_facts
from localcloud.wire import system_tags

if TYPE_CHECKING:
    from localcloud.iam.asks import Ask
    from localcloud.iam.resource_tags import ResourceTags
    from localcloud.platform.service import Caller
    from localcloud.wire.api_requests import ApiRequest

Context = dict[str, tuple[str, ...]]

EVALUATED = frozenset(
    {
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:epochtime"),
        *("aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice"),
        *("aws:principaltype", "aws:principalservicename", "aws:referer", "aws:requestedregion", "aws:resourceaccount"),
        *(
            "aws:securetransport",
            "aws:sourceaccount",
            "aws:sourcearn",
            "aws:sourceip",
            "aws:sourceowner",
            "aws:tagkeys",
        ),
        *("s3:resourceaccount", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice"),
        *("cloudformation:changesetname", "cloudformation:rolearn", "cloudformation:stackpolicyurl"),
        *("cloudformation:templateurl", "cloudwatch:namespace", "iam:awsservicename", "iam:passedtoservice"),
        *("iam:permissionsboundary", "iam:policyarn", "kms:calleraccount", "kms:encryptioncontextkeys"),
        *("apigateway:request/routeauthorizationtype", "lambda:layer", "lambda:principal"),
        *("lambda:functionarn", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl"),
        *(
            f"{service}:{key}"
            for service in ("codeconnections", "codestar-connections")
            for key in ("branchname", "fullrepositoryid", "passedtoservice", "provideraction", "providertype")
        ),
        *("kms:grantisforawsresource", "kms:viaservice", "s3:delimiter", "s3:max-keys", "s3:prefix", "s3:tlsversion"),
        *(
            "s3:if-match",
            "s3:if-none-match",
            "s3:versionid",
            "s3:x-amz-acl",
            "s3:x-amz-content-sha256",
            "s3:x-amz-copy-source",
        ),
        *("s3:x-amz-metadata-directive", "s3:x-amz-server-side-encryption", "s3:requestobjecttagkeys"),
        *("s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-storage-class", "sns:endpoint", "sns:protocol"),
        *("sts:externalid", "sts:rolesessionname", "sagemaker:modelapprovalstatus", "sagemaker:taggingaction"),
        *("sagemaker:instancetypes", "sagemaker:maxruntimeinseconds"),
    }
)
#: Services with a key of their own that means the same as ``aws:ResourceTag``.
_OWN_RESOURCE_TAGS = frozenset({"ecr", "iam", "sagemaker", "secretsmanager", "ssm"})
_OBJECT_TAG = "s3:existingobjecttag"
_EVALUATED_PREFIXES = (
    *("aws:requesttag/", "aws:principaltag/", "aws:resourcetag/", "kms:encryptioncontext:"),
    *(f"{_OBJECT_TAG}/", "s3:requestobjecttag/"),
    *sorted(f"{service}:resourcetag/" for service in _OWN_RESOURCE_TAGS),
)
#: Condition key → parameter that holds its value.
_PARAMETERS = {
    "cloudwatch:namespace": "Namespace",
    "iam:permissionsboundary": "PermissionsBoundary",
    "iam:policyarn": "PolicyArn",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
    "lambda:principal": "Principal",
    "sns:endpoint": "Endpoint",
    "sns:protocol": "Protocol",
    "cloudformation:rolearn": "RoleARN",
    "cloudformation:changesetname": "ChangeSetName",
    "cloudformation:templateurl": "TemplateURL",
    "cloudformation:stackpolicyurl": "StackPolicyURL",
    "sagemaker:modelapprovalstatus": "ModelApprovalStatus",
}


def is_evaluated(key: str) -> bool:
    return key.lower() in EVALUATED or key.lower().startswith(_EVALUATED_PREFIXES)


def request_context(request: ApiRequest, caller: Caller, region: str, tags: Mapping[str, str]) -> Context:
    """The keys that hold for all asks of one request."""
    found = _principal(caller, tags) | surroundings(request, region) | _request_tags(request.params)
    for key, parameter in _PARAMETERS.items():
        value = request.params.get(parameter)
        if isinstance(value, str):
            found[key] = (value,)
    if request.service == "kms":
        found |= _kms(request.params, caller, region)
    return found


class AskContext(Mapping[str, tuple[str, ...]]):
    """The keys that hold for one ask. The resource's tags are read when a policy first asks for one."""

    def __init__(self, known: Context, ask: Ask, tags: ResourceTags) -> None:
        self._known = {**known, **ask.context} if ask.context else known
        self._ask = ask
        self._tags = tags
        self._read: dict[str, dict[str, str]] = {}

    def __getitem__(self, key: str) -> tuple[str, ...]:
        if key in self._known:
            return self._known[key]
        family, slash, name = key.partition("/")
        if not slash:
            raise KeyError(key)
        if family not in self._read:
            self._read[family] = self._tags_of(family)
        return (self._read[family][name],)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def _tags_of(self, family: str) -> dict[str, str]:
        service, _, action = self._ask.action.partition(":")
        if family == _OBJECT_TAG:
            facts = action_facts("s3", action) if service == "s3" else None
            if facts is None or f"{_OBJECT_TAG}/<key>" not in facts.condition_keys:
                return {}
            version = self._known.get("s3:versionid", (None,))[0]
            return self._tags.of_object(self._ask.resource, version)
        if family == "aws:resourcetag" or (service in _OWN_RESOURCE_TAGS and family == f"{service}:resourcetag"):
            return self._tags.of(self._ask.resource)
        return {}


def _principal(caller: Caller, tags: Mapping[str, str]) -> Context:
    root = caller.arn.endswith(":root")
    kind = "Account" if root else "AssumedRole" if caller.role_arn else "User"
    found: Context = {
        "aws:principalaccount": (caller.account_id,),
        "aws:resourceaccount": (caller.account_id,),
        "aws:principalarn": (caller.role_arn or caller.arn,),
        "aws:principaltype": (kind,),
        "aws:userid": (caller.user_id,),
        "aws:viaawsservice": ("true" if caller.via else "false",),
        "aws:principalisawsservice": ("true" if caller.service else "false",),
    }
    if caller.service:
        found["aws:principalservicename"] = (caller.service,)
        found |= dict.fromkeys(("aws:sourceaccount", "aws:sourceowner"), (caller.account_id,))
        if caller.source_arn:
            found["aws:sourcearn"] = (caller.source_arn,)
    elif kind == "User":
        found["aws:username"] = (caller.arn.rpartition("/")[2],)
    if caller.role_arn:
        found["aws:multifactorauthpresent"] = ("false",)
    if caller.via:
        found["aws:calledvia"] = caller.via
        found |= {"aws:calledviafirst": caller.via[:1], "aws:calledvialast": caller.via[-1:]}
    return found | {f"aws:principaltag/{name.lower()}": (value,) for name, value in tags.items()}


def surroundings(request: ApiRequest, region: str) -> Context:
    """The keys that say nothing of who calls."""
    now = datetime.now(UTC)
    found: Context = {
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:requestedregion": (region,),
        "aws:securetransport": ("true",),
        "aws:sourceip": ("127.0.0.1",),
    }
    for key, header in (("aws:useragent", "user-agent"), ("aws:referer", "referer")):
        if header in request.headers:
            found[key] = (request.headers[header],)
    return found


def _request_tags(params: Mapping[str, Any]) -> Context:
    pairs = system_tags.given(dict(params))
    context: Context = {f"aws:requesttag/{key.lower()}": (text,) for key, text in pairs.items()}
    return context | {"aws:tagkeys": tuple(pairs)} if pairs else {}


def _kms(params: Mapping[str, Any], caller: Caller, region: str) -> Context:
    found: Context = {"kms:calleraccount": (caller.account_id,)}
    encryption = params.get("EncryptionContext")
    if isinstance(encryption, dict):
        found |= {f"kms:encryptioncontext:{key.lower()}": (str(value),) for key, value in encryption.items()}
        found["kms:encryptioncontextkeys"] = tuple(encryption)
    if caller.via:
        service = caller.via[-1].removesuffix(".amazonaws.com")
        found["kms:viaservice"] = (f"{service}.{region}.amazonaws.com",)
    return found
