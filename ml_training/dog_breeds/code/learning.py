"""How a classifier learns: its head on features of the frozen backbone; then, if asked for, both on the pictures.

Several hosts share the rows out. Each batch is the same set of rows on however many hosts, and its loss is the mean
over all of them, so that the model does not depend on the number of hosts, but for rounding.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from backbones import DRAWN
from torch import nn
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from classifier import Classifier, Head
    from hosts import Hosts
    from pictures import Pictures
    from torch import Tensor

#: The smallest spread of a feature: one that hardly changes says nothing.
_LEAST_SPREAD = 1e-3
#: From a third to three times as sure as the logits say.
_TEMPERATURES = torch.logspace(-math.log10(3), math.log10(3), 201, dtype=torch.float64)
_BEST = 5


@dataclass(frozen=True)
class Plan:
    """The hyperparameters of one phase. ``batch``: rows on all hosts together."""

    epochs: int
    rate: float
    batch: int
    decay: float
    smoothing: float
    seed: int


@dataclass(frozen=True)
class Judged:
    loss: float
    top_1: float
    top_5: float


def learn_head(
    model: Classifier, own: Pictures, plan: Plan, views: int, hosts: Hosts, after: Callable[[int, float], None]
) -> None:
    """The features are made once: of the pictures as they are, and of so many views of each."""
    backbone = model.backbone
    seen = [own.features(backbone)]
    seen += [own.features(backbone, _drawn(own, plan.seed, view)) for view in range(views)]
    scale(model.head, seen[0], hosts)
    chosen = _generator(plan.seed)
    views_of_epochs = torch.randint(len(seen), (plan.epochs,), generator=chosen).tolist()
    _learn(model.head, own, plan, hosts, lambda epoch, places: seen[views_of_epochs[epoch]][places], after)


def fine_tune(model: Classifier, own: Pictures, plan: Plan, hosts: Hosts, after: Callable[[int, float], None]) -> None:
    """Backbone and head, on a new view of each picture in each epoch."""
    model.backbone.requires_grad_(requires_grad=True)

    def inputs(epoch: int, places: Tensor) -> Tensor:
        return own.prepared(places, model.backbone, _drawn(own, plan.seed, epoch))

    _learn(model, own, plan, hosts, inputs, after)


def scale(head: Head, features: Tensor, hosts: Hosts) -> None:
    """Center and spread of the features of all hosts' rows."""
    exact = features.double()
    count = hosts.sum(torch.tensor(float(len(features)), dtype=torch.float64))
    center = hosts.sum(exact.sum(0)) / count
    spread = (hosts.sum((exact - center).square().sum(0)) / count).sqrt()
    head.center.copy_(center)
    head.spread.copy_(spread + _LEAST_SPREAD)


def _learn(
    module: nn.Module,
    own: Pictures,
    plan: Plan,
    hosts: Hosts,
    inputs: Callable[[int, Tensor], Tensor],
    after: Callable[[int, float], None],
) -> None:
    """inputs: of an epoch, and of places among the host's own rows. after: gets each epoch and the loss of all rows."""
    network = hosts.alike(module)
    learning = [each for each in module.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=plan.rate, weight_decay=plan.decay)
    steps = plan.epochs * -(-own.of // plan.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    module.train()
    for epoch in range(plan.epochs):
        total = torch.zeros((), dtype=torch.float64)
        for places, size in _batches(own, plan, hosts, epoch):
            logits = network(inputs(epoch, places))
            loss = cross_entropy(logits, own.labels[places], label_smoothing=plan.smoothing, reduction="sum")
            optimizer.zero_grad()
            # The hosts' gradients are averaged, as if each had as many rows of this batch.
            (loss * hosts.count / size).backward()
            optimizer.step()
            schedule.step()
            total += loss.detach().double()
        after(epoch + 1, float(hosts.sum(total)) / own.of)
    module.eval()


def _batches(own: Pictures, plan: Plan, hosts: Hosts, epoch: int) -> Iterator[tuple[Tensor, int]]:
    """Of each batch, which of the host's own rows are in it, and how many rows it has on all hosts."""
    order = torch.randperm(own.of, generator=_generator(plan.seed, epoch))
    for batch in order.split(plan.batch):
        yield batch[batch % hosts.count == hosts.rank] // hosts.count, len(batch)


def calibrate(model: Classifier, logits: Tensor, labels: Tensor) -> None:
    """The temperature at which the probabilities of rows that were not learned lose least."""
    losses = [cross_entropy(logits.double() / temperature, labels) for temperature in _TEMPERATURES]
    model.temperature.copy_(_TEMPERATURES[int(torch.stack(losses).argmin())])


def judged(logits: Tensor, labels: Tensor) -> Judged:
    best = logits.topk(min(_BEST, logits.shape[1])).indices
    return Judged(
        loss=float(cross_entropy(logits.double(), labels)),
        top_1=float((best[:, 0] == labels).double().mean()),
        top_5=float((best == labels[:, None]).any(1).double().mean()),
    )


def fingerprint(module: nn.Module) -> str:
    """Equal parameters have equal ones, to the last bit."""
    digest = hashlib.sha256()
    for parameter in module.parameters():
        digest.update(parameter.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _drawn(own: Pictures, seed: int, number: int) -> Tensor:
    """What a view is made of, for all rows of the channel: the same for a row, whichever host has it."""
    return torch.rand(own.of, DRAWN, generator=_generator(seed, 1_000 + number))


def _generator(seed: int, number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed * 1_000_003 + number)
