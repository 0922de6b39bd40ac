"""``gate.json``: the gate's report. This module holds the part that others read; the figures are the gate's own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handover.documents import from_json, member
from handover.packages import version_of
from handover.places import GateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Verdicts that let a release go on: by itself, or after a person's approval.
RELEASABLE = ("PROMOTE", "HOLD")


@dataclass(frozen=True, kw_only=True, slots=True)
class Champion:
    """What PROD served when the gate judged: ``endpoint`` is a name, or ``name/variant`` if two models compete."""

    endpoint: str
    model_package_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoke:
    """A request, and the answer of QA's endpoint. PROD must give the same answer."""

    request: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedObject:
    """An object that a container reads, in the version that was judged. Only this version is approved."""

    address: str
    version_id: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The subject of the report. ``champion``: None for a first release, or if the champion cannot be asked.

    ``data``: the name of the data set, which also says what it stands in for. ``objects``, ``images``: the parts of the
    endpoint under test. ``attempt``: the gate's in this execution. ``judged_at``: when, such as
    ``2026-11-27 20:53:31 UTC``. ``champion_report``: the S3 URI of the page of the report by which the champion passed.
    ``links``: a member of the report → the address of a page about it.
    """

    workload: str
    commit: str
    data_sha256: str
    model_package_arn: str
    champion: Champion | None
    pipeline_execution: str
    endpoint: str
    objects: tuple[JudgedObject, ...]
    images: tuple[str, ...]
    attempt: int = 1
    smoke: tuple[Smoke, ...] = ()
    data: str = ""
    judged_at: str = ""
    champion_report: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON values, for the gate's report."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReport:
    """The subject, the verdict, and the reasons.

    sentences: one for each check, with its figures. looser, stricter: the rules that the push changed, with old and new
    value: an approval agrees to the looser ones.
    """

    origin: Origin
    verdict: str
    reason: str
    sentences: tuple[str, ...]
    look_at: tuple[str, ...] = ()
    test_split_sha256: str = ""
    looser: tuple[str, ...] = ()
    stricter: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> GateReport:
        """Raises HandOverError if something is missing."""
        return cls.of(from_json(text, GateFolder.DOCUMENT))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> GateReport:
        def read(key: str) -> Any:
            return member(document, key, GateFolder.DOCUMENT)

        champion = read("champion")
        changed = document.get("agreed", {}).get("changed", ())
        origin = Origin(
            workload=read("workload"),
            commit=read("commit"),
            data_sha256=read("data_sha256"),
            model_package_arn=read("model_package_arn"),
            champion=Champion(**champion) if champion else None,
            pipeline_execution=read("pipeline_execution"),
            endpoint=read("endpoint"),
            # The reports of earlier releases have none of these.
            objects=tuple(JudgedObject(**entry) for entry in document.get("objects", ())),
            images=tuple(document.get("images", ())),
            attempt=document.get("attempt", 1),
            smoke=tuple(Smoke(**entry) for entry in read("smoke")),
            data=document.get("data", ""),
            judged_at=document.get("judged_at", ""),
            champion_report=document.get("champion_report", ""),
            links=document.get("links", {}),
        )
        return cls(
            origin=origin,
            verdict=read("verdict"),
            reason=read("reason"),
            sentences=tuple(check["sentence"] for check in read("checks")),
            look_at=tuple(document.get("look_at", ())),
            test_split_sha256=document.get("test_split_sha256", ""),
            looser=tuple(change["sentence"] for change in changed if change["effect"] == "looser"),
            stricter=tuple(change["sentence"] for change in changed if change["effect"] == "stricter"),
        )

    @property
    def release_name(self) -> str:
        """``car_evaluation version 7``."""
        return f"{self.origin.workload} version {version_of(self.origin.model_package_arn)}"

    def folder(self, bucket: str) -> GateFolder:
        """The report's folder in the data bucket."""
        return GateFolder(bucket=bucket, execution=self.origin.pipeline_execution, attempt=self.origin.attempt)
