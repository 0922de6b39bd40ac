"""The backbone for the stand-in of the photographs, on the packages of the image ``pytorch``.

The first run on a machine installs PyTorch, unless another test has: 5.5 GB, one to four minutes.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.clouds import PROJECT

pytestmark = [pytest.mark.local, pytest.mark.large]

FOLDER = PROJECT / "bench" / "backbone"
CODE = PROJECT / "ml_training" / "dog_breeds" / "code"
WEIGHTS = PROJECT / "ml_init" / "dog_breeds" / "characters-80d262e0.pt"
#: An archive of three alphabets with two characters each, three times.
DRAWS = """
import io, sys, zipfile
from PIL import Image, ImageDraw
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for alphabet in ("Greek", "Tagalog", "Sanskrit"):
        for character in (1, 2):
            for hand in (1, 2, 3):
                drawn = Image.new("1", (105, 105), 1)
                ImageDraw.Draw(drawn).line((20, 20 * character, 80, 60 + hand), fill=0, width=3)
                buffer = io.BytesIO()
                drawn.save(buffer, "PNG")
                archive.writestr(f"small/{alphabet}/character{character:02d}/{hand:04d}.png", buffer.getvalue())
"""
#: What weights make of a picture, twice; and what they are.
FEATURES = """
import json, sys
from pathlib import Path
import torch
from PIL import Image, ImageDraw
sys.path.insert(0, sys.argv[1])
from backbones import DRAWN, pretrained
drawn = Image.new("1", (105, 105), 1)
ImageDraw.Draw(drawn).line((20, 20, 80, 60), fill=0, width=3)
backbone = pretrained(Path(sys.argv[2]))
one = backbone.prepared(backbone.bytes_of(drawn)[None])
first, again = backbone(one), backbone(torch.cat([one, one]))
apart = backbone(backbone.views(one, torch.rand(1, DRAWN))) - first
print(json.dumps({
    "picture": list(one.shape), "ink": [one.min().item(), one.max().item()], "features": list(first.shape),
    "same": torch.allclose(first[0], again[1], atol=1e-5),
    "learns": any(p.requires_grad for p in backbone.parameters()),
    "apart": apart.abs().max().item(),
    "unmoved": torch.allclose(backbone.views(one, torch.full((1, DRAWN), 0.5)), one, atol=1e-5),
}))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return image_of("registry/pytorch:2.14").python(Environments(Settings.cache_folder()))


def said(python: Path, *arguments: str | Path) -> str:
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_shipped_weights_make_features(python: Path) -> None:
    """The same picture has the same features, a view of it others, and nothing in the backbone learns any more."""
    found: dict[str, Any] = json.loads(said(python, "-c", FEATURES, CODE, WEIGHTS))
    assert found["picture"] == [1, 1, 28, 28]
    assert found["ink"][0] == 0
    assert 0.5 < found["ink"][1] <= 1
    assert found["features"] == [1, 576]
    assert found["same"]
    assert found["apart"] > 0.01
    assert found["unmoved"]
    assert not found["learns"]


def test_pretraining_leaves_alphabets_out(python: Path, tmp_path: Path) -> None:
    """What the workload tells apart is not learned before; the weights are the backbone's alone."""
    archive, weights = tmp_path / "small.zip", tmp_path / "characters-new.pt"
    said(python, "-c", DRAWS, archive)
    log = said(python, FOLDER / "pretrain.py", archive, weights, "--without", "Greek", "--epochs", "1")
    assert log.splitlines()[0] == "12 pictures of 4 characters"
    assert log.splitlines()[1].startswith("epoch 1 loss: ")
    assert json.loads(said(python, "-c", FEATURES, CODE, weights))["features"] == [1, 576]
