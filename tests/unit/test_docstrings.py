"""Every test says what it proves: what ruff cannot ask of tests without asking it of all that stands beside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.clouds import PROJECT

FILES = [str(path.relative_to(PROJECT)) for path in sorted((PROJECT / "tests").rglob("test_*.py"))]
#: A sentence that begins so goes on from the test's name, and cannot be read by itself.
CONTINUATIONS = ("And ", "Also ", "But ", "Nor ", "Of ", "Or ")


def faults(docstring: str | None) -> Iterator[str]:
    """What is wrong with a test's docstring."""
    if docstring is None:
        yield "has no docstring"
        return
    sentence = docstring.split("\n\n")[0]
    if not sentence.endswith("."):
        yield "has a docstring that does not begin with a sentence of its own, with a full stop"
    if sentence.startswith(CONTINUATIONS):
        yield f"goes on from its name: {sentence}"


@pytest.mark.parametrize("file", FILES)
def test_every_test_says_in_a_sentence_what_it_proves(file: str) -> None:
    """Each test function has a docstring, whose first paragraph is a sentence by itself, and so has the file."""
    tree = ast.parse((PROJECT / file).read_text())
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert tests, "no test in a file of tests"
    assert ast.get_docstring(tree), "a file of tests says what they are about"
    said = [f"{test.name} {fault}" for test in tests for fault in faults(ast.get_docstring(test))]
    assert said == []


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        (None, "has no docstring"),
        ("The stack is deleted", "full stop"),
        ("And its log, too.", "goes on from its name"),
    ],
)
def test_a_fault_of_a_docstring_is_named(docstring: str | None, words: str) -> None:
    """A missing docstring, a missing full stop and a continuation of the name are faults; a sentence is none."""
    (fault,) = faults(docstring)
    assert words in fault
    assert list(faults("The stack is deleted.")) == []
