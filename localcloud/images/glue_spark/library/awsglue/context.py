"""The Glue context: Spark's session under Glue's name."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Never

from pyspark.sql import SparkSession, SQLContext

from awsglue import unsupported

if TYPE_CHECKING:
    from pyspark import SparkContext


class GlueContext(SQLContext):
    """Wraps a Spark context. Nearly every script uses only its ``spark_session``."""

    def __init__(self, sparkContext: SparkContext, **options: object) -> None:
        for name in options:
            raise unsupported(f"awsglue.context.GlueContext with {name}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # SQLContext is deprecated; AWS's class still extends it
            super().__init__(sparkContext, SparkSession.builder.getOrCreate())

    @property
    def spark_session(self) -> SparkSession:
        return self.sparkSession

    def get_logger(self) -> Any:
        """Spark's logger. Its lines go to the job's error log."""
        return self._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def __getattr__(self, name: str) -> Never:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unsupported(f"awsglue.context.GlueContext.{name}")


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.context.{name}")
