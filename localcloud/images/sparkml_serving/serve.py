"""Serves an MLeap bundle like AWS's image sagemaker-sparkml-serving:3.3, with the same MLeap (0.20.0).

Contract and error messages come from its source (github.com/aws/sagemaker-sparkml-serving-container). Differences: it
answers one request at a time, and it plans a schema's transformation once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import schema as schemas
from bundle import Bundle, JavaError
from container import description
from http_server import Request, Response, serve

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
JSON_LINES_TEXT = "application/jsonlines;data=text"
_SERVING = description(__file__)["serving"]
_CONTENT_TYPES: list[str] = _SERVING["content_types"]
_ACCEPTS: list[str] = _SERVING["accepts"]


class Serving:
    """Answers pings, execution parameters and invocations, and refuses other requests."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "")
        self._environment_schema = os.environ.get("SAGEMAKER_SPARKML_SCHEMA")

    def handle(self, request: Request) -> Response:
        if request.path == "/invocations" and request.method == "POST":
            return self._invocation(request)
        if request.path == "/ping" and request.method == "GET":
            return Response()
        if request.path == "/execution-parameters" and request.method == "GET":
            return Response(
                body=json.dumps(
                    {
                        "MaxConcurrentTransforms": os.cpu_count(),
                        "BatchStrategy": "SINGLE_RECORD",
                        "MaxPayloadInMB": 5,
                    },
                    separators=(",", ":"),
                ).encode(),
                content_type=JSON,
            )
        return Response(status=405 if request.path in {"/ping", "/invocations", "/execution-parameters"} else 404)

    def _invocation(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in _CONTENT_TYPES:
            return Response(status=415, body=f"Content type '{content_type}' not supported".encode())
        answer = {CSV: self._csv, JSON: self._json, JSON_LINES: self._json_lines}[content_type]
        if not request.body:
            # Spring refuses an empty body before the handler of CSV and JSON sees it.
            return Response(status=204 if content_type == JSON_LINES else 400)
        try:
            accept = self._accept(request.headers.get("accept", ""))
            body = answer(request.body.decode("utf-8", "replace"), accept)
        except (schemas.SchemaError, JavaError, ValueError) as error:
            print(f"Error in processing current request: {error}", file=sys.stderr, flush=True)
            return Response(status=400, body=str(error).encode())
        return Response(body=body.encode(), content_type=CSV if accept == CSV else JSON_LINES)

    def _accept(self, wanted: str) -> str:
        accept = self._default_accept if wanted.strip() in {"", "*/*"} else wanted
        if accept and accept not in _ACCEPTS:
            raise ValueError("Accept value passed via request or environment variable is not valid")
        return accept or CSV

    def _schema(self, of_request: object) -> schemas.Schema:
        if of_request is not None:
            return schemas.Schema.parse(json.dumps(of_request))
        if self._environment_schema is None:
            raise schemas.SchemaError(
                "Input schema has to be provided either via environment variable or via the request"
            )
        return schemas.Schema.parse(self._environment_schema)

    def _csv(self, body: str, accept: str) -> str:
        schema = self._schema(None)
        values = schemas.first_csv_record(body, len(schema.input))
        columns = [column.as_basic() for column in schema.input]
        return self._output(schema, [self._bundle.java(*pair) for pair in zip(columns, values, strict=True)], accept)

    def _json(self, body: str, accept: str) -> str:
        document = _json_object(body)
        schema = self._schema(document.get("schema"))
        return self._record(schema, document["data"], accept)

    def _json_lines(self, body: str, accept: str) -> str:
        """The ``toString`` of a Java list of lists, which the container returns for any lines."""
        documents = [_json_object(line) for line in body.splitlines()]
        schema = self._schema(documents[0].get("schema"))
        answers = [self._record(schema, record, accept) for document in documents for record in _records(document)]
        return "[" + ", ".join(f"[{answer}]" for answer in answers) + "]"

    def _record(self, schema: schemas.Schema, data: list[object], accept: str) -> str:
        if len(data) < len(schema.input):
            raise ValueError(f"Index {len(data)} out of bounds for length {len(data)}")
        values = [self._bundle.java(column, value) for column, value in zip(schema.input, data, strict=False)]
        return self._output(schema, values, accept)

    def _output(self, schema: schemas.Schema, values: list[object], accept: str) -> str:
        text = self._bundle.transform(schema, values)
        if schema.output.struct == "basic" or accept == CSV:
            return text
        if accept == JSON_LINES_TEXT:
            return json.dumps({"source": text.replace(",", " ")}, separators=(",", ":"))
        elements = text.split(",") if text else []
        if schema.output.type == "string":
            return json.dumps({"features": elements}, separators=(",", ":"))
        return '{"features":[' + ",".join(elements) + "]}"


def _json_object(text: str) -> dict[str, Any]:
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise schemas.SchemaError('a request is an object with a list "data" and, if need be, a "schema"')
    return document


def _records(document: dict[str, Any]) -> list[list[object]]:
    data: list[Any] = document["data"]
    return data if data and all(isinstance(record, list) for record in data) else [data]


def main() -> None:
    try:
        bundle = Bundle.load()
    except JavaError as error:
        sys.exit(f"The model cannot be loaded: {error}")
    if "LOCALCLOUD_JAVA_CLASSES" in os.environ:  # for an archive of the classes that Java lists here
        Path("java-class-path").write_text(bundle.class_path())
    serve(Serving(bundle).handle)


if __name__ == "__main__":
    main()
