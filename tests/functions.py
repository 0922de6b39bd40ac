"""The functions of ``lambda/``, packaged as the stacks package them."""

from __future__ import annotations

import io
import zipfile

from tests.clouds import PROJECT


def packaged(folder: str) -> bytes:
    """A zip archive of ``lambda/<folder>`` with the hand-over beside its handler."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as files:
        for source, place in ((PROJECT / "lambda" / folder, ""), (PROJECT / "handover", "handover/")):
            for path in sorted(source.glob("*.py")):
                files.write(path, f"{place}{path.name}")
    return found.getvalue()
