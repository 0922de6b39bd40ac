"""What AWS's container makes of a request: JSON, JSON lines or CSV become the JSON of TensorFlow Serving."""

from __future__ import annotations

import re
from dataclasses import dataclass

CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
JSON, CSV = "application/json", "text/csv"
_SERVINGS_OWN = re.compile(r'"(instances|inputs|examples)"\s*:')
_LINES = re.compile(r"[}\]]\s*[\[{]")
_LIST_OF_LISTS = re.compile(r"\s*\[\s*\[")
_NUMBERS = re.compile(r'\s*("|[\d.Ee+\-]+.*)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a request's custom attributes choose: ``tfs-model-name=…,tfs-model-version=…,tfs-method=…``."""

    model: str | None = None
    version: str | None = None
    method: str = "predict"

    @classmethod
    def of(cls, attributes: str) -> Target:
        pairs = (found.split("=") for found in re.findall(r"tfs-[a-z\-]+=[^,]+", attributes))
        chosen = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
        return cls(
            model=chosen.get("tfs-model-name"),
            version=chosen.get("tfs-model-version"),
            method=chosen.get("tfs-method", "predict"),
        )


def serving_json(body: str, content_type: str) -> str:
    """The body as TensorFlow Serving's JSON."""
    if content_type == CSV:
        return _of_csv(body)
    if _SERVINGS_OWN.search(body):
        return body
    if _LINES.search(body) and not _LIST_OF_LISTS.match(body):
        return _of_lines(body)
    return f'{{"instances":{body if _LIST_OF_LISTS.match(body) else f"[{body}]"}}}'


def _of_lines(body: str) -> str:
    lines = [line.strip() for line in body.strip().splitlines()]
    joined = ",".join(line for line in lines if line)
    return f'{{"instances":{joined if len(lines) == 1 else f"[{joined}]"}}}'


def _of_csv(body: str) -> str:
    quoted = not _NUMBERS.match(body)
    rows = []
    for line in (line.strip() for line in body.strip().splitlines()):
        if line:
            row = '"' + line.replace('"', '\\"', 1).replace(",", '","', 1) + '"' if quoted else line
            rows.append(f"[{row}]" if "," in line else row)
    return f'{{"instances":[{",".join(rows)}]}}'
