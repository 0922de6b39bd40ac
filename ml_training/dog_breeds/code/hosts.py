"""The hosts of a training job, as SageMaker tells them: what they do together goes through PyTorch's gloo."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.distributed as together
from torch.nn.parallel import DistributedDataParallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn


@dataclass(frozen=True)
class Hosts:
    """``rank``: this host's place among ``count``, from 0. A single host needs no network."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """One of them speaks for all: prints the metrics, saves the model."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        """The sum of all hosts' values, on each of them."""
        if self.count == 1:
            return value
        found = value.clone()
        together.all_reduce(found)
        return found

    def alike(self, module: nn.Module) -> nn.Module:
        """The module with the first host's parameters, and from then on with the mean of all hosts' gradients."""
        return module if self.count == 1 else DistributedDataParallel(module)


@contextmanager
def joined() -> Iterator[Hosts]:
    """All hosts of this job, for as long as they train."""
    names = json.loads(os.environ["SM_HOSTS"])
    if len(names) == 1:
        yield Hosts()
        return
    hosts = Hosts(rank=names.index(os.environ["SM_CURRENT_HOST"]), count=len(names))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", os.environ["SM_NETWORK_INTERFACE_NAME"])
    meeting = f"tcp://{os.environ['SM_MASTER_ADDR']}:{os.environ['SM_MASTER_PORT']}"
    together.init_process_group("gloo", init_method=meeting, rank=hosts.rank, world_size=hosts.count)
    try:
        yield hosts
    finally:
        together.destroy_process_group()
