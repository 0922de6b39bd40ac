"""Trains a small network on rows that all hosts have, in parallel (DDP). Says after each epoch what a test compares."""

import argparse
import hashlib
import os
import sys
from pathlib import Path

import torch
import torch.distributed as together
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--global_batch", type=int)
options = parser.parse_args()

together.init_process_group("gloo")
rank, hosts = together.get_rank(), together.get_world_size()
lines = Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text().split()
rows = torch.tensor([[float(value) for value in line.split(",")] for line in lines])
numbered = TensorDataset(torch.arange(len(rows)), rows[:, :-1], rows[:, -1:])
sampler = DistributedSampler(numbered, seed=7)
batches = DataLoader(numbered, batch_size=options.global_batch // hosts, sampler=sampler)

torch.manual_seed(rank)  # the hosts begin apart: to begin together is up to DDP
model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(1, options.epochs + 1):
    sampler.set_epoch(epoch)
    seen, total = [], torch.zeros(1)
    for numbers, features, wanted in batches:
        loss = nn.functional.mse_loss(model(features), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += numbers.tolist()
        total += loss.detach() * len(numbers)
    together.all_reduce(total)
    parameters = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    digest = hashlib.sha256(parameters.numpy().tobytes()).hexdigest()
    shown = ",".join(map(str, sorted(seen)))
    sys.stdout.write(f"epoch={epoch} loss={total.item() / len(rows):.8f}; parameters={digest} samples={shown}\n")

if rank == 0:
    torch.save(model.module.state_dict(), Path(os.environ["SM_MODEL_DIR"], "model.pt"))
together.destroy_process_group()
