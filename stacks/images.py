"""AWS's images that workloads are made of, and the accounts in which AWS keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Region → the account of SageMaker's algorithms. From the SDK's own tables (``sagemaker.core.image_uris``).
_ALGORITHMS: Mapping[str, str] = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """One image. A workload's roles can pull its images alone, and the gate passes no package with another one."""

    repository: str
    tag: str
    #: Region → the account that has the repository.
    accounts: Mapping[str, str]
    #: Whether training jobs run it.
    trains: bool = False

    def uri(self, region: str) -> str:
        """As a model package names it. ValueError if AWS has no such repository in the region."""
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"{self.account(region)}.dkr.ecr.{region}.{domain}/{self.repository}:{self.tag}"

    def account(self, region: str) -> str:
        """The account in which AWS keeps it. ValueError if there is none for the region."""
        if region not in self.accounts:
            raise ValueError(
                f"[project] region = {region!r}: no account is known there for AWS's {self.repository}. Known are "
                f"{', '.join(self.accounts)}."
            )
        return self.accounts[region]


XGBOOST = Image(repository="sagemaker-xgboost", tag="3.2-0", accounts=_ALGORITHMS, trains=True)
SPARKML = Image(repository="sagemaker-sparkml-serving", tag="3.3", accounts=_ALGORITHMS)
