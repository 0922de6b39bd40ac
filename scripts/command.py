"""How a command ends: with its exit code, or with one sentence if what it reads does not exist."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from handover.errors import FileFault
from ml_steps.running import StepError
from scripts.cloud.decision import UndecidedError
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Callable

#: A shell's exit code for a process that a closed pipe has ended: 128 plus the signal's number.
_PIPE_CLOSED = 141


def counted(variable: str, text: str) -> int:
    """What a user gave as a variable of make, as a number above 0; SystemExit that names the variable if it is none."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise SystemExit(f"{variable}={text}: expected a whole number above 0. Nothing was done.")
    return int(text)


def run(main: Callable[[], int | None]) -> NoReturn:
    """Runs the command and exits."""
    try:
        code = main()
        sys.stdout.flush()
    except (NotThereError, UndecidedError, FileFault, StepError) as error:
        sys.exit(str(error))
    except BrokenPipeError:  # such as `make logs ACTION=Train | head`: its reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)
    sys.exit(code)
