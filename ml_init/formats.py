"""The formats of a data file, one class each: how its text becomes the values of rows.

``[file] format`` in dataset.toml names one. A new format is a class here and an entry in ``FORMATS``.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handover import plain_text
from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ml_init.dataset import Dataset


_IMAGES = (".png", ".jpg", ".jpeg")
#: Images are compressed already: unpacked, they are hardly larger than their archive.
_UNPACKED = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file. values: in the order of the file's columns; what there is of them if it has a ``fault``."""

    number: int
    values: Sequence[str]
    fault: str | None = None


class FileFormat(Protocol):
    @property
    def delimited(self) -> bool:
        """Whether a delimiter stands between the values, and perhaps a header above them."""

    def lines(self, name: str, content: bytes, dataset: Dataset) -> list[Line]:
        """The rows of the file. StepError for a fault of the file as a whole."""


class Csv:
    """A row is a line of values between delimiters, without quotes. There may be a header, which is compared."""

    delimited = True

    def lines(self, name: str, content: bytes, dataset: Dataset) -> list[Line]:
        """StepError for an empty file, another header, and a file that lacks a column in nearly every row."""
        file = dataset.file
        lines = _lines(content)
        if lines:
            _check_header(name, lines[0], file.header)
        first = 1 if file.header is None else 2
        rows = [line.split(file.delimiter) for line in lines[first - 1 :]]
        return _of_values(name, content, dataset, list(enumerate(rows, first)))


class QuotedCsv:
    """RFC 4180: a value may stand in quotes, and then holds delimiters, line breaks and doubled quotes.

    UTF-8, perhaps with a byte order mark. There may be a header, which is compared.
    """

    delimited = True

    def lines(self, name: str, content: bytes, dataset: Dataset) -> list[Line]:
        """StepError as for ``Csv``, for another encoding, for NUL bytes, and for quotes that do not fit together.

        A row's number is that of its first line.
        """
        text = self._text(name, content)
        first, header = 0, dataset.file.header
        if text and header is not None:
            found, _, text = text.partition("\n")
            first += 1
            _check_header(name, found.removesuffix("\r"), header)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=dataset.file.delimiter, strict=True)
        used = _used(dataset)
        rows, started = [], first + 1
        try:
            for values in reader:
                rows.append((started, _kept(values, used) or [""]))
                started = first + reader.line_num + 1
        except csv.Error as error:
            raise StepError(
                f"{name}: the row that begins in line {started} cannot be read: {error}. A quote inside a quoted value "
                "is doubled, and every quoted value ends."
            ) from error
        return _of_values(name, content, dataset, rows)

    def _text(self, name: str, content: bytes) -> str:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            byte = content[error.start]
            raise StepError(f"{name}:{line}: the byte 0x{byte:02x} is not UTF-8, as the file must be.") from error
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise StepError(f"{name}:{line}: there is a NUL byte. Is the file UTF-16, or damaged?")
        return text


def _used(dataset: Dataset) -> list[bool]:
    """Of each of the file's columns: whether anybody reads it."""
    read = {*(column.name for column in dataset.columns), dataset.identifier}
    return [name in read for name in dataset.file_columns]


def _kept(values: Sequence[str], used: Sequence[bool]) -> Sequence[str]:
    """A row without the values that nobody reads, which may be most of a large file."""
    if len(values) != len(used):
        return values
    return [value if kept else "" for value, kept in zip(values, used, strict=True)]


class JsonLines:
    """A row is a line with a JSON object, which has a member for each column; other members are ignored."""

    delimited = False

    def lines(self, name: str, content: bytes, dataset: Dataset) -> list[Line]:
        """StepError for an empty file."""
        lines = _lines(content)
        _refuse_empty(name, content, lines)
        members = [dataset.file.members.get(column, column) for column in dataset.file_columns]
        return [self._line(n, text, members) for n, text in enumerate(lines, 1)]

    def _line(self, number: int, text: str, members: Sequence[str]) -> Line:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            return Line(number, (), f"no JSON object: {text[:100]!r}")
        faults = list(_member_faults(found, members))
        return Line(number, [_text(found.get(member)) for member in members], "; ".join(faults) or None)


class Images:
    """A zip archive of images. A row is an image, in base64, and its label: the names of the last folders above it.

    Other files in the archive are ignored. The rows are in the order of the files' names.
    """

    delimited = False

    def lines(self, name: str, content: bytes, dataset: Dataset) -> list[Line]:
        """StepError if it is no such archive, has no images, or has more in it than ``max_bytes`` allows."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found = sorted(
                    (each for each in archive.infolist() if each.filename.lower().endswith(_IMAGES)),
                    key=lambda each: each.filename,
                )
                _refuse_empty(name, content, found)
                size, most = sum(each.file_size for each in found), dataset.file.max_bytes * _UNPACKED
                if size > most:
                    raise StepError(
                        f"{name} has {size} bytes of images, expected at most {most}: {_UNPACKED} max_bytes."
                    )
                # A zip says of each member how long it is, and its reader stops there.
                return [
                    self._line(number, each.filename, archive.read(each), dataset)
                    for number, each in enumerate(found, 1)
                ]
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
            raise StepError(f"{name} is no archive that can be read: {type(error).__name__}: {error}") from error

    def _line(self, number: int, path: str, content: bytes, dataset: Dataset) -> Line:
        folders = path.split("/")[:-1]
        label = "/".join(folders[-dataset.file.label_folders :])
        fault = None if len(folders) >= dataset.file.label_folders else f"{path} is in no folder that is its label"
        values = {dataset.features[0].name: base64.b64encode(content).decode()}
        return Line(number, [values.get(column, label) for column in dataset.file_columns], fault)


FORMATS: Mapping[str, FileFormat] = {"csv": Csv(), "quoted-csv": QuotedCsv(), "jsonl": JsonLines(), "images": Images()}


def _lines(content: bytes) -> list[str]:
    return plain_text.lines(content.decode(encoding="utf-8", errors="replace"))


def _refuse_empty(name: str, content: bytes, rows: Sequence[object]) -> None:
    if not rows:
        raise StepError(f"{name} is empty ({len(content)} bytes, no rows).")


def _check_header(name: str, found: str, header: str | None) -> None:
    """A file with its columns in another order has the same width, and its values may even fit."""
    if header is not None and found != header:
        raise StepError(f"{name}: the first line is {found!r}, expected the header {header!r}.")


def _of_values(name: str, content: bytes, dataset: Dataset, rows: Sequence[tuple[int, Sequence[str]]]) -> list[Line]:
    """The rows of a file with delimiters. StepError if there are none, or if nearly every row lacks a column."""
    width, delimiter = len(dataset.file_columns), dataset.file.delimiter
    _refuse_empty(name, content, rows)
    _check_width(name, [values for _, values in rows], dataset)
    return [Line(number, values, _width_fault(values, width, delimiter)) for number, values in rows]


def _check_width(name: str, rows: Sequence[Sequence[str]], dataset: Dataset) -> None:
    """If nearly every row has the same wrong width, the file is at fault, not the row."""
    width, count = Counter(map(len, rows)).most_common(1)[0]
    expected = len(dataset.file_columns)
    if width != expected:
        fault = "a column is missing" if width < expected else "there is a column too many"
        raise StepError(
            f"{name}: {count} of {len(rows)} rows have {width} values, expected {expected} "
            f"({', '.join(dataset.file_columns)}): {fault}. First row: {dataset.file.delimiter.join(rows[0])!r}"
        )


def _width_fault(values: Sequence[str], expected: int, delimiter: str) -> str | None:
    if len(values) == expected:
        return None
    if values == [""]:
        return "the line is empty"
    return f"{len(values)} values, expected {expected}: {delimiter.join(values)!r}"


def _member_faults(found: Mapping[str, Any], members: Sequence[str]) -> Iterator[str]:
    for member in members:
        if member not in found:
            yield f"there is no {member}"
        elif isinstance(found[member], bool) or not isinstance(found[member], str | int | float):
            yield f"{member} is {json.dumps(found[member])[:100]}, expected a text or a number"


def _text(value: Any) -> str:
    """A number as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)
