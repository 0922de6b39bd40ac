"""Finds the rules that match an event on a bus or are due, and delivers until the event has arrived."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.agenda import Again, Agenda
from localcloud.platform.errors import AwsError
from localcloud.platform.service_events import Event, event_of
from localcloud.services.events.inputs import input_of
from localcloud.services.events.patterns import matches, read_pattern
from localcloud.services.events.place import DEFAULT, rule_path
from localcloud.services.events.schedules import read_schedule
from localcloud.services.events.targets import PRINCIPAL, is_bus, queue_url, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.events")

#: AWS's defaults for a target's RetryPolicy.
_MOST_RETRIES = 185
_OLDEST_SECONDS = 86_400
_LONGEST_WAIT_SECONDS = 300.0
_THROTTLED = ("Throttling", "TooManyRequests", "Rate")


class Router:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.rules = cloud.store.table("events.rules")
        #: Bus → key of a rule → its pattern.
        self._patterns: dict[str, dict[str, dict[str, Any]]] = {}
        self.deliveries = Agenda(cloud.store.table("events.deliveries"), self._deliver)
        self.schedules = Agenda(cloud.store.table("events.schedules"), self._tick)
        for name, rule in self.rules.items():
            self._watch(name, rule)
            if _is_scheduled(rule) and name not in self.schedules:
                self._schedule(rule)  # the local cloud ended before it had stored the schedule

    def start(self) -> None:
        self.deliveries.start()
        self.schedules.start()

    def stop(self) -> None:
        self.schedules.stop()
        self.deliveries.stop()

    def receive(self, event: Event, bus: str = DEFAULT, *, forwarded: bool = False) -> None:
        """Writes down the targets of the event. Other threads deliver it.

        ``forwarded``: it comes from a rule of another bus. As on AWS, it goes to no third one.
        """
        patterns = list(self._patterns.get(bus, {}).items())
        for key in [key for key, pattern in patterns if matches(pattern, event)]:
            rule = self.rules.get(key)
            if rule is not None:
                self._send_to_targets(rule, event, forwarded=forwarded)

    def rules_of(self, bus: str, prefix: str = "") -> list[Document]:
        """The rules on a bus whose names begin so."""
        return [rule for _, rule in self.rules.items(rule_path(bus, prefix)) if _bus_of(rule) == bus]

    def put(self, rule: Document, *, reschedule: bool) -> None:
        """Takes up a rule that is new or has changed."""
        key = _key_of(rule)
        self.rules.put(key, rule)
        self._watch(key, rule)
        if not _is_scheduled(rule):
            self.schedules.remove(key)
        elif reschedule or key not in self.schedules:
            self._schedule(rule)

    def change(self, rule: Document, change: Callable[[Document], None]) -> None:
        """Changes what a rule does when it matches, not when it does."""
        self.rules.update(_key_of(rule), change)

    def delete(self, key: str) -> None:
        rule = self.rules.get(key)
        if rule is not None:
            self.rules.delete(key)
            self._patterns.get(_bus_of(rule), {}).pop(key, None)
            self.schedules.remove(key)

    def _watch(self, key: str, rule: Document) -> None:
        """The rules with patterns, parsed. Other rules cost an event nothing."""
        patterns = self._patterns.setdefault(_bus_of(rule), {})
        if rule.get("EventPattern") and rule["State"] == "ENABLED":
            patterns[key] = read_pattern(rule["EventPattern"])
        else:
            patterns.pop(key, None)

    def _schedule(self, rule: Document) -> None:
        now = datetime.now(UTC)
        following = read_schedule(rule["ScheduleExpression"]).after(now)
        if following is not None:
            wait = (following - now).total_seconds() / self._cloud.settings.time_scale
            self.schedules.put({"time": following}, after_seconds=wait, key=_key_of(rule))

    def _tick(self, name: str, entry: Document) -> Again | None:
        """Runs a schedule that is due. Times that passed while the local cloud was down are not made up for."""
        rule = self.rules.get(name)
        if rule is None or not rule.get("ScheduleExpression"):
            return None
        event = event_of(
            self._cloud.settings,
            source="aws.events",
            detail_type="Scheduled Event",
            detail={},
            resources=[rule["Arn"]],
            time=entry["time"],
        )
        self._send_to_targets(rule, event)
        base = max(entry["time"], datetime.now(UTC))
        following = read_schedule(rule["ScheduleExpression"]).after(base)
        if following is None:
            return None
        wait = (following - base).total_seconds() / self._cloud.settings.time_scale
        return Again(after_seconds=wait, document={"time": following})

    def _send_to_targets(self, rule: Document, event: Event, *, forwarded: bool = False) -> None:
        for target in rule["targets"].values():
            if forwarded and is_bus(target):
                log.info("%s: an event from another bus does not go on to %s", rule["Arn"], target["Arn"])
                continue
            text = input_of(target, event, rule["Arn"])
            self.deliveries.put(
                {"rule": rule["Arn"], "target": target, "text": text, "since": datetime.now(UTC), "attempts": 0}
            )

    def _deliver(self, _: str, entry: Document) -> Again | None:
        target, policy = entry["target"], entry["target"].get("RetryPolicy", {})
        try:
            send(self._cloud, target, entry["text"], entry["rule"])
        except (ClientError, BotoCoreError, AwsError) as error:
            entry["attempts"] += 1
            age = (datetime.now(UTC) - entry["since"]).total_seconds() * self._cloud.settings.time_scale
            may_again = entry["attempts"] <= policy.get("MaximumRetryAttempts", _MOST_RETRIES) and age < policy.get(
                "MaximumEventAgeInSeconds", _OLDEST_SECONDS
            )
            if may_again and _may_pass(error):
                wait = min(2.0 ** entry["attempts"], _LONGEST_WAIT_SECONDS)
                return Again(after_seconds=wait / self._cloud.settings.time_scale, document=entry)
            log.warning("%s: an event does not reach %s: %s", entry["rule"], target["Arn"], error)
            self._to_dead_letters(entry, error)
        return None

    def _to_dead_letters(self, entry: Document, error: Exception) -> None:
        arn = entry["target"].get("DeadLetterConfig", {}).get("Arn")
        if not arn:
            return
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        said = {
            "RULE_ARN": entry["rule"],
            "TARGET_ARN": entry["target"]["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": str(error)[:1024],
            "RETRY_ATTEMPTS": str(entry["attempts"] - 1),
        }
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}
        sqs = self._cloud.clients.as_service("sqs", PRINCIPAL, source_arn=entry["rule"])
        try:
            sqs.send_message(
                QueueUrl=queue_url(self._cloud, arn), MessageBody=entry["text"], MessageAttributes=attributes
            )
        except (ClientError, BotoCoreError) as lost:
            log.warning("%s: nor does it reach the dead letter queue %s: %s", entry["rule"], arn, lost)


def _bus_of(rule: Document) -> str:
    return str(rule.get("EventBusName", DEFAULT))


def _key_of(rule: Document) -> str:
    return rule_path(_bus_of(rule), rule["Name"])


def _is_scheduled(rule: Document) -> bool:
    return bool(rule.get("ScheduleExpression")) and rule["State"] == "ENABLED"


def _may_pass(error: Exception) -> bool:
    """Whether another try makes sense: not where the target is gone or refuses."""
    if not isinstance(error, ClientError):
        return not isinstance(error, AwsError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or error.response["Error"]["Code"].startswith(_THROTTLED)
