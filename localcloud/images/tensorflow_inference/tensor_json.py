"""JSON as TensorFlow Serving's REST reads and writes it: rows (``instances``) or columns (``inputs``), and tensors."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from saved_models import ServingError, Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

INSTANCES, INPUTS = "instances", "inputs"
_INTEGERS = {tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64}
_FLOATS = {tf.float32, tf.float64}
_INDENT = "    "


def parsed(body: str) -> dict[str, Any]:
    """The request as an object; raises ServingError."""
    if not body:
        raise ServingError("JSON Parse error: The document is empty")
    try:
        found = json.loads(body)
    except (json.JSONDecodeError, RecursionError) as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise ServingError(f"JSON Parse error: Invalid value. at offset: {offset}") from error
    if not isinstance(found, dict):
        raise ServingError(f"JSON Value: {_text(found)} Is not object")
    name = found.get("signature_name", "")
    if not isinstance(name, str):
        raise ServingError(
            f"JSON Value: {_text(found)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return found


def tensors(request: Mapping[str, Any], signature: Signature) -> tuple[dict[str, NDArray[Any]], bool]:
    """The signature's inputs from a request, and whether it gave them as rows; raises ServingError."""
    if INSTANCES in request and INPUTS in request:
        raise ServingError(
            f"JSON Value: {_text(request)} Not formatted correctly expecting only one of 'inputs' or 'instances' keys "
            "to exist "
        )
    if INSTANCES in request:
        rows = request[INSTANCES]
        if not isinstance(rows, list):
            raise ServingError(f"JSON Value: {_text(request)} Excepting 'instances' to be an list/array")
        if not rows:
            raise ServingError(f"JSON Value: {_text(request)} No values in 'instances' array")
        return _from_rows(rows, signature), True
    if INPUTS in request:
        return _from_columns(request[INPUTS], signature), False
    raise ServingError("Missing 'inputs' or 'instances' key")


def _from_rows(rows: list[Any], signature: Signature) -> dict[str, NDArray[Any]]:
    if not isinstance(rows[0], dict) and len(signature.inputs) > 1:
        raise ServingError(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    named = _is_object(rows[0])
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in signature.inputs}
    for number, row in enumerate(rows):
        if named != _is_object(row):
            wanted, got = ("object", "list") if named else ("value/list", "object")
            raise ServingError(f"Expecting {wanted} but got {got} at item {number} of input list")
        for name, value in row.items() if named else ((next(iter(signature.inputs)), row),):
            key = f" key: {name}" if named else ""
            try:
                _add(columns, name, value, signature)
            except ServingError as error:
                raise ServingError(
                    f"Failed to process element: {number}{key} of 'instances' list. Error: INVALID_ARGUMENT: {error}"
                ) from error
        if named and row.keys() != signature.inputs.keys():
            raise ServingError(
                f"Failed to process element: {number} of 'instances' list. JSON object: {_text(row)} keys must be "
                f"equal to: {','.join(signature.inputs)}"
            )
    return {name: np.stack(values) for name, values in columns.items()}


def _add(columns: dict[str, list[NDArray[Any]]], name: str, value: Any, signature: Signature) -> None:
    if name not in signature.inputs:
        raise ServingError(f"JSON object: does not have named input: {name}")
    made = _tensor(value, signature.inputs[name])
    first = columns[name][0] if columns[name] else made
    if first.size != made.size:
        raise ServingError(f"Expecting tensor size: {first.size} but got: {made.size}")
    if first.shape != made.shape:
        raise ServingError(f"Expecting shape {_shape(first)} but got: {_shape(made)}")
    columns[name].append(made)


def _from_columns(value: Any, signature: Signature) -> dict[str, NDArray[Any]]:
    if not _is_object(value):
        if len(signature.inputs) > 1:
            raise ServingError(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        return {name: _tensor(value, dtype) for name, dtype in signature.inputs.items()}
    missing = next((name for name in signature.inputs if name not in value), None)
    if missing is not None:
        raise ServingError(f"Missing named input: {missing} in 'inputs' object.")
    return {name: _tensor(value[name], dtype) for name, dtype in signature.inputs.items()}


def _tensor(value: Any, dtype: tf.DType) -> NDArray[Any]:
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    flat: list[Any] = []
    _fill(value, 0, shape, dtype, flat)
    made = np.empty(len(flat), dtype=dtype.as_numpy_dtype)
    made[:] = flat
    return made.reshape(shape)


def _fill(value: Any, level: int, shape: list[int], dtype: tf.DType, flat: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise ServingError(
                f"JSON Value: {_text(value)} found at incorrect level: {level + 1} in the JSON DOM. Expected at level: "
                f"{len(shape)}"
            )
        flat.append(_scalar(value, dtype))
        return
    if level >= len(shape):
        raise ServingError(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise ServingError(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for each in value:
        _fill(each, level + 1, shape, dtype, flat)


def _scalar(value: Any, dtype: tf.DType) -> Any:
    """One value as NumPy takes it. Python's booleans are integers; JSON's are not."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if dtype in _FLOATS and number:
        limits = np.finfo(dtype.as_numpy_dtype)
        exact = abs(value) < 2 ** (limits.nmant + 1) if isinstance(value, int) else abs(value) <= limits.max
        if not exact and value == value and abs(value) != float("inf"):  # noqa: PLR0124  (NaN is no loss)
            name = "float" if dtype == tf.float32 else "double"
            raise ServingError(f"Cannot convert JSON value: {_text(value)} to {name} without loss of precision.")
        return value
    if dtype in _INTEGERS and number and isinstance(value, int):
        whole = np.iinfo(dtype.as_numpy_dtype)
        if whole.min <= value <= whole.max:
            return value
    if dtype == tf.bool and isinstance(value, bool):
        return value
    if dtype == tf.string and isinstance(value, str):
        return value.encode()
    if dtype == tf.string and isinstance(value, dict):
        return _bytes(value)
    if dtype not in _FLOATS | _INTEGERS | {tf.bool, tf.string}:
        raise ServingError(f"Conversion of JSON Value: {_text(value)} to type: {dtype.name}", 501)
    raise ServingError(f"JSON Value: {_text(value)} Type: {_type(value)} is not of expected type: {_name(dtype)}")


def _bytes(value: dict[str, Any]) -> bytes:
    if _is_object(value):
        raise ServingError(f"JSON Value: {_text(value)} not formatted correctly for base64 data")
    try:
        return base64.b64decode(value["b64"], validate=True)
    except binascii.Error as error:
        raise ServingError("Unable to base64 decode") from error


def _is_object(value: Any) -> bool:
    """Whether a value is an object, and not bytes in base64."""
    return isinstance(value, dict) and not (value.keys() == {"b64"} and isinstance(value["b64"], str))


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    names = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number", type(None): "Null"}
    return names[type(value)]


def _name(dtype: tf.DType) -> str:
    name = str(dtype.name)
    return {"float32": "float", "float64": "double"}.get(name, name)


def _shape(tensor: NDArray[Any]) -> str:
    return f"[{','.join(map(str, tensor.shape))}]"


def _text(value: Any) -> str:
    """JSON as RapidJSON's pretty writer has it."""
    return json.dumps(value, indent=4, ensure_ascii=False, separators=(",", ": "))


def answer(outputs: Mapping[str, NDArray[Any]], *, rows: bool) -> str:
    """The answer's JSON: a prediction for each row, or outputs as columns; raises ServingError."""
    if not rows:
        columns = {name: _values(name, tensor) for name, tensor in outputs.items()}
        whole = columns if len(columns) > 1 else next(iter(columns.values()))
        return f'{{\n{_INDENT}"outputs": {_pretty(whole, 1, single_line=False)}\n}}'
    sizes = {name: tensor.shape[0] if tensor.shape else None for name, tensor in outputs.items()}
    first = next(iter(sizes.values()))
    for name, size in sizes.items():
        if size is None:
            raise ServingError(f"Tensor name: {name} has no shape information ")
        if size != first:
            raise ServingError(f"Tensor name: {name} has inconsistent batch size: {size} expecting: {first}")
    values = {name: _values(name, tensor) for name, tensor in outputs.items()}
    if len(values) == 1:
        items = ", ".join(_pretty(item, 2, single_line=True) for item in next(iter(values.values())))
        return f'{{\n{_INDENT}"predictions": [{items}\n{_INDENT}]\n}}'
    records = [dict(zip(values, record, strict=True)) for record in zip(*values.values(), strict=True)]
    written = ",".join(f"\n{_INDENT * 2}{_pretty(record, 2, single_line=True)}" for record in records)
    return f'{{\n{_INDENT}"predictions": [{written}\n{_INDENT}]\n}}'


def _values(name: str, tensor: NDArray[Any]) -> Any:
    """The tensor as nested lists of texts that are JSON already."""
    if tensor.dtype == object:
        as_bytes = name.endswith("_bytes")
        texts = [_string(value, as_bytes=as_bytes) for value in tensor.ravel()]
    elif tensor.dtype.kind == "f":
        texts = [_decimal(value) for value in tensor.ravel()]
    elif tensor.dtype.kind in "iub":
        texts = [json.dumps(value) for value in tensor.ravel().tolist()]
    else:
        raise ServingError(f"Failed to write JSON value for tensor type: {tensor.dtype.name}")
    return _nested(iter(texts), tensor.shape)


def _nested(texts: Any, shape: tuple[int, ...]) -> Any:
    if not shape:
        return next(texts)
    return [_nested(texts, shape[1:]) for _ in itertools.repeat(None, shape[0])]


def _string(value: bytes | str, *, as_bytes: bool) -> str:
    content = value if isinstance(value, bytes) else value.encode()
    if as_bytes:
        return json.dumps({"b64": base64.b64encode(content).decode()})
    return json.dumps(content.decode(errors="replace"), ensure_ascii=False)


def _decimal(value: np.floating[Any]) -> str:
    """The fewest digits that give the number back: six, or as many as its type has."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    if value.dtype.type(text) != value:
        text = f"{value:.{17 if value.dtype == np.float64 else 9}g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _pretty(value: Any, depth: int, *, single_line: bool) -> str:
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, dict):
        members = (
            f'{inner}"{name}": {_pretty(each, depth + 1, single_line=single_line)}' for name, each in value.items()
        )
        return "{\n" + ",\n".join(members) + f"\n{outer}}}"
    if isinstance(value, list):
        items = [_pretty(each, depth + 1, single_line=single_line) for each in value]
        if single_line or not items:
            return f"[{', '.join(items)}]"
        return "[\n" + ",\n".join(f"{inner}{item}" for item in items) + f"\n{outer}]"
    return str(value)
