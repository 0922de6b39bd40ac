"""Proposes hyperparameters by Optuna's TPE: the engine behind the tuning strategy Bayesian.

Reads one JSON document from the file that it is given, and prints the proposals as one line of JSON:

- ``space``: the hyperparameters, each with its range of coordinates;
- ``trials``: what was tried, with ``values`` (coordinates), ``objective`` (less is better; null: none) and ``running``;
- ``seed``, ``random_first`` (how many trials are drawn at random before the model is asked), ``count``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial


def distribution(entry: dict[str, Any]) -> BaseDistribution:
    if entry["kind"] == "category":
        return CategoricalDistribution(entry["choices"])
    kind = IntDistribution if entry["kind"] == "int" else FloatDistribution
    return kind(entry["low"], entry["high"], log=entry["log"])


def past(trial: dict[str, Any], space: dict[str, BaseDistribution]) -> FrozenTrial:
    states = {True: TrialState.RUNNING, False: TrialState.FAIL if trial["objective"] is None else TrialState.COMPLETE}
    return create_trial(
        state=states[trial["running"]],
        params=trial["values"],
        distributions={name: space[name] for name in trial["values"]},
        value=None if trial["running"] else trial["objective"],
    )


def proposals(asked: dict[str, Any]) -> list[dict[str, Any]]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {entry["name"]: distribution(entry) for entry in asked["space"]}
    sampler = optuna.samplers.TPESampler(
        # Each proposal draws other numbers, and the same ones when it is asked for again.
        seed=(asked["seed"] + len(asked["trials"])) % 2**32,
        n_startup_trials=asked["random_first"],
        constant_liar=True,
    )
    study = optuna.create_study(direction="minimize", sampler=sampler)
    study.add_trials([past(trial, space) for trial in asked["trials"]])
    return [study.ask(space).params for _ in range(asked["count"])]


if __name__ == "__main__":
    print(json.dumps(proposals(json.loads(Path(sys.argv[1]).read_text()))), flush=True)
