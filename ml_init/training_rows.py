"""How rows are written for training, and read back: one class for each kind, and an entry in ``TRAINING_ROWS``.

The data step writes them, unless Spark does. The gate reads back what a model has learned from. The registry names a
workload's kind, beside what makes its features.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from handover import plain_text
from ml_init import recordio, words
from ml_init.columns import Categories, Integers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ml_init.columns import Column
    from ml_init.dataset import Dataset
    from ml_init.table import Row


@dataclass(frozen=True, slots=True)
class Beside:
    """What rows may need to be read back: files of the job's side channels, and the rows that a model may have learned.

    known: the features of the data's rows; those to learn come first. taken: how often equal rows were read already.
    """

    files: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    known: Sequence[tuple[str, ...]] = ()
    taken: Counter[object] = field(default_factory=Counter)


NOTHING = Beside()


class TrainingRows(Protocol):
    """A kind of training rows. What cannot be read back is no row of this kind: ValueError."""

    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str:
        """What training is told of the files."""

    @property
    def side_channels(self) -> Mapping[str, str]:
        """The job's channels that hold no rows, with their content types."""

    @property
    def file_name(self) -> str:
        """Of the file with a split's rows."""

    def encode(self, rows: Sequence[Row], dataset: Dataset) -> bytes:
        """Rows (canonical values, features then label) as a file. ValueError for data that it cannot hold."""

    def count(self, content: bytes) -> int:
        """The number of rows in a file."""

    def decode(self, content: bytes, dataset: Dataset, beside: Beside = NOTHING) -> list[tuple[str, ...]]:
        """The canonical values of each row's features. ValueError for a file that holds something else."""


class _LabelFirst:
    """CSV for XGBoost, without header: the label's index, then the features in the order of the contract."""

    content_type = "text/csv"
    file_name = "rows.csv"
    side_channels: ClassVar[Mapping[str, str]] = {}

    def encode(self, rows: Sequence[Row], dataset: Dataset) -> bytes:
        return "".join(f"{self.written(row, dataset)}\n" for row in rows).encode()

    def count(self, content: bytes) -> int:
        return len(plain_text.lines(content.decode()))

    def decode(
        self,
        content: bytes,
        dataset: Dataset,
        beside: Beside = NOTHING,  # noqa: ARG002  (the rows say it all)
    ) -> list[tuple[str, ...]]:
        return [self.features(line, dataset) for line in plain_text.lines(content.decode())]

    def written(self, row: Row, dataset: Dataset) -> str:
        """The row as a line."""
        features, label = dataset.features_of(row), dataset.labels.index(dataset.truth_of(row))
        values = (self._value(column, value) for column, value in zip(dataset.features, features, strict=True))
        return ",".join((str(label), *values))

    def features(self, line: str, dataset: Dataset) -> tuple[str, ...]:
        """The features of a line."""
        label, *values = line.split(",")
        _category(dataset.label_column(), label)
        if len(values) != len(dataset.features):
            raise ValueError(f"{len(values)} features, expected {len(dataset.features)}: {line[:200]!r}")
        return tuple(self._canonical(column, value) for column, value in zip(dataset.features, values, strict=True))

    def _value(self, column: Column, value: str) -> str:  # noqa: ARG002  (for a kind that writes something else)
        return value

    def _canonical(self, column: Column, value: str) -> str:
        if fault := column.fault(value):
            raise ValueError(fault)
        return column.canonical(value)


class Values(_LabelFirst):
    """The features are their canonical values."""

    name = "values"


class Ranks(_LabelFirst):
    """A category is its rank in the contract's order, as Spark's indexers write it (``2.0``); a number is itself."""

    name = "ranks"

    def _value(self, column: Column, value: str) -> str:
        return str(float(column.categories.index(value))) if isinstance(column, Categories) else value

    def _canonical(self, column: Column, value: str) -> str:
        return _category(column, value) if isinstance(column, Categories) else super()._canonical(column, value)


class OneHot:
    """Sparse RecordIO-protobuf: each value of each column is a feature of its own, 1 where a row has that value.

    A whole number's place is its distance from the column's lower bound, a category's its rank. The columns' features
    follow each other in the order of the contract. The record's label is the label's index.
    """

    name = "one-hot"
    content_type = recordio.CONTENT_TYPE
    file_name = f"rows{recordio.SUFFIX}"
    side_channels: ClassVar[Mapping[str, str]] = {}

    def encode(self, rows: Sequence[Row], dataset: Dataset) -> bytes:
        starts, width = _starts(dataset)
        places, labels = dataset.features, {label: float(index) for index, label in enumerate(dataset.labels)}
        ones = (1.0,) * len(places)
        return recordio.encode(
            recordio.Row(
                ones,
                tuple(start + _place(column, value) for start, column, value in zip(starts, places, row, strict=False)),
                width,
                labels[dataset.truth_of(row)],
            )
            for row in rows
        )

    def count(self, content: bytes) -> int:
        return sum(1 for _ in recordio.decode(content))

    def decode(
        self,
        content: bytes,
        dataset: Dataset,
        beside: Beside = NOTHING,  # noqa: ARG002  (the rows say it all)
    ) -> list[tuple[str, ...]]:
        starts, width = _starts(dataset)
        ones, ends = (1.0,) * len(starts), (*starts[1:], width)
        bounds = tuple(zip(dataset.features, starts, ends, strict=True))
        found = []
        for row in recordio.decode(content):
            if row.values != ones or row.keys is None or row.width != width:
                raise ValueError(f"{row} has not one 1 for each of {len(ones)} columns, among {width} features")
            if row.label is None or row.label not in range(len(dataset.labels)):
                raise ValueError(f"{row} has a label that is no index of {', '.join(dataset.labels)}")
            found.append(tuple(_values(row.keys, bounds)))
        return found


def _starts(dataset: Dataset) -> tuple[tuple[int, ...], int]:
    """Where each column's features begin, and how many features there are. ValueError for a column without an end."""
    starts, width = [], 0
    for column in dataset.features:
        starts.append(width)
        if isinstance(column, Categories):
            width += len(column.categories)
        elif isinstance(column, Integers):
            width += column.high - column.low + 1
        else:
            raise ValueError(f"{column.name} has no countable values, so they are no features of their own")  # noqa: TRY004
    return tuple(starts), width


def _place(column: Column, value: str) -> int:
    return column.categories.index(value) if isinstance(column, Categories) else int(value) - _low(column)


def _values(keys: Sequence[int], bounds: Sequence[tuple[Column, int, int]]) -> Iterator[str]:
    for key, (column, start, end) in zip(keys, bounds, strict=True):
        if not start <= key < end:
            raise ValueError(f"{column.name} has the feature {key}, expected {start} to {end - 1}")
        place = key - start
        yield column.categories[place] if isinstance(column, Categories) else str(place + _low(column))


def _low(column: Column) -> int:
    return column.low if isinstance(column, Integers) else 0


class WordCounts:
    """Sparse RecordIO-protobuf: how often each word of a vocabulary occurs in a text. Spark writes it.

    Counts are no text, but hardly two texts have equal ones: a row is the known text that has these counts by the
    vocabulary that the job read. A row of other counts is no row of the data.
    """

    name = "word-counts"
    content_type = recordio.CONTENT_TYPE
    file_name = f"counts{recordio.SUFFIX}"
    side_channels: ClassVar[Mapping[str, str]] = {"auxiliary": "text/plain"}

    def encode(self, rows: Sequence[Row], dataset: Dataset) -> bytes:  # noqa: ARG002
        raise ValueError("word counts need a vocabulary, which a Spark job fits: the registry needs data=Glue(…)")

    def count(self, content: bytes) -> int:
        return sum(1 for _ in recordio.decode(content))

    def decode(self, content: bytes, dataset: Dataset, beside: Beside = NOTHING) -> list[tuple[str, ...]]:  # noqa: ARG002
        places = _places_of_words(beside)
        known: dict[object, list[tuple[str, ...]]] = {}
        for features in beside.known:
            known.setdefault(tuple(words.counts(" ".join(features), places).items()), []).append(features)
        found = []
        for row in recordio.decode(content):
            counts = tuple(zip(row.keys or (), map(int, row.values), strict=False))
            if row.keys is None or row.width != len(places) or list(row.values) != [float(n) for _, n in counts]:
                raise ValueError(f"a row of {row.width} numbers holds no counts of {len(places)} words")
            texts = known.get(counts, [])
            # Of several known texts with equal counts, each is taken once; a row too many is the last of them.
            place = min(beside.taken[counts], len(texts) - 1)
            beside.taken[counts] += 1
            found.append(texts[place] if texts else (f"unknown text with the counts {counts}",))
        return found


def _places_of_words(beside: Beside) -> dict[str, int]:
    files = beside.files.get("auxiliary", ())
    if len(files) != 1:
        raise ValueError(f"the channel auxiliary has {len(files)} files, expected the vocabulary alone")
    return {word: place for place, word in enumerate(plain_text.lines(files[0].decode()))}


def _category(column: Categories, rank: str) -> str:
    """The category of this rank. ValueError if there is none."""
    try:
        place = float(rank)
    except ValueError:
        place = -1.0
    if not place.is_integer() or not 0 <= place < len(column.categories):
        raise ValueError(f"{column.name} is {rank[:200]!r}, expected a rank from 0 to {len(column.categories) - 1}")
    return column.categories[int(place)]


class ImageTar:
    """A tar of images: ``<the label's index>/<the image's SHA-256>``. Its only feature is the image."""

    name = "images"
    content_type = "application/x-tar"
    file_name = "images.tar"
    side_channels: ClassVar[Mapping[str, str]] = {}

    def encode(self, rows: Sequence[Row], dataset: Dataset) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for row in rows:
                (image,) = dataset.features_of(row)
                content = base64.b64decode(image)
                label = dataset.labels.index(dataset.truth_of(row))
                member = tarfile.TarInfo(f"{label:04d}/{hashlib.sha256(content).hexdigest()}")
                member.size, member.mode = len(content), 0o644
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    def count(self, content: bytes) -> int:
        return len(self._images(content))

    def decode(
        self,
        content: bytes,
        dataset: Dataset,
        beside: Beside = NOTHING,  # noqa: ARG002  (the rows say it all)
    ) -> list[tuple[str, ...]]:
        (column,) = dataset.features
        images = [base64.b64encode(each).decode() for each in self._images(content)]
        if faults := [fault for image in images if (fault := column.fault(image))]:
            raise ValueError(faults[0])
        return [(image,) for image in images]

    def _images(self, content: bytes) -> list[bytes]:
        """ValueError for what is no such tar: everything in it has been learned, so everything must be an image."""
        try:
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
                members = archive.getmembers()
                if others := [member.name for member in members if not member.isreg()]:
                    raise ValueError(f"it holds {others[0]}, which is no file")
                files = map(archive.extractfile, members)
                return [file.read() for file in files if file is not None]
        except tarfile.TarError as error:
            raise ValueError(f"no tar of images: {error}") from error


VALUES, RANKS, IMAGES, ONE_HOT, WORD_COUNTS = Values(), Ranks(), ImageTar(), OneHot(), WordCounts()
TRAINING_ROWS: Mapping[str, TrainingRows] = {each.name: each for each in (VALUES, RANKS, IMAGES, ONE_HOT, WORD_COUNTS)}


def training_rows(name: str) -> TrainingRows:
    """The kind with this name. ValueError if there is none."""
    if name not in TRAINING_ROWS:
        raise ValueError(
            f"there are no training rows of the kind {name!r}; known are {', '.join(sorted(TRAINING_ROWS))}"
        )
    return TRAINING_ROWS[name]
