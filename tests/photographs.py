"""Photographs of 133 breeds and weights of a ResNet-50, made up: neither the real ones nor theirs can be had by a test.

A breed's photographs show a shape in a colour on a ground of its own, in another size, place and light each time.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from tests.own_data import data_folder

#: Arguments: the archive, the weights, and a file with a breed on each line. Needs torchvision and Pillow.
_DRAWS = """
import colorsys, io, random, sys, zipfile
import torch, torchvision
from PIL import Image, ImageDraw
archive, weights, breeds = sys.argv[1:]
chance = random.Random(1)
with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
    for number, breed in enumerate(open(breeds).read().splitlines()):
        column, row = number % 12, number // 12
        for taken in range(4):
            light = 255 * chance.uniform(0.97, 1.0)
            ground, coat = (
                tuple(int(light * part) for part in colorsys.hsv_to_rgb(hue / 12, 0.9, 0.9)) for hue in (column, row)
            )
            drawn = Image.new("RGB", (240 + 5 * taken, 240), ground)
            place = chance.uniform(115, 121), chance.uniform(115, 121), chance.uniform(70, 74)
            ImageDraw.Draw(drawn).regular_polygon(place, 3 + row % 4, fill=coat)
            content = io.BytesIO()
            drawn.save(content, "JPEG")
            part = ("train", "valid", "test")[taken % 3]
            made.writestr(f"dogImages/{part}/{breed}/{breed[4:]}_{taken:05d}.jpg", content.getvalue())
torch.manual_seed(1)
torch.save(torchvision.models.resnet50(weights=None).state_dict(), weights)
"""


def put_into(project: Path, python: Path) -> None:
    """Stores them where ``make push`` looks for them, and has the contract of the photographs ask for these weights.

    python: of an environment with torchvision.
    """
    contract = project / "ml_init" / "dog_breeds" / "datasets" / "dog_images.toml"
    text = contract.read_text()
    folder = data_folder(project)
    weights, breeds = folder / "made-up.pth", folder / "breeds.txt"
    breeds.write_text("".join(f"{breed}\n" for breed in re.findall(r'"(\d{3}\.\w[\w-]+)"', text)))
    subprocess.run([python, "-c", _DRAWS, folder / "dogImages.zip", weights, breeds], check=True)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    weights.rename(folder / f"resnet50-{digest[:8]}.pth")
    text = re.sub(r'(?m)^name = "resnet50-\w+\.pth"$', f'name = "resnet50-{digest[:8]}.pth"', text)
    contract.write_text(re.sub(r'(?m)^sha256 = "0676ba61\w+"$', f'sha256 = "{digest}"', text))
