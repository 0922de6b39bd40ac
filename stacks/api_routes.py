"""What an API answers, as a table: who asks, how, and where. Methods and models are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from handover.names import PEOPLE

from stacks.api_settings import Api


class Caller(Enum):
    """How a method knows who calls."""

    #: A token of the pool.
    PERSON = "COGNITO_USER_POOLS"
    #: A signature with credentials of AWS.
    PROGRAM = "AWS_IAM"
    #: Nobody in particular: a browser that asks whether its page may call.
    BROWSER = "NONE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method. ``path`` without the slash before it; ``takes_body``: the request is validated against the model."""

    path: str
    verb: str
    caller: Caller
    takes_body: bool = False
    needs_key: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))


_ASKED = (("predictions", "POST"), ("schema", "GET"), ("openapi.json", "GET"))


def routes(settings: Api) -> tuple[Route, ...]:
    """Programs ask at the stage's own paths, people below ``people``: a method knows one kind of caller."""
    found: list[Route] = []
    if "programs" in settings.callers:
        found += _of(Caller.PROGRAM, "", needs_key=bool(settings.partners))
    if "people" in settings.callers:
        found += _of(Caller.PERSON, f"{PEOPLE}/")
        found += [Route(path=f"{PEOPLE}/{path}", verb="OPTIONS", caller=Caller.BROWSER) for path, _ in _ASKED]
    return tuple(found)


def _of(caller: Caller, prefix: str, *, needs_key: bool = False) -> list[Route]:
    return [
        Route(path=f"{prefix}{path}", verb=verb, caller=caller, takes_body=verb == "POST", needs_key=needs_key)
        for path, verb in _ASKED
    ]
