"""Which files of the repository a workload's release depends on, as far as a push brings them.

A connection's trigger gets them as patterns, and `make push` asks of each file. What no pattern names (docs, tests, the
local cloud, `scripts/`) releases nothing.
"""

from __future__ import annotations

from pathlib import PurePosixPath

#: Files at the root whose names end so: the app, settings, locks and requirements.
_ROOT = (".json", ".lock", ".py", ".toml", ".txt")
#: Folders with a folder for each workload. The files beside these are all workloads'.
_STEPS = ("ml_init", "ml_test", "ml_training")
#: Folders that are all workloads', with all that is in them.
SHARED = (
    *("handover", "lambda", "ml_release", "ml_steps", "stacks", "web"),
    *("ml_init/mleap_bundle", "ml_test/gate", "ml_training/defaults"),
)


def patterns(workload: str) -> tuple[str, ...]:
    """Globs as CodePipeline has them. It takes eight, of 255 characters each."""
    steps = _any_of(_STEPS)
    return (
        f"*{_any_of(_ROOT)}",
        f"{_any_of(SHARED)}/**",
        f"{steps}/*",
        f"{steps}/{workload}/**",
    )


def concerns(workload: str, path: str) -> bool:
    """Whether a file is one of those that the patterns name."""
    parts = PurePosixPath(path).parts
    if len(parts) == 1:
        return path.endswith(_ROOT)
    if parts[0] in _STEPS and (len(parts) == 2 or parts[1] == workload):
        return True
    return any(PurePosixPath(path).is_relative_to(folder) for folder in SHARED)


def _any_of(names: tuple[str, ...]) -> str:
    return f"{{{','.join(names)}}}"
