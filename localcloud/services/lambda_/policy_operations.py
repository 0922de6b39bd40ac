"""Resource policies of functions, versions and aliases, which say who else may invoke them, and functions' tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.configuration import accept_only
from localcloud.services.lambda_.names import LATEST, function_name, reference
from localcloud.services.lambda_.statements import (
    add_statement,
    no_policy,
    policy_text,
    remove_statement,
    require_readable,
    statement_of,
)

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_PERMISSION = (
    *("FunctionName", "StatementId", "Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID"),
    *("Qualifier", "RevisionId", "FunctionUrlAuthType", "InvokedViaFunctionUrl"),
)


class PolicyOperations(LambdaOperations):
    @operation("AddPermission")
    def add_permission(self, _: Call, params: Params) -> Params:
        accept_only(params, tuple(set(_PERMISSION) - {"PrincipalOrgID"}), "AddPermission")
        named = reference(params["FunctionName"], params.get("Qualifier"))
        if named.qualifier == LATEST:
            raise AwsError("InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
        _check_of_url(params)
        statement = statement_of(self.functions.arn(str(named)), params)
        require_readable(statement)
        revision = params.get("RevisionId")
        self.versions.update(named, lambda found: add_statement(found, described(found), revision, statement))
        return {"Statement": json.dumps(statement)}

    @operation("RemovePermission")
    def remove_permission(self, _: Call, params: Params) -> None:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        revision, sid = params.get("RevisionId"), params["StatementId"]
        self.versions.update(named, lambda found: remove_statement(found, described(found), revision, sid))

    @operation("GetPolicy")
    def get_policy(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        document = self.versions.known(named)
        statements = document.get("policy") if document else None
        if document is None or not statements:
            raise no_policy("The resource you requested does not exist.")
        return {"Policy": policy_text(statements), "RevisionId": described(document)["RevisionId"]}

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


def _check_of_url(params: Params) -> None:
    """Raises AwsError where a condition for function URLs is put to an action that does not know it."""
    for name, action in (("FunctionUrlAuthType", "InvokeFunctionUrl"), ("InvokedViaFunctionUrl", "InvokeFunction")):
        if params.get(name) and params["Action"] != f"lambda:{action}":
            raise AwsError("InvalidParameterValueException", f"{name} is only supported for lambda:{action} action")
