"""Turns a job's arguments into the settings of its script and of Spark.

Reserved names are Glue's own arguments. Each is supported, without effect on this machine, or refused by name.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from localcloud.platform.errors import UnsupportedError
from localcloud.services.glue.answers import invalid

#: Arguments without effect here: they change how a run is measured or watched, not its result.
WITHOUT_CONSEQUENCE = frozenset(
    {
        "--enable-metrics",
        "--enable-observability-metrics",
        "--enable-continuous-cloudwatch-log",
        "--enable-continuous-log-filter",
        "--continuous-log-logGroup",
        "--enable-job-insights",
        "--enable-auto-scaling",
        "--enable-s3-parquet-optimized-committer",
    }
)
#: Argument → its only supported value.
ONLY_VALUE = {
    "--job-language": "python",
    "--job-bookmark-option": "job-bookmark-disable",
    "--enable-glue-datacatalog": "false",
    "--enable-spark-ui": "false",
    "--datalake-formats": "",
}
REFUSED = frozenset(
    {
        "--class",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--executor-cores",
        "--extra-files",
        "--extra-jars",
        "--python-modules-installer-option",
        "--use-postgres-driver",
        "--user-jars-first",
        "--write-shuffle-files-to-s3",
        "--write-shuffle-spills-to-s3",
    }
)
CONSUMED = WITHOUT_CONSEQUENCE | {
    "--additional-python-modules",
    "--conf",
    "--custom-logGroup-prefix",
    "--datalake-formats",
    "--enable-glue-datacatalog",
    "--enable-spark-ui",
    "--extra-py-files",
    "--scriptLocation",
    "--spark-event-logs-path",
}
#: The default prefix of a run's log groups.
LOG_PREFIX = "/aws-glue/jobs"
_LOG_PREFIX = re.compile(r"[A-Za-z0-9_/-]{1,400}")
_PINNED_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+")
#: Settings of Spark that a job cannot change, because this machine is driver and workers, and starts before the job.
_FIXED_PROPERTIES = ("spark.master", "spark.driver.memory", "spark.driver.extra", "spark.jars", "spark.submit.")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunArguments:
    """The settings in one run's arguments."""

    #: The part of sys.argv after the script's name.
    script: tuple[str, ...]
    modules: tuple[str, ...] = ()
    extra_py_files: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    #: The prefix of the log groups ``<prefix>/output`` and ``<prefix>/error``.
    log_prefix: str = LOG_PREFIX


def merged(
    default: dict[str, str] | None, of_the_run: dict[str, str] | None, fixed: dict[str, str] | None
) -> dict[str, str]:
    """A run's arguments: the job's defaults, then the run's own, then the job's non-overridable ones."""
    return {**(default or {}), **(of_the_run or {}), **(fixed or {})}


def parse(arguments: dict[str, str], *, job_name: str, job_id: str, run_id: str) -> RunArguments:
    """Raises InvalidInputException or UnsupportedError with the name of the argument."""
    for name, value in arguments.items():
        _check(name, value)
    script = ["--JOB_ID", job_id, "--JOB_RUN_ID", run_id, "--JOB_NAME", job_name]
    for name, value in arguments.items():
        if name not in CONSUMED and name != "--JOB_NAME":
            script += [name, value]
    return RunArguments(
        script=tuple(script),
        modules=_modules(arguments.get("--additional-python-modules", "")),
        extra_py_files=_python_files(arguments.get("--extra-py-files", "")),
        properties=_properties(arguments.get("--conf", "")),
        log_prefix=_log_prefix(arguments.get("--custom-logGroup-prefix", LOG_PREFIX)),
    )


def _check(name: str, value: str) -> None:
    if name in REFUSED:
        raise UnsupportedError(f"glue job argument {name}")
    if name in ONLY_VALUE and value.lower() != ONLY_VALUE[name]:
        raise UnsupportedError(f"glue job argument {name} = {value!r} (only {ONLY_VALUE[name]!r})")


def _log_prefix(value: str) -> str:
    if not _LOG_PREFIX.fullmatch(value):
        raise invalid(f"--custom-logGroup-prefix takes up to 400 letters, digits, _, - and /, not {value!r}.")
    return value


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _modules(value: str) -> tuple[str, ...]:
    modules = _listed(value)
    for module in modules:
        if not _PINNED_MODULE.fullmatch(module):
            raise UnsupportedError(
                f"glue job argument --additional-python-modules with {module!r} (only name==version: an environment "
                "is made once and kept, so a module without a version would never change)"
            )
    return tuple(sorted(modules))


def _python_files(value: str) -> tuple[str, ...]:
    files = _listed(value)
    for file in files:
        if not file.startswith("s3://"):
            raise invalid(f"--extra-py-files takes s3:// addresses, not {file!r}.")
    return tuple(files)


def _properties(value: str) -> dict[str, str]:
    """Splits Glue's form for several settings: ``a=1 --conf b=2``."""
    properties = {}
    for word in shlex.split(value):
        if word == "--conf":
            continue
        name, equals, setting = word.partition("=")
        if not equals or not name.startswith("spark."):
            raise invalid(f"--conf takes spark.name=value, not {word!r}.")
        if name.startswith(_FIXED_PROPERTIES):
            raise UnsupportedError(f"glue job argument --conf with {name}")
        properties[name] = setting
    return properties
