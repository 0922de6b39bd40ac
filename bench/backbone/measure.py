"""How well a frozen backbone serves other classes: a linear head on its features, by the split of the rows.

    python measure.py rows.json weights.pt

Reads a list of [split, the label's index, the image in base64]. Prints JSON: one object a seed.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path

import torch
from characters import FEATURES, Backbone, picture, views
from torch import Tensor, nn

SEEDS = (1, 2, 3)
#: Chosen on the validation rows, among 0 and 10 views, rates 0.001 and 0.002, decays 0.05 and 0.3.
_VIEWS, _EPOCHS, _BATCH = 10, 20, 64
_RATE, _DECAY, _SMOOTHING = 1e-3, 0.05, 0.1


def main() -> int:
    torch.set_num_threads(1)
    rows = json.loads(Path(sys.argv[1]).read_text())
    backbone = Backbone.frozen(Path(sys.argv[2]))
    pictures, labels = {}, {}
    for split in ("train", "validation", "test"):
        own = [row for row in rows if row[0] == split]
        pictures[split] = torch.stack([picture(base64.b64decode(image)) for _, _, image in own])
        labels[split] = torch.tensor([label for _, label, _ in own])
    for seed in SEEDS:
        torch.manual_seed(seed)
        began = time.process_time()
        seen = [features(backbone, pictures["train"])]
        seen += [features(backbone, views(pictures["train"])) for _ in range(_VIEWS)]
        model = head(seen, labels["train"], 1 + max(row[1] for row in rows))
        figures = {"seed": float(seed), "cpu_seconds": time.process_time() - began}
        for split in ("validation", "test"):
            with torch.no_grad():
                answers: Tensor = model(features(backbone, pictures[split]))
            figures |= {f"{split} {name}": value for name, value in judged(answers, labels[split]).items()}
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def features(backbone: Backbone, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([backbone(part) for part in pictures.split(500)])


def head(seen: list[Tensor], labels: Tensor, classes: int) -> nn.Module:
    """A linear layer on features that are scaled by those of the pictures as they are. Each epoch takes one view."""
    center, spread = seen[0].mean(0), seen[0].std(0) + 1e-3
    linear = nn.Linear(FEATURES, classes)
    optimizer = torch.optim.AdamW(linear.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = _EPOCHS * -(-len(labels) // _BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    measure = nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    for _ in range(_EPOCHS):
        view = seen[int(torch.randint(len(seen), ()))]
        for chosen in torch.randperm(len(labels)).split(_BATCH):
            loss = measure(linear((view[chosen] - center) / spread), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return Scaled(center, spread, linear)


class Scaled(nn.Module):  # type: ignore[misc]  # PyTorch is in the image alone
    def __init__(self, center: Tensor, spread: Tensor, linear: nn.Module) -> None:
        super().__init__()
        self._center, self._spread, self._linear = center, spread, linear

    def forward(self, found: Tensor) -> Tensor:
        answers: Tensor = self._linear((found - self._center) / self._spread)
        return answers


def judged(answers: Tensor, labels: Tensor) -> dict[str, float]:
    best = answers.topk(5).indices
    return {
        "top-1": (best[:, 0] == labels).float().mean().item(),
        "top-5": (best == labels[:, None]).any(1).float().mean().item(),
        "log loss": nn.functional.cross_entropy(answers, labels).item(),
    }


if __name__ == "__main__":
    sys.exit(main())
