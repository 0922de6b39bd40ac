"""What the pages say exists: files that they link to, commands that they name, tables that a program writes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from stacks.settings import load_settings
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT
from tests.commands import PAGES, Command, all_commands, commands_in
from tests.settings import FILE

_MAKEFILE = (PROJECT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", _MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"\$\(([A-Z][A-Z0-9]*)\)", _MAKEFILE))
STACKS = {workload.stack_name(kind) for workload in WORKLOADS.values() for kind in ("Pipeline", "Qa", "Prod")}


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


@pytest.mark.parametrize("command", all_commands(), ids=str)
def test_a_command_of_a_page_can_be_typed(command: Command) -> None:
    """The command's targets and variables, modules, operations of AWS and stacks exist."""
    assert list(faults(command.words)) == []


def faults(words: list[str]) -> Iterator[str]:
    """What of a command does not exist."""
    program, *rest = words
    match program:
        case "make":
            yield from make_faults(rest)
        case "eval":
            yield from (fault for inner in re.findall(r"\$\((.*?)\)", rest[0]) for fault in faults(inner.split()))
        case "python":
            yield from python_faults(rest)
        case "cdk":
            if not rest or rest[0] not in {"synth", "diff", "deploy", "destroy"}:
                yield f"no command of the cdk that is used here: {rest}"
            yield from (f"there is no stack {word}" for word in rest[1:] if word not in STACKS)
        case "aws":
            yield from aws_faults(*rest[:2], flags=[word for word in rest[2:] if word.startswith("--")])


def make_faults(words: list[str]) -> Iterator[str]:
    """What of a call of make the Makefile does not have."""
    for word in words:
        name, given, _ = word.partition("=")
        if given and name not in VARIABLES:
            yield f"the Makefile has no variable {name}"
        elif not given and not word.startswith("-") and word not in TARGETS:
            yield f"the Makefile has no target {word}"


def python_faults(words: list[str]) -> Iterator[str]:
    """What of ``-m module … -- another command`` does not exist."""
    module = PROJECT / words[1].replace(".", "/")
    if not (module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()):
        yield f"there is no module {words[1]}"
    if "--" in words:
        yield from faults(words[words.index("--") + 1 :])


def aws_faults(service: str, operation: str, *, flags: list[str]) -> Iterator[str]:
    """What of a call of the aws command AWS does not have, by botocore's model."""
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        yield f"AWS has no service {service}"
        return
    known = {xform_name(name).replace("_", "-"): name for name in model.operation_names}
    if operation not in known:
        yield f"{service} has no operation {operation}"
        return
    shape = model.operation_model(known[operation]).input_shape
    parameters = {f"--{xform_name(name).replace('_', '-')}" for name in (shape.members if shape else ())}
    yield from (f"{operation} has no parameter {flag}" for flag in flags if flag not in parameters)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("    make nothing", "target nothing"),
        ("    make up · nothing    the local cloud", "target nothing"),
        ("say `make ask COLUMN=1`", "variable COLUMN"),
        ("```sh\npython -m scripts.nothing\n```", "no module"),
        ('    eval "$(make -s nothing)"', "target nothing"),
        ("    aws sagemaker describe-nothing", "no operation describe-nothing"),
        ("    aws sagemaker list-endpoints --nothing", "no parameter --nothing"),
        ("    python -m scripts.on_cloud aws -- cdk destroy Nothing", "no stack Nothing"),
    ],
)
def test_a_command_that_does_not_exist_is_found(page: str, words: str) -> None:
    """Commands are read from blocks and from the text, and what does not exist of them is named."""
    found = [fault for text in commands_in(page) for fault in faults(Command(page="p", text=text).words)]
    assert len(found) == 1
    assert words in found[0]


_SETTINGS = [
    (page, block)
    for page in PAGES
    for block in re.findall(r"^```toml\n(.*?)^```", (PROJECT / page).read_text(), re.MULTILINE | re.DOTALL)
    if "[stages." in block
]


@pytest.mark.parametrize(("page", "block"), _SETTINGS, ids=[page for page, _ in _SETTINGS])
def test_settings_of_a_page_are_accepted(page: str, block: str, tmp_path: Path) -> None:
    """What a page shows of gatehouse.toml can be written there: it takes the place of what stands under its heading."""
    del page
    text = FILE.read_text()
    for heading in re.findall(r"^\[([\w.]+)\]", block, re.MULTILINE):
        text = re.sub(rf"^\[{re.escape(heading)}\]\n(?:(?!\[).*\n?)*", "", text, flags=re.MULTILINE)
    file = tmp_path / "gatehouse.toml"
    file.write_text(f"{text}\n{block}")
    shown: dict[str, Any] = tomllib.loads(block)["stages"]
    accepted = load_settings(file).model_dump()["stages"]
    for stage, tables in shown.items():
        for table, values in tables.items():
            assert accepted[stage][table].items() >= values.items()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_program_writes_is_there(page: str) -> None:
    """A table with rows stands between the marks of what a program writes."""
    text = (PROJECT / page).read_text()
    for name, written in re.findall(r"<!-- (.*): begin -->\n(.*?)<!-- \1: end -->", text, re.DOTALL):
        assert len(re.findall(r"^\|", written, re.MULTILINE)) > 2, name
    assert text.count(": begin -->") == text.count(": end -->")


def test_the_published_rates_keep_what_the_gate_promises() -> None:
    """The table says that at most 5 of 100 releases pass that are worse by the margin, of any workload.

    That the gate keeps to it is simulated in tests/unit/ml_test/test_gate_rates.py.
    """
    page = (PROJECT / "docs" / "gate.md").read_text()
    row = r"^\| (\w+) \| [\d,]+ \| worse by the margin \| whole gate \| ([\d.]+) %"
    rates = {workload: float(rate) for workload, rate in re.findall(row, page, re.MULTILINE)}
    assert set(rates) >= {"car_evaluation", "credit_default", "iris"}
    assert max(rates.values()) <= 5


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
