"""The rows of a channel: a tar of images, ``<the label's index>/<the image's hash>``, as the data step writes it."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from backbones import Backbone, opened

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

BATCH = 256


@dataclass(frozen=True)
class Pictures:
    """Some of a channel's pictures.

    images: uint8 (n, channels, height, width), in the backbone's size. labels: (n,). rows: (n,), their places among the
    channel's pictures, of which there are ``of``.
    """

    images: Tensor
    labels: Tensor
    rows: Tensor
    of: int

    def __len__(self) -> int:
        return len(self.labels)

    def features(self, backbone: Backbone, drawn: Tensor | None = None) -> Tensor:
        """Without gradients, in batches. drawn: a row for each of the channel's rows, of which views are made."""
        with torch.no_grad():
            parts = torch.arange(len(self)).split(BATCH)
            return torch.cat([backbone(self.prepared(part, backbone, drawn)) for part in parts])

    def prepared(self, chosen: Tensor, backbone: Backbone, drawn: Tensor | None = None) -> Tensor:
        """Some of them, as the network takes them."""
        prepared = backbone.prepared(self.images[chosen])
        return prepared if drawn is None else backbone.views(prepared, drawn[self.rows[chosen]])


def read(folder: Path, backbone: Backbone, share: slice = slice(None)) -> Pictures:
    """The pictures in the channel's tar files, in the order of their hashes; a host reads its share alone."""
    found: list[tuple[str, int, bytes]] = []
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                label, _, name = member.name.partition("/")
                file = archive.extractfile(member)
                if file is not None:
                    found.append((name, int(label), file.read()))
    if not found:
        raise ValueError(f"there is no picture in the tar files of {folder}")
    found.sort()
    own = found[share]
    return Pictures(
        images=torch.stack([backbone.bytes_of(opened(content)) for _, _, content in own]),
        labels=torch.tensor([label for _, label, _ in own]),
        rows=torch.arange(len(found))[share],
        of=len(found),
    )
