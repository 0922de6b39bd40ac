"""What data capture kept of an endpoint's traffic: JSON lines in S3, by variant and hour."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_init.step import S3Address
from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Captured:
    """One request and its answer, as text. ``inference_id`` is what the caller named it, or empty."""

    request: str
    answer: str
    inference_id: str


def captured(destination: str, endpoint: str, variant: str, since: datetime) -> Iterator[Captured]:
    """Everything under ``<destination>/<endpoint>/<variant>/`` since then; ``destination`` is s3://bucket/prefix."""
    s3 = cloud.client("s3")
    folder = S3Address.parse(destination) / endpoint / f"{variant}/"
    pages = s3.get_paginator("list_objects_v2").paginate(
        # Folders are hours: those before are not even listed.
        Bucket=folder.bucket,
        Prefix=folder.key,
        StartAfter=f"{folder.key}{since:%Y/%m/%d/%H}/",
    )
    for page in pages:
        for entry in page.get("Contents", []):
            text = s3.get_object(Bucket=folder.bucket, Key=entry["Key"])["Body"].read().decode()
            yield from lines(text.splitlines(), since)


def lines(texts: Iterable[str], since: datetime) -> Iterator[Captured]:
    """Captured lines as SageMaker writes them, without those from before."""
    for text in texts:
        line = json.loads(text)
        metadata = line["eventMetadata"]
        if datetime.fromisoformat(metadata["inferenceTime"]) < since:
            continue
        data = line["captureData"]
        yield Captured(
            request=_text(data["endpointInput"]),
            answer=_text(data["endpointOutput"]),
            inference_id=metadata.get("inferenceId", ""),
        )


def truths(address: str) -> dict[str, str]:
    """Inference id, or request → what would have been right, from a CSV file, local or at an s3:// address.

    Its header names two columns: ``inference_id`` or ``request``, and ``truth``. Raises SystemExit for another header.
    """
    if address.startswith("s3://"):
        file = S3Address.parse(address)
        text = cloud.client("s3").get_object(Bucket=file.bucket, Key=file.key)["Body"].read().decode()
    else:
        text = Path(address).read_text()
    reader = csv.DictReader(text.splitlines())
    header = list(reader.fieldnames or [])
    key_column = next((name for name in ("inference_id", "request") if name in header), None)
    if key_column is None or "truth" not in header:
        raise SystemExit(
            f"{address} has the columns {', '.join(header) or 'none'}; needed are truth, and inference_id or request."
        )
    return {row[key_column].strip(): row["truth"].strip() for row in reader}


def judged(found: Iterable[Captured], known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(answer, truth) of every captured request whose truth is known, by its inference id or else by its text."""
    pairs = ((one.answer, known.get(one.inference_id) or known.get(one.request)) for one in found)
    return tuple((answer, truth) for answer, truth in pairs if truth)


def _text(side: Mapping[str, Any]) -> str:
    data = side["data"]
    return (base64.b64decode(data).decode() if side["encoding"] == "BASE64" else data).strip()
