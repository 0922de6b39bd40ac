"""Distributions: create, read, update, delete, list; and their tags. A change is deployed when the call returns."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.cloudfront.base import CloudFrontOperations
from localcloud.services.cloudfront.configuration import check
from localcloud.services.cloudfront.entities import new_id

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_LOWER = string.ascii_lowercase + string.digits
#: ListDistributions shows these members, and AWS's model requires them.
_EMPTY: dict[str, Any] = {"Quantity": 0}


class DistributionOperations(CloudFrontOperations):
    @operation("CreateDistribution")
    def create_distribution(self, call: Call, params: Params) -> Params:
        return self._create(call, params["DistributionConfig"], [])

    @operation("CreateDistributionWithTags")
    def create_distribution_with_tags(self, call: Call, params: Params) -> Params:
        both = params["DistributionConfigWithTags"]
        return self._create(call, both["DistributionConfig"], both["Tags"].get("Items", []))

    @operation("GetDistribution")
    def get_distribution(self, _: Call, params: Params) -> Params:
        found = self.entities.distributions.get(params["Id"])
        return {"Distribution": self._shown(found), "ETag": found["ETag"]}

    @operation("GetDistributionConfig")
    def get_distribution_config(self, _: Call, params: Params) -> Params:
        found = self.entities.distributions.get(params["Id"])
        return {"DistributionConfig": _whole(found["config"]), "ETag": found["ETag"]}

    @operation("UpdateDistribution")
    def update_distribution(self, _: Call, params: Params) -> Params:
        known, config = self.entities.distributions.get(params["Id"]), params["DistributionConfig"]
        if config["CallerReference"] != known["config"]["CallerReference"]:
            raise AwsError("IllegalUpdate", "The caller reference of a distribution cannot change.")
        check(config, self.entities)
        changed = self.entities.distributions.update(params["Id"], config, params.get("IfMatch"))
        return {"Distribution": self._shown(changed), "ETag": changed["ETag"]}

    @operation("DeleteDistribution")
    def delete_distribution(self, _: Call, params: Params) -> None:
        if self.entities.distributions.get(params["Id"])["config"]["Enabled"]:
            raise AwsError(
                "DistributionNotDisabled",
                "The distribution you are trying to delete has not been disabled.",
                status=409,
            )
        self.entities.distributions.delete(params["Id"], params.get("IfMatch"))
        self.cache.forget(params["Id"])
        for key, _invalidation in self.entities.invalidations.items(f"{params['Id']}/"):
            self.entities.invalidations.delete(key)

    @operation("ListDistributions")
    def list_distributions(self, _: Call, params: Params) -> Params:
        found = [self._summary(each) for each in self.entities.distributions.all()]
        whole = {"Marker": params.get("Marker", ""), "MaxItems": 100, "IsTruncated": False, "Quantity": len(found)}
        return {"DistributionList": whole | {"Items": found}}

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        new = _tags(params["Tags"].get("Items", []))
        found = self._tagged(params)
        self.entities.distributions.table.update(found["Id"], lambda document: document["tags"].update(new))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        lost, found = params["TagKeys"].get("Items", []), self._tagged(params)
        kept = {key: value for key, value in found["tags"].items() if key not in lost}
        self.entities.distributions.table.update(found["Id"], lambda document: document.update(tags=kept))

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        tags = self._tagged(params)["tags"]
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}}

    def _create(self, call: Call, config: dict[str, Any], tags: list[dict[str, str]]) -> Params:
        for known in self.entities.distributions.all():
            if known["config"]["CallerReference"] == config["CallerReference"]:
                raise AwsError("DistributionAlreadyExists", f"{known['Id']} has this caller reference.", status=409)
        check(config, self.entities)
        label = "d" + "".join(secrets.choice(_LOWER) for _ in range(13))
        made = new_id()
        document = self.entities.distributions.create(
            made,
            config,
            ARN=f"arn:aws:cloudfront::{call.account_id}:distribution/{made}",
            DomainName=f"{label}.cloudfront.net",
            tags=_tags(tags),
        )
        location = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{made}"
        return {"Distribution": self._shown(document), "ETag": document["ETag"], "Location": location}

    def _shown(self, found: Document) -> dict[str, Any]:
        running = self.running_invalidations(found["Id"])
        return {
            "Id": found["Id"],
            "ARN": found["ARN"],
            "Status": "Deployed",
            "LastModifiedTime": found["LastModifiedTime"],
            "InProgressInvalidationBatches": running,
            "DomainName": found["DomainName"],
            "ActiveTrustedSigners": {"Enabled": False, **_EMPTY},
            "ActiveTrustedKeyGroups": {"Enabled": False, **_EMPTY},
            "DistributionConfig": _whole(found["config"]),
        }

    def _summary(self, found: Document) -> dict[str, Any]:
        config = _whole(found["config"])
        shown = {name: found[name] for name in ("Id", "ARN", "DomainName", "LastModifiedTime", "ETag")}
        return config | shown | {"Status": "Deployed"}

    def _tagged(self, params: Params) -> Document:
        return self.entities.distributions.get(str(params["Resource"]).rpartition("/")[2])

    def running_invalidations(self, distribution_id: str) -> int:
        """Overridden by the group that keeps invalidations."""
        del distribution_id
        return 0


def _whole(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with AWS's defaults."""
    defaults = {
        "Aliases": _EMPTY,
        "CacheBehaviors": _EMPTY,
        "CustomErrorResponses": _EMPTY,
        "PriceClass": "PriceClass_All",
        "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": "",
        "HttpVersion": "http2",
        "IsIPV6Enabled": False,
    }
    return defaults | config


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in given}
