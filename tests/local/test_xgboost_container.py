"""What the XGBoost image makes of data, hyperparameters and requests, by its own programs and without a cloud."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.recordio import CONTENT_TYPE as RECORDIO
from ml_init.recordio import Row, encode
from tests.clouds import PROJECT

pytestmark = pytest.mark.local

PROGRAMS = Path(__file__).parent / "xgboost_programs.py"
BINARY = {"num_round": "4", "max_depth": "2", "objective": "binary:logistic"}
CELLS = [(number % 2, number % 2 + number / 50, number % 5 / 5) for number in range(30)]
TABLE = "".join(f"{label},{first},{second}\n" for label, first, second in CELLS)
PAIRS = "".join(f"{label} 0:{first} 1:{second}\n" for label, first, second in CELLS)
WEIGHTS = [30] * 4 + [1] * 26
WEIGHED = "".join(f"{label}:{weight} 0:{a} 1:{b}\n" for weight, (label, a, b) in zip(WEIGHTS, CELLS, strict=True))
#: In base64, as the programs of the test take records.
RECORDS = base64.b64encode(encode(Row(tuple(cells), label=label) for label, *cells in CELLS)).decode()
RECORD = base64.b64encode(encode([Row((1.2, 0.4))])).decode()
PARQUET = "application/x-parquet"
ROW = "1.2,0.4"
LISTED = {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label,probability"}


def job(text: str = TABLE, kind: str = "text/csv", *, validation: bool = False, **more: str) -> dict[str, Any]:
    channels = ["train", "validation"] if validation else ["train"]
    return {"files": {"rows": text}, "type": kind, "channels": channels, "hyperparameters": BINARY | more}


JOBS = {
    "commas": job(),
    "semicolons": job(TABLE.replace(",", ";")),
    "tabs": job(TABLE.replace(",", "\t")),
    "blanks": job(TABLE.replace(",", " ")),
    "bars": job(TABLE.replace(",", "|")),
    "mark": job("\ufeff" + TABLE),
    "header": job("class,first,second\n" + TABLE),
    "words": job(TABLE + "1,NA,unknown\n"),
    "note": job("# rows\n" + TABLE),
    "one_column": job("1\n0\n"),
    "deep": job() | {"files": {"a/b/c/rows": TABLE}},
    "third": job() | {"files": {"a/b/rows": TABLE}},
    "pairs": job(PAIRS, "text/libsvm"),
    "records": job(RECORDS, RECORDIO),
    "unlabelled": job(RECORD, RECORDIO),
    "columns": job(json.dumps(dict(zip(("label", "a", "b"), zip(*CELLS, strict=True), strict=True))), PARQUET),
    "columns_missing": job(json.dumps({"label": [0, 1] * 15, "a": [None, 1.5] * 15}), PARQUET),
    "columns_of_words": job(json.dumps({"label": [0, 1], "a": ["low", "high"]}), PARQUET),
    "no_columns": job("PAR1", PARQUET),
    "no_value": job(PAIRS + "1 0:0.5 1:\n", "text/libsvm"),
    "weighed": job(WEIGHED, "text/libsvm"),
    "rmse": job(validation=True, eval_metric="rmse"),
    "tuned": job(validation=True, _tuning_objective_metric="validation:f1", early_stopping_rounds="1"),
    "folds": job(validation=True, _kfold="3", _num_cv_round="2", seed="1", subsample="0.6"),
    "probabilities": job(TABLE + "2,0.1,0.1\n", objective="multi:softprob", num_class="3"),
    "several_labels": job(TABLE + "2,0.1,0.1\n", objective="multi:softprob", num_class="3", eval_metric="f1_binary"),
    "no_objective": {**job(), "hyperparameters": {"num_round": "1", "eval_metric": "rmse"}},
    "each_round": job(save_model_on_termination="true"),
    "linear": job(booster="gblinear"),
    "softmax": job(objective="multi:softmax", num_class="3", _kfold="2"),
}


def asked(body: str, of: str = "commas", kind: str = "text/csv", accept: str = "", **variables: str) -> dict[str, Any]:
    return {"job": of, "body": body, "headers": {"content-type": kind, "accept": accept}, "environment": variables}


REQUESTS = {
    "row": asked(ROW),
    "semicolon": asked(ROW.replace(",", ";")),
    "fewer": asked("1.2"),
    "missing": asked("1.2,"),
    "more": asked(ROW + ",3"),
    "quoted": asked('"1.2","0.4"'),
    "lines": asked(ROW, accept="application/jsonlines"),
    "picture": asked(ROW, accept="image/png"),
    "selected": asked(ROW, **LISTED),
    "selected_lines": asked(ROW, accept="application/jsonlines", **LISTED),
    "linear": asked(ROW, "linear"),
    "linear_fewer": asked("1.2", "linear"),
    "together": asked(ROW, "folds"),
    "first": asked(ROW, "folds", SAGEMAKER_INFERENCE_ENSEMBLE="false"),
    "votes": asked(ROW, "softmax"),
    "pairs": asked("0:1.2 1:0.4", kind="text/libsvm"),
    "shares": asked(ROW, "probabilities"),
    "shares_in_batch": asked(f"{ROW}\n{ROW}", "probabilities", accept="application/json", SAGEMAKER_BATCH="true"),
    "selected_in_batch": asked(ROW, SAGEMAKER_BATCH="true", **LISTED),
    "records": asked(RECORD, kind=RECORDIO),
    "columns": asked(RECORD, kind=PARQUET),
    "too_long": asked(ROW, MAX_CONTENT_LENGTH="3"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The jobs' ends and the requests' answers, by name."""
    python = image_of("registry/sagemaker-xgboost:3.2-0").python(Environments(Settings.cache_folder()))
    document = {
        "images": str(PROJECT / "localcloud" / "images"),
        "work": str(tmp_path_factory.mktemp("xgboost")),
        "jobs": JOBS,
        "requests": list(REQUESTS.values()),
    }
    ran = subprocess.run(
        [str(python), str(PROGRAMS)], input=json.dumps(document), text=True, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    return {"jobs": found["jobs"], "answers": dict(zip(REQUESTS, found["answers"], strict=True))}


@pytest.mark.parametrize("name", ["semicolons", "tabs", "blanks", "mark", "records", "columns"])
def test_the_same_table_makes_the_same_model(done: dict[str, Any], name: str) -> None:
    """Whatever stands between the columns, and with a mark of its byte order."""
    assert done["jobs"][name] == done["jobs"]["commas"]
    assert done["jobs"][name]["failure"] == ""


@pytest.mark.parametrize("name", ["bars", "header", "words", "no_value", "each_round", "third", "columns_missing"])
def test_what_the_container_reads_is_read(done: dict[str, Any], name: str) -> None:
    """Words in a table are missing values, and so is a pair without one. Bars are sniffed wrongly, and trained on."""
    assert (done["jobs"][name]["failure"], done["jobs"][name]["models"]) == ("", ["xgboost-model"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("note", "UserError: Failed to load csv data with exception"),
        ("one_column", "UserError: Failed to load csv data with exception"),
        ("unlabelled", "UserError: Got input data without labels"),
        ("columns_of_words", "UserError: Failed to load parquet data with exception"),
        ("no_columns", "UserError: Failed to load parquet data with exception"),
        ("deep", "UserError: No data in training channel path"),
        ("several_labels", "UserError: Target is multiclass but average='binary'"),
        ("no_objective", "KeyError: 'objective"),
    ],
)
def test_what_the_container_refuses_is_refused(done: dict[str, Any], name: str, reason: str) -> None:
    """A note in a table, a label alone, files too deep, a metric of two classes for three, no objective."""
    assert done["jobs"][name]["failure"].startswith(reason)
    assert done["jobs"][name]["models"] == []


def test_a_rows_weight_counts(done: dict[str, Any]) -> None:
    """The number after the label's colon changes the model."""
    assert done["jobs"]["pairs"]["metrics"] == done["jobs"]["commas"]["metrics"]
    assert done["jobs"]["weighed"]["metrics"] != done["jobs"]["pairs"]["metrics"]


def test_the_containers_metrics_stand_beside_the_objectives(done: dict[str, Any]) -> None:
    """A metric of the container's own leaves XGBoost its default one."""
    for name, metric in (("rmse", "rmse"), ("tuned", "f1")):
        reported = [each.partition(":")[0] for each in done["jobs"][name]["metrics"].split("#011")[1:]]
        assert reported == [f"{on}-{each}" for on in ("train", "validation") for each in ("logloss", metric)]


def test_each_fold_has_a_model(done: dict[str, Any]) -> None:
    """Three folds twice are six models, and the means of their metrics end the log."""
    assert done["jobs"]["folds"]["models"] == [f"xgboost-model-{number}" for number in range(6)]
    assert done["jobs"]["folds"]["metrics"].startswith("[4]#011train-logloss:")


def test_models_of_an_archive_answer_together(done: dict[str, Any]) -> None:
    """By their mean, and by the vote of classes; with the variable set otherwise, the first alone."""
    together, first = done["answers"]["together"], done["answers"]["first"]
    assert (together[0], first[0]) == (200, 200)
    assert together[1] != first[1]
    assert done["answers"]["votes"] == [200, "1.0\n"]


def test_columns_that_are_missing_at_the_end_are_missing_values(done: dict[str, Any]) -> None:
    """A row with fewer is answered, and one with more is refused in XGBoost's words."""
    assert done["answers"]["fewer"] == done["answers"]["missing"]
    assert done["answers"]["fewer"][0] == done["answers"]["linear_fewer"][0] == 200
    assert done["answers"]["more"][0] == 400
    assert "Number of columns does not match number of features in booster" in done["answers"]["more"][1]


def test_a_request_is_answered_whatever_its_delimiter(done: dict[str, Any]) -> None:
    """Any delimiter does, and so does libsvm; quoted numbers are none."""
    score = done["answers"]["row"]
    assert score[0] == 200
    assert score == done["answers"]["semicolon"] == done["answers"]["pairs"] == done["answers"]["records"]
    assert done["answers"]["quoted"][0] == 415
    assert done["answers"]["columns"] == [415, "Content-type application/x-parquet is not supported."]
    assert done["answers"]["linear"][0] == 200
    assert done["answers"]["too_long"][0] == 413


def test_a_transform_job_gets_lines(done: dict[str, Any]) -> None:
    """Several numbers stand in brackets there, and the type that was asked for does not matter."""
    shares = done["answers"]["shares"][1].strip().split(",")
    line = f"[{', '.join(shares)}]"
    assert len(shares) == 3
    assert done["answers"]["shares_in_batch"] == [200, f"{line}\n{line}\n"]
    assert done["answers"]["selected_in_batch"][1] == done["answers"]["selected"][1] + "\n"


def test_json_lines_come_with_selectable_inference_alone(done: dict[str, Any]) -> None:
    """Without it the container ends by a fault of its own; another format is not acceptable."""
    assert done["answers"]["lines"][0] == 500
    assert done["answers"]["picture"][0] == 406
    label, _, probability = done["answers"]["selected"][1].partition(",")
    assert (done["answers"]["selected"][0], label) == (200, "1")
    lines = json.loads(done["answers"]["selected_lines"][1])
    assert lines == {"predicted_label": 1, "probability": float(probability)}
