"""Reads an image's description, the ``image.toml`` beside its programs, into types. Unknown keys are refused."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "image.toml"
_MINOR = re.compile(r"3\.\d+")


class ImageError(Exception):
    """The description of an image is missing or wrong. The text names the file, the fault and the remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """How an image trains. Its program is ``train.py``; in script mode, it is the one that the job brings."""

    content_types: tuple[str, ...]
    """The content types of channels."""
    script_mode: bool
    """Whether jobs bring their own program, as the SDK's SourceCode does."""
    distributed: bool
    """Whether the image can train on several hosts together."""
    metrics: tuple[tuple[str, str], ...]
    """The algorithm's own metric definitions: name and regular expression."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """How an image serves. Its program is ``serve.py``."""

    content_types: tuple[str, ...]
    """The content types of requests."""
    accepts: tuple[str, ...]
    """The content types of answers, which a request's Accept may name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Large:
    """An image whose packages take so much that its user hears of it before they are fetched."""

    gigabytes: float
    """What they take on the disk."""
    notice: str
    """Why they are so large, and how they are smaller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    repository: str
    """The name of the image's repository, without registry and tag."""
    python: str
    """The minor version of Python for its programs, such as ``3.11``."""
    training: Training | None
    serving: Serving | None
    compiled: bool = False
    """Whether its packages are installed with bytecode: worth it where each start imports thousands of files."""
    unnamed_interpreter: bool = False
    """Whether its libraries fail in a container under an interpreter that is called python."""
    large: Large | None = None


def read(folder: Path) -> Description:
    """The description of the image in this folder; raises ImageError."""
    path = folder / FILE
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ImageError(
            f"The image {folder.name} has no {FILE} in {folder}: write one, or take it off the list"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ImageError(f"{path}: {error}") from error
    table = _Table(str(path), values)
    description = Description(
        repository=table.text("repository"),
        python=table.text("python"),
        training=_training(table.table("training")),
        serving=_serving(table.table("serving")),
        compiled=table.optional_truth("compiled"),
        unnamed_interpreter=table.optional_truth("unnamed_interpreter"),
        large=_large(table.table("large")),
    )
    table.close()
    if not _MINOR.fullmatch(description.python):
        raise ImageError(f"{path}: python is {description.python!r}; it has to be a minor version, such as 3.11")
    _check_programs(folder, description)
    return description


def _check_programs(folder: Path, description: Description) -> None:
    brought = description.training is not None and description.training.script_mode
    for kind, program in ((None if brought else description.training, "train.py"), (description.serving, "serve.py")):
        if (folder / program).exists() and brought and program == "train.py":
            raise ImageError(f"{folder / FILE}: script_mode is true, so jobs bring their program; train.py runs never")
        if (folder / program).exists() != (kind is not None):
            name = "training" if program == "train.py" else "serving"
            has = f"[{name}] and no {program}" if kind is not None else f"{program} and no [{name}]"
            raise ImageError(f"{folder / FILE}: the image has {has}; it needs both or neither")


def _training(table: _Table | None) -> Training | None:
    if table is None:
        return None
    found = Training(
        content_types=table.texts("content_types"),
        script_mode=table.truth("script_mode"),
        distributed=table.truth("distributed"),
        metrics=tuple(pair for metric in table.tables("metrics") for pair in _definitions(metric)),
    )
    table.close()
    return found


def _serving(table: _Table | None) -> Serving | None:
    if table is None:
        return None
    found = Serving(content_types=table.texts("content_types"), accepts=table.texts("accepts"))
    table.close()
    return found


def _large(table: _Table | None) -> Large | None:
    if table is None:
        return None
    found = Large(gigabytes=table.number("gigabytes"), notice=table.text("notice"))
    table.close()
    return found


def _definitions(table: _Table) -> Iterator[tuple[str, str]]:
    """One definition for each combination of the values in ``each``. Braces mark their places in name and regex."""
    name, expression, each = table.text("name"), table.text("regex"), table.table("each")
    table.close()
    lists = {variable: each.texts(variable) for variable in each.names()} if each else {}
    for values in itertools.product(*lists.values()):
        chosen = dict(zip(lists, values, strict=True))
        yield _filled(name, chosen), _filled(expression, {key: re.escape(value) for key, value in chosen.items()})


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


class _Table:
    """A table of a TOML file. Callers ask for its keys one by one; ``close`` refuses the keys nobody asked for."""

    def __init__(self, where: str, values: dict[str, Any]) -> None:
        self._where = where
        self._values = values
        self._known: set[str] = set()

    def names(self) -> list[str]:
        return list(self._values)

    def text(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str):
            raise self._wrong(name, value, "a text")
        return value

    def number(self, name: str) -> float:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, value, "a number")
        return float(value)

    def truth(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def optional_truth(self, name: str) -> bool:
        """False where the file does not say."""
        self._known.add(name)
        return self.truth(name) if name in self._values else False

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, value, "a list of texts")
        return tuple(value)

    def table(self, name: str) -> _Table | None:
        """The table with this name; None where the file has none."""
        value = self._take_optional(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(name, value, "a table")
        return _Table(f"{self._where}: [{name}]", value)

    def tables(self, name: str) -> list[_Table]:
        """The array of tables with this name; empty where the file has none."""
        value = self._take_optional(name) or []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(name, value, "a list of tables")
        return [_Table(f"{self._where} [[{name}]]", item) for item in value]

    def close(self) -> None:
        unknown = [name for name in self._values if name not in self._known]
        if unknown:
            raise ImageError(f"{self._where} has {', '.join(unknown)}; it may have {', '.join(sorted(self._known))}")

    def _take(self, name: str) -> Any:
        self._known.add(name)
        if name not in self._values:
            raise ImageError(f"{self._where} has no {name}")
        return self._values[name]

    def _take_optional(self, name: str) -> Any:
        self._known.add(name)
        return self._values.get(name)

    def _wrong(self, name: str, value: Any, wanted: str) -> ImageError:
        return ImageError(f"{self._where}: {name} is {value!r}; it has to be {wanted}")
