"""The container's names for its formats."""

from __future__ import annotations

from hyperparameters import UserError

_FORMATS = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
    "recordio-protobuf": "recordio-protobuf",
    "application/x-recordio-protobuf": "recordio-protobuf",
}
_CODE = "text/python"


def content_type_of_channel(declared: str | None, channel: str) -> str:
    """As :func:`content_type`, but of training data the name is as it stands in the list, and has no other parameter
    than ``label_size=1``.
    """
    name, *parameters = (part.strip() for part in (declared or "text/libsvm").split(";"))
    others = [part for part in parameters if part != "label_size=1"]
    unknown = others and not any(part.startswith("label_size=") for part in others)
    if unknown or (name not in _FORMATS and name.lower() in _FORMATS):
        raise UserError(f"Channel configuration for '{channel}' channel is not supported: ContentType {declared}")
    return content_type(declared)


def check_code_channel(declared: str | None) -> None:
    """The channel ``code`` is there for script mode; the algorithm takes it and does not use it."""
    if declared != _CODE:
        raise UserError(f"Channel configuration for 'code' channel is not supported: ContentType {declared}")


def content_type(declared: str | None) -> str:
    """``csv``, ``parquet``, ``recordio-protobuf`` or ``libsvm``, the default; raises UserError for anything else."""
    if not declared:
        return "libsvm"
    name, *parameters = (part.strip() for part in declared.lower().split(";"))
    for parameter in parameters:
        if parameter.startswith("label_size=") and parameter != "label_size=1" and _FORMATS.get(name) == "csv":
            raise UserError(
                f"{declared} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
            )
    if name not in _FORMATS:
        raise UserError(f"{declared} is not an accepted ContentType: {', '.join(_FORMATS)}.")
    return _FORMATS[name]
