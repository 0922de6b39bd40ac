"""How others find a local cloud that runs: what it wrote down in its home when it started."""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.processes import birth
from localcloud.platform.settings import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.settings import Settings

RUN_FILE = "run.json"
_HEALTH = "/_localcloud/health"
#: A process that is there and hangs is taken for none after that; a busy machine needs seconds.
_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """One local cloud's process, where it listens, and the account and region that it plays."""

    pid: int
    port: int
    endpoint_url: str
    account_id: str
    region: str
    born: str = ""
    """:func:`~localcloud.platform.processes.birth` of the process, by which it is known from others of its id."""

    def runs(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.born) and birth(self.pid) == self.born


def write(settings: Settings, pid: int) -> None:
    """Into the home that the settings name, for the user alone."""
    running = Running(
        pid=pid,
        port=settings.port,
        endpoint_url=settings.endpoint_url,
        account_id=settings.account_id,
        region=settings.region,
        born=birth(pid),
    )
    path = settings.home / RUN_FILE
    path.write_text(json.dumps(asdict(running), indent=2) + "\n")
    path.chmod(0o600)


def read(home: Path) -> Running | None:
    """What the local cloud of this home wrote, whether or not it still runs; None where it wrote nothing."""
    path = home / RUN_FILE
    if not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text())
    return Running(**document)


def answering(home: Path) -> Running | None:
    """The local cloud of this home, if it runs and answers its health check."""
    try:
        found = read(home)
        return found if found is not None and found.runs() and _answers(found.port) else None
    except (OSError, ValueError, TypeError):  # a file that a crash left half written is no local cloud
        return None


def _answers(port: int) -> bool:
    """Asked directly: a proxy of the user's could not reach this machine."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", _HEALTH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
