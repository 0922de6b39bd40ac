"""``gate.json``: the gate's report. Here stands what others read of it; the figures are the gate's own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handover.documents import from_json, member
from handover.packages import version_of
from handover.places import GateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Verdicts with which a release may go on: by itself, or when a person has approved it.
RELEASABLE = ("PROMOTE", "HOLD")


@dataclass(frozen=True, kw_only=True, slots=True)
class Champion:
    """What served in PROD when the gate judged: ``endpoint`` is a name, or ``name/variant`` where two compete."""

    endpoint: str
    model_package_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoke:
    """A request, and what QA's endpoint answered. PROD must answer the same."""

    request: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What the report is about. ``champion``: None on a first release, or where the champion cannot be asked."""

    workload: str
    commit: str
    data_sha256: str
    model_package_arn: str
    champion: Champion | None
    pipeline_execution: str
    endpoint: str
    smoke: tuple[Smoke, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON values, for the gate's document."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReport:
    """What was judged, the verdict, and why. ``sentences``: one for each check, with its figures."""

    origin: Origin
    verdict: str
    reason: str
    sentences: tuple[str, ...]
    look_at: tuple[str, ...] = ()
    test_split_sha256: str = ""
    answers_sha256: str = ""
    earlier_decisions: int = field(default=0)

    @classmethod
    def parse(cls, text: str) -> GateReport:
        """Raises HandOverError for what is missing."""
        return cls.of(from_json(text, GateFolder.DOCUMENT))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> GateReport:
        def read(key: str) -> Any:
            return member(document, key, GateFolder.DOCUMENT)

        champion = read("champion")
        origin = Origin(
            workload=read("workload"),
            commit=read("commit"),
            data_sha256=read("data_sha256"),
            model_package_arn=read("model_package_arn"),
            champion=Champion(**champion) if champion else None,
            pipeline_execution=read("pipeline_execution"),
            endpoint=read("endpoint"),
            smoke=tuple(Smoke(**entry) for entry in read("smoke")),
        )
        return cls(
            origin=origin,
            verdict=read("verdict"),
            reason=read("reason"),
            sentences=tuple(check["sentence"] for check in read("checks")),
            look_at=tuple(document.get("look_at", ())),
            test_split_sha256=document.get("test_split_sha256", ""),
            answers_sha256=document.get("answers_sha256", ""),
            earlier_decisions=document.get("earlier_decisions", 0),
        )

    @property
    def release_name(self) -> str:
        """``car_evaluation version 7``."""
        return f"{self.origin.workload} version {version_of(self.origin.model_package_arn)}"

    def folder(self, bucket: str) -> GateFolder:
        """Where the report lies in the data bucket."""
        return GateFolder(bucket=bucket, execution=self.origin.pipeline_execution)
