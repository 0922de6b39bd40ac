"""What a user decides about doors: the table ``[api]`` of ``gatehouse.toml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from stacks.section import Section

#: The days that CloudWatch Logs accepts.
LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
Caller = Literal["people", "programs"]
_EVERYBODY: tuple[Caller, ...] = ("people", "programs")
PartnerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
#: API Gateway ends a request after 29 seconds, whatever the function does.
LONGEST_ANSWER_SECONDS = 28


class Throttling(Section):
    """What all callers together may ask for: API Gateway refuses the rest with 429."""

    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    burst_requests: Annotated[int, Field(ge=1, le=5_000)] = 50


class DoorFunction(Section):
    """The function behind the API."""

    #: Instances that are ready before the first call. 0: none, and the first call waits for one.
    provisioned: Annotated[int, Field(ge=0, le=100)] = 1
    #: Up to so many are made ready when there are more requests.
    most_provisioned: Annotated[int, Field(ge=1, le=100)] = 3
    #: The share of the ready instances that the scaling wants in use.
    utilization_percent: Annotated[int, Field(ge=10, le=90)] = 70
    #: How many requests it answers at once: so many executions are reserved in the account.
    at_once: Annotated[int, Field(ge=1, le=1000)] = 50
    memory_megabytes: Annotated[int, Field(ge=128, le=10_240)] = 256
    timeout_seconds: Annotated[int, Field(ge=1, le=LONGEST_ANSWER_SECONDS)] = LONGEST_ANSWER_SECONDS

    @model_validator(mode="after")
    def _has_room(self) -> DoorFunction:
        if self.provisioned and self.provisioned > self.most_provisioned:
            raise ValueError(f"provisioned ({self.provisioned}) is above most_provisioned ({self.most_provisioned})")
        if self.provisioned and self.most_provisioned > self.at_once:
            raise ValueError(f"most_provisioned ({self.most_provisioned}) is above at_once ({self.at_once})")
        return self


class Partner(Section):
    """A program with an API key of its own, and what it may ask for."""

    requests_per_second: Annotated[int, Field(ge=1, le=10_000)]
    burst_requests: Annotated[int, Field(ge=1, le=5_000)]
    requests_per_day: Annotated[int, Field(ge=1)]


class Api(Section):
    """The API and the page of each workload that has a door."""

    #: ``people`` sign in at the page; ``programs`` sign their requests with credentials of AWS.
    callers: Annotated[list[Caller], Field(min_length=1)] = Field(default_factory=lambda: list(_EVERYBODY))
    #: Whether people may sign themselves up. False: `make user` admits them.
    sign_up: bool = False
    #: Whether AWS's web application firewall looks at each request.
    waf: bool = False
    #: Whether X-Ray traces requests.
    tracing: bool = False
    #: How long the logs of requests and of the function are kept.
    log_days: LogDays = 90
    throttling: Throttling = Throttling()
    function: DoorFunction = DoorFunction()
    #: If there are any, programs need a partner's API key besides.
    partners: dict[PartnerName, Partner] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Api:
        if len(set(self.callers)) < len(self.callers):
            raise ValueError(f"callers names one twice: {', '.join(self.callers)}")
        if self.partners and "programs" not in self.callers:
            raise ValueError('partners are programs: add "programs" to callers')
        at_once, burst = self.function.at_once, self.throttling.burst_requests
        if at_once < burst:
            raise ValueError(
                f"at_once ({at_once}) is below burst_requests ({burst}): API Gateway would let through what Lambda"
                " throttles, and answer 500"
            )
        if self.sign_up and "people" not in self.callers:
            raise ValueError('people sign up: add "people" to callers')
        return self
