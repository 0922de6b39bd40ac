"""Request validators: required parameters, and bodies against JSON schemas of draft 4."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from localcloud.services.apigateway.gateway_responses import bad_body, missing_parameters
from localcloud.services.apigateway.serving.schema_faults import schema_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "method.request."
#: Where models refer to each other: ``https://apigateway.amazonaws.com/restapis/<api>/models/<name>``.
_MODELS = "https://apigateway.amazonaws.com/restapis/"
_DEFAULT_TYPE = "application/json"
_MOST_FAULTS = 10


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters that a request must have: (``querystring``, ``header`` or ``path``, name)."""

    required: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, declared: Mapping[str, bool], *, required: object) -> Parameters:
        names = [name.removeprefix(_PREFIX) for name, needed in declared.items() if needed] if required else []
        return cls(tuple((kind, name) for kind, _, name in (each.partition(".") for each in names)))

    def check(self, headers: Mapping[str, str], query: Mapping[str, list[str]], path: Mapping[str, str]) -> None:
        """Raises Refused for those that are missing or empty."""
        missing = [
            name
            for kind, name in self.required
            if not (
                query.get(name, [""])[-1] if kind == "querystring"
                else headers.get(name.lower()) if kind == "header"
                else path.get(name)
            )
        ]  # fmt: skip
        if missing:
            raise missing_parameters(missing)


@dataclass(frozen=True, slots=True)
class BodySchemas:
    """The validators of a method's bodies, by content type. ``$default`` stands for any other."""

    by_type: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, method: Mapping[str, Any], schemas: Mapping[str, Any]) -> BodySchemas:
        """``schemas``: all models of the API; empty where bodies are not validated."""
        models = method.get("requestModels") or {}
        return cls({kind: _validator(models[kind], schemas) for kind in models} if schemas else {})

    def check(self, content_type: str, body: bytes) -> None:
        """Raises Refused. As on AWS, a body of a type without a model passes."""
        validator = self.by_type.get(content_type, self.by_type.get("$default"))
        if validator is None:
            return
        try:
            document = json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise bad_body(f"[Invalid JSON: {error}]") from error
        try:
            # One error of the library names one missing property, AWS's sentence all of them.
            faults = dict.fromkeys(map(schema_fault, islice(validator.iter_errors(document), _MOST_FAULTS)))
        except RecursionError as error:
            raise bad_body("[nested too deep]") from error
        if faults:
            raise bad_body(f"[{', '.join(faults)}]")


def media_type(content_type: str) -> str:
    """The type without its parameters; AWS takes a request without one for JSON."""
    return content_type.partition(";")[0].strip().lower() or _DEFAULT_TYPE


def _validator(model: str, schemas: Mapping[str, Any]) -> Any:
    from jsonschema import Draft4Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    def retrieve(uri: str) -> Any:
        name = uri.rpartition("/models/")[2]
        if not uri.startswith(_MODELS) or name not in schemas:
            raise LookupError(uri)
        return Resource.from_contents(schemas[name], default_specification=DRAFT4)

    registry: Any = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return Draft4Validator(schemas.get(model, {}), registry=registry)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
