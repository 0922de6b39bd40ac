"""Kaggle's files: where the token is read, to whom it is sent, and that it is in no message."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from scripts import kaggle
from scripts.kaggle import authorization, fetch
from scripts.reads.errors import NotThereError
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "KGAT_0123456789"
SOURCE = "kaggle://ada/talk/comments.csv"
CONTENT = b"id,commentBody\n1,hello\n"


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return buffer.getvalue()


class Kaggle(BaseHTTPRequestHandler):
    """The API under /api, which answers with an address of the store, /store. It notes who asked how."""

    asked: list[tuple[str, str | None]]
    stored = CONTENT
    elsewhere: str | None = None

    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        type(self).asked.append((self.path, given))
        if not self.path.startswith("/api"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.stored)))
            self.end_headers()
            self.wfile.write(self.stored)
        elif given != f"Bearer {TOKEN}":
            self.send_error(401)
        elif self.path != "/api/ada/talk/comments.csv":
            self.send_error(404)
        else:
            self.send_response(302)
            port = self.server.server_address[1]
            self.send_header("Location", self.elsewhere or f"http://127.0.0.1:{port}/store?signed=1")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Kaggle]]:
    handler = type("One", (Kaggle,), {"asked": []})
    with serving(handler) as running:
        monkeypatch.setattr(kaggle, "API", f"http://127.0.0.1:{running.server_port}/api")
        monkeypatch.setattr(kaggle, "STORES", frozenset({"127.0.0.1"}))
        monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
        yield handler


@pytest.mark.parametrize("stored", [CONTENT, zipped("comments.csv", CONTENT)], ids=["plain", "zipped"])
def test_the_token_goes_to_kaggle_and_not_to_its_store(server: type[Kaggle], stored: bytes) -> None:
    """The signed address of the file is asked without the token, and a file that Kaggle has zipped is unpacked."""
    server.stored = stored
    assert fetch(SOURCE, 1000) == CONTENT
    assert server.asked == [("/api/ada/talk/comments.csv", f"Bearer {TOKEN}"), ("/store?signed=1", None)]


@pytest.mark.parametrize(
    ("source", "changed", "message"),
    [
        ("kaggle://ada/talk/none.csv", {}, "Kaggle answers 404 Not Found"),
        (SOURCE, {"elsewhere": "http://localhost:1/x"}, "Kaggle redirects to localhost, expected 127.0.0.1"),
        (SOURCE, {"stored": b"x" * 1001}, "is larger than max_bytes = 1000"),
        (SOURCE, {"stored": zipped("comments.csv", bytes(2000))}, "unpacked, it is larger than max_bytes = 1000"),
        (SOURCE, {"stored": zipped("other.csv", CONTENT)}, "Kaggle's archive cannot be unpacked"),
    ],
)
def test_what_cannot_be_had_is_named(
    server: type[Kaggle], source: str, changed: dict[str, object], message: str
) -> None:
    """The message says what Kaggle answered; the token is not in it."""
    for name, value in changed.items():
        setattr(server, name, value)
    with pytest.raises(NotThereError) as caught:
        fetch(source, 1000)
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_token_that_is_refused_is_not_quoted(server: type[Kaggle], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message asks whether the token is still valid, and does not show it."""
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_old")
    with pytest.raises(NotThereError, match=r"answers 401 Unauthorized\. Is the token still valid") as caught:
        fetch(SOURCE, 1000)
    assert "KGAT" not in str(caught.value)
    assert len(server.asked) == 1


def test_without_a_token_the_message_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names Kaggle's page, the file, the variable, and the way without a token."""
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    with pytest.raises(NotThereError) as caught:
        fetch(SOURCE, 1000)
    for said in ("https://www.kaggle.com/settings", "~/.kaggle/kaggle.json", "KAGGLE_API_TOKEN", "GATEHOUSE_DATASETS"):
        assert said in str(caught.value)


def test_the_token_is_read_where_kaggles_programs_read_it(tmp_path: Path) -> None:
    """Variables come before files, and the newer kind of token before the older."""
    basic = f"Basic {base64.b64encode(b'ada:secret').decode()}"
    given = {"KAGGLE_CONFIG_DIR": str(tmp_path)}
    assert authorization(given) is None
    (tmp_path / "kaggle.json").write_text(json.dumps({"username": "ada", "key": "secret"}))
    assert authorization(given) == basic
    (tmp_path / "access_token").write_text("KGAT_file\n")
    assert authorization(given) == "Bearer KGAT_file"
    given |= {"KAGGLE_USERNAME": "ada", "KAGGLE_KEY": "secret"}
    assert authorization(given) == basic
    assert authorization(given | {"KAGGLE_API_TOKEN": "KGAT_variable"}) == "Bearer KGAT_variable"


@pytest.mark.parametrize("content", ["secret", "[]", '{"username": "secret"}'])
def test_a_file_that_is_no_token_is_not_quoted(tmp_path: Path, content: str) -> None:
    """The message names the file and nothing of what is in it."""
    (tmp_path / "kaggle.json").write_text(content)
    with pytest.raises(NotThereError, match=r"kaggle\.json has no username and key") as caught:
        authorization({"KAGGLE_CONFIG_DIR": str(tmp_path)})
    assert "secret" not in str(caught.value)
