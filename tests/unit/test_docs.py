"""What the pages say exists: files that they link to, commands that they name, tables that a program writes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.clouds import PROJECT

_TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
PAGES = [page for page in _TRACKED.split() if page != "CHANGELOG.md"]
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each link of a page leads to a file of the project and, where it names a heading, to one that is there."""
    for link in re.findall(r"\]\(([^)\s]+)\)", (PROJECT / page).read_text()):
        if not re.match(r"[a-z]+:", link):
            path, _, heading = link.partition("#")
            target = (PROJECT / page).parent / path if path else PROJECT / page
            assert target.exists(), link
            if heading:
                assert heading in anchors(target), link


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_those_of_the_makefile(page: str) -> None:
    """Each `make …` of a page names targets of the Makefile."""
    code = re.findall(r"`make ([a-z][a-z0-9 -]*)", (PROJECT / page).read_text())
    named = {target for words in code for target in words.split()}
    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_what_a_program_writes_is_there(page: str) -> None:
    """A table with rows stands between the marks of what a program writes."""
    text = (PROJECT / page).read_text()
    for name, written in re.findall(r"<!-- (.*): begin -->\n(.*?)<!-- \1: end -->", text, re.DOTALL):
        assert len(re.findall(r"^\|", written, re.MULTILINE)) > 2, name
    assert text.count(": begin -->") == text.count(": end -->")


def test_the_published_rates_keep_what_the_gate_promises() -> None:
    """The table says that at most 5 of 100 releases pass that are worse by the margin, of either workload.

    That the gate keeps to it is simulated in tests/unit/ml_test/test_gate_rates.py.
    """
    page = (PROJECT / "docs" / "gate.md").read_text()
    row = r"^\| (\w+) \| [\d,]+ \| worse by the margin \| whole gate \| ([\d.]+) %"
    rates = {workload: float(rate) for workload, rate in re.findall(row, page, re.MULTILINE)}
    assert set(rates) == {"car_evaluation", "credit_default"}
    assert max(rates.values()) <= 5


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
