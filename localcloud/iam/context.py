"""The condition keys of a request: AWS's global ones, and those of services that policies of this kind use.

A policy with a key that is not among ``EVALUATED`` is refused when it is put, instead of being held against nothing.
The local cloud speaks HTTP on the loopback, which nobody can listen to: ``aws:SecureTransport`` is true.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.iam.api_requests import ApiRequest
    from localcloud.iam.asks import Ask
    from localcloud.service import Caller

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
        *("kms:grantisforawsresource", "kms:viaservice", "s3:delimiter", "s3:max-keys", "s3:prefix", "s3:tlsversion"),
        *("s3:versionid", "s3:x-amz-acl", "s3:x-amz-content-sha256", "s3:x-amz-copy-source"),
        *("s3:x-amz-metadata-directive", "s3:x-amz-server-side-encryption"),
        *("s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-storage-class", "sns:endpoint", "sns:protocol"),
        *("sts:externalid", "sts:rolesessionname"),
    }
)
_EVALUATED_PREFIXES = ("aws:requesttag/", "aws:principaltag/", "kms:encryptioncontext:")
_TAG_FIELDS = re.compile(r"^(tags?|taglist)$", re.IGNORECASE)
#: Condition key → parameter that holds its value.
_PARAMETERS = {
    "cloudwatch:namespace": "Namespace",
    "iam:permissionsboundary": "PermissionsBoundary",
    "iam:policyarn": "PolicyArn",
    "sns:endpoint": "Endpoint",
    "sns:protocol": "Protocol",
    "cloudformation:rolearn": "RoleARN",
    "cloudformation:changesetname": "ChangeSetName",
    "cloudformation:templateurl": "TemplateURL",
    "cloudformation:stackpolicyurl": "StackPolicyURL",
}


def is_evaluated(key: str) -> bool:
    return key.lower() in EVALUATED or key.lower().startswith(_EVALUATED_PREFIXES)


def request_context(request: ApiRequest, caller: Caller, region: str, tags: Mapping[str, str]) -> Context:
    """What holds for all asks of one request."""
    found = _principal(caller, tags) | _surroundings(request, region) | _request_tags(request.params)
    for key, parameter in _PARAMETERS.items():
        value = request.params.get(parameter)
        if isinstance(value, str) and key.startswith(("cloudwatch:", "iam:", "sns:", "cloudformation:")):
            found[key] = (value,)
    if request.service == "kms":
        found |= _kms(request.params, caller, region)
    return found


def ask_context(base: Context, ask: Ask) -> Mapping[str, tuple[str, ...]]:
    return {**base, **ask.context} if ask.context else base


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
        found["aws:sourceaccount"] = (caller.account_id,)
        found["aws:sourcearn"] = (caller.source_arn,) if caller.source_arn else ()
    elif kind == "User":
        found["aws:username"] = (caller.arn.rpartition("/")[2],)
    if caller.role_arn:
        found["aws:multifactorauthpresent"] = ("false",)
    if caller.via:
        found |= dict.fromkeys(("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"), (caller.via,))
    return found | {f"aws:principaltag/{name.lower()}": (value,) for name, value in tags.items()}


def _surroundings(request: ApiRequest, region: str) -> Context:
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
    for name, value in params.items():
        if not _TAG_FIELDS.match(name) or not value:
            continue
        if isinstance(value, dict):
            pairs = {str(key): str(text) for key, text in value.items()}
        else:
            tags = [tag for tag in value if isinstance(tag, dict)]
            pairs = {str(_of(tag, "key")): str(_of(tag, "value")) for tag in tags}
        context: Context = {f"aws:requesttag/{key.lower()}": (text,) for key, text in pairs.items()}
        return context | {"aws:tagkeys": tuple(pairs)}
    return {}


def _of(tag: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in tag.items() if key.lower().endswith(name)), "")


def _kms(params: Mapping[str, Any], caller: Caller, region: str) -> Context:
    found: Context = {"kms:calleraccount": (caller.account_id,)}
    encryption = params.get("EncryptionContext")
    if isinstance(encryption, dict):
        found |= {f"kms:encryptioncontext:{key.lower()}": (str(value),) for key, value in encryption.items()}
        found["kms:encryptioncontextkeys"] = tuple(encryption)
    if caller.via:
        service = caller.via.removesuffix(".amazonaws.com")
        found["kms:viaservice"] = (f"{service}.{region}.amazonaws.com",)
    return found
