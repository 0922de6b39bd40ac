"""How many other models were judged on the test rows before, row by row.

A decision is an object in the data bucket whose key says which rows it judged and which answers it met, so that a list
of keys is enough to count. The set of rows is stored once beside, under its hash (``row_sets``). A row is the same row
in whatever file it comes: a change of the file does not start the count again, only new rows do.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from handover.documents import to_json
from handover.places import Decision, decisions
from ml_init.row_identity import hash_of
from ml_steps.objects import put_once
from ml_test import row_sets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORDED = (
    *("earlier_decisions", "verdict", "model_package_arn", "pipeline_execution", "commit"),
    *("test_rows_sha256", "test_split_sha256", "answers_sha256"),
)


def count(s3: Any, bucket: str, *, rows: Sequence[str], answers: str) -> int:
    """How many other models these rows have judged before: the mean over the rows, rounded up.

    rows: the identity of each test row. answers: SHA-256 of the model's answers to them. A model that answers the same
    rows as an earlier one did is no new look at them: it is judged as that one was.
    """
    if not rows:
        return 0
    recorded = _recorded(s3, bucket)
    these = hash_of(rows)
    same = [each for each in recorded if (each.rows, each.answers) == (these, answers)]
    if same:
        return min(_earlier(s3, each) for each in same)
    models: defaultdict[str, set[str]] = defaultdict(set)
    for each in recorded:
        models[each.rows].add(each.answers)
    looks = sum(len(of_set) * _shared(s3, bucket, rows, sha256, these) for sha256, of_set in models.items())
    return -(-looks // len(rows))


def record(s3: Any, bucket: str, document: Mapping[str, Any]) -> None:
    """Record this decision, whose rows are stored already. An execution records the same answers once."""
    decision = Decision(
        bucket=bucket,
        rows=document["test_rows_sha256"],
        answers=document["answers_sha256"],
        execution=document["pipeline_execution"],
    )
    content = to_json({name: document[name] for name in RECORDED})
    put_once(s3, decision.address, content.encode(), "application/json")


def _recorded(s3: Any, bucket: str) -> list[Decision]:
    folder = decisions(bucket)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{folder.key}/")
    return [Decision.of(bucket, entry["Key"]) for page in pages for entry in page.get("Contents", [])]


def _earlier(s3: Any, decision: Decision) -> int:
    body = s3.get_object(**decision.address.arguments)["Body"].read()
    earlier: int = json.loads(body)["earlier_decisions"]
    return earlier


def _shared(s3: Any, bucket: str, rows: Sequence[str], sha256: str, these: str) -> int:
    """How many of the rows are in that set. All, if the set is no longer known: what is not known counts as seen."""
    judged = None if sha256 == these else row_sets.load(s3, bucket, sha256)
    return len(rows) if judged is None else sum(row in judged for row in rows)
