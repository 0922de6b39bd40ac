"""Clients and sessions of the local cloud's own parts: how many are kept, and for how long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from localcloud.platform import clients, role_session
from localcloud.platform.clients import INNER_HEADER, Clients
from localcloud.platform.role_session import RoleSession
from localcloud.platform.settings import Settings


def keys(number: int) -> dict[str, str]:
    return {"aws_access_key_id": f"ASIA{number}", "aws_secret_access_key": "s", "aws_session_token": "t"}


def test_clients_of_sessions_that_nobody_uses_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest are kept, in the order of their use; an older one is made anew."""
    monkeypatch.setattr(clients, "_MOST_CLIENTS", 3)
    made = Clients(Settings(home=tmp_path))
    first = made.for_credentials("sts", keys(0))
    for number in (1, 2):
        made.for_credentials("sts", keys(number))
    assert made.for_credentials("sts", keys(0)) is first
    for number in (3, 4):
        made.for_credentials("sts", keys(number))
    assert len(made._cached) == 3
    assert made.for_credentials("sts", keys(0)) is first
    for number in (5, 6, 7):
        made.for_credentials("sts", keys(number))
    assert made.for_credentials("sts", keys(0)) is not first


def test_calls_of_this_process_are_marked(tmp_path: Path) -> None:
    """Each carries the secret that no other process knows."""
    made = Clients(Settings(home=tmp_path, port=1))
    sent: list[str] = []
    client = made.administrator("sts")
    client.meta.events.register("before-send", lambda request, **_: sent.append(request.headers[INNER_HEADER]))
    with pytest.raises(Exception, match="Could not connect"):
        client.get_caller_identity()
    assert set(sent) == {made.inner_secret}


def test_a_session_ends_by_the_clock_on_the_wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop that slept, or whose clock was set, gets a new session; the clock that stood still is not asked."""
    assumed: list[dict[str, str]] = []

    def assume() -> dict[str, str]:
        assumed.append(keys(len(assumed)))
        return assumed[-1]

    session = RoleSession(Clients(Settings(home=tmp_path)), assume)
    assert session.credentials == session.credentials == keys(0)
    now = time.time()
    monkeypatch.setattr(role_session.time, "time", lambda: now + 3000)
    assert session.credentials == keys(1)
    monkeypatch.setattr(role_session.time, "time", lambda: now - 3000)
    assert session.credentials == keys(2)
