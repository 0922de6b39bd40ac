"""Invokes functions, and sets the limits of their invocations."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.concurrency import ACCOUNT_CONCURRENCY, UNRESERVED
from localcloud.services.lambda_.configuration import accept_only, check_destination
from localcloud.services.lambda_.names import LATEST, Reference, function_name, reference
from localcloud.services.lambda_.sandbox import encoded_tail

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_LARGEST_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}


class InvocationOperations(LambdaOperations):
    @operation("Invoke")
    def invoke(self, call: Call, params: Params) -> Params:
        accept_only(
            params,
            ("FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload"),
            "Invoke",
        )
        named = reference(params["FunctionName"], params.get("Qualifier"))
        target = self.versions.target(named)
        kind = params.get("InvocationType", "RequestResponse")
        if kind == "DryRun":
            return {"StatusCode": 204}
        payload = _payload(params, kind)
        context = _client_context(params.get("ClientContext", ""))
        if kind == "Event":
            self.asynchronous.accept(named, call.request_id, payload, context)
            return {"StatusCode": 202, "Payload": b""}
        outcome = self.engine.invoke(target, call.request_id, payload, context)
        answer: Params = {"StatusCode": 200, "ExecutedVersion": target.version, "Payload": outcome.payload}
        if outcome.function_error:
            answer["FunctionError"] = outcome.function_error
        if params.get("LogType") == "Tail":
            answer["LogResult"] = encoded_tail(outcome)
        return answer

    @operation("PutFunctionConcurrency")
    def put_function_concurrency(self, _: Call, params: Params) -> Params:
        name, wanted = function_name(params["FunctionName"]), params["ReservedConcurrentExecutions"]
        provisioned = self.engine.provisioned.executions(name)
        if wanted < provisioned:
            raise AwsError(
                "InvalidParameterValueException",
                f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
                f"concurrency [{provisioned}].",
            )
        others = sum(f.get("concurrency") or 0 for key, f in self.functions.table.items() if key != name)
        if others + wanted > ACCOUNT_CONCURRENCY - UNRESERVED:
            raise AwsError(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{UNRESERVED}].",
            )
        self.functions.update(name, lambda function: function.update(concurrency=wanted))
        return {"ReservedConcurrentExecutions": wanted}

    @operation("GetFunctionConcurrency")
    def get_function_concurrency(self, _: Call, params: Params) -> Params:
        found = self.functions.get(function_name(params["FunctionName"])).get("concurrency")
        return {} if found is None else {"ReservedConcurrentExecutions": found}

    @operation("DeleteFunctionConcurrency")
    def delete_function_concurrency(self, _: Call, params: Params) -> None:
        self.functions.update(function_name(params["FunctionName"]), lambda function: function.pop("concurrency", None))

    @operation("PutFunctionEventInvokeConfig")
    def put_function_event_invoke_config(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        wanted = {
            key: params[key]
            for key in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
            if key in params
        }
        for kind in ("OnSuccess", "OnFailure"):
            check_destination(wanted.get("DestinationConfig", {}).get(kind, {}).get("Destination", ""), kind)
        if self.versions.known(named) is None:
            raise AwsError("ResourceNotFoundException", "The function doesn't exist.", status=404)
        document = self.versions.update(named, lambda document: document.update(event_invoke=wanted))
        return self._event_invoke(named, document)

    @operation("GetFunctionEventInvokeConfig")
    def get_function_event_invoke_config(self, _: Call, params: Params) -> Params:
        named = reference(params["FunctionName"], params.get("Qualifier"))
        return self._event_invoke(named, self.versions.document(named))

    @operation("DeleteFunctionEventInvokeConfig")
    def delete_function_event_invoke_config(self, call: Call, params: Params) -> None:
        self.get_function_event_invoke_config(call, params)
        named = reference(params["FunctionName"], params.get("Qualifier"))
        self.versions.update(named, lambda document: document.pop("event_invoke", None))

    def _event_invoke(self, named: Reference, document: Document) -> Params:
        arn = self.functions.arn(f"{named.name}:{named.qualifier or LATEST}")
        if "event_invoke" not in document:
            raise AwsError(
                "ResourceNotFoundException", f"The function {arn} doesn't have an EventInvokeConfig", status=404
            )
        return {"FunctionArn": arn, "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}, **document["event_invoke"]}


def _client_context(given: str) -> str:
    """The caller's JSON, which comes in base64, as the runtime's header takes it: on one line, in ASCII."""
    if not given:
        return ""
    try:
        return json.dumps(json.loads(base64.b64decode(given, validate=True)))
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from error


def _payload(params: Params, kind: str) -> bytes:
    payload = params.get("Payload") or b"{}"
    payload = payload if isinstance(payload, bytes) else str(payload).encode()
    if len(payload) > _LARGEST_BYTES[kind]:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {_LARGEST_BYTES[kind]} "
            "bytes)",
            status=413,
        )
    try:
        json.loads(payload)
    except ValueError as error:
        raise AwsError("InvalidRequestContentException", f"Could not parse request body into json: {error}") from error
    return payload
