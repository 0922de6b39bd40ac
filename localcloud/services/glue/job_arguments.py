"""From a job's arguments to what its script and its Spark get: which of Glue's own arguments do what.

Reserved names are Glue's, each is either done here, of no consequence on this machine, or refused by name.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from localcloud.platform.errors import UnsupportedError
from localcloud.services.glue.answers import invalid

#: Where a run's output or speed would be measured or watched elsewhere; its result is the same.
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
#: The one value that is done, of an argument that may be given.
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
#: Where a run's log groups are, unless its arguments say otherwise.
LOG_PREFIX = "/aws-glue/jobs"
_LOG_PREFIX = re.compile(r"[A-Za-z0-9_/-]{1,400}")
_PINNED_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+")
#: One machine plays driver and workers: these are settled before a job is known.
_FIXED_PROPERTIES = ("spark.master", "spark.driver.memory", "spark.driver.extra", "spark.jars", "spark.submit.")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunArguments:
    """What one run's arguments ask for."""

    #: sys.argv after the script's name.
    script: tuple[str, ...]
    modules: tuple[str, ...] = ()
    extra_py_files: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    #: Of the log groups ``<prefix>/output`` and ``<prefix>/error``.
    log_prefix: str = LOG_PREFIX


def merged(
    default: dict[str, str] | None, of_the_run: dict[str, str] | None, fixed: dict[str, str] | None
) -> dict[str, str]:
    """The run's arguments: the job's defaults, overridden by the run's, overridden by the non-overridable ones."""
    return {**(default or {}), **(of_the_run or {}), **(fixed or {})}


def parse(arguments: dict[str, str], *, job_name: str, job_id: str, run_id: str) -> RunArguments:
    """Raises InvalidInputException or UnsupportedError, which names the argument."""
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
    """Glue's way to give several: ``a=1 --conf b=2``."""
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
