"""The cloud that was decided on: what `scripts.on_cloud` tells the command that it starts."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Only the entry point sets it.
VARIABLE = "GATEHOUSE_CLOUD"
ENDPOINT = "AWS_ENDPOINT_URL"
_REMEDY = "Run it by make (`make help`), or as `python -m scripts.on_cloud local -- COMMAND …`."


class UndecidedError(Exception):
    """Nobody has decided on a cloud, or the environment is not that of the decided cloud."""


class Cloud(Enum):
    """The values that CLOUD may have."""

    LOCAL = "local"
    AWS = "aws"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """``endpoint_url`` is that of the local cloud; it is empty on AWS."""

    cloud: Cloud
    account: str
    region: str
    endpoint_url: str = ""

    @property
    def is_local(self) -> bool:
        return self.cloud is Cloud.LOCAL

    @property
    def variable(self) -> dict[str, str]:
        """The environment variables that pass the decision to the command."""
        return {VARIABLE: f"{self.cloud.value} {self.account} {self.region} {self.endpoint_url}".strip()}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Decision:
        """What the entry point decided, checked against the endpoints that clients would use; raises UndecidedError."""
        text = environment.get(VARIABLE)
        if not text:
            raise UndecidedError(f"Nobody decided which cloud this talks to ({VARIABLE} is not set). {_REMEDY}")
        try:
            name, account, region, *rest = text.split(" ")
            found = cls(cloud=Cloud(name), account=account, region=region, endpoint_url=" ".join(rest))
        except ValueError as error:
            raise UndecidedError(f"{VARIABLE} is {text!r}, which scripts.on_cloud did not write. {_REMEDY}") from error
        found._check(environment)
        return found

    def _check(self, environment: Mapping[str, str]) -> None:
        own = environment.get(ENDPOINT, "")
        if self.is_local and not (own == self.endpoint_url and is_loopback(own)):
            raise UndecidedError(
                f"The local cloud at {self.endpoint_url} was decided on, and {ENDPOINT} is {own!r}. {_REMEDY}"
            )
        for name, value in endpoints(environment).items():
            if self.is_local and value != self.endpoint_url:
                raise UndecidedError(f"The local cloud was decided on, and {name} is {value!r}. {_REMEDY}")
            if not self.is_local and is_loopback(value):
                raise UndecidedError(f"AWS was decided on, and {name} is {value!r}, this machine. {_REMEDY}")


def endpoints(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that send AWS clients, or those of one service, elsewhere."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith(ENDPOINT) and value}


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own, by its name too."""
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    try:
        found = [ipaddress.ip_address(host)]
    except ValueError:
        try:
            found = [ipaddress.ip_address(str(entry[4][0])) for entry in socket.getaddrinfo(host, None)]
        except OSError:
            return host == "localhost" or host.endswith(".localhost")
    return any(address.is_loopback or address.is_unspecified for address in found)
