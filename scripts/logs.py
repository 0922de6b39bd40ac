"""Prints the whole log of one action of the latest execution."""

from __future__ import annotations

import argparse

from scripts.command import run
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("action", nargs="?", help="an action's name, such as Train")
    options = parser.parse_args()
    pipeline = Pipeline(WORKLOADS[options.workload].stack_name("Pipeline"))
    summaries = pipeline.summaries()
    if not summaries:
        raise SystemExit(f"{pipeline.name} has not run yet.")
    execution = pipeline.execution(summaries[0]["pipelineExecutionId"])
    wanted = [action for action in execution.actions if action.name.lower() == (options.action or "").lower()]
    if not wanted:
        names = ", ".join(action.name for action in execution.actions)
        asked = f"There is no action {options.action!r}" if options.action else "Name an action (ACTION=…)"
        raise SystemExit(f"{asked}: execution {execution.identifier} has {names or 'not begun any yet'}.")
    print("\n".join(pipeline.log_lines(wanted[-1])))
    return 0


if __name__ == "__main__":
    run(main)
