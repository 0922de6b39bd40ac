"""Reads and checks ``gatehouse.toml``: the user's decisions, as frozen types."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from handover import datasets
from handover.errors import FileFault
from handover.nearness import did_you_mean
from handover.toml_lines import line_of
from pydantic import Field, StringConstraints, ValidationError, model_validator

from stacks.api_settings import Api
from stacks.section import Section
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from handover.names import StackKind
    from pydantic_core import ErrorDetails

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]+$")]
#: The service's name in it is the present or the former one.
ConnectionArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+$"
    ),
]
Email = Annotated[str, StringConstraints(pattern=r"^$|^[^@\s]+@[^@\s]+$")]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9]+\.[a-z0-9]+$")]
#: EventBridge says whether the fields of a cron expression are right.
Schedule = Annotated[
    str, StringConstraints(pattern=r"^(cron\(\S+ \S+ \S+ \S+ \S+ \S+\)|rate\(\d+ (minute|hour|day)s?\))$")
]
Count = Annotated[int, Field(ge=1, le=100)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
BakeSeconds = Annotated[int, Field(ge=0, le=3600)]

#: The time that a deployment gets beyond its bake times: for new instances, images and models.
FLEET_START_SECONDS = 1800
#: SageMaker limits a deployment to eight hours.
_LONGEST_SECONDS = 28_800 - FLEET_START_SECONDS
_LEAST_LINEAR_PERCENT = 10


class SettingsError(FileFault):
    """The faults in ``gatehouse.toml``: line, key, the value seen and the allowed values, one line each."""


class Project(Section):
    account: AccountId
    region: Region


class Github(Section):
    owner: Name
    repo: Name
    branch: Name
    #: The name of the secret in Secrets Manager that holds the token; nobody reads it if there is a connection.
    token_secret: Name | None = None
    #: What reaches the repository in place of a token and a webhook: a connection of CodeConnections. None: the token.
    connection: ConnectionArn | None = None

    @model_validator(mode="after")
    def _is_reached(self) -> Github:
        if not self.connection and not self.token_secret:
            raise ValueError(
                "the repository is reached by a connection or by the token in token_secret: give one of them"
            )
        return self


class Notifications(Section):
    email: Email = ""


class Security(Section):
    #: Whether the workload's own key encrypts everything that it keeps, or notifications alone.
    customer_managed_key: bool = False


class Tuning(Section):
    #: Whether each push is tuned, by the ranges of its training.toml. `make tune` does it once.
    on_push: bool = False


class Training(Section):
    """What a push may ask for at most: the role of the training step refuses a job beyond it."""

    instance_types: Annotated[list[InstanceType], Field(min_length=1)]
    max_runtime_minutes: Annotated[int, Field(ge=1, le=28 * 24 * 60)]
    tuning: Tuning = Tuning()


class Batch(Section):
    """Files may be scored by transform jobs: `make score`, and by a schedule."""

    instance_type: InstanceType = "ml.m5.large"
    #: When the files under ``incoming/`` are scored, as EventBridge's rules have it, in UTC; None: never by themselves.
    schedule: Schedule | None = None


class Scaling(Section):
    """Target tracking on invocations per instance, which CloudWatch counts per minute."""

    min_instances: Count
    max_instances: Count
    invocations_per_instance: Annotated[int, Field(ge=1)]
    scale_in_cooldown_seconds: Seconds
    scale_out_cooldown_seconds: Seconds

    @model_validator(mode="after")
    def _has_room(self) -> Scaling:
        if self.min_instances > self.max_instances:
            raise ValueError(f"min_instances ({self.min_instances}) is above max_instances ({self.max_instances})")
        return self


class Alarms(Section):
    #: The alarm fires above this share of a minute's requests.
    errors_5xx_percent: Annotated[float, Field(ge=0, lt=100)]
    p99_latency_milliseconds: Annotated[int, Field(ge=1, le=60_000)]


class Deployment(Section):
    """How PROD changes over to a release: SageMaker's blue/green deployment, within SageMaker's limits."""

    strategy: Literal["ALL_AT_ONCE", "CANARY", "LINEAR"]
    #: The share of the traffic that a canary takes, or that each LINEAR step moves.
    share_percent: Annotated[int, Field(ge=1, le=50)] | None = None
    #: How long the alarms are watched after each step except the last.
    bake_seconds: BakeSeconds = 0
    #: How long they are watched after all the traffic has moved, before the old fleet ends.
    final_bake_seconds: BakeSeconds = 0

    @model_validator(mode="after")
    def _is_one_of_sagemakers(self) -> Deployment:
        if self.strategy == "ALL_AT_ONCE":
            if self.share_percent is not None or self.bake_seconds:
                raise ValueError("ALL_AT_ONCE moves in one step: it has no share_percent and no bake_seconds")
        elif self.share_percent is None:
            raise ValueError(f"{self.strategy} needs share_percent")
        elif self.strategy == "LINEAR" and self.share_percent < _LEAST_LINEAR_PERCENT:
            raise ValueError(f"a step of LINEAR is {_LEAST_LINEAR_PERCENT} to 50 %, not {self.share_percent}")
        if self.wait_seconds > _LONGEST_SECONDS:
            raise ValueError(f"its bakes take {self.wait_seconds} s in all; SageMaker leaves them {_LONGEST_SECONDS}")
        return self

    @property
    def wait_seconds(self) -> int:
        """The sum of all bake times."""
        shares = {"ALL_AT_ONCE": 100, "CANARY": 50}.get(self.strategy, self.share_percent or 100)
        return (math.ceil(100 / shares) - 1) * self.bake_seconds + self.final_bake_seconds

    @property
    def timeout_seconds(self) -> int:
        """The limit for the whole deployment: its bake times, and the start of a fleet."""
        return self.wait_seconds + FLEET_START_SECONDS


class Ab(Section):
    """Competing models: a release gets a share of the traffic beside the champion, until somebody decides."""

    #: At most half: most callers reach the champion.
    challenger_weight_percent: Annotated[int, Field(ge=1, le=50)]
    #: The requests that each variant needs before a comparison gives a verdict.
    minimum_requests: Annotated[int, Field(ge=1)] = 500


class Stage(Section):
    """One endpoint: QA or PROD."""

    instance_type: InstanceType
    instance_count: Count = 1
    #: The share of requests and answers that is captured in the data bucket.
    capture_percent: Annotated[int, Field(ge=0, le=100)] = 0
    scaling: Scaling | None = None
    alarms: Alarms | None = None

    @property
    def guarded_by(self) -> Deployment | None:
        """The deployment that moves the traffic to a release, watched by the alarms; None: all at once."""
        return None

    @property
    def competes_by(self) -> Ab | None:
        """How a release competes with the champion; None: it replaces the champion."""
        return None


class Prod(Stage):
    """PROD, before which a person may be asked to approve."""

    approval: bool = False
    #: None: all at once, unwatched.
    deployment: Deployment | None = None
    #: None: a release replaces the current one.
    ab: Ab | None = None

    @property
    def guarded_by(self) -> Deployment | None:
        return self.deployment

    @property
    def competes_by(self) -> Ab | None:
        return self.ab

    @model_validator(mode="after")
    def _is_captured(self) -> Prod:
        if self.ab and not self.capture_percent:
            raise ValueError("ab compares what is captured: capture_percent must be above 0")
        return self

    @model_validator(mode="after")
    def _is_guarded(self) -> Prod:
        if self.deployment and not self.alarms:
            raise ValueError("a deployment is guarded by alarms: add [stages.prod.alarms]")
        return self


class Qa(Stage):
    """QA, which exists as long as an execution needs it."""

    #: After this time, a schedule deletes a QA endpoint that no execution needs.
    time_to_live_hours: Annotated[int, Field(ge=1, le=168)] = 24


class Stages(Section):
    qa: Qa
    prod: Prod

    def of(self, kind: StackKind) -> Stage:
        """The stage that a stack of this kind deploys."""
        return {"Qa": self.qa, "Prod": self.prod}[kind]


class Settings(Section):
    project: Project
    github: Github
    notifications: Notifications = Notifications()
    security: Security = Security()
    training: Training
    stages: Stages
    #: None: nothing may score files.
    batch: Batch | None = None
    #: Of one workload: which data set it learns from, of those in its folder datasets; None: its own.
    dataset: str | None = None
    #: For workloads that have a door (``doors`` in stacks/workloads.py).
    api: Api = Api()
    #: The complete settings of each workload that has some of its own.
    workloads: dict[str, Settings] = Field(default_factory=dict)

    def of(self, workload: str) -> Settings:
        """The settings that apply to this workload."""
        return self.workloads.get(workload, self)


#: The sections that ``[workloads.<name>.…]`` may override. Account and repository belong to the project.
_OWN = ("github", "notifications", "security", "training", "stages", "batch", "dataset", "api")
#: What it may override of the section github: a workload with a branch of its own is released by pushes to it alone.
_OWN_OF_GITHUB = "branch"

_PROJECT = Path(__file__).parents[1]


def load_settings(path: Path, *, known: Collection[str] | None = None) -> Settings:
    """The settings in a file, with those of single workloads merged into them.

    known: the names of the workloads; None: those in the registry. Raises SettingsError that names every wrong key, its
    line, its value and the allowed values.
    """
    text = path.read_text()
    document = datasets.tables_in(text, str(path))
    own = document.pop("workloads", {})
    faults = [*_faults_of(own, WORKLOADS if known is None else known), *_faults_of_all(document)]
    faults = faults or _invalid(document, ())
    merged = {} if faults else {name: _merged(document, sections) for name, sections in own.items()}
    faults += [fault for name, both in merged.items() for fault in _invalid(both, ("workloads", name))]
    if faults:
        raise SettingsError("\n".join(f"{path}{_line(text, place)}: {said}" for place, said in faults))
    workloads = {name: Settings.model_validate(both) for name, both in merged.items()}
    return Settings.model_validate(document).model_copy(update={"workloads": workloads})


#: Where in the file something is wrong, and what.
_Fault = tuple[tuple[str | int, ...], str]


def _line(text: str, place: tuple[str | int, ...]) -> str:
    """``:12``, or nothing: a section that is missing is in no line. What a workload does not say itself, all share."""
    shared = place[2:] if place[:1] == ("workloads",) else ()
    for known in (place, shared, place[:-1], shared[:-1]):
        if line := line_of(text, known):
            return f":{line}"
    return ""


def _invalid(document: Mapping[str, Any], prefix: tuple[str, ...]) -> list[_Fault]:
    """``prefix``: the place in the file of the section that is validated here."""
    try:
        Settings.model_validate(document)
    except ValidationError as error:
        return [((*prefix, *detail["loc"]), _explain(detail, prefix)) for detail in error.errors()]
    return []


def _faults_of(own: Any, known: Collection[str]) -> list[_Fault]:
    """Names of no workload, and sections that a workload cannot override."""
    if not isinstance(own, dict):
        said = f"workloads = {own!r}: expected a table for each workload that has settings of its own"
        return [(("workloads",), said)]
    faults: list[_Fault] = []
    for name, sections in own.items():
        if name not in known:
            hint = did_you_mean(name, known)
            said = f"workloads.{name} is no workload. There are {', '.join(sorted(known))}{hint}"
            faults.append((("workloads", name), said))
        elif not isinstance(sections, dict):
            faults.append((("workloads", name), f"workloads.{name} = {sections!r}: expected a table"))
        else:
            faults += [
                (
                    ("workloads", name, key),
                    f"workloads.{name}.{key} cannot be a workload's own. Allowed: {', '.join(_OWN)}",
                )
                for key in sections
                if key not in _OWN
            ]
            faults += [
                (
                    ("workloads", name, "github", key),
                    f"workloads.{name}.github.{key} cannot be a workload's own. Allowed: {_OWN_OF_GITHUB}",
                )
                for key in sections.get("github", ())
                if key != _OWN_OF_GITHUB
            ]
            faults += _faults_of_dataset(name, sections.get("dataset"))
    return faults


def _faults_of_all(document: Mapping[str, Any]) -> list[_Fault]:
    """What cannot be said of all workloads at once."""
    if "dataset" not in document:
        return []
    said = f"dataset = {document['dataset']!r} belongs to one workload: write it under [workloads.<name>]"
    return [(("dataset",), said)]


def _faults_of_dataset(workload: str, chosen: Any) -> list[_Fault]:
    """The name of no data set of this workload."""
    names = datasets.known(_PROJECT, workload)
    if chosen is None or chosen in names:
        return []
    others = f"There are {', '.join(names)}" if names else "It has no other than its own"
    said = f"workloads.{workload}.dataset = {chosen!r} is no data set of it. {others}; its own needs no name"
    return [(("workloads", workload, "dataset"), said)]


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; any other value of the workload replaces the shared one."""
    both = {
        key: _merged(shared[key], value) if isinstance(value, dict) and isinstance(shared.get(key), dict) else value
        for key, value in own.items()
    }
    return {**shared, **both}


def _explain(detail: ErrorDetails, prefix: tuple[str, ...]) -> str:
    place = ".".join(str(part) for part in (*prefix, *detail["loc"]))
    if detail["type"] == "extra_forbidden":
        allowed = _keys_beside(detail["loc"])
        hint = did_you_mean(detail["loc"][-1], allowed)
        return f"{place} = {detail['input']!r} is no key here. Allowed: {', '.join(allowed)}{hint}"
    if detail["type"] == "missing":
        return f"{place} is missing"
    if detail["type"] == "string_pattern_mismatch":
        return f"{place} = {detail['input']!r} does not match {detail['ctx']['pattern']}"
    return f"{place} = {detail['input']!r}: {detail['msg'].removeprefix('Value error, ')}"


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the section at this place."""
    section: Any = Settings
    for part in location[:-1]:
        if part not in section.model_fields:
            continue  # the name that a user gives to one of several, such as a partner's
        annotation = section.model_fields[part].annotation
        section = next((t for t in getattr(annotation, "__args__", ()) if hasattr(t, "model_fields")), annotation)
    return list(section.model_fields)
