"""The one token of GitHub's stand-in."""

import base64
from pathlib import Path

import pytest

from localcloud.services.github.token import Token


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"user:{password}".encode()).decode()


def test_file(tmp_path: Path) -> None:
    """Only its owner may read the token's file, a second start keeps the token, and its text shows nowhere."""
    path = tmp_path / "github" / "token"
    token = Token(path)
    value = path.read_text().strip()

    assert path.stat().st_mode & 0o777 == 0o600
    assert Token(path).opens(f"token {value}")
    assert value not in repr(token)


def test_what_opens(tmp_path: Path) -> None:
    """The token opens as `token`, `Bearer` and basic password."""
    path = tmp_path / "token"
    token = Token(path)
    value = path.read_text().strip()

    assert all(token.opens(header) for header in (f"token {value}", f"Bearer {value}", basic(value)))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "token",
        "token wrong",
        "Bearer ",
        basic("wrong"),
        basic(""),
        "Basic ???",
        "Basic /w==",
        "Basic \xe9",
        "token \xff",
    ],
)
def test_what_does_not_open(tmp_path: Path, header: str) -> None:
    """Another header does not open, and raises nothing."""
    assert not Token(tmp_path / "token").opens(header)
