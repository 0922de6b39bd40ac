"""AWS's images that workloads are made of, and the accounts in which AWS keeps them.

The stacks grant a workload's roles these images; the training step names them, without the seconds that the SDK and its
own tables take to import. A test compares them with the SDK's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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

#: The same for its first algorithms, which AWS keeps elsewhere in most regions.
_FIRST_ALGORITHMS: Mapping[str, str] = {
    "af-south-1": "455444449433",
    "ap-east-1": "286214385809",
    "ap-northeast-1": "351501993468",
    "ap-northeast-2": "835164637446",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "991648021394",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "475088953585",
    "ap-southeast-2": "712309505854",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "469771592824",
    "ca-west-1": "190319476487",
    "cn-north-1": "390948362332",
    "cn-northwest-1": "387376663083",
    "eu-central-1": "664544806723",
    "eu-central-2": "680994064768",
    "eu-north-1": "669576153137",
    "eu-south-1": "257386234256",
    "eu-south-2": "104374241257",
    "eu-west-1": "438346466558",
    "eu-west-2": "644912444149",
    "eu-west-3": "749696950732",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "249704162688",
    "sa-east-1": "855470959533",
    "us-east-1": "382416733822",
    "us-east-2": "404615174143",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "226302683700",
    "us-west-1": "632365934929",
    "us-west-2": "174872318107",
}

#: Region → the account of the Deep Learning Containers: one has them in most regions. From the SDK's tables, too.
_DEEP_LEARNING: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ),
        "763104351884",
    ),
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-3": "364406365360",
    "ap-south-2": "772153158452",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-6": "633930458069",
    "ap-southeast-7": "590183813437",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-2": "380420809688",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "mx-central-1": "637423239942",
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
}
#: The containers on Amazon Linux 2023 are not in all partitions.
_AMAZON_LINUX = {
    region: account for region, account in _DEEP_LEARNING.items() if not region.startswith(("cn-", "us-gov-"))
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
    #: Whether endpoints' containers do.
    serves: bool = True
    #: Whether these jobs bring their own program.
    runs_scripts: bool = False

    @property
    def name(self) -> str:
        """The SDK's name for one of SageMaker's own."""
        return self.repository.removeprefix("sagemaker-")

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
FACTORIZATION_MACHINES = Image(repository="factorization-machines", tag="1", accounts=_FIRST_ALGORITHMS, trains=True)
NTM = Image(repository="ntm", tag="1", accounts=_FIRST_ALGORITHMS, trains=True)
TENSORFLOW_TRAINING = Image(
    repository="tensorflow-training",
    tag="2.21.0-cpu-py312",
    accounts=_DEEP_LEARNING,
    trains=True,
    serves=False,
    runs_scripts=True,
)
TENSORFLOW_SERVING = Image(repository="tensorflow-inference", tag="2.20.0-cpu-py312", accounts=_DEEP_LEARNING)
PYTORCH_TRAINING = Image(
    repository="pytorch",
    tag="2.14-cpu-amzn2023-sagemaker",
    accounts=_AMAZON_LINUX,
    trains=True,
    serves=False,
    runs_scripts=True,
)
PYTORCH_SERVING = Image(repository="ray", tag="serve-ml-sagemaker-cpu-v1.4", accounts=_DEEP_LEARNING)

#: SageMaker's own algorithms and containers, which have names of their own.
_BUILT_IN = (XGBOOST, SPARKML, FACTORIZATION_MACHINES, NTM)


def built_in(name: str, version: str) -> Image:
    """The image of this name and version, as the SDK's tables have them: ``xgboost``, ``3.2-0``. ValueError."""
    for image in _BUILT_IN:
        if (image.name, image.tag) == (name, version):
            return image
    known = ", ".join(f"{image.name} {image.tag}" for image in _BUILT_IN)
    raise ValueError(f"no image is known for {name} {version}, only for {known}. handover/aws_images.py has them all")
