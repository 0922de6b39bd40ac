"""A build's document in the store: phases, statuses and times in BatchGetBuilds' form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.services.codebuild.transitions import Phase, Status

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document, Table

IN_PROGRESS = "IN_PROGRESS"


def builds(cloud: Cloud) -> Table:
    """Build id → document in BatchGetBuilds' form."""
    return cloud.store.table("codebuild.builds")


class Record:
    """Records the course of one build."""

    def __init__(self, cloud: Cloud, build_id: str) -> None:
        self._table = builds(cloud)
        self._id = build_id

    def document(self) -> Document:
        document = self._table.get(self._id)
        if document is None:
            raise KeyError(self._id)
        return document

    def set(self, **values: Any) -> None:
        self._table.update(self._id, lambda build: build.update(values))

    def begin(self, phase: Phase) -> None:
        def change(build: Document) -> None:
            build["currentPhase"] = phase.value
            build["phases"].append({"phaseType": phase.value, "startTime": datetime.now(UTC)})

        self._table.update(self._id, change)

    def end(self, status: Status, status_code: str = "", message: str = "") -> None:
        """Ends the present phase."""

        def change(build: Document) -> None:
            phase = build["phases"][-1]
            now = datetime.now(UTC)
            phase |= {
                "endTime": now,
                "phaseStatus": status.value,
                "durationInSeconds": round((now - phase["startTime"]).total_seconds()),
                "contexts": [{"statusCode": status_code, "message": message}],
            }

        self._table.update(self._id, change)

    def complete(self, status: Status) -> None:
        """Ends the build and its present phase. A build ends once."""

        def change(build: Document) -> None:
            if build["buildComplete"]:
                return
            now = datetime.now(UTC)
            last = build["phases"][-1] if build["phases"] else None
            if last and "endTime" not in last:
                seconds = round((now - last["startTime"]).total_seconds())
                last |= {"endTime": now, "phaseStatus": status.value, "durationInSeconds": seconds}
            build["phases"].append({"phaseType": Phase.COMPLETED.value, "startTime": now})
            build |= {
                "currentPhase": Phase.COMPLETED.value,
                "buildStatus": status.value,
                "buildComplete": True,
                "endTime": now,
            }

        self._table.update(self._id, change)
