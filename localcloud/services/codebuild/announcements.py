"""The events that CodeBuild sends: builds that start and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document


def announce(cloud: Cloud) -> None:
    """From now on, announces every change of a build's status in the store."""

    def build_changed(_: str, before: Document | None, after: Document | None) -> None:
        if after is None or (before is not None and before["buildStatus"] == after["buildStatus"]):
            return
        detail = {
            "build-status": after["buildStatus"],
            "project-name": after["projectName"],
            "build-id": after["arn"],
            "current-phase": after.get("currentPhase", "SUBMITTED"),
            "version": "1",
            "additional-information": {
                "build-number": after["buildNumber"],
                "build-complete": after["buildComplete"],
                "initiator": after["initiator"],
                "build-start-time": after["startTime"].strftime("%b %-d, %Y %-I:%M:%S %p"),
                "timeout-in-minutes": after["timeoutInMinutes"],
                "phases": [
                    {
                        "phase-type": phase["phaseType"],
                        **({"phase-status": phase["phaseStatus"]} if "phaseStatus" in phase else {}),
                    }
                    for phase in after["phases"]
                ],
            },
        }
        cloud.events.emit("aws.codebuild", "CodeBuild Build State Change", detail, resources=[after["arn"]])

    cloud.store.table("codebuild.builds").watch(build_changed)
