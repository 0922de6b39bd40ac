"""The part of AWS's ``awsglue`` library that the local cloud supports: arguments, the Glue context, the job,
and reading tables of the catalog.

The rest is refused by name at the import or the call, so that no script runs with something that it did not ask for.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Never

SUPPORTED = ("awsglue.context", "awsglue.dynamicframe", "awsglue.job", "awsglue.utils")


def unsupported(name: str) -> NotImplementedError:
    return NotImplementedError(
        f"{name} is not supported by the local cloud's Glue. It has getResolvedOptions, GlueContext.spark_session, "
        "GlueContext.get_logger, GlueContext.create_dynamic_frame.from_catalog of CSV tables, DynamicFrame.toDF, "
        "DynamicFrame.count, Job.init and Job.commit; use Spark's own DataFrame API for the rest."
    )


class _MissingModules(MetaPathFinder):
    """The last finder, which refuses modules of awsglue that no other finder has found."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        del path, target
        if fullname.startswith(f"{__name__}."):
            raise unsupported(fullname)


sys.meta_path.append(_MissingModules())


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.{name}")
