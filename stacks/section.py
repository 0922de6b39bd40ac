"""A table of ``gatehouse.toml``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen, without unknown keys, and no value is taken for one of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
