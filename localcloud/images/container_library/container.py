"""What a container's program needs to find: SageMaker's folders, the other hosts of its job, its image's description.

In AWS's images the folders are under /opt/ml. The local cloud has no mounts, so LOCALCLOUD_CONTAINER_ROOT names the
folder that is the container's root.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any


def opt_ml() -> Path:
    return Path(os.environ.get("LOCALCLOUD_CONTAINER_ROOT", "/")) / "opt" / "ml"


def description(program: str) -> dict[str, Any]:
    """The ``image.toml`` beside a program. ``program``: the program's ``__file__``."""
    return tomllib.loads((Path(program).parent / "image.toml").read_text())


def hosts() -> dict[str, str]:
    """The addresses of the training job's hosts by name, ``algo-1`` first. On AWS the names themselves are resolved."""
    found: dict[str, str] = json.loads(os.environ["LOCALCLOUD_HOSTS"])
    return found
