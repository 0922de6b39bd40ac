"""A command that a message names can be typed as it stands: it says for which workload."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.clouds import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The targets of the Makefile that act on a workload, as long as nobody says of which it is the default one.
_OF_A_WORKLOAD = {
    target
    for target, rest in re.findall(
        r"^([a-z-]+):[^#\n]*##.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text(), re.MULTILINE
    )
    # The others begin with nothing, or are about the project's own pages.
    if "$(WORKLOAD)" in rest and target not in ("demo", "iam", "iam-mutations")
}
_NAMED = re.compile(r"make ([a-z-]+)\b(?! (?:WORKLOAD|CLOUD)=)")


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each string that is no docstring; what is filled in is ``{}``."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= set(map(id, node.values))
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values),
            )
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value


def test_every_hint_names_the_workload() -> None:
    """Without it, the command would be about car_evaluation, whatever the user works on."""
    assert {"push", "deploy", "logs", "rollback", "ask"} <= _OF_A_WORKLOAD
    found = [
        f"{path.relative_to(PROJECT)}:{line}: make {target}"
        for folder in ("scripts", "ml_init", "ml_training", "ml_test", "ml_release", "stacks")
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for line, text in texts(ast.parse(path.read_text()))
        for target in _NAMED.findall(text)
        if target in _OF_A_WORKLOAD
    ]
    assert found == []
