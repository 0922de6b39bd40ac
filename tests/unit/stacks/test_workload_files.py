"""A workload's files are read at synthesis: a wrong one is refused with its line, before anything runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handover.errors import FileFault
from stacks.settings import load_settings
from stacks.workload_files import check_files, faults_of
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT
from tests.settings import bring

FOLDERS = ("ml_init", "ml_training", "ml_test")
DATA, TRAINING, GATE = (
    "ml_init/{}/dataset.toml",
    "ml_training/{}/training.toml",
    "ml_test/{}/gate.toml",
)
Faults = Callable[..., list[str]]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that are read, and of the scripts that they name."""
    folder = tmp_path_factory.mktemp("project")
    for path in (path for each in FOLDERS for path in (PROJECT / each).rglob("*")):
        if path.suffix == ".toml" or path.parent.name == "code":
            target = folder / path.relative_to(PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target) if path.is_file() else None
    bring(folder)
    return folder


@pytest.fixture
def faults(shipped: Path) -> Faults:
    """What is refused if this one statement of a file, or of gatehouse.toml, is another one."""

    def found(workload: str, file: str, before: str, after: str) -> list[str]:
        path = shipped / file.format(workload)
        kept = path.read_text()
        assert before in kept
        path.write_text(kept.replace(before, after, 1))
        try:
            settings = load_settings(shipped / "gatehouse.toml")
            return faults_of(shipped, workload, settings.of(workload))
        finally:
            path.write_text(kept)

    return found


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_the_shipped_files_are_right(shipped: Path, workload: str) -> None:
    """Those of each data set that gatehouse.toml may choose, too; a checksum that nobody has stated is no fault yet."""
    assert faults_of(shipped, workload, load_settings(shipped / "gatehouse.toml").of(workload)) == []


CAR, CREDIT, IRIS = "car_evaluation", "credit_default", "iris"
_TOPICS = "\n".join((PROJECT / GATE.format("nyt_comments")).read_text().splitlines()[4:22])
_LABELS = 'kind = "labels"\n[comparison]\nmetric = "accuracy"\nmargin = 0.03'


@pytest.mark.parametrize(
    ("workload", "file", "before", "after", "said"),
    [
        # Unknown names.
        (CREDIT, GATE, "[floors]", "[floor]", r"floor = .* is not known here; .*did you mean floors\?"),
        (CREDIT, GATE, "auc = 0.75", "acu = 0.75", r"\[floors\] asks for 'acu', which is no metric .* mean auc\?"),
        (CREDIT, GATE, 'kind = "probability"', 'kind = "probabilty"', r"kind = 'probabilty' .* mean probability\?"),
        (CAR, DATA, "bad_share_allowed", "bad_share_alowed", r"bad_share_alowed = 0.0 is not .* bad_share_allowed\?"),
        (CAR, TRAINING, "max_runtime_seconds", "max_runtime", r"\[job\] max_runtime = 900 .* max_runtime_seconds\?"),
        (CAR, TRAINING, "[hyperparameters]", "[hyperparameter]", r"hyperparameter = .* mean hyperparameters\?"),
        # Wrong types.
        (CREDIT, GATE, "margin = 0.01", 'margin = "1 %"', r"\[comparison\] margin = '1 %': expected a number"),
        (CAR, DATA, "max_bytes = 1_000_000", "max_bytes = 1e6", r"max_bytes = 1000000.0: expected a whole number"),
        (CAR, TRAINING, "num_round = 800", "num_round = [800]", r"num_round = \[800\]: expected a text, a number"),
        # Values out of range.
        (CREDIT, GATE, "margin = 0.01", "margin = -0.01", r"margin = -0.01: expected a number above 0"),
        (CAR, GATE, "p99_milliseconds = 500", "p99_milliseconds = 0", r"p99_milliseconds = 0: expected a number above"),
        (CREDIT, GATE, "auc = 0.75", "auc = 75", r"\[floors\] auc = 75: auc lies between 0 and 1"),
        ("nyt_comments", GATE, "top = 20", "top = 0", r"\[answers\] top = 0: expected a number of 1 or above"),
        (
            "nyt_comments",
            GATE,
            "commonest_share = 0.25",
            "commonest_share = 25",
            r"commonest_share = 25: expected a sh",
        ),
        (
            CAR,
            DATA,
            "bad_share_allowed = 0.0",
            "bad_share_allowed = 1",
            r"bad_share_allowed = 1: expected a share from",
        ),
        (CAR, DATA, 'sha256 = "b703a9ac', 'sha256 = "B703', r"sha256 = 'B703.*': expected 64 hexadecimal digits"),
        (CREDIT, DATA, "share = 0.60", "share = 60", r"\[associations\] share = 60: expected a share above 0"),
        (IRIS, DATA, "low = ", "low = 1e9 # ", r"\[features\] low = 1000000000.0 is above high = "),
        (CAR, TRAINING, "volume_gb = 5", "volume_gb = 0", r"\[job\] volume_gb = 0: expected a number of 1 or above"),
        # Hyperparameters of a built-in algorithm, as it documents them.
        (CAR, TRAINING, "num_round = 800", "num_rounds = 800", r"num_rounds = 800 is not known .* mean num_round\?"),
        (CAR, TRAINING, "eta = 0.2", "eta = 2", r"\[hyperparameters\] eta = 2: expected a number from 0 to 1$"),
        (CAR, TRAINING, "num_round = 800\n", "", r"\[hyperparameters\] must have num_round: xgboost has no default"),
        (CAR, TRAINING, "seed = 0", "seed = 0.5", r"seed = 0.5: expected a whole number from "),
        (CAR, TRAINING, '"multi:softmax"', '"multi:max"', r"objective = 'multi:max': expected binary:logistic or "),
        (CAR, TRAINING, '"merror,mlogloss"', '"merror, mlogloss"', r"eval_metric = .*: expected one or several of auc"),
        (CREDIT, TRAINING, "[tuning.ranges.eta]", "[tuning.ranges.etha]", r"\[tuning.ranges.etha\] is not .* mean eta"),
        (
            "nyt_comments",
            TRAINING,
            "num_topics = 20",
            "num_topics = 1",
            r"num_topics = 1: expected a whole number from 2",
        ),
        # Relations within a file.
        (CAR, DATA, "train_share = 0.70", "train_share = 0.85", r"train_share 0.85 and validation_share 0.15 leave no"),
        (CAR, DATA, 'categories = ["low", "med", "high"]', 'categories = ["low", "low"]', r"categories has low twice"),
        (CREDIT, DATA, 'name = "age"', 'name = "sex"', r"sex is the name of more than one column"),
        (
            CREDIT,
            DATA,
            'column = "repayment_september"',
            'column = "repayment"',
            r"column = 'repayment': expected one of",
        ),
        (CREDIT, DATA, '"20000,2,2,1,24', '"20000,2,2,1', r"examples: '20000,2,2,1,.*' has 22 values: expected 23"),
        (
            IRIS,
            TRAINING,
            'name = "validation:loss"',
            'name = "val:loss"',
            r"metric = 'validation:loss': a script's obj",
        ),
        # Relations between files.
        (CREDIT, GATE, 'of = "1"', 'of = "yes"', r"\[answers\] of = 'yes': expected one of 0, 1"),
        (CREDIT, GATE, 'feature = "sex"', 'feature = "sexs"', r"feature = 'sexs': expected one of .* mean sex\?"),
        (
            "movie_recommender",
            GATE,
            'column = "movie"',
            'column = "film"',
            r"column = 'film': expected one of user, movie",
        ),
        (
            "movie_recommender",
            GATE,
            'grouped_by = "user"',
            'grouped_by = "users"',
            r"grouped_by = 'users': .* mean user\?",
        ),
        (
            "movie_recommender",
            GATE,
            '"196,242"',
            '"196"',
            r"requests: '196' has 1 value: expected 2 \(user,movie\)",
        ),
        ("nyt_comments", GATE, _TOPICS, _LABELS, r"kind = 'labels' cannot be judged: the data have no"),
        (CREDIT, TRAINING, "label_count = 2", "label_count = 3", r"label_count = 3: the data have 0, 1"),
        (IRIS, TRAINING, 'entry = "train.py"', 'entry = "trian.py"', r"names the script trian.py; there is no "),
        (CAR, TRAINING, '"ml.m5.xlarge"', '"ml.p4d.24xlarge"', r"gatehouse.toml allows ml.m5.* \(\[training\] inst"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    faults: Faults, workload: str, file: str, before: str, after: str, said: str
) -> None:
    """File and line, the value seen, what is allowed, and what was probably meant."""
    (found,) = faults(workload, file, before, after)
    assert re.match(rf"{re.escape(file.format(workload))}:\d+: .*{said}", found)


def test_each_file_says_its_own(shipped: Path) -> None:
    """One refusal names all wrong files, also of several workloads."""
    kept = {}
    for file, before, after in (
        (GATE.format(CAR), "[floors]", "[floor]"),
        (GATE.format(CREDIT), "[floors]", "[floor]"),
        (TRAINING.format(CAR), "[job]", "[jobs]"),
    ):
        path = shipped / file
        kept[path] = path.read_text()
        path.write_text(kept[path].replace(before, after))
    try:
        with pytest.raises(FileFault) as caught:
            check_files(shipped, WORKLOADS.values(), load_settings(shipped / "gatehouse.toml"))
    finally:
        for path, text in kept.items():
            path.write_text(text)
    assert [line.partition(": ")[0].rpartition(":")[0] for line in str(caught.value).splitlines()] == [
        GATE.format(CAR),
        TRAINING.format(CAR),
        GATE.format(CREDIT),
    ]


def test_a_data_set_that_is_not_chosen_is_read_too(faults: Faults) -> None:
    """It may be chosen tomorrow; the refusal names its own file."""
    (found,) = faults("dog_breeds", "ml_init/{}/datasets/dog_images.toml", "label_folders = 1", "label_folders = 0")
    assert found.startswith("ml_init/dog_breeds/datasets/dog_images.toml:")
    (found,) = faults("dog_breeds", "ml_test/{}/datasets/dog_images.toml", "top_5 = 0.80", "top_6 = 0.80")
    assert re.match(
        r"ml_test/dog_breeds/datasets/dog_images\.toml:\d+: \[floors\] asks for 'top_6'.*mean top_5\?", found
    )


def test_pushes_are_tuned_by_ranges_only(faults: Faults) -> None:
    """What gatehouse.toml asks of a push, its training.toml must have: movie_recommender has no [tuning]."""
    (found,) = faults("movie_recommender", "gatehouse.toml", "on_push = false", "on_push = true")
    assert found.startswith("ml_training/movie_recommender/training.toml: gatehouse.toml has each push tuned")


def test_a_missing_file_is_named(shipped: Path) -> None:
    """A workload of one's own needs two files."""
    settings = load_settings(shipped / "gatehouse.toml")
    assert faults_of(shipped, "wine", settings) == ["there is no ml_init/wine/dataset.toml"]
