"""Reads a job's arguments for its script."""

from __future__ import annotations

import argparse
from typing import Any, Never

from awsglue import unsupported

#: Glue's own arguments. A script always gets them, as None where they were not passed.
RESERVED = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption-type", "RedshiftTempDir", "TempDir")
BOOKMARK_CHOICES = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")


class GlueArgumentError(Exception):
    """An argument that the script asks for is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, Any]:
    """The values of ``options`` (without dashes) and of Glue's own arguments in ``args`` (sys.argv), as a dict.

    Names in the result have underscores for dashes. Raises GlueArgumentError where an option is missing.
    """
    parser = _Parser(add_help=False)
    parser.add_argument("--job-bookmark-option", choices=BOOKMARK_CHOICES)
    for name in RESERVED:
        if name not in options:
            parser.add_argument(f"--{name}")
    for name in options:
        parser.add_argument(f"--{name}", required=True)
    known, _ = parser.parse_known_args(args[1:])
    return vars(known)


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.utils.{name}")
