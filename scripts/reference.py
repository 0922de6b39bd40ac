"""Writes docs/reference/: the keys of gate.toml, training.toml and dataset.toml, from the types that read them.

``python -m scripts.reference`` writes the pages; with ``--check`` the command fails where one is stale. What a page
says of a key is the comment above its field, and of a table the docstring of its type.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ml_init import columns, dataset, pretrained
from ml_test.gate import answer_tables, rules
from ml_test.gate.metric_facts import FACTS, Use
from ml_training import containers, training, tuning

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A table of a file: its heading, its type, and the value of its key ``kind`` if it has one."""

    heading: str
    of: type[Any]
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    file: str
    where: str
    guide: str
    parts: tuple[Part, ...]
    #: What follows the tables.
    rest: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.file.removesuffix('.toml')}.md"


def _kinds(heading: str, kinds: Mapping[str, type[Any]]) -> tuple[Part, ...]:
    return tuple(Part(heading=heading, of=of, kind=kind) for kind, of in kinds.items())


def _metrics() -> str:
    """The metrics, as rules may ask for them."""
    lines = ["## Metrics", "", "| metric | is | of answers | takes a | from, to | may compare | may judge groups |"]
    lines.append("|---|---|---|---|---|---|---|")
    for facts in FACTS:
        kinds = ", ".join(f"`{table.name}`" for table in facts.of) + (", with `grouped_by`" if facts.grouped else "")
        low, high = (f"{end:g}".replace("inf", "∞") for end in facts.span)
        uses = " | ".join("yes" if facts.use >= use else "" for use in (Use.COMPARISON, Use.SLICES))
        lines.append(
            f"| `{facts.name}` | {facts.explained} | {kinds} | {facts.direction.limit} | {low}, {high} | {uses} |"
        )
    return "\n".join(lines)


PAGES = (
    Page(
        file="gate.toml",
        where="`ml_test/<workload>/gate.toml`, and over it `ml_test/<workload>/datasets/<name>.toml`",
        guide="[The gate](../gate.md) says how each number is used",
        parts=(
            *_kinds("[answers]", {table.name: table for table in answer_tables.TABLES}),
            Part(heading="[answers.costs]", of=answer_tables.Costs),
            Part(heading="[comparison]", of=rules.Comparison),
            Part(heading="[slices]", of=rules.SliceRule),
            Part(heading="[[slices.by]]", of=rules.Cut),
            Part(heading="[popularity]", of=rules.Popularity),
            Part(heading="[latency]", of=rules.Latency),
            Part(heading="[load]", of=rules.Load),
            Part(heading="[smoke]", of=rules.Smoke),
        ),
        rest="## `[floors]`, `[ceilings]`\n\nA metric → a number. A metric takes one of them.\n\n" + _metrics(),
    ),
    Page(
        file="training.toml",
        where="`ml_training/<workload>/training.toml`, or one of `ml_training/defaults/`",
        guide="[Training of its own](../add-a-workload.md#training-of-its-own) and [tuning](../tuning.md) explain it",
        parts=(
            *_kinds("[algorithm]", training.ALGORITHMS),
            Part(heading="[objective]", of=training.Objective),
            Part(heading="[job]", of=training.Job),
            Part(heading="[data]", of=training.Data),
            Part(heading="[channels]", of=training.Channels),
            Part(heading="[[metrics]]", of=training.Metric),
            Part(heading="[tuning]", of=tuning.Search),
            *_kinds("[tuning.ranges.<hyperparameter>]", tuning.RANGES),
            *_kinds("[[containers]]", containers.CONTAINERS),
        ),
        rest=(
            "## `[hyperparameters]`\n\nA name → a text, a number, true or false. Which there are, the algorithm or the"
            " script knows.\n\n## `[of_data]`\n\nA hyperparameter → what of the data sets it: "
            + ", ".join(f"`{name}`" for name in training.OF_DATA)
            + "."
        ),
    ),
    Page(
        file="dataset.toml",
        where="`ml_init/<workload>/dataset.toml`, and over it `ml_init/<workload>/datasets/<name>.toml`",
        guide="[Add a workload](../add-a-workload.md) explains it",
        parts=(
            Part(heading="above the tables", of=dataset.Names),
            Part(heading="[file]", of=dataset.DataFile),
            Part(heading="[rows]", of=dataset.Rows),
            *(
                Part(heading=heading, of=of, kind=kind)
                for heading, of, kind in (
                    ("[[features]]", columns.Categories, "categories"),
                    ("[[features]]", columns.Integers, "numbers, with whole bounds"),
                    ("[[features]]", columns.Decimals, "numbers"),
                    ("[[features]]", columns.Dates, "dates"),
                    ("[[features]]", columns.Text, "text"),
                    ("[[features]]", columns.Image, "images"),
                )
            ),
            Part(heading="[[features.recoded]]", of=columns.Recoding),
            Part(heading="[label]", of=columns.Categories),
            Part(heading="[[associations]]", of=dataset.Association),
            Part(heading="[[pretrained]]", of=pretrained.Pretrained),
            Part(heading="[titles]", of=dataset.Titles),
        ),
        rest="`[rows]` has the keys of one kind of split: "
        + "; or ".join(", ".join(f"`{key}`" for key in kind.KEYS) for kind in dataset.SPLITS)
        + ".",
    ),
)


_REFUSED = (
    "Whatever is not here is refused at synthesis, with its line "
    "([decision](../decisions/0024-files-are-refused-at-synthesis.md))."
)


def text_of(page: Page) -> str:
    """The page."""
    written = "`make reference` writes this page from the types that read the file."
    parts = [f"# `{page.file}`", f"{written} It is {page.where}. {page.guide}. {_REFUSED}"]
    for part in page.parts:
        kind = f', `kind = "{part.kind}"`' if part.heading in _WITH_KIND else f", {part.kind}" if part.kind else ""
        heading = f"`{part.heading}`" if part.heading.startswith("[") else part.heading.capitalize()
        parts += [f"## {heading}{kind}", _first_paragraph(part.of)]
        if rows := [_row(part.of, name) for name in _keys(part.of)]:
            parts.append("\n".join(["| key | value | if nothing is said | says |", "|---|---|---|---|", *rows]))
    return "\n\n".join([*parts, *([page.rest] if page.rest else [])]) + "\n"


_WITH_KIND = {"[answers]", "[algorithm]", "[[containers]]", "[tuning.ranges.<hyperparameter>]"}


def _keys(of: type[Any]) -> list[str]:
    return [field.name for field in fields(of) if field.name not in _NO_KEYS]


#: Fields that no file may set.
_NO_KEYS = {"chosen"}


def _first_paragraph(of: type[Any]) -> str:
    return _plain(inspect.cleandoc(of.__doc__ or "").split("\n\n")[0])


def _row(of: type[Any], name: str) -> str:
    field = next(field for field in fields(of) if field.name == name)
    kind = value_of(get_type_hints(of)[name])
    if field.default is MISSING and field.default_factory is MISSING:
        default = "**must be there**"
    elif field.default in (MISSING, None, "", ()):
        default = ""
    else:
        default = f"`{_toml(field.default)}`"
    return f"| `{name}` | {kind} | {default} | {words_of(of)[name]} |"


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def value_of(kind: Any) -> str:
    """What a value of this type is, in words."""
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return ", ".join(f"`{_toml(each)}`" for each in get_args(kind))
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return "tables" if is_dataclass(inner) else f"a list: {value_of(inner)}"
    if get_origin(kind) is Mapping:
        return f"a table: a name → {value_of(get_args(kind)[1])}"
    if is_dataclass(kind):
        return "a table"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[kind]


def words_of(of: type[Any]) -> dict[str, str]:
    """Field → the comment above it. ValueError for a field without one."""
    found: dict[str, str] = {}
    for base in reversed([base for base in of.__mro__ if is_dataclass(base)]):
        source = textwrap.dedent(inspect.getsource(base))
        lines = source.splitlines()
        (node,) = ast.parse(source).body
        for statement in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found[statement.target.id] = _comment_above(lines, statement.lineno - 1)
    keys = {field.name for field in fields(of)}
    if silent := sorted(key for key in keys if not found[key]):
        raise ValueError(f"{of.__name__} says nothing of {', '.join(silent)}")
    return {key: words for key, words in found.items() if key in keys}


def _comment_above(lines: list[str], place: int) -> str:
    said: list[str] = []
    while place and (line := lines[place - 1].strip()).startswith("#:"):
        said.insert(0, line.removeprefix("#:").strip())
        place -= 1
    return _plain(" ".join(said))


def _plain(words: str) -> str:
    """As Markdown: one line, and code in single quotes."""
    return re.sub(r"``(.+?)``", r"`\1`", " ".join(words.split())).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    stale = 0
    for page in PAGES:
        text = text_of(page)
        if options.check and (not page.path.is_file() or page.path.read_text() != text):
            print(f"{page.path} is not up to date: `make reference` writes it.", file=sys.stderr)
            stale = 1
        elif not options.check:
            page.path.parent.mkdir(exist_ok=True)
            page.path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
