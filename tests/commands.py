"""The commands that the pages tell a reader to type, read from the pages."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tests.clouds import PROJECT

_TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
#: Every page but the list of changes, which tells of commands that are no more.
PAGES = [page for page in _TRACKED.split() if page != "CHANGELOG.md"]
_PROGRAMS = ("make", "python", "aws", "cdk", "eval")
_BLOCK_LINE = re.compile(rf"^(?: {{4,}}|\t)((?:{'|'.join(_PROGRAMS)}) .*)$", re.MULTILINE)
_FENCED = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(rf"`((?:{'|'.join(_PROGRAMS)}) [^`]*)`")


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command as it is typed: its page, and its words without what explains them."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def all_commands() -> list[Command]:
    """The commands of all pages, each once a page, in the order of pages and lines."""
    found = {Command(page=page, text=text): None for page in PAGES for text in commands_in(_read(page))}
    return list(found)


def commands_in(page: str) -> Iterator[str]:
    """The commands of a page: of its blocks, and those in the text that begin with a program's name."""
    for block in _FENCED.findall(page):
        for line in block.splitlines():
            yield from _typed(line.removeprefix("$ "))
    for line in _BLOCK_LINE.findall(page):
        yield from _typed(line)
    for code in _INLINE.findall(page):
        yield from _typed(re.sub(r"\s+", " ", code))


def _typed(line: str) -> Iterator[str]:
    """What is typed of a line: ``make up · down   the cloud`` says ``make up`` and ``make down``."""
    typed = re.split(r" {2,}|\s#", line.strip())[0]
    for command in typed.split(" && "):
        program, _, rest = command.partition(" ")
        if program in _PROGRAMS and rest != "…":
            yield from (f"{program} {each.replace('[', '').replace(']', '')}" for each in rest.split(" · "))


def _read(page: str) -> str:
    return (PROJECT / page).read_text()
