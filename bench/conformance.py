"""How requests are held against AWS's models. `--write`: into docs/conformance.md. `make conformance` runs it.

For each operation that is ours, calls are drawn from botocore's model of it. Malformed calls have one member of another
type. Spoilt calls are valid but for one member, which is missing or breaks one constraint: they must be refused by
AWS's message for that very member. No call may be answered with a 5XX.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import botocore.session
from botocore.serialize import create_serializer

from bench import PROJECT
from bench.lab import model_calls
from bench.lab.clouds import LocalCloud
from bench.lab.raw_http import Raw, send, signed
from localcloud.front_door.registry import operation_groups

PAGE = PROJECT / "docs" / "conformance.md"
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"
#: A value of another JSON type, by the type that the model has.
_OTHER_TYPES: dict[str, tuple[Any, ...]] = {
    "structure": ("x", [1]),
    "list": ("x", {"a": 1}),
    "map": ("x", [1]),
    "string": (7, {"a": 1}),
    "integer": ("x", {"a": 1}),
    "long": ("x", [1]),
    "float": ("x", True),
    "double": ("x", True),
    "boolean": ("perhaps", 7),
    "timestamp": (True, {"a": 1}),
    "blob": (7, [1]),
}


@dataclass
class Outcome:
    """What the calls to one service came to."""

    operations: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, kind: str, what: str, status: int, answer: bytes, *, refused: bool) -> None:
        self.counts[kind] += 1
        if status >= 500 or not status:
            self.counts["5XX"] += 1
            self.examples.append(f"5XX: {what}: {status} {answer[:200]!r}")
        elif not refused:
            self.counts[f"{kind} taken"] += 1
            self.examples.append(f"taken: {what}: {status} {answer[:200]!r}")


@dataclass(frozen=True)
class Wire:
    """Writes the calls of one service, as botocore does, without its checks."""

    service: str
    spoken: str
    """The protocol."""
    model: Any

    @classmethod
    def of(cls, service: str) -> Wire:
        model = botocore.session.get_session().get_service_model(service)
        spoken = next(name for name in ("json", "rest-json", "rest-xml", "query") if name in _protocols(model))
        return cls(service, spoken, model)

    def written(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        serializer = create_serializer(self.spoken, include_validation=False)
        found: dict[str, Any] = serializer.serialize_to_request(params, self.model.operation_model(operation))
        return found

    def sent(self, cloud: LocalCloud, request: dict[str, Any]) -> tuple[int, bytes]:
        return send(cloud, self._raw(cloud, request))

    def _raw(self, cloud: LocalCloud, request: dict[str, Any]) -> Raw:
        body, query = request["body"], request["query_string"]
        headers = dict(request["headers"])
        if isinstance(body, dict):
            body = urlencode(body)
        body = body.encode() if isinstance(body, str) else body or b""
        address = request["url_path"]
        if query:
            pairs = query if isinstance(query, str) else urlencode(query, doseq=True)
            address += ("&" if "?" in address else "?") + pairs
        return signed(
            cloud,
            cloud.administrator,
            self.model.signing_name,
            method=request["method"],
            address=address,
            headers={name: value for name, value in headers.items() if isinstance(value, str)},
            body=body,
        )


def _protocols(model: Any) -> list[str]:
    return list(model.metadata.get("protocols") or [model.metadata["protocol"]])


def ours() -> dict[str, set[str]]:
    """Botocore's name of each service → the operations that are answered by ourselves."""
    found: dict[str, set[str]] = {}
    for group in operation_groups():
        if group.operation_names():
            found.setdefault(group.service, set()).update(group.operation_names())
    return found


def malformed(wire: Wire, operation: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each member of a call once in another type, in the protocols that have types or write them down."""
    shape = wire.model.operation_model(operation).input_shape
    base = model_calls.valid(shape)
    for name, member in shape.members.items():
        if "location" in member.serialization or shape.serialization.get("payload"):
            continue
        for wrong in _OTHER_TYPES.get(member.type_name, ()) if wire.spoken in ("json", "rest-json") else ():
            request = wire.written(operation, base)
            body = json.loads(request["body"] or b"{}")
            body[member.serialization.get("name", name)] = wrong
            yield f"{name} = {wrong!r}", {**request, "body": json.dumps(body).encode()}
        if wire.spoken == "query" and member.type_name in ("integer", "long", "float", "double", "boolean"):
            request = wire.written(operation, base)
            yield f"{name} = 'x'", {**request, "body": {**request["body"], name: "x"}}


def tried(cloud: LocalCloud, service: str, operations: set[str]) -> Outcome:
    wire, outcome = Wire.of(service), Outcome()
    for operation in sorted(operations):
        shape = wire.model.operation_model(operation).input_shape
        outcome.operations += 1
        if shape is None or not shape.members:
            continue
        for what, request in malformed(wire, operation):
            status, answer = wire.sent(cloud, request)
            named = f"{service}:{operation} with {what}"
            outcome.add("malformed", named, status, answer, refused=400 <= status < 500)
        for call in model_calls.spoilt(shape):
            status, answer = wire.sent(cloud, wire.written(operation, call.params))
            named = f"{service}:{operation} with {call.place}, {call.constraint}"
            told = f"'{call.place}'".encode()
            outcome.add("spoilt", named, status, answer, refused=400 <= status < 500 and told in answer)
    return outcome


def table(outcomes: dict[str, Outcome]) -> list[str]:
    lines = [
        "| service | operations | malformed calls | of them taken | spoilt calls | of them taken | answers of 5XX |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    total = Outcome()
    for service, outcome in sorted(outcomes.items()):
        lines.append(_line(service, outcome))
        total.operations += outcome.operations
        total.counts += outcome.counts
    return [*lines, _line("**all**", total)]


def _line(name: str, outcome: Outcome) -> str:
    kinds = ("malformed", "malformed taken", "spoilt", "spoilt taken", "5XX")
    return f"| {name} | {outcome.operations} | {' | '.join(f'{outcome.counts[kind]:,}' for kind in kinds)} |"


def main(arguments: list[str]) -> int:
    chosen = [each for each in arguments if not each.startswith("--")]
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud.up(Path(folder) / "home")
        try:
            outcomes = {
                service: tried(cloud, service, operations)
                for service, operations in sorted(ours().items())
                if not chosen or service in chosen
            }
        finally:
            cloud.down()
    lines = table(outcomes)
    for outcome in outcomes.values():
        print("\n".join(outcome.examples))
    print("\n".join(lines))
    if "--write" in arguments:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text("\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]))
    return 1 if any(outcome.counts["5XX"] for outcome in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
