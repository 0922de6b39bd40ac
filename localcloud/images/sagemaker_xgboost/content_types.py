"""The container's names for its formats."""

from __future__ import annotations

from hyperparameters import UserError

_FORMATS = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
}
#: Formats of the container that this stand-in does not support.
_REFUSED = ("parquet", "application/x-parquet", "recordio-protobuf", "application/x-recordio-protobuf")


def content_type(declared: str | None) -> str:
    """Returns ``csv`` or ``libsvm``, which is the default; raises UserError for anything else."""
    if not declared:
        return "libsvm"
    name, *parameters = (part.strip() for part in declared.lower().split(";"))
    for parameter in parameters:
        if parameter.startswith("label_size=") and parameter != "label_size=1":
            raise UserError(
                f"{declared} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
            )
    if name in _REFUSED:
        raise UserError(f"{declared} is not supported by the local cloud's sagemaker-xgboost; use text/csv.")
    if name not in _FORMATS:
        raise UserError(f"{declared} is not an accepted ContentType: {', '.join(_FORMATS)}.")
    return _FORMATS[name]
