"""Dashboards: stored as they are put, and never drawn."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.base import CloudWatchOperations

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Dashboards(CloudWatchOperations):
    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._dashboards = cloud.store.table("cloudwatch.dashboards")

    @operation("PutDashboard")
    def put_dashboard(self, _: Call, params: Params) -> Params:
        name, body = params["DashboardName"], params["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterValue",
                f"The value {name} for field DashboardName contains invalid characters. It can only contain "
                "alphanumerics, dash (-) and underscore (_).",
            )
        try:
            json.loads(body)
        except ValueError as error:
            problem = f"The field DashboardBody must be a valid JSON object: {error}"
            raise AwsError("InvalidParameterInput", problem) from error
        arn = self._arn(name)
        self._dashboards.put(
            name,
            {"DashboardName": name, "DashboardArn": arn, "DashboardBody": body, "LastModified": datetime.now(UTC)},
        )
        self.put_tags(arn, params.get("Tags"))
        return {"DashboardValidationMessages": []}

    @operation("GetDashboard")
    def get_dashboard(self, _: Call, params: Params) -> Params:
        found = self._dashboard(params["DashboardName"])
        return {name: found[name] for name in ("DashboardArn", "DashboardBody", "DashboardName")}

    @operation("ListDashboards")
    def list_dashboards(self, _: Call, params: Params) -> Params:
        prefix = params.get("DashboardNamePrefix") or ""
        entries = [
            {
                **{name: found[name] for name in ("DashboardName", "DashboardArn", "LastModified")},
                "Size": len(found["DashboardBody"].encode()),
            }
            for _, found in self._dashboards.items(prefix)
        ]
        return {"DashboardEntries": sorted(entries, key=lambda entry: str(entry["DashboardName"]))}

    @operation("DeleteDashboards")
    def delete_dashboards(self, _: Call, params: Params) -> Params:
        for found in [self._dashboard(name) for name in params["DashboardNames"]]:
            self._dashboards.delete(found["DashboardName"])
            self.tags.delete(found["DashboardArn"])
        return {}

    def _dashboard(self, name: str) -> Document:
        found = self._dashboards.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)
        return found

    def _arn(self, name: str) -> str:
        """The ARN, without a region: a dashboard belongs to an account."""
        return f"arn:aws:cloudwatch::{self.cloud.settings.account_id}:dashboard/{name}"
