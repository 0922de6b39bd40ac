"""Resource policies of functions, versions and aliases, which say who else may invoke them, and functions' tags."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.configuration import accept_only
from localcloud.services.lambda_.names import LATEST, function_name, reference
from localcloud.services.lambda_.versions import require_revision

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_PERMISSION = (
    *("FunctionName", "StatementId", "Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID"),
    *("Qualifier", "RevisionId", "FunctionUrlAuthType", "InvokedViaFunctionUrl"),
)
#: A service, an account, an identity of IAM or STS, or everybody.
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+|[A-Za-z0-9.-]+\.(amazonaws\.com|amazonaws\.com\.cn|aws\.internal|amazon\.com)"
)


class PolicyOperations(LambdaOperations):
    @operation("AddPermission")
    def add_permission(self, _: Call, params: Params) -> Params:
        accept_only(params, tuple(set(_PERMISSION) - {"PrincipalOrgID"}), "AddPermission")
        named = reference(params["FunctionName"], params.get("Qualifier"))
        if named.qualifier == LATEST:
            raise AwsError("InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
        _check_of_url(params)
        statement = _statement(self.functions.arn(str(named)), params)
        _require_readable(statement)

        def add(document: Document) -> None:
            require_revision(params.get("RevisionId"), described(document))
            known = document.setdefault("policy", [])
            if any(each["Sid"] == statement["Sid"] for each in known):
                raise AwsError(
                    "ResourceConflictException",
                    f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement "
                    "id, or remove the existing statement.",
                    status=409,
                )
            known.append(statement)
            described(document)["RevisionId"] = str(uuid.uuid4())

        self.versions.update(named, add)
        return {"Statement": json.dumps(statement)}

    @operation("RemovePermission")
    def remove_permission(self, _: Call, params: Params) -> None:
        named, sid = reference(params["FunctionName"], params.get("Qualifier")), params["StatementId"]

        def remove(document: Document) -> None:
            require_revision(params.get("RevisionId"), described(document))
            known = document.get("policy", [])
            if not known:
                raise _no_policy("No policy is associated with the given resource.")
            if all(each["Sid"] != sid for each in known):
                raise _no_policy(f"Statement {sid} is not found in resource policy.")
            document["policy"] = [each for each in known if each["Sid"] != sid]
            described(document)["RevisionId"] = str(uuid.uuid4())

        self.versions.update(named, remove)

    @operation("GetPolicy")
    def get_policy(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        document = self.versions.known(named)
        statements = document.get("policy") if document else None
        if document is None or not statements:
            raise _no_policy("The resource you requested does not exist.")
        text = json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})
        return {"Policy": text, "RevisionId": described(document)["RevisionId"]}

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        name = function_name(params["Resource"])
        self.functions.update(name, lambda function: function.setdefault("tags", {}).update(params["Tags"]))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        def remove(function: Document) -> None:
            function["tags"] = {k: v for k, v in function.get("tags", {}).items() if k not in params["TagKeys"]}

        self.functions.update(function_name(params["Resource"]), remove)

    @operation("ListTags")
    def list_tags(self, _: Call, params: Params) -> Params:
        return {"Tags": self.functions.get(function_name(params["Resource"])).get("tags", {})}


def described(document: Document) -> Document:
    """The part of a document that has its revision id: a function's or a version's configuration, or an alias."""
    found: Document = document["alias"] if "alias" in document else document["configuration"]
    return found


def _statement(arn: str, params: Params) -> dict[str, Any]:
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


def _check_of_url(params: Params) -> None:
    """Raises AwsError where a condition for function URLs is put to an action that does not know it."""
    for name, action in (("FunctionUrlAuthType", "InvokeFunctionUrl"), ("InvokedViaFunctionUrl", "InvokeFunction")):
        if params.get(name) and params["Action"] != f"lambda:{action}":
            raise AwsError("InvalidParameterValueException", f"{name} is only supported for lambda:{action} action")


def _require_readable(statement: dict[str, Any]) -> None:
    """Raises AwsError for a statement that no policy can have: afterwards, nobody could call the function any more."""
    try:
        parse_policy({"Version": "2012-10-17", "Statement": [statement]}, name="default", kind=PolicyKind.RESOURCE)
    except AwsError as error:
        raise AwsError("InvalidParameterValueException", error.message) from error


def _no_policy(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=404)
