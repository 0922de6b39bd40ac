"""Asynchronous invocation: events wait in a table, are retried as on AWS, and end up at a destination."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.agenda import Again, Agenda
from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.engine import role_credentials
from localcloud.services.lambda_.names import LATEST, Reference

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.lambda_.engine import Engine
    from localcloud.services.lambda_.sandbox import Outcome
    from localcloud.services.lambda_.versions import Target, Versions

log = logging.getLogger("localcloud.lambda")

#: How long after a function's error AWS tries again: one minute, then two.
_RETRY_SECONDS = (60.0, 120.0)
_MOST_RETRIES = 2
_OLDEST_SECONDS = 6 * 3600
#: A throttled event waits a second, then longer each time, up to five minutes.
_LONGEST_THROTTLE_SECONDS = 300.0


class Asynchronous:
    def __init__(self, cloud: Cloud, versions: Versions, engine: Engine) -> None:
        self._cloud = cloud
        self._versions = versions
        self._engine = engine
        self.agenda = Agenda(cloud.store.table("lambda.events"), self._run)

    def accept(self, named: Reference, request_id: str, payload: bytes, client_context: str = "") -> None:
        """Writes the event down. From then on it will be run."""
        self.agenda.put(
            {
                "function": named.name,
                "qualifier": named.qualifier,
                "request_id": request_id,
                "payload": base64.b64encode(payload).decode(),
                "client_context": client_context,
                "received": datetime.now(UTC),
                "attempts": 0,
                "throttled": 0,
            },
            key=request_id,
        )

    def _run(self, _: str, entry: Document) -> Again | None:
        """Runs an event once. An alias is looked up each time; its settings are its own."""
        named = Reference(entry["function"], entry.get("qualifier", ""))
        try:
            target = self._versions.target(named)
            settings = self._versions.document(named).get("event_invoke", {})
        except AwsError as error:
            log.warning("%s: an event is given up: %s", named, error.message)
            return None
        told = _Told(target, settings, entry)
        payload = base64.b64decode(entry["payload"])
        try:
            outcome = self._engine.invoke(target, entry["request_id"], payload, entry["client_context"])
        except AwsError as error:
            return self._throttled(told, error)
        entry["attempts"] += 1
        if outcome.function_error:
            return self._failed(told, outcome)
        self._tell(told, outcome, "OnSuccess", "Success")
        return None

    def _throttled(self, told: _Told, error: AwsError) -> Again | None:
        entry = told.entry
        if self._age(entry) > told.settings.get("MaximumEventAgeInSeconds", _OLDEST_SECONDS):
            log.warning("%s: an event is given up: %s", entry["function"], error.message)
            self._tell(told, None, "OnFailure", "EventAgeExceeded")
            return None
        wait = min(2.0 ** entry["throttled"], _LONGEST_THROTTLE_SECONDS)
        entry["throttled"] += 1
        return Again(after_seconds=wait / self._cloud.settings.time_scale, document=entry)

    def _failed(self, told: _Told, outcome: Outcome) -> Again | None:
        entry = told.entry
        retries = told.settings.get("MaximumRetryAttempts", _MOST_RETRIES)
        if entry["attempts"] <= retries and self._age(entry) <= told.settings.get(
            "MaximumEventAgeInSeconds", _OLDEST_SECONDS
        ):
            wait = _RETRY_SECONDS[entry["attempts"] - 1]
            return Again(after_seconds=wait / self._cloud.settings.time_scale, document=entry)
        self._tell(told, outcome, "OnFailure", "RetriesExhausted")
        return None

    def _age(self, entry: Document) -> float:
        age: float = (datetime.now(UTC) - entry["received"]).total_seconds()
        return age * self._cloud.settings.time_scale

    def _tell(self, told: _Told, outcome: Outcome | None, kind: str, condition: str) -> None:
        """Sends a record to the destination, and the event of a failure to the dead letter queue."""
        entry, configuration = told.entry, told.target.configuration
        destinations = told.settings.get("DestinationConfig", {})
        target = destinations.get(kind, {}).get("Destination")
        if target:
            self._send(configuration, target, json.dumps(_record(told, outcome, condition)), {})
        dead_letters = configuration.get("DeadLetterConfig", {}).get("TargetArn")
        if dead_letters and kind == "OnFailure":
            payload = base64.b64decode(entry["payload"]).decode()
            message = _payload_of(outcome).get("errorMessage", condition) if outcome else condition
            attributes = {"RequestID": entry["request_id"], "ErrorCode": "200", "ErrorMessage": message[:1024]}
            self._send(configuration, dead_letters, payload, attributes)

    def _send(self, configuration: Document, target: str, body: str, attributes: dict[str, str]) -> None:
        """Sends with the function's role, as AWS does. A refused message is lost and logged."""
        from botocore.exceptions import ClientError

        said = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        service = target.split(":")[2]
        try:
            client = self._cloud.clients.for_credentials(service, role_credentials(self._cloud, configuration))
            if service == "sns":
                client.publish(TopicArn=target, Message=body, MessageAttributes=said)
            else:
                url = client.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
                client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=said)
        except (ClientError, AwsError) as error:
            log.warning("%s cannot send to %s: %s", configuration["FunctionName"], target, error)


@dataclass(frozen=True, slots=True)
class _Told:
    """An attempt: what ran, the settings of asynchronous invocations, and the event."""

    target: Target
    settings: Document
    entry: Document


def _record(told: _Told, outcome: Outcome | None, condition: str) -> dict[str, Any]:
    entry = told.entry
    invoked = told.target.invoked_arn if told.target.reference.qualifier else f"{told.target.invoked_arn}:{LATEST}"
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": entry["request_id"],
            "functionArn": invoked,
            "condition": condition,
            "approximateInvokeCount": entry["attempts"],
        },
        "requestPayload": json.loads(base64.b64decode(entry["payload"]) or b"null"),
        "responseContext": {
            "statusCode": 200,
            "executedVersion": told.target.version,
            **({"functionError": outcome.function_error} if outcome and outcome.function_error else {}),
        },
        "responsePayload": _payload_of(outcome) if outcome else None,
    }


def _payload_of(outcome: Outcome) -> Any:
    return json.loads(outcome.payload or b"null")
