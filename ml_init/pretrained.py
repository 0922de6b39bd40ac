"""Weights that training begins with, such as a backbone's: a file with a checksum, in a channel of its own.

A table ``[[pretrained]]`` of dataset.toml describes each. They belong to the data contract, because what they have
learned cannot be read back: other weights may have seen the test rows.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from handover.data import LEARNED
from handover.places import features
from ml_init.fetch import fetch
from ml_steps.changes import LOOSER_IF_CHANGED, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handover.addresses import S3Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretrained:
    """Weights that training begins with."""

    #: The training job's channel in which the file lies.
    channel: str = field(metadata=LOOSER_IF_CHANGED)
    #: The file's own name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: Addresses, as of the data set's own file.
    sources: tuple[str, ...] = field(metadata=NEUTRAL)
    #: The hash of the file.
    sha256: str = field(metadata=LOOSER_IF_CHANGED)
    #: A larger file is not read.
    max_bytes: int = field(metadata=NEUTRAL)
    #: The licence of the weights, and what they have learned.
    licence: str = field(metadata=NEUTRAL)

    CONTENT_TYPE: ClassVar[str] = "application/octet-stream"

    def __post_init__(self) -> None:
        if self.channel in LEARNED:
            raise ValueError(f"channel = {self.channel!r}: the rows have it")
        if not self.sha256:
            raise ValueError(f"sha256 is empty: nobody has stated which {self.name} it is")

    def prefix(self, bucket: str) -> S3Address:
        """Where the channel's only file lies in the data bucket."""
        return features(bucket, self.sha256) / f"{self.channel}/"

    def is_all_of(self, contents: Sequence[bytes]) -> bool:
        """Whether these files are this one, and no others."""
        return [hashlib.sha256(content).hexdigest() for content in contents] == [self.sha256]

    def content(self, folder: Path, stored: Callable[[], bytes | None]) -> bytes:
        """The checked file. For the arguments, and for the StepError, see ``fetch``."""
        with tempfile.TemporaryDirectory() as into:
            return fetch(self, folder=folder, into=Path(into), stored=stored).read_bytes()
