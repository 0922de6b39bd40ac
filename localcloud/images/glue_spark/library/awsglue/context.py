"""The Glue context: Spark's session under Glue's name, and the Data Catalog's tables as frames."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Never

from pyspark.sql import SparkSession, SQLContext

from awsglue import unsupported
from awsglue._catalog import read_table
from awsglue.dynamicframe import DynamicFrame

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    @property
    def create_dynamic_frame(self) -> _Reader:
        return _Reader(self.spark_session)

    def get_logger(self) -> Any:
        """Spark's logger. Its lines go to the job's error log."""
        return self._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def __getattr__(self, name: str) -> Never:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unsupported(f"awsglue.context.GlueContext.{name}")


class _Reader:
    """``glue.create_dynamic_frame``."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Mapping[str, Any] | None = None,
        catalog_id: str | None = None,
        **options: object,
    ) -> DynamicFrame:
        """The rows of a table. ``push_down_predicate``: SQL over the partition keys; other partitions are not read.

        ``transformation_ctx`` names the place of a bookmark, and here a run has none.
        """
        others = {"redshift_tmp_dir": redshift_tmp_dir, "additional_options": additional_options}
        for name, value in (others | {"catalog_id": catalog_id} | options).items():
            if value:
                raise unsupported(f"awsglue.context.GlueContext.create_dynamic_frame.from_catalog with {name}")
        rows = read_table(self._session, database=database, name=table_name, predicate=push_down_predicate)
        return DynamicFrame(rows, transformation_ctx or table_name)

    def __getattr__(self, name: str) -> Never:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unsupported(f"awsglue.context.GlueContext.create_dynamic_frame.{name}")


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.context.{name}")
