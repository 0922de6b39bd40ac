"""The frame that Glue reads a source into. Here each column has one type, so it is a DataFrame by another name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never

from awsglue import unsupported

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class DynamicFrame:
    def __init__(self, frame: DataFrame, name: str) -> None:
        self._frame = frame
        self.name = name

    def toDF(self) -> DataFrame:
        return self._frame

    def count(self) -> int:
        rows: int = self._frame.count()
        return rows

    def __getattr__(self, name: str) -> Never:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unsupported(f"awsglue.dynamicframe.DynamicFrame.{name}")


def __getattr__(name: str) -> Never:
    if name.startswith("__"):
        raise AttributeError(name)
    raise unsupported(f"awsglue.dynamicframe.{name}")
