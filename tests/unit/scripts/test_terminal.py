"""What a terminal gets besides text."""

from __future__ import annotations

import sys

import pytest

from scripts import terminal


def _is_terminal(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "colour", "shown"),
    [
        (True, "", 32, "\x1b[32mx\x1b[0m"),
        (True, "", None, "x"),
        (True, "1", 31, "x"),
        (False, "", 31, "x"),
    ],
)
def test_text_has_a_colour_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, no_color: str, colour: int | None, shown: str
) -> None:
    """A file or a pipe gets plain text, and so does who asks for it."""
    _is_terminal(monkeypatch, is_terminal)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert terminal.coloured("x", colour) == shown


@pytest.mark.parametrize(
    ("is_terminal", "kind", "shown"),
    [
        (True, "xterm-256color", "\x1b]8;;https://a/b\x1b\\x\x1b]8;;\x1b\\"),
        (True, "dumb", "x"),
        (True, "linux", "x"),
        (False, "xterm-256color", "x"),
    ],
)
def test_text_is_a_link_on_a_terminal_that_knows_them(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, kind: str, shown: str
) -> None:
    """The link's sequence stands around the text; elsewhere the text stands alone."""
    _is_terminal(monkeypatch, is_terminal)
    monkeypatch.setenv("TERM", kind)
    assert terminal.linked("x", lambda: "https://a/b") == shown


def test_nobody_but_a_terminal_asks_for_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address may be a signed one: it is not made for a log."""
    _is_terminal(monkeypatch, terminal=False)

    def never() -> str:
        raise AssertionError("the address was asked for")

    assert terminal.linked("x", never) == "x"
