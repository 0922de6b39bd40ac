"""docs/reference/ lists the keys of a workload's files as the types have them that read them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest

from ml_test.gate import rules
from scripts import reference
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT

_FOLDERS = {"gate.toml": "ml_test", "training.toml": "ml_training", "dataset.toml": "ml_init"}


def test_the_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`make reference` writes them."""
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_fails_the_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A key more in a type is a key more in its page."""

    @dataclass(frozen=True)
    class Grown(rules.Smoke):
        #: Something new.
        more: int = 1

    page = next(page for page in reference.PAGES if page.file == "gate.toml")
    grown = reference.Page(
        file=page.file, where=page.where, guide=page.guide, parts=(reference.Part(heading="[smoke]", of=Grown),)
    )
    assert "| `more` | whole number | `1` | Something new. |" in reference.text_of(grown)
    monkeypatch.setattr(reference, "PAGES", (grown,))
    assert reference.main(["--check"]) == 1
    assert "docs/reference/gate.md is not up to date: `make reference` writes it." in capsys.readouterr().err


def test_a_key_without_words_is_refused() -> None:
    """A page without words would say nothing that a refusal does not."""

    @dataclass(frozen=True)
    class Silent:
        key: int

    with pytest.raises(ValueError, match="Silent says nothing of key"):
        reference.words_of(Silent)


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.file)
@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_each_key_of_a_shipped_file_is_on_its_page(page: reference.Page, workload: str) -> None:
    """Whatever is not there is refused."""
    path = PROJECT / _FOLDERS[page.file] / workload / page.file
    known = set(re.findall(r"^\| `(\w+)` \|", page.path.read_text(), re.MULTILINE))
    known |= {part for heading in re.findall(r"\[+([\w.]+)", page.path.read_text()) for part in heading.split(".")}
    assert _keys(tomllib.loads(path.read_text())) - known - {"kind"} == set()


def _keys(document: Any, *, own: bool = False) -> set[str]:
    """The keys of tables, without those that a file names by itself, such as hyperparameters."""
    if isinstance(document, list):
        return {key for each in document for key in _keys(each)}
    if not isinstance(document, dict):
        return set()
    free = {"hyperparameters", "of_data", "ranges", "meanings", "members", "grouped", "values", "environment"}
    found = set() if own else set(document)
    return found | {key for name, each in document.items() for key in _keys(each, own=name in free)}
