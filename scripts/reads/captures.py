"""What data capture recorded of an endpoint's traffic: JSON lines in S3, by variant and hour."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handover.addresses import S3Address
from handover.captured import Exchange, exchanges
from handover.plain_text import lines
from scripts import cloud
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime


def captured(destination: str, endpoint: str, variant: str, since: datetime) -> Iterator[Exchange]:
    """Everything under ``<destination>/<endpoint>/<variant>/`` since then; ``destination`` is s3://bucket/prefix."""
    s3 = cloud.client("s3")
    folder = S3Address.parse(destination) / endpoint / f"{variant}/"
    pages = s3.get_paginator("list_objects_v2").paginate(
        # Each folder is an hour: earlier ones are not even listed.
        Bucket=folder.bucket,
        Prefix=folder.key,
        StartAfter=f"{folder.key}{since:%Y/%m/%d/%H}/",
    )
    for page in pages:
        for entry in page.get("Contents", []):
            text = s3.get_object(Bucket=folder.bucket, Key=entry["Key"])["Body"].read().decode()
            yield from (each for each in exchanges(text) if each.time >= since)


def truths(address: str) -> dict[str, str]:
    """Inference id, or request → the right answer, from a CSV file, local or at an s3:// address.

    Its header names two columns: ``inference_id`` or ``request``, and ``truth``. Raises NotThereError for another
    header, and if there is no such file.
    """
    if address.startswith("s3://"):
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise NotThereError(f"TRUTHS={address}: expected an address such as s3://bucket/truths.csv.")
        file = S3Address(bucket=bucket, key=key)
        try:
            content = cloud.client("s3").get_object(**file.arguments)["Body"].read()
        except ClientError as error:
            said = error.response["Error"]
            raise NotThereError(f"{address} cannot be read: {said['Message']} ({said['Code']}).") from error
        except BotoCoreError as error:
            raise NotThereError(f"{address} cannot be read: {' '.join(str(error).split())}") from error
    else:
        try:
            content = Path(address).read_bytes()
        except FileNotFoundError as error:
            raise NotThereError(f"There is no file {address}: TRUTHS names a CSV file or an s3:// address.") from error
        except OSError as error:
            raise NotThereError(f"{address} cannot be read: {error.strerror}.") from error
    try:
        return _truths(content.decode(), address)
    except UnicodeDecodeError as error:
        raise NotThereError(f"{address} is no CSV file: its byte {error.start} is not UTF-8.") from error
    except csv.Error as error:
        raise NotThereError(f"{address} is no CSV file: {error}.") from error


def _truths(text: str, address: str) -> dict[str, str]:
    reader = csv.DictReader(lines(text), strict=True)
    header = list(reader.fieldnames or [])
    key_column = next((name for name in ("inference_id", "request") if name in header), None)
    if key_column is None or "truth" not in header:
        raise NotThereError(
            f"{address} has the columns {', '.join(header) or 'none'}; needed are truth, and inference_id or request."
        )
    return {key: truth for row in reader for key, truth in [_pair(row, key_column, address, reader.line_num)]}


def _pair(row: Mapping[str, str | None], key_column: str, address: str, line: int) -> tuple[str, str]:
    """The key and the truth. They are compared exactly, so a space around one of them would be another word."""
    key, truth = row[key_column] or "", row["truth"] or ""
    for value in (key, truth):
        if value != value.strip():
            raise NotThereError(f"{address}, line {line}: {value!r} has a space around it.")
    return key, truth


def judged(found: Iterable[Exchange], known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(answer, truth) of every captured request whose truth is known, by its inference id, otherwise by its text."""
    pairs = ((one.answer, known.get(one.inference_id) or known.get(one.request)) for one in found)
    return tuple((answer, truth) for answer, truth in pairs if truth)
