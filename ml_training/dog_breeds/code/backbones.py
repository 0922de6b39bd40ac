"""Backbones: networks that make features of pictures, and whose weights come from elsewhere. One class for each kind.

The name of a file of weights begins with its kind, as torchvision names its own: ``resnet50-0676ba61.pth``. A new kind
is a class here and an entry in ``KINDS``. Training and the endpoint use the same code.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: What endpoint and training read. Anything else is not even tried.
FORMATS = ("PNG", "JPEG")
#: A picture of more pixels is refused before it is unpacked.
MOST_PIXELS = 50_000_000
#: Numbers from 0 to 1 that a view of a picture is made of.
DRAWN = 6


class PictureError(ValueError):
    """What is no picture that can be read. The text says why."""


class Backbone(nn.Module):  # type: ignore[misc]  # PyTorch is in the image alone
    """``bytes_of`` an image → ``prepared`` numbers, perhaps as ``views`` → features, shape (n, width)."""

    width: int
    #: How many threads compute; None for all cores. On small pictures, several wait for each other more than they work.
    THREADS: ClassVar[int | None] = None

    def use_threads(self) -> None:
        """For everything that this process computes."""
        if self.THREADS is not None:
            torch.set_num_threads(self.THREADS)

    @staticmethod
    def bytes_of(image: Image.Image) -> Tensor:
        """The picture in the network's size, as uint8 (channels, height, width)."""
        raise NotImplementedError

    @staticmethod
    def prepared(pictures: Tensor) -> Tensor:
        """From bytes to the numbers that the network takes."""
        raise NotImplementedError

    @staticmethod
    def views(pictures: Tensor, drawn: Tensor) -> Tensor:
        """Each prepared picture changed a little, by its row of ``drawn``, shape (n, DRAWN), from 0 to 1."""
        raise NotImplementedError

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Load weights from elsewhere."""
        self.load_state_dict(weights)


class Characters(Backbone):
    """Four convolutions for handwriting, 28 by 28 pixels: ink is 1, paper 0."""

    THREADS: ClassVar[int | None] = 1
    SIDE: ClassVar[int] = 28
    CHANNELS: ClassVar[tuple[int, ...]] = (1, 32, 64, 64, 64)
    #: How far a view is turned (degrees), stretched, sheared and shifted (shares of the picture), at the most.
    TURN, STRETCH, SHEAR, SHIFT = 12.0, 0.15, 0.2, 0.1

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (narrow, wide) in enumerate(itertools.pairwise(self.CHANNELS), 1):
            layers += [nn.Conv2d(narrow, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
            if number < len(self.CHANNELS) - 1:
                layers.append(nn.MaxPool2d(2))
        self.layers = nn.Sequential(*layers)
        self.width = self.CHANNELS[-1] * (self.SIDE // 8) ** 2

    @staticmethod
    def bytes_of(image: Image.Image) -> Tensor:
        small = image.convert("L").resize((Characters.SIDE, Characters.SIDE), Image.Resampling.BOX)
        return torch.from_numpy(np.array(small))[None]

    @staticmethod
    def prepared(pictures: Tensor) -> Tensor:
        return 1 - pictures / 255

    @staticmethod
    def views(pictures: Tensor, drawn: Tensor) -> Tensor:
        limits, within = Characters, drawn * 2 - 1
        angle, shear = math.radians(limits.TURN) * within[:, 0], limits.SHEAR * within[:, 1]
        stretch, shift = 1 + limits.STRETCH * within[:, 2:4], 2 * limits.SHIFT * within[:, 4:6]
        upper = torch.stack([angle.cos() * stretch[:, 0], (shear - angle.sin()) * stretch[:, 0], shift[:, 0]], 1)
        lower = torch.stack([angle.sin() * stretch[:, 1], angle.cos() * stretch[:, 1], shift[:, 1]], 1)
        return _mapped(pictures, upper, lower)

    def forward(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.layers(pictures).flatten(1)
        return found


class ResNet(Backbone):
    """torchvision's residual networks for photographs, 224 by 224 pixels, without their last layer."""

    SIDE: ClassVar[int] = 224
    #: Of a photograph whose shorter side were 256 pixels, the middle is taken.
    SHORTER: ClassVar[int] = 256
    MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    #: A view shows at least this share of the picture's sides, one of two as in a mirror.
    LEAST: ClassVar[float] = 0.7

    def __init__(self, name: str) -> None:
        super().__init__()
        import torchvision

        self.network = getattr(torchvision.models, name)(weights=None)
        self.width = self.network.fc.in_features
        self.network.fc = nn.Identity()

    @staticmethod
    def bytes_of(image: Image.Image) -> Tensor:
        side = min(image.size) * ResNet.SIDE / ResNet.SHORTER
        left, top = ((length - side) / 2 for length in image.size)
        middle = image.convert("RGB").resize(
            (ResNet.SIDE, ResNet.SIDE), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
        )
        return torch.from_numpy(np.array(middle)).permute(2, 0, 1).contiguous()

    @staticmethod
    def prepared(pictures: Tensor) -> Tensor:
        mean, spread = (torch.tensor(values)[:, None, None] for values in (ResNet.MEAN, ResNet.SPREAD))
        return (pictures / 255 - mean) / spread

    @staticmethod
    def views(pictures: Tensor, drawn: Tensor) -> Tensor:
        seen = ResNet.LEAST + (1 - ResNet.LEAST) * drawn[:, 0]
        mirrored = torch.where(drawn[:, 1] < 0.5, -1.0, 1.0)
        across, down = ((1 - seen) * (2 * drawn[:, place] - 1) for place in (2, 3))
        nothing = torch.zeros_like(seen)
        upper, lower = torch.stack([seen * mirrored, nothing, across], 1), torch.stack([nothing, seen, down], 1)
        return _mapped(pictures, upper, lower)

    def forward(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.network(pictures)
        return found

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """The last layer tells ImageNet's classes apart, and is left out."""
        self.network.load_state_dict({name: value for name, value in weights.items() if not name.startswith("fc.")})


KINDS: Mapping[str, Callable[[], Backbone]] = {
    "characters": Characters,
    **{name: functools.partial(ResNet, name) for name in ("resnet18", "resnet34", "resnet50")},
}


def kind_of(weights: Path) -> str:
    """By the file's name, up to its first dash. ValueError if it begins with no kind."""
    name = weights.name.partition("-")[0]
    if name not in KINDS:
        raise ValueError(f"{weights.name}: its name begins with no kind of backbone; known are {', '.join(KINDS)}")
    return name


def pretrained(weights: Path) -> Backbone:
    """The backbone with these weights, for features: nothing in it learns or changes."""
    backbone = KINDS[kind_of(weights)]()
    # Nothing but tensors is read.
    found: Any = torch.load(weights, map_location="cpu", weights_only=True)
    backbone.take(found)
    backbone.eval()
    backbone.requires_grad_(requires_grad=False)
    return backbone


def opened(content: bytes) -> Image.Image:
    """An image file. PictureError for anything that is none, or is too large."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise PictureError(f"it has {image.width} by {image.height} pixels, expected at most {MOST_PIXELS} in all")
        image.load()
    except PictureError:
        raise
    except Exception as error:  # whatever the decoder trips over, the file is at fault
        raise PictureError(f"it is no picture that can be read ({' or '.join(FORMATS)}): {error}") from error
    return image


def _mapped(pictures: Tensor, upper: Tensor, lower: Tensor) -> Tensor:
    """Each picture under its affine map, two rows of three numbers. What comes from outside of it is 0."""
    grid = affine_grid(torch.stack([upper, lower], 1), list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, align_corners=False)
