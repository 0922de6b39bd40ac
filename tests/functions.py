"""The functions of ``lambda/``, packaged as the stacks package them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from tests.clouds import PROJECT


def packaged(folder: str, written: Mapping[str, str] | None = None) -> bytes:
    """A zip archive of ``lambda/<folder>`` with the hand-over beside its handler, and the files that a stack writes."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as files:
        for source, place in ((PROJECT / "lambda" / folder, ""), (PROJECT / "handover", "handover/")):
            for path in sorted(source.glob("*.py")):
                files.write(path, f"{place}{path.name}")
        for name, text in (written or {}).items():
            files.writestr(name, text)
    return found.getvalue()
