"""What deployments use of Ray, without Ray: see ``ray.serve``."""

from __future__ import annotations

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"The local cloud's stand-in for Ray has ray.serve, and no ray.{name}")
