"""botocore's models of AWS's services, as this process keeps them: without what only people read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def keep_no_documentation() -> None:
    """Lets botocore, and moto with it, leave each model's documentation out when it reads the model.

    It is half of a model, and no code uses it. Plain dictionaries keep the order as well as botocore's, in less
    memory, and are made faster.
    """
    from botocore.loaders import JSONFileLoader

    def load_file(_: JSONFileLoader, full_path: str, open_method: Any) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return _readable(json.loads(file.read(), object_hook=_without_documentation))

    JSONFileLoader._load_file = load_file  # type: ignore[attr-defined]  # noqa: SLF001


def _without_documentation(found: dict[str, Any]) -> dict[str, Any]:
    """A member may be called so, too: it is a table, and stays."""
    if isinstance(found.get("documentation"), str):
        del found["documentation"]
    return found


def _readable(model: Any) -> Any:
    """The model with the documentation that botocore does ask for: that of a client's parameters, as S3 has them."""
    for parameter in model.get("clientContextParams", {}).values() if isinstance(model, dict) else ():
        parameter.setdefault("documentation", "")
    return model
