"""Where a container finds SageMaker's folders and its job's other hosts, and what its image says of itself.

In AWS's images they lie under /opt/ml. The local cloud has no mounts: it names the root of the container's own folder
in LOCALCLOUD_CONTAINER_ROOT.
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
    """The ``image.toml`` beside a program, which names itself by its ``__file__``."""
    return tomllib.loads((Path(program).parent / "image.toml").read_text())


def hosts() -> dict[str, str]:
    """The training job's hosts by name (``algo-1`` first), each with the address that its name stands for on AWS."""
    found: dict[str, str] = json.loads(os.environ["LOCALCLOUD_HOSTS"])
    return found
