"""Who a permission may name, and that no statement is kept that nobody could read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.service import Lambda
from localcloud.wire.protocol import Protocol
from tests.unit.localcloud.services.calls import call

CALL = call("lambda")


@pytest.fixture
def functions(cloud: Cloud) -> Lambda:
    made = Lambda(cloud)
    made.functions.table.put("score", {"configuration": {"FunctionName": "score", "RevisionId": "1"}})
    return made


def permission(**changed: str) -> dict[str, Any]:
    return {
        "FunctionName": "score",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        **changed,
    }


@pytest.mark.parametrize(
    ("principal", "kept"),
    [
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("123456789012", {"AWS": "arn:aws:iam::123456789012:root"}),
        ("arn:aws:iam::123456789012:role/a", {"AWS": "arn:aws:iam::123456789012:role/a"}),
        ("*", "*"),
    ],
)
def test_a_permission_names_services_accounts_and_identities(functions: Lambda, principal: str, kept: Any) -> None:
    """As AWS writes them into the function's policy."""
    functions.add_permission(CALL, permission(Principal=principal))
    policy = json.loads(functions.get_policy(CALL, {"FunctionName": "score"})["Policy"])
    assert policy["Statement"][0]["Principal"] == kept


@pytest.mark.parametrize("principal", ["nobody.example.org", "12345", "arn:aws:s3:::bucket", "root"])
def test_any_other_principal_is_invalid(functions: Lambda, principal: str) -> None:
    """In AWS's words, and the function is as it was."""
    with pytest.raises(AwsError) as refused:
        functions.add_permission(CALL, permission(Principal=principal))
    assert refused.value.code == "InvalidParameterValueException"
    assert refused.value.message == ("The provided principal was invalid. Please check the principal and try again.")
    assert "policy" not in (functions.functions.table.get("score") or {})


def test_a_statement_that_no_policy_can_have_is_not_kept(functions: Lambda) -> None:
    """Otherwise every later call about the function would fail on it."""
    with pytest.raises(AwsError) as refused:
        functions.add_permission(CALL, permission(Action="InvokeFunction"))
    assert (refused.value.code, refused.value.status) == ("InvalidParameterValueException", 400)
    assert "policy" not in (functions.functions.table.get("score") or {})


def test_what_is_not_there_is_told_in_lambdas_words(functions: Lambda) -> None:
    """Each operation has words of its own for a function that does not exist."""
    with pytest.raises(AwsError, match=r"^The resource you requested does not exist\.$"):
        functions.get_policy(CALL, {"FunctionName": "none"})
    with pytest.raises(AwsError, match=r"^The function doesn't exist\.$"):
        functions.put_function_event_invoke_config(CALL, {"FunctionName": "none", "MaximumRetryAttempts": 1})
    with pytest.raises(AwsError, match=r"^Function not found: arn:aws:lambda:us-east-1:123456789012:function:none$"):
        functions.get_function(CALL, {"FunctionName": "none"})


def test_a_modelled_error_says_whose_fault_it_is() -> None:
    """Lambda's errors have a member for it; what the front end refuses has not."""
    wire = Protocol.all_of("lambda")["rest-json"]
    modelled = json.loads(wire.refuse(AwsError("ResourceNotFoundException", "gone", status=404), "r").body)
    assert modelled["Type"] == "User"
    assert "Type" not in json.loads(wire.refuse(AwsError("ValidationException", "no"), "r").body)
