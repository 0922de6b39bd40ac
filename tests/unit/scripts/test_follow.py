"""An action's line while an execution is followed."""

from __future__ import annotations

import sys

import pytest

from scripts.follow import _coloured


@pytest.mark.parametrize(
    ("terminal", "no_color", "status", "shown"),
    [
        (True, "", "Succeeded", "\x1b[32mx\x1b[0m"),
        (True, "", "Failed", "\x1b[31mx\x1b[0m"),
        (True, "", "Stopped", "x"),
        (True, "1", "Failed", "x"),
        (False, "", "Failed", "x"),
    ],
)
def test_a_mark_has_a_colour_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, no_color: str, status: str, shown: str
) -> None:
    """A file or a pipe gets plain text, and so does who asks for it."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert _coloured("x", status) == shown
