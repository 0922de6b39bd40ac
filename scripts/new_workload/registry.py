"""Adds a workload to the registry: one entry in ``stacks/workloads.py``, and what it imports."""

from __future__ import annotations

import ast

#: Where an entry finds what it names.
MODULES = {"CSV_CLASSES": "handover.invocations", "Api": "stacks.specs"}


def with_entry(text: str, entry: str, names: tuple[str, ...]) -> str:
    """The registry's text with the entry behind the others. ValueError if the file is not as it should be."""
    lines = text.splitlines(keepends=True)
    lines.insert(_end(ast.parse(text)) - 1, f"        {entry},\n")
    for name in names:
        lines = _importing("".join(lines), name).splitlines(keepends=True)
    return "".join(lines)


def _end(module: ast.Module) -> int:
    """The line that closes the tuple of workloads."""
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "WORKLOADS":
            of = node.value.generators[0].iter if isinstance(node.value, ast.DictComp) else None
            if isinstance(of, ast.Tuple) and of.end_lineno is not None:
                return of.end_lineno
    raise ValueError("stacks/workloads.py has no tuple of workloads: write the entry by hand.")


def _importing(text: str, name: str) -> str:
    """With the name among those of its module's import, in the order in which ruff sorts them."""
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == MODULES[name]:
            found = sorted(
                {name, *(each.name for each in node.names)}, key=lambda each: (not each.isupper(), each.lower())
            )
            lines[node.lineno - 1 : node.end_lineno] = [_import(MODULES[name], found)]
            return "".join(lines)
    raise ValueError(f"stacks/workloads.py imports nothing of {MODULES[name]}: write the entry by hand.")


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    return (
        line if len(line) <= 121 else f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    )
