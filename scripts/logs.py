"""Prints the whole log of one action of an execution."""

from __future__ import annotations

import argparse

from scripts.command import run
from scripts.reads.errors import NotThereError
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("action", nargs="?", help="an action's name, such as Train")
    parser.add_argument("--execution", help="the latest if none is given")
    options = parser.parse_args()
    pipeline = Pipeline(options.workload)
    known = [str(summary["pipelineExecutionId"]) for summary in pipeline.summaries(most=100)]
    if not known:
        raise NotThereError(f"{pipeline.name} has not run yet.")
    if options.execution not in (None, *known):
        raise NotThereError(f"{pipeline.name} has no execution {options.execution} among its latest {len(known)}.")
    execution = pipeline.execution(options.execution or known[0])
    wanted = [action for action in execution.actions if action.name.lower() == (options.action or "").lower()]
    if not wanted:
        names = ", ".join(action.name for action in execution.actions)
        asked = f"There is no action {options.action!r}" if options.action else "Name an action (ACTION=…)"
        raise NotThereError(f"{asked}: execution {execution.identifier} has {names or 'not begun any yet'}.")
    action = wanted[-1]
    # What is no build has no log: what it did stands in one sentence, if it said anything.
    print(
        "\n".join(pipeline.log_lines(action)) or f"{action.name} ({action.provider}): {action.status}. {action.message}"
    )
    return 0


if __name__ == "__main__":
    run(main)
