"""A person's answer to a release that waits for one: approve or reject, with a comment that everybody sees later."""

from __future__ import annotations

import argparse

from scripts import outcome
from scripts.command import run
from scripts.reads.errors import NotThereError
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS

#: CodePipeline's limit for the summary of an approval.
LONGEST_COMMENT = 512


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("answer", choices=("approve", "reject"))
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("comment", nargs="?", default="", help="why; it stands in the registry")
    options = parser.parse_args()
    comment = options.comment.strip()
    if not comment or len(comment) > LONGEST_COMMENT:
        raise SystemExit(
            f"Say why, in {LONGEST_COMMENT} characters at the most: make {options.answer} "
            f"WORKLOAD={options.workload} COMMENT='why'. It stands in the registry."
        )
    pipeline = Pipeline(options.workload)
    question = pipeline.question()
    if question is None:
        raise NotThereError(f"Nothing waits for a person in {pipeline.name}.")
    execution = pipeline.execution(question.execution)
    approved = options.answer == "approve"
    pipeline.answer(question, approved=approved, comment=comment)
    name = outcome.release_name(options.workload, execution)
    print(f"{name} (execution {question.execution}) is {'approved' if approved else 'rejected'}: {comment}")
    print(f"It goes on: make follow WORKLOAD={options.workload}")
    return 0


if __name__ == "__main__":
    run(main)
