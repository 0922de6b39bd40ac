"""Makes the environment of a build's ``aws``, at its first use. The shim that asks for it starts the program itself.

Run as ``aws_command.py <cache>`` by the local cloud's own Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from localcloud.platform.environments import Environments
from localcloud.platform.errors import EngineError

LOCK = Path(__file__).with_name("requirements.lock")


def main() -> int:
    try:
        Environments(Path(sys.argv[1])).python(LOCK)
    except EngineError as error:
        print(f"aws: the AWS CLI cannot be installed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
