"""Learns to tell pictures apart: a head on a backbone with pretrained weights, on one host or on several.

Runs as SageMaker's script mode starts it, and so does ``make train-here``: hyperparameters are arguments, folders are
variables. Seeds are fixed. The model's archive has the endpoint's program too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from backbones import kind_of, pretrained
from classifier import Classifier, Head
from hosts import joined
from learning import Plan, calibrate, fine_tune, fingerprint, judged, learn_head
from pictures import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from hosts import Hosts
    from pictures import Pictures
    from torch import Tensor

#: What the endpoint runs, beside the model itself.
SERVED = ("config.yaml", "deployment.py", "classifier.py", "backbones.py")


def main() -> None:
    given = arguments()
    with joined() as hosts:
        torch.manual_seed(given.seed)
        weights = only_file(Path(os.environ["SM_CHANNEL_BACKBONE"]))
        backbone = pretrained(weights)
        backbone.use_threads()
        own = read(Path(os.environ["SM_CHANNEL_TRAIN"]), backbone, slice(hosts.rank, None, hosts.count))
        validation = read(Path(os.environ["SM_CHANNEL_VALIDATION"]), backbone)
        print(f"host {hosts.rank}: {len(own)} of {own.of} rows, backbone {weights.name}", flush=True)
        model = Classifier(kind_of(weights), backbone, Head(backbone.width, given.classes))
        learned(model, own, validation, given, hosts)
        if hosts.first:
            logits = of_pictures(model, validation)
            calibrate(model, logits, validation.labels)
            say("at the end", logits / model.temperature, validation)
            save(model, Path(os.environ["SM_MODEL_DIR"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--batch-size", type=int, required=True, help="on all hosts together")
    parser.add_argument("--views", type=int, required=True, help="of each picture, besides itself")
    parser.add_argument("--weight-decay", type=float, required=True)
    parser.add_argument("--label-smoothing", type=float, required=True)
    parser.add_argument("--fine-tuning-epochs", type=int, required=True, help="0: the backbone stays frozen")
    parser.add_argument("--fine-tuning-rate", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    return parser.parse_args()


def only_file(folder: Path) -> Path:
    """ValueError if there are more, or none."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if len(files) != 1:
        raise ValueError(f"{folder} has {len(files)} files, expected the backbone's weights alone")
    return files[0]


def learned(model: Classifier, own: Pictures, validation: Pictures, given: argparse.Namespace, hosts: Hosts) -> None:
    plan = Plan(
        epochs=given.epochs,
        rate=given.learning_rate,
        batch=given.batch_size,
        decay=given.weight_decay,
        smoothing=given.label_smoothing,
        seed=given.seed,
    )
    features = validation.features(model.backbone)
    learn_head(
        model, own, plan, given.views, hosts, report(model.head, lambda: model.head(features), validation, hosts)
    )
    if given.fine_tuning_epochs:
        tuned = replace(plan, epochs=given.fine_tuning_epochs, rate=given.fine_tuning_rate, seed=given.seed + 1)
        fine_tune(model, own, tuned, hosts, report(model, lambda: of_pictures(model, validation), validation, hosts))


def report(
    module: torch.nn.Module, answers: Callable[[], Tensor], validation: Pictures, hosts: Hosts
) -> Callable[[int, float], None]:
    """Each host says what it has become after an epoch; the first one also says how good that is."""

    def after(epoch: int, loss: float) -> None:
        # training.toml finds the values by regular expressions.
        print(f"host {hosts.rank}: epoch {epoch} parameters {fingerprint(module)} train_loss: {loss:.6f}", flush=True)
        if hosts.first:
            with torch.no_grad():
                say(f"epoch {epoch}", answers(), validation)

    return after


def of_pictures(model: Classifier, pictures: Pictures) -> Tensor:
    """Logits, without gradients."""
    with torch.no_grad():
        logits: Tensor = model.head(pictures.features(model.backbone))
    return logits


def say(when: str, logits: Tensor, validation: Pictures) -> None:
    found = judged(logits, validation.labels)
    print(
        f"{when}: validation_loss: {found.loss:.5f} validation_top_1: {found.top_1:.5f} "
        f"validation_top_5: {found.top_5:.5f}",
        flush=True,
    )


def save(model: Classifier, folder: Path) -> None:
    model.save(folder)
    for name in SERVED:
        shutil.copyfile(Path(__file__).parent / name, folder / name)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001  (whatever it is, it belongs in the failure file)
        # SageMaker's failure reason. Without it, the SDK's driver would write its own traceback, which tells no cause.
        Path(os.environ["SM_OUTPUT_FAILURE"]).write_text(traceback.format_exc())
        traceback.print_exc()
        sys.exit(1)
