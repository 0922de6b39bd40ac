"""Reads a job's arguments for its script."""

from __future__ import annotations

import argparse
from typing import Any, Never

from awsglue import unsupported

#: Glue's own arguments. A script always gets them, as None where they were not passed, and must not ask for them.
_OWN = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "enable-data-lineage")
#: The same folder under two names. A script may ask for it, and gets None where it was not passed.
_FOLDERS = ("TempDir", "RedshiftTempDir")
_RANGE = ("job-bookmark-from", "job-bookmark-to")
#: An older option and the one in its place, with their values in the same order.
_OLDER, _OLDER_VALUES = "continuation-option", ("continuation-enabled", "continuation-readonly", "continuation-ignore")
_BOOKMARKS, _ENABLED, _PAUSED, _DISABLED = (
    "job-bookmark-option",
    "job-bookmark-enable",
    "job-bookmark-pause",
    "job-bookmark-disable",
)
_RESERVED_WITH_DASHES = (
    "--JOB_ID",
    "--JOB_RUN_ID",
    "--SECURITY_CONFIGURATION",
    "--encryption-type",
    "--enable-data-lineage",
)
_VALUES = (_ENABLED, _PAUSED, _DISABLED)


class GlueArgumentError(Exception):
    """An argument that the script asks for is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, Any]:
    """The values of ``options`` (without dashes) and of Glue's own arguments in ``args`` (sys.argv), as a dict.

    Names in the result have underscores for dashes. Raises GlueArgumentError where an option is missing, RuntimeError
    for options of bookmarks, and argparse.ArgumentError for one that is Glue's own or asked for twice.
    """
    _check_reserved(options)
    parser = _Parser()
    parser.add_argument(f"--{_BOOKMARKS}", choices=_VALUES)
    parser.add_argument(f"--{_OLDER}", choices=_OLDER_VALUES)
    parser.add_argument("--encryption-type", choices=("sse-s3",))
    for name in (*_RANGE, *_OWN, *_FOLDERS):
        parser.add_argument(f"--{name}")
    for name in options:
        if name not in _FOLDERS:
            parser.add_argument(f"--{name}", required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    _put_folders(found)
    _put_bookmarks(found)
    return found


def _check_reserved(options: list[str]) -> None:
    """Of these Glue says that they are reserved. The others of its own only fail by being there twice."""
    for name in (_OLDER, _BOOKMARKS, *_RANGE, *_RESERVED_WITH_DASHES):
        if name in options:
            raise RuntimeError(f"Using reserved arguments {f'--{name}' if name in _RANGE else name}")


def _put_folders(found: dict[str, Any]) -> None:
    """The folder that was passed stands under both names."""
    folder = found["TempDir"] if found["TempDir"] is not None else found["RedshiftTempDir"]
    found.update(dict.fromkeys(_FOLDERS, folder))


def _put_bookmarks(found: dict[str, Any]) -> None:
    """The option in its newer words; bookmarks are disabled where none was passed. RuntimeError for a wrong range."""
    older = found.pop("continuation_option")
    chosen = found["job_bookmark_option"] or (_VALUES[_OLDER_VALUES.index(older)] if older else _DISABLED)
    found["job_bookmark_option"] = chosen
    missing = [f"--{name}" for name in _RANGE if found[name.replace("-", "_")] is None]
    if chosen == _PAUSED and len(missing) == 1:
        raise RuntimeError(f"Missing option or value for {missing[0]}")
    if chosen != _PAUSED and not missing:
        raise RuntimeError(f"Invalid option(s){' '.join(f'--{name}' for name in _RANGE)}")


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.utils.{name}")
