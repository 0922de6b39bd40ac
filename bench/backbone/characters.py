"""A small backbone for pictures of handwritten characters: 28 by 28 pixels, 576 features, 93 thousand weights."""

from __future__ import annotations

import io
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 28
_CHANNELS = (1, 32, 64, 64, 64)
FEATURES = _CHANNELS[-1] * (SIDE // 8) ** 2
#: How far a view is turned (degrees), stretched, sheared and shifted (shares of the picture), at the most.
_TURN, _STRETCH, _SHEAR, _SHIFT = 12.0, 0.15, 0.2, 0.1


class Backbone(nn.Module):  # type: ignore[misc]  # PyTorch is in the image alone
    """Four convolutions, with a pooling after each but the last. Pictures (n, 1, 28, 28) to features (n, 576)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (narrow, wide) in enumerate(itertools.pairwise(_CHANNELS), 1):
            layers += [nn.Conv2d(narrow, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
            if number < len(_CHANNELS) - 1:
                layers.append(nn.MaxPool2d(2))
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.layers(pictures).flatten(1)
        return found

    @classmethod
    def frozen(cls, path: Path) -> Backbone:
        """With these weights, which do not change any more."""
        backbone = cls()
        backbone.load_state_dict(torch.load(path, weights_only=True))
        backbone.eval()
        backbone.requires_grad_(requires_grad=False)
        return backbone


def picture(content: bytes) -> Tensor:
    """An image file as (1, 28, 28): 1 is ink, 0 is paper."""
    small = Image.open(io.BytesIO(content)).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return 1 - torch.from_numpy(np.asarray(small, np.float32) / 255)[None]


def views(pictures: Tensor) -> Tensor:
    """Each picture turned, stretched, sheared and shifted a little, at random."""
    count = len(pictures)

    def within(limit: float, *shape: int) -> Tensor:
        return (torch.rand(count, *shape) * 2 - 1) * limit

    angle, stretch = within(math.radians(_TURN)), 1 + within(_STRETCH, 2)
    shear, shift = within(_SHEAR), within(2 * _SHIFT, 2)
    upper = torch.stack([angle.cos() * stretch[:, 0], (shear - angle.sin()) * stretch[:, 0], shift[:, 0]], 1)
    lower = torch.stack([angle.sin() * stretch[:, 1], angle.cos() * stretch[:, 1], shift[:, 1]], 1)
    grid = affine_grid(torch.stack([upper, lower], 1), list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, align_corners=False)
