"""Makes the weights of the backbone from alphabets that are not among the classes that it is to serve.

    python pretrain.py images_background_small2.zip weights.pt [--without Greek Latin …]

A character that is turned by 90, 180 or 270 degrees is another class. About 50 seconds of one core.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

# The network is the workload's own.
sys.path.insert(0, str(Path(__file__).parents[2] / "ml_training" / "dog_breeds" / "code"))

import torch
from backbones import DRAWN, Characters, opened
from torch import Tensor, nn

_TURNS = 4
_BATCH = 106
_RATE = 6e-3
_DECAY = 0.01
_DROPPED = 0.2
_SMOOTHING = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="alphabets that are left out")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    pictures, classes, names = characters(options.archive, frozenset(options.without))
    sys.stdout.write(f"{len(pictures)} pictures of {len(names)} characters\n")
    backbone = pretrained(pictures, classes, len(names), options.epochs)
    torch.save(backbone.state_dict(), options.weights)
    return 0


def characters(archive: Path, without: frozenset[str]) -> tuple[Tensor, Tensor, list[str]]:
    """Pictures, the index of each one's class, and the classes' names, ``alphabet/character``."""
    with zipfile.ZipFile(archive) as archived:
        paths = sorted(path for path in archived.namelist() if path.endswith(".png"))
        named = [("/".join(path.split("/")[-3:-1]), path) for path in paths if path.split("/")[-3] not in without]
        names = sorted({name for name, _ in named})
        pictures = torch.stack([Characters.bytes_of(opened(archived.read(path))) for _, path in named])
    return Characters.prepared(pictures), torch.tensor([names.index(name) for name, _ in named]), names


def pretrained(pictures: Tensor, classes: Tensor, count: int, epochs: int) -> Characters:
    backbone = Characters()
    head = nn.Sequential(nn.Dropout(_DROPPED), nn.Linear(backbone.width, count * _TURNS))
    parameters = [*backbone.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, weight_decay=_DECAY)
    size = min(_BATCH, len(pictures))
    batches = len(pictures) // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=_RATE, total_steps=epochs * batches)
    measure = nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    for epoch in range(1, epochs + 1):
        total = 0.0
        for chosen in torch.randperm(len(pictures))[: batches * size].split(size):
            turns = torch.randint(_TURNS, (len(chosen),))
            seen = Characters.views(turned(pictures[chosen], turns), torch.rand(len(chosen), DRAWN))
            loss = measure(head(backbone(seen)), classes[chosen] * _TURNS + turns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        sys.stdout.write(f"epoch {epoch} loss: {total / batches:.4f}\n")
        sys.stdout.flush()
    return backbone


def turned(pictures: Tensor, turns: Tensor) -> Tensor:
    """Each picture turned by so many times 90 degrees."""
    pairs = zip(pictures, turns.tolist(), strict=True)
    return torch.stack([torch.rot90(each, times, (1, 2)) for each, times in pairs])


if __name__ == "__main__":
    sys.exit(main())
