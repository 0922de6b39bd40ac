"""Polls the objects of S3 source actions, as long as ``PollForSourceChanges`` does not say false.

AWS looks about once a minute. Here the minute is on the time scale. Without such a pipeline, nothing runs.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.errors import AwsError
from localcloud.services.codepipeline.action_types import S3, Declaration, source_actions, type_key
from localcloud.services.codepipeline.records import FINISHED

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.services.codepipeline.engine import Engine

_INTERVAL_SECONDS = 60.0
_SHORTEST_SECONDS = 0.5

log = logging.getLogger("localcloud.codepipeline")


def polled(pipeline: Declaration) -> list[Declaration]:
    """The source actions that are polled."""
    return [
        action
        for action in source_actions(pipeline)
        if type_key(action) == S3 and action["configuration"].get("PollForSourceChanges", "true").lower() == "true"
    ]


class Polling:
    def __init__(self, cloud: Cloud, engine: Engine) -> None:
        self._engine = engine
        self._records = engine.records
        #: Pipeline/action → the newest version that was seen.
        self._seen = cloud.store.table("codepipeline.polled")
        self._seconds = max(_SHORTEST_SECONDS, _INTERVAL_SECONDS / cloud.settings.time_scale)
        self._names: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def look_at(self, name: str) -> None:
        """Polls a pipeline from now on, if its present declaration has an action that is polled."""
        with self._lock:
            if not polled(self._records.declaration(name)):
                self._names.discard(name)
                return
            self._names.add(name)
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._keep, daemon=True, name="polling")
                self._thread.start()

    def forget(self, name: str) -> None:
        with self._lock:
            self._names.discard(name)
        for key, _ in self._seen.items(f"{name}/"):
            self._seen.delete(key)

    def stop(self) -> None:
        self._ended.set()

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds):
            with self._lock:
                names = sorted(self._names)
                if not names:
                    self._thread = None
                    return
            for name in names:
                try:
                    self._poll(name)
                except (AwsError, BotoCoreError, ClientError, OSError) as error:  # nothing there, or not allowed
                    log.info("pipeline %s could not be polled: %s", name, error)

    def _poll(self, name: str) -> None:
        pipeline = self._records.declaration(name)
        for action in polled(pipeline):
            known = self._known(name, action["name"])
            if known is None:
                continue  # the execution that takes the first version is under way
            newest = self._newest(pipeline, action)
            if newest == known:
                continue
            self._seen.put(f"{name}/{action['name']}", {"version": newest})
            if newest:
                trigger = {"triggerType": "PollForSourceChanges", "triggerDetail": f"{name}/{action['name']}"}
                self._engine.start_execution(name, trigger=trigger)

    def _known(self, name: str, action: str) -> str | None:
        """The version seen last, at first the newest execution's. Empty for none, None as long as it may come."""
        seen = self._seen.get(f"{name}/{action}")
        if seen is not None:
            return str(seen["version"])
        for execution in reversed(self._records.executions_of(name)):
            for revision in execution["sourceRevisions"]:
                if revision["actionName"] == action:
                    return str(revision["revisionId"])
            if execution["status"] not in FINISHED:
                return None
        return ""

    def _newest(self, pipeline: Declaration, action: Declaration) -> str:
        """The id of the object's newest version, by the action's role; empty without an object."""
        s3: Any = self._engine.runs.role_of(pipeline, action).client("s3")
        configuration = action["configuration"]
        try:
            found = s3.head_object(Bucket=configuration["S3Bucket"], Key=configuration["S3ObjectKey"])
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
                return ""
            raise
        return str(found.get("VersionId", ""))
