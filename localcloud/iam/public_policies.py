"""Which bucket policies are public. S3 takes each for public that does not grant access to fixed values alone.

Source: "The meaning of public" of S3's user guide. A value without wildcards and policy variables is fixed. One
statement that admits everybody makes the whole policy public.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from localcloud.iam.document import Effect, Policy, Statement

if TYPE_CHECKING:
    from localcloud.iam.conditions import Condition

#: Condition keys whose fixed values tell who comes, or from where.
_TELLING = frozenset(
    {
        *("aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid"),
        *("aws:principalorgid", "aws:principalarn", "aws:principalaccount", "aws:principalservicename"),
        *("s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointaccount"),
    }
)
#: The name of an access point may be a pattern where the account is fixed.
_ACCESS_POINT = "s3:dataaccesspointarn"
_OF_ONE_ACCOUNT = re.compile(r"arn:[^:*?$]+:s3:[^:$]*:\d{12}:accesspoint/[^$]*")
_ADDRESS = "aws:sourceip"
#: A range of addresses with fewer bits is everybody's, unless it is private: IP version → bits.
_LEAST_BITS = {4: 8, 6: 32}
_WILD = re.compile(r"[*?]|\$\{")


def is_public(policy: Policy) -> bool:
    """Whether a bucket policy lets in others than fixed principals, networks or resources."""
    return any(_admits_everybody(each) for each in policy.statements if each.effect is Effect.ALLOW)


def _admits_everybody(statement: Statement) -> bool:
    named = statement.principals.by_type if statement.principals else {}
    fixed = all(_is_fixed(name) for names in named.values() for name in names)
    return not fixed and not any(_pins(condition) for condition in statement.conditions)


def _pins(condition: Condition) -> bool:
    """Whether only fixed values fulfil the condition. One that holds without the key pins nothing."""
    if condition.test is None or condition.negated or condition.if_exists or condition.set_operator == "ForAllValues":
        return False
    if condition.key == _ADDRESS:
        return all(_is_narrow(value) for value in condition.values)
    if condition.key == _ACCESS_POINT:
        return all(_OF_ONE_ACCOUNT.fullmatch(value) for value in condition.values)
    return condition.key in _TELLING and all(_is_fixed(value) for value in condition.values)


def _is_fixed(value: str) -> bool:
    return bool(value) and not _WILD.search(value)


def _is_narrow(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.is_private or network.prefixlen >= _LEAST_BITS[network.version]
