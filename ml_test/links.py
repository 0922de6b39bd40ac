"""Where a reader of the report finds more: pages about its commit, its execution, and the champion's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.addresses import S3Address
from handover.console import commit_page, execution_page, object_page
from handover.names import pipeline_of

if TYPE_CHECKING:
    from handover.step_variables import GateVariables


def links(variables: GateVariables, champion_report: str) -> dict[str, str]:
    """A member of the report → a page about it. Those of a build that no pipeline started lack its execution.

    champion_report: the S3 URI of a page; empty if there is none.
    """
    region = variables.package_arn.split(":")[3]
    pipeline = pipeline_of(variables.initiator or "")
    found = {}
    if variables.repository:
        found["commit"] = commit_page(variables.repository, variables.commit)
    if pipeline:
        found["pipeline_execution"] = execution_page(region, pipeline, variables.execution)
    if champion_report:
        found["champion_report"] = object_page(region, S3Address.parse(champion_report))
    return found
