"""Trains and serves with the programs of the XGBoost image, many cases in one process. The image's Python runs it.

It reads a JSON document of jobs and requests from its standard input, and writes their ends and answers. Records stand
there in base64, and a table of Parquet as an object of columns.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def train_job(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    """How the job ends: its failure or its models, and the last line of metrics."""
    import train

    config = root / "input" / "config"
    config.mkdir(parents=True)
    for name in job["channels"]:
        for path, text in job["files"].items():
            file = root / "input" / "data" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_content(text, job["type"]))
    channels = {name: {"ContentType": job["type"]} for name in job["channels"]}
    (config / "hyperparameters.json").write_text(json.dumps(job["hyperparameters"]))
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    log, failure = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(log):
            train.train(root)
    except Exception as error:  # noqa: BLE001  (it is what the tests ask for)
        failure = f"{type(error).__name__}: {error}"
    lines = [line for line in log.getvalue().splitlines() if line.startswith("[")]
    models = sorted(path.name for path in root.glob("model/*"))
    return {"failure": failure, "models": models, "metrics": lines[-1] if lines else ""}


def _content(text: str, kind: str) -> bytes:
    if "parquet" in kind and text.startswith("{"):
        import pyarrow as pa
        from pyarrow import parquet

        file = io.BytesIO()
        parquet.write_table(pa.table(json.loads(text)), file)
        return file.getvalue()
    return base64.b64decode(text) if "recordio" in kind else text.encode()


def ask(root: Path, request: dict[str, Any]) -> list[Any]:
    """The status and the text of the answer."""
    import models
    import serve
    from http_server import Request

    os.environ.update(request["environment"])
    try:
        together = os.environ.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true") == "true"
        serving = serve.Serving(models.load(root / "model", ensemble=together))
        body = request["body"]
        content = _content(body, request["headers"]["content-type"])
        answer = serving.handle(Request("POST", "/invocations", request["headers"], content))
    finally:
        for name in request["environment"]:
            del os.environ[name]
    return [answer.status, answer.body.decode()]


def main() -> None:
    asked = json.load(sys.stdin)
    images, work = Path(asked["images"]), Path(asked["work"])
    sys.path[:0] = [str(images / "container_library"), str(images / "sagemaker_xgboost")]
    jobs = {name: train_job(work / name, job) for name, job in asked["jobs"].items()}
    answers = [ask(work / request["job"], request) for request in asked["requests"]]
    json.dump({"jobs": jobs, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
