"""Where a container finds SageMaker's folders.

In AWS's images they lie under /opt/ml. The local cloud has no mounts: it names the root of the container's own folder
in LOCALCLOUD_CONTAINER_ROOT.
"""

from __future__ import annotations

import os
from pathlib import Path


def opt_ml() -> Path:
    return Path(os.environ.get("LOCALCLOUD_CONTAINER_ROOT", "/")) / "opt" / "ml"
