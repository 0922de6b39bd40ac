"""A data set, as its ``dataset.toml`` describes it: the data contract. The Glue job and the gate read that file too.

Each field states beside it what a change of its key means (``ml_steps.changes``). Another file, from another source, is
new data and no change of the contract. What decides which rows are tested, or what a value means, may not change
unseen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003  (read_table asks for the types of the fields)
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from handover.datasets import tables_in, tables_of, text_in
from handover.nearness import did_you_mean
from ml_init.columns import Categories, column
from ml_init.formats import FORMATS
from ml_init.pretrained import Pretrained
from ml_init.split import FirstOf, OfEachLabel, Shares
from ml_steps import changes
from ml_steps.changes import (
    ITS_OWN_FIELDS,
    LOOSER_IF_CHANGED,
    LOOSER_IF_LESS,
    LOOSER_IF_MORE,
    NEUTRAL,
    Effect,
    called,
)
from ml_steps.strict import Fault, Texts, plain, read_files, read_table, refuse_unknown, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ml_init.columns import Column
    from ml_init.fetch import NamedFile
    from ml_init.split import Split


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """The only file of the data set, and its ``sources``, which are tried in order."""

    #: The file's own name.
    name: str = field(metadata=NEUTRAL)
    #: Addresses, tried in this order. A path is relative to the workload's folder; ``….zip#member`` is a file in an
    #: archive.
    sources: tuple[str, ...] = field(metadata=NEUTRAL)
    #: The hash of the file itself, even if a source has it compressed (``.gz``).
    sha256: str = field(metadata=NEUTRAL)
    #: A larger file is not read.
    max_bytes: int = field(metadata=NEUTRAL)
    #: ``csv``, ``quoted-csv``, ``jsonl`` or ``images``.
    format: str = field(default="csv", metadata=LOOSER_IF_CHANGED)
    #: Of a CSV file: what separates the values.
    delimiter: str = field(default=",", metadata=LOOSER_IF_CHANGED)
    #: Of a CSV file: its exact first line; nothing if it has rows only.
    header: str | None = field(default=None, metadata=LOOSER_IF_CHANGED)
    #: The file's columns in its order, if it has more than the contract's, or in another order.
    columns: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: Of JSON lines: a column → the member that is its value, if that has another name.
    members: Mapping[str, str] = field(default_factory=dict, hash=False, metadata=LOOSER_IF_CHANGED)
    #: Of an archive of images: how many of the folders above an image are its label.
    label_folders: int = field(default=1, metadata=LOOSER_IF_CHANGED)

    def __post_init__(self) -> None:
        if not self.sha256:
            raise ValueError(
                f"sha256 is empty: nobody has stated which {self.name} it is. `make data WORKLOAD=…` says which one "
                "you have, and where to state it"
            )
        for key in ("max_bytes", "label_folders"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} = {getattr(self, key)}: expected a number of 1 or above")
        if self.format not in FORMATS:
            close = did_you_mean(self.format, FORMATS)
            raise ValueError(f"format = {self.format!r}: expected {' or '.join(FORMATS)}{close}")
        if not FORMATS[self.format].delimited and (self.header is not None or self.delimiter != ","):
            raise ValueError(f"a file of the format {self.format} has neither header nor delimiter")
        if self.members and self.format != "jsonl":
            raise ValueError(f"a file of the format {self.format} has no members")
        if len(self.delimiter) != 1:
            raise ValueError(f"delimiter = {self.delimiter!r}: expected one character")
        if not self.sources:
            raise ValueError("sources = []: expected at least one")


@dataclass(frozen=True, kw_only=True, slots=True)
class Titles:
    """A second file, which names for people what the rows number: number and title are the first values of a line.

    Nothing is learned from it, and a release does without it. Where it comes from is said as of a ``DataFile``.
    """

    #: The file's own name.
    name: str = field(metadata=NEUTRAL)
    #: Addresses, as of the data set's own file.
    sources: tuple[str, ...] = field(metadata=NEUTRAL)
    #: The hash of the file.
    sha256: str = field(metadata=NEUTRAL)
    #: A larger file is not read.
    max_bytes: int = field(metadata=NEUTRAL)
    #: What separates the values of a line.
    delimiter: str = field(default=",", metadata=NEUTRAL)
    #: The file's encoding, by Python's name.
    encoding: str = field(default="utf-8", metadata=NEUTRAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Association:
    """A relation between a feature and the label that holds if the two belong together.

    Among the rows whose ``column`` is at least ``at_least``, the share with this ``label`` is at least ``share``.
    """

    #: A feature.
    column: str = field(metadata=LOOSER_IF_CHANGED)
    #: The rows whose value of it is at least this are looked at.
    at_least: int = field(metadata=LOOSER_IF_CHANGED)
    #: The label that belongs to them.
    label: str = field(metadata=LOOSER_IF_CHANGED)
    #: The least share of these rows that must have it.
    share: float = field(metadata=LOOSER_IF_LESS)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share = {self.share}: expected a share above 0, up to 1")


SPLITS = (Shares, FirstOf, OfEachLabel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The keys of one kind of split, and those that every file has."""

    #: The share of the file's rows that may break the contract; they are left out.
    bad_share_allowed: float
    #: The column that numbers the rows from 1 on; it is no feature.
    identifier: str | None = None
    #: Of all rows, by the hash of the row: the share that is learned.
    train_share: float | None = None
    #: Of all rows, by the hash of the row: the share that tuning sees. The rest is tested.
    validation_share: float | None = None
    #: The column of whose values the first rows are tested, such as ``user``.
    first_of: str | None = None
    #: With ``first_of``: so many rows of each value are tested.
    test_rows: int | None = None
    #: With ``first_of``: so many rows after them are validated.
    validation_rows: int | None = None
    #: Of each label's rows: the share that is tested.
    test_share_of_label: float | None = None
    #: Of each label's rows: the share that tuning sees.
    validation_share_of_label: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.bad_share_allowed < 1:
            raise ValueError(f"bad_share_allowed = {self.bad_share_allowed}: expected a share from 0 to below 1")
        self.split()

    @classmethod
    def of(cls, dataset: Dataset) -> Rows:
        return cls(bad_share_allowed=dataset.bad_share_allowed, identifier=dataset.identifier, **dataset.split.keys())

    def split(self) -> Split:
        """ValueError unless the keys are those of one kind of split."""
        given = {name: getattr(self, name) for kind in SPLITS for name in kind.KEYS}
        given = {name: value for name, value in given.items() if value is not None}
        for kind in SPLITS:
            if given.keys() == set(kind.KEYS):
                return kind.of(given)
        kinds = " or ".join(", ".join(kind.KEYS) for kind in SPLITS)
        raise ValueError(f"must have {kinds}, and not {', '.join(given) or 'none of them'}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    name: str = field(metadata=NEUTRAL)
    file: DataFile = field(metadata=ITS_OWN_FIELDS)
    features: tuple[Column, ...] = field(metadata=changes.tables(by="name", added=Effect.LOOSER, ordered=True))
    #: None if the data have no truth, such as texts whose topics nobody knows.
    label: Categories | None = field(metadata=ITS_OWN_FIELDS)
    split: Split = field(metadata=called("rows", ITS_OWN_FIELDS))
    bad_share_allowed: float = field(metadata=called("rows bad_share_allowed", LOOSER_IF_MORE))
    #: The column that numbers the rows from 1 on, if there is one; it is no feature.
    identifier: str | None = field(default=None, metadata=called("rows identifier", LOOSER_IF_CHANGED))
    associations: tuple[Association, ...] = field(
        default=(), metadata=changes.tables(by="column", added=Effect.STRICTER)
    )
    #: Weights that training begins with. Others may have learned the test rows: nobody can read that back.
    pretrained: tuple[Pretrained, ...] = field(default=(), metadata=changes.tables(by="channel", added=Effect.LOOSER))
    licence: str = field(default="", metadata=NEUTRAL)
    #: Rows without their label that the API's page offers to try: features joined by commas, as a smoke request is.
    examples: tuple[str, ...] = field(default=(), metadata=NEUTRAL)
    #: The name that gatehouse.toml chose; None for the workload's own data set. Another one, even of equal columns, is
    #: a matter for a person.
    chosen: str | None = field(default=None, metadata=LOOSER_IF_CHANGED)
    titles: Titles | None = field(default=None, metadata=NEUTRAL)

    def __post_init__(self) -> None:
        if not self.features:
            raise Fault("features = []: expected at least one table [[features]]", (), "features")
        names = [each.name for each in self.columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Fault(f"{', '.join(twice)} is the name of more than one column", (), "features")
        self._check_associations()
        for name in [*(each.name for each in self.columns), *filter(None, [self.identifier])]:
            if self.file_columns.count(name) != 1:
                times = self.file_columns.count(name)
                raise Fault(f"[file] columns has {name} {times} times, expected once", ("file",), "columns")
        self.split.check(self)

    def _check_associations(self) -> None:
        """Fault if one is of a column or a label that there is not."""
        known = [each.name for each in self.features]
        for place, each in enumerate(self.associations):
            path = ("associations", place)
            if each.column not in known:
                close = did_you_mean(each.column, known)
                said = f"expected one of {', '.join(known)}{close}"
                raise Fault(f"[associations] column = {each.column!r}: {said}", path, "column")
            if each.label not in self.labels:
                said = f"expected one of {', '.join(self.labels) or 'none, as there is no label'}"
                raise Fault(f"[associations] label = {each.label!r}: {said}", path, "label")

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of a row that keeps the contract: the features, then the label if there is one."""
        return self.features if self.label is None else (*self.features, self.label)

    @property
    def files(self) -> tuple[NamedFile, ...]:
        """The rows' file, and those of pretrained weights."""
        return (self.file, *self.pretrained)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label's categories; empty without a label."""
        return () if self.label is None else self.label.categories

    @property
    def file_columns(self) -> tuple[str, ...]:
        """The names of the file's columns in its order."""
        names = tuple(each.name for each in self.columns)
        return self.file.columns or (names if self.identifier is None else (self.identifier, *names))

    def features_of(self, row: Sequence[str]) -> tuple[str, ...]:
        """The features of a row that keeps the contract."""
        return tuple(row[: len(self.features)])

    def width_fault(self, row: str) -> str | None:
        """What is wrong with a row without its label, as people write it: joined by commas. None if it is as wide."""
        width, values = len(self.features), row.split(",")
        if width == 1 or len(values) == width:
            return None
        names = ",".join(column.name for column in self.features)
        return f"{row!r} has {len(values)} value{'s' if len(values) > 1 else ''}: expected {width} ({names})"

    def truth_of(self, row: Sequence[str]) -> str:
        """The label of a row that keeps the contract. ValueError if the data have none."""
        self.label_column()
        return row[-1]

    def label_column(self) -> Categories:
        """The label, for who cannot do without one. ValueError if the data have none."""
        if self.label is None:
            raise ValueError(f"the data set {self.name} has no label")
        return self.label

    @classmethod
    def find(cls, project: Path, workload: str, chosen: str | None) -> Dataset:
        """The one that is chosen for the workload, or its own. FileFault, with file and line, as for ``parse``."""
        return cls.of_files(workload, chosen, partial(text_in, project))

    @classmethod
    def of_files(cls, workload: str, chosen: str | None, text_of: Callable[[str], str | None]) -> Dataset:
        """``text_of``: a file's text by its path inside the project; None if it is not there. FileFault."""
        texts = Texts(text_of)
        tables = tables_of(workload, chosen, texts.read)
        return read_files(texts.read_ones, tables, cls.of)

    @classmethod
    def read(cls, path: Path) -> Dataset:
        """FileFault as for ``find``."""
        text = path.read_text()
        return read_files({str(path): text}, tables_in(text, str(path)), cls.of)

    @classmethod
    def parse(cls, text: str) -> Dataset:
        """The text of a dataset.toml. ValueError if something is unknown, missing or impossible."""
        return cls.of(tomllib.loads(text))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Dataset:
        """From a dataset.toml's tables, or from ``document``. ValueError as for ``parse``."""
        refuse_unknown(document, (*_WHOLE, "file", "titles", "rows", "features", "label", "associations", "pretrained"))
        whole = read_table(Names, {key: document[key] for key in _WHOLE if key in document}, "the file")
        rows = read_table(Rows, document.get("rows", {}), "rows")
        return cls(
            name=whole.name,
            licence=whole.licence,
            examples=whole.examples,
            chosen=whole.chosen,
            titles=read_table(Titles, document["titles"], "titles") if "titles" in document else None,
            file=read_table(DataFile, document.get("file", {}), "file"),
            features=tuple(column(entry) for entry in tables(document.get("features"), "features")),
            label=read_table(Categories, document["label"], "label") if "label" in document else None,
            split=rows.split(),
            bad_share_allowed=rows.bad_share_allowed,
            identifier=rows.identifier,
            associations=tuple(
                read_table(Association, entry, "associations")
                for entry in tables(document.get("associations", []), "associations")
            ),
            pretrained=tuple(
                read_table(Pretrained, entry, "pretrained")
                for entry in tables(document.get("pretrained", []), "pretrained")
            ),
        )

    def document(self) -> dict[str, Any]:
        """As the tables of a dataset.toml, in JSON values: ``of`` makes an equal contract of them."""
        parts = ("file", "titles", "features", "label", "associations", "pretrained")
        kept = {key: getattr(self, key) for key in (*_WHOLE, *parts)}
        document: dict[str, Any] = plain({**kept, "rows": Rows.of(self)})
        return document


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What the whole file has."""

    #: What the data are called.
    name: str
    #: The licence of the data, and where it is stated.
    licence: str = ""
    #: Rows without their label, which the API's page offers to try.
    examples: tuple[str, ...] = ()
    #: Not for a file: ``dataset`` in gatehouse.toml chooses.
    chosen: str | None = None


_WHOLE = tuple(each.name for each in fields(Names))
