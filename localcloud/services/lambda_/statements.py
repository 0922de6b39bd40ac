"""Statements of the policies of functions and of layers, in AWS's form."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.iam.document import PolicyKind, parse_policy, whole
from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.versions import require_revision

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

#: A service, an account, an identity of IAM or STS, or everybody.
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+|[A-Za-z0-9.-]+\.(amazonaws\.com|amazonaws\.com\.cn|aws\.internal|amazon\.com)"
)


def statement_of(arn: str, params: Params) -> dict[str, Any]:
    """The statement in AWS's form: who, what, and on whose behalf."""
    principal = params["Principal"]
    if not _PRINCIPAL.fullmatch(principal):
        raise AwsError(
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.",
        )
    if principal == "*":
        who: Any = "*"
    elif principal.endswith((".amazonaws.com", ".aws.internal")):
        who = {"Service": principal}
    else:
        who = {"AWS": f"arn:aws:iam::{principal}:root" if re.fullmatch(r"\d{12}", principal) else principal}
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": who,
        "Action": params["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    if params.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": params["SourceAccount"]}
    if params.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    if params.get("FunctionUrlAuthType"):
        conditions["StringEquals"] = {
            **conditions.get("StringEquals", {}),
            "lambda:FunctionUrlAuthType": params["FunctionUrlAuthType"],
        }
    if params.get("InvokedViaFunctionUrl"):
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    return statement | ({"Condition": conditions} if conditions else {})


def require_readable(statement: dict[str, Any]) -> None:
    """Raises AwsError for a statement that no policy can have: afterwards, nobody could reach the resource."""
    try:
        parse_policy(whole([statement]), name="default", kind=PolicyKind.RESOURCE)
    except AwsError as error:
        raise AwsError("InvalidParameterValueException", error.message) from error


def add_statement(document: Document, revised: Document, revision: str | None, statement: dict[str, Any]) -> None:
    """Adds it to the document's policy. ``revised``: the part of the document with its revision id.

    Raises AwsError where that is not ``revision``, if one is given, and where the policy has a statement of this id.
    """
    require_revision(revision, revised)
    known = document.setdefault("policy", [])
    if any(each["Sid"] == statement["Sid"] for each in known):
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement.",
            status=409,
        )
    known.append(statement)
    revised["RevisionId"] = str(uuid.uuid4())


def remove_statement(document: Document, revised: Document, revision: str | None, sid: str) -> None:
    """As :func:`add_statement`; raises AwsError where the policy has no statement of this id."""
    require_revision(revision, revised)
    known = document.get("policy", [])
    if not known:
        raise no_policy("No policy is associated with the given resource.")
    if all(each["Sid"] != sid for each in known):
        raise no_policy(f"Statement {sid} is not found in resource policy.")
    document["policy"] = [each for each in known if each["Sid"] != sid]
    revised["RevisionId"] = str(uuid.uuid4())


def policy_text(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})


def no_policy(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=404)
