"""A backbone with a head: what is trained, saved in a model's archive, and served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from backbones import KINDS, Backbone
from torch import Tensor, nn

if TYPE_CHECKING:
    from pathlib import Path

#: The files of a model: how it is built, and its weights.
DESCRIPTION, WEIGHTS = "model.json", "model.pt"


class Head(nn.Module):  # type: ignore[misc]  # PyTorch is in the image alone
    """A linear layer on features that are scaled by those of the training pictures. Features to logits."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.linear = nn.Linear(width, classes)

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.linear((features - self.center) / self.spread)
        return found


class Classifier(nn.Module):  # type: ignore[misc]  # PyTorch is in the image alone
    """Prepared pictures to logits. ``temperature`` makes probabilities of them that hold what they promise."""

    def __init__(self, kind: str, backbone: Backbone, head: Head) -> None:
        super().__init__()
        self.kind, self.backbone, self.head = kind, backbone, head
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.head(self.backbone(pictures))
        return found

    def train(self, mode: bool = True) -> Classifier:
        """The backbone keeps the statistics that came with its weights, also while it is fine-tuned."""
        super().train(mode)
        self.backbone.eval()
        return self

    def probabilities(self, pictures: Tensor) -> Tensor:
        """Of pictures as bytes (n, channels, height, width): shape (n, classes), in 64 bits, which add up to 1."""
        with torch.no_grad():
            logits = self(self.backbone.prepared(pictures))
        return (logits.double() / self.temperature.double()).softmax(1)

    def save(self, folder: Path) -> None:
        described = {"backbone": self.kind, "classes": self.head.linear.out_features}
        (folder / DESCRIPTION).write_text(json.dumps(described))
        torch.save(self.state_dict(), folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> Classifier:
        """From the folder that ``save`` has written."""
        described: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text())
        backbone = KINDS[described["backbone"]]()
        model = cls(described["backbone"], backbone, Head(backbone.width, described["classes"]))
        model.load_state_dict(torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True))
        model.eval()
        return model
