"""How many decisions a test split has made: one object for each, under the split's own hash in the data bucket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handover.documents import to_json
from handover.places import decision, decisions

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDED = (
    *("answers_sha256", "earlier_decisions", "verdict", "model_package_arn", "pipeline_execution", "commit"),
    "test_split_sha256",
)


def count(s3: Any, bucket: str, *, split: str, answers: str) -> int:
    """How many other models were judged on the split before it first met these answers.

    A model that answers every row as an earlier one did is no new look at the split: it is judged as that one was.
    split, answers: SHA-256 of the test split and of the answers to it.
    """
    known = _recorded(s3, bucket, split)
    same = [entry["earlier_decisions"] for entry in known if entry["answers_sha256"] == answers]
    return min(same) if same else len({entry["answers_sha256"] for entry in known})


def record(s3: Any, bucket: str, document: Mapping[str, Any]) -> None:
    """Record this decision; it replaces an earlier record of the same execution."""
    address = decision(bucket, document["test_split_sha256"], document["pipeline_execution"])
    content = to_json({name: document[name] for name in RECORDED})
    s3.put_object(**address.arguments, Body=content.encode(), ContentType="application/json")


def _recorded(s3: Any, bucket: str, split: str) -> list[dict[str, Any]]:
    folder = decisions(bucket, split)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{folder.key}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
