"""Writes nodes as the files of an MLeap bundle: ``bundle.json`` and ``root/``."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from ml_init.mleap_bundle.stages import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ml_init.mleap_bundle.stages import Node

MLEAP_VERSION = "0.20.0"
# A bundle depends on its content alone, not on the time of writing.
TIMESTAMP = "1970-01-01T00:00:00Z"


def write_bundle(stages: Iterable[Any], folder: Path, *, name: str) -> None:
    """Write the fitted stages as the bundle ``name`` into the empty folder; equal stages give equal bytes.

    Raises UnsupportedStageError, and writes nothing, for a stage without a writer.
    """
    nodes = nodes_of(stages)
    root = folder / "root"
    root.mkdir(parents=True)
    for node in nodes:
        _write_node(node, root)
    names = [node.name for node in nodes]
    _write(
        root / "model.json",
        {"op": "pipeline", "attributes": {"nodes": {"type": "list", "string": names}}},
    )
    _write(root / "node.json", {"name": name, "shape": {"inputs": [], "outputs": []}})
    _write(
        folder / "bundle.json",
        {
            "uid": str(_uid(name, root)),
            "name": name,
            "format": "json",
            "version": MLEAP_VERSION,
            "timestamp": TIMESTAMP,
        },
    )


def _write_node(node: Node, root: Path) -> None:
    from mleap.bundle.serialize import MLeapSerializer

    MLeapSerializer().serialize(
        node,
        str(root),
        node.name,
        list(node.attributes),
        [{"name": column, "port": port} for port, column in node.inputs.items()],
        [{"name": column, "port": port} for port, column in node.outputs.items()],
    )


def _uid(name: str, root: Path) -> uuid.UUID:
    digest = hashlib.sha256(name.encode())
    for path in sorted(root.rglob("*.json")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return uuid.UUID(bytes=digest.digest()[:16], version=4)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2))
