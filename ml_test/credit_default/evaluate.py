"""The gate: asks the QA endpoint and the champion for every test row, and lets the model pass or stops it."""

from __future__ import annotations

from pathlib import Path

from ml_init.step import run
from ml_test.evaluation import evaluate

GATE = Path(__file__).with_name("gate.toml")


def main() -> None:
    evaluate(GATE)


if __name__ == "__main__":
    run(main)
