"""Invalidations: paths leave the cache when the call returns; its status follows on the cloud's time scale."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.cloudfront.configuration import items
from localcloud.services.cloudfront.distribution_operations import DistributionOperations
from localcloud.services.cloudfront.entities import new_id

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

#: About what AWS takes.
_SECONDS = 60.0
_PATH = re.compile(r"/[^*]*\*?")


class InvalidationOperations(DistributionOperations):
    @operation("CreateInvalidation")
    def create_invalidation(self, _: Call, params: Params) -> Params:
        distribution, batch = self.entities.distributions.get(params["DistributionId"]), params["InvalidationBatch"]
        paths = items(batch["Paths"])
        wrong = [path for path in paths if not _PATH.fullmatch(path)]
        if wrong or not paths:
            problem = (
                f"{', '.join(wrong)} is no path: a path begins with / and has * at its end only." if wrong else "none"
            )
            raise AwsError(
                "InvalidArgument", f"Your request contains one or more invalid invalidation paths: {problem}"
            )
        made = {"Id": new_id(), "CreateTime": datetime.now(UTC), "InvalidationBatch": batch}
        self.entities.invalidations.put(f"{distribution['Id']}/{made['Id']}", made)
        self.cache.invalidate(distribution["Id"], paths)
        base = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{distribution['Id']}"
        return {"Invalidation": self._shown_invalidation(made), "Location": f"{base}/invalidation/{made['Id']}"}

    @operation("GetInvalidation")
    def get_invalidation(self, _: Call, params: Params) -> Params:
        self.entities.distributions.get(params["DistributionId"])
        found = self.entities.invalidations.get(f"{params['DistributionId']}/{params['Id']}")
        if found is None:
            raise AwsError("NoSuchInvalidation", "The specified invalidation does not exist.", status=404)
        return {"Invalidation": self._shown_invalidation(found)}

    @operation("ListInvalidations")
    def list_invalidations(self, _: Call, params: Params) -> Params:
        self.entities.distributions.get(params["DistributionId"])
        found = [self._shown_invalidation(each) for _, each in self._of(params["DistributionId"])]
        shown = [{name: each[name] for name in ("Id", "CreateTime", "Status")} for each in reversed(found)]
        whole = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(shown)}
        return {"InvalidationList": whole | {"Items": shown}}

    def running_invalidations(self, distribution_id: str) -> int:
        return sum(self._status(each) == "InProgress" for _, each in self._of(distribution_id))

    def _of(self, distribution_id: str) -> list[tuple[str, Document]]:
        return list(self.entities.invalidations.items(f"{distribution_id}/"))

    def _shown_invalidation(self, found: Document) -> dict[str, Any]:
        return found | {"Status": self._status(found)}

    def _status(self, found: Document) -> str:
        lasts = timedelta(seconds=_SECONDS / self.cloud.settings.time_scale)
        return "Completed" if datetime.now(UTC) >= found["CreateTime"] + lasts else "InProgress"
