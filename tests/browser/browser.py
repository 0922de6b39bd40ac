"""A browser for tests, driven over a pipe (``driver.mjs``)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class BrowserError(AssertionError):
    """What the browser could not do."""


class Browser:
    """One browser, one visit at a time. ``at`` is a CSS selector."""

    def __init__(self) -> None:
        self._driver = subprocess.Popen(
            ["node", str(FOLDER / "driver.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=FOLDER,
            env={**os.environ, "NO_PROXY": "*"},
        )
        self.version = self._answer()

    def close(self) -> None:
        """Ends the driver, which ends the browser."""
        if self._driver.stdin:
            self._driver.stdin.close()
        self._driver.wait()

    def do(self, action: str, **given: Any) -> Any:
        """BrowserError for what did not happen within the driver's time limit."""
        if self._driver.stdin is None:
            raise BrowserError("there is no browser")
        self._driver.stdin.write(json.dumps({"action": action, **given}) + "\n")
        self._driver.stdin.flush()
        return self._answer(f"{action} {given}")

    def _answer(self, of: str = "its start") -> Any:
        line = self._driver.stdout.readline() if self._driver.stdout else ""
        if not line:
            raise BrowserError(f"the browser has ended at {of}")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(f"{of}: {answer['error']}")
        return answer["result"]

    def visit(self, url: str, **how: Any) -> None:
        self.do("visit", url=url, **how)

    def click(self, at: str) -> None:
        self.do("click", at=at)

    def fill(self, at: str, value: str) -> None:
        self.do("fill", at=at, value=value)

    def choose(self, at: str, value: str) -> None:
        self.do("choose", at=at, value=value)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.do("press", key=key)

    def text(self, at: str) -> str:
        return str(self.do("text", at=at))

    def texts(self, at: str) -> list[str]:
        return list(self.do("texts", at=at))

    def wait(self, at: str, state: str = "visible") -> None:
        self.do("wait", at=at, state=state)

    def wait_for_text(self, at: str, text: str) -> None:
        self.do("waitForText", at=at, text=text)

    def evaluate(self, script: str) -> Any:
        return self.do("evaluate", script=script)

    def seen(self) -> dict[str, list[str]]:
        """The requests, errors and violations of the content security policy of this visit."""
        return dict(self.do("seen"))
