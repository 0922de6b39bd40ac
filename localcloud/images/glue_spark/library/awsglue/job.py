"""The job. On AWS it has bookmarks. Here, a run with bookmarks enabled is refused before it starts."""

from __future__ import annotations

from typing import Any, Never

from awsglue import unsupported


class Job:
    def __init__(self, glue_context: object) -> None:
        self._context = glue_context
        self._name: str | None = None

    def init(self, job_name: str, args: dict[str, Any] | None = None) -> None:
        """Names the running job. ``args``: the resolved options."""
        option = (args or {}).get("job_bookmark_option")
        if option not in (None, "job-bookmark-disable"):
            raise unsupported(f"awsglue.job.Job with {option}")
        self._name = job_name

    def isInitialized(self) -> bool:
        return self._name is not None

    def commit(self) -> None:
        """Ends the job's bookkeeping. Without bookmarks there is none."""
        if self._name is None:
            raise RuntimeError("Job.commit was called before Job.init")


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.job.{name}")
