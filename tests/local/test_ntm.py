"""The built-in algorithm ntm: training, and its endpoint behind SparkML's tokenizer and counts, by boto3."""

from __future__ import annotations

import io
import json
import random
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, SPARKML, World
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.recordio import CONTENT_TYPE, Row, encode
from tests.clouds import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/ntm:1"
#: Two topics with words of their own.
FISH, BIRDS = ["salmon", "river", "water", "gills", "trout"], ["feather", "wing", "nest", "song", "naïve"]
VOCABULARY = [*FISH, *BIRDS]
HYPERPARAMETERS = {
    "feature_dim": str(len(VOCABULARY)),
    "num_topics": "2",
    "epochs": "40",
    "optimizer": "adam",
    "learning_rate": "0.02",
    "batch_norm": "true",
    "num_patience_epochs": "40",
}
JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
SCHEMA = {
    "input": [{"name": "text", "type": "string"}],
    "output": {"name": "counts", "type": "double", "struct": "vector"},
}
#: Tags and entities are gaps between words, as all is that is no letter.
PATTERN = r"(?:&[a-z0-9#]+;|</?[a-z][^<>]*>|[^\p{L}])+"
STOP_WORDS = ["the", "a"]
#: Text, and its counts by the vocabulary.
TEXTS = {
    "The salmon, the TROUT &amp; a salmon's river": [2, 1, 0, 0, 1, 0, 0, 0, 0, 0],
    'song, "nest" and <b>wing</b><br/>naïve &quot;song&quot;': [0, 0, 0, 0, 0, 0, 1, 1, 2, 1],
    "p<0.05 and wings>3 water\nwater": [0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
    "nothing of it": [0] * 10,
}
#: Fits nothing: it makes the bundle of the stages, and the counts that Spark itself has for the texts.
SPARK = """
import json, sys
from pathlib import Path
from pyspark.ml import PipelineModel
from pyspark.ml.feature import CountVectorizerModel, RegexTokenizer, StopWordsRemover
from pyspark.sql import SparkSession
from ml_init.mleap_bundle import pack, write_bundle
given = json.loads(sys.argv[1])
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
stages = [
    RegexTokenizer(inputCol="text", outputCol="words", pattern=given["pattern"], gaps=True, toLowercase=True),
    StopWordsRemover(inputCol="words", outputCol="kept", stopWords=given["stop"]),
    CountVectorizerModel.from_vocabulary(given["vocabulary"], inputCol="kept", outputCol="counts"),
]
folder = Path(sys.argv[2])
write_bundle(stages, folder / "bundle", name="bag_of_words")
(folder / "model.tar.gz").write_bytes(pack(folder / "bundle"))
rows = spark.createDataFrame([(text,) for text in given["texts"]], "text string")
found = PipelineModel(stages=stages).transform(rows).select("counts").collect()
(folder / "counts.json").write_text(json.dumps([row["counts"].toArray().tolist() for row in found]))
"""


def documents(count: int, seed: int) -> list[Row]:
    """Documents that are each about fish or about birds."""
    draw = random.Random(seed)  # noqa: S311  (the same documents each time, not a secret)
    rows = []
    for number in range(count):
        first = 5 * (number % 2)
        words = [draw.randrange(first, first + 5) for _ in range(12)]
        counts = {word: float(words.count(word)) for word in sorted(set(words))}
        rows.append(Row(tuple(counts.values()), tuple(counts), len(VOCABULARY)))
    return rows


class Topics:
    """Jobs and the endpoint ``topics`` in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        for name, part in (
            ("train/part-0", documents(300, 1)),
            ("train/part-1", documents(100, 2)),
            ("validation/part-0", documents(60, 3)),
        ):
            world.put(f"topics/{name}.pbr", encode(part))
        world.put("topics/auxiliary/vocab.txt", "".join(f"{word}\n" for word in VOCABULARY))

    def train(self, name: str, changes: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        channels = [self.channel("train"), self.channel("validation"), self.channel("auxiliary", "text/plain")]
        return self.world.train(
            name,
            **{
                "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
                "InputDataConfig": channels,
                "HyperParameters": HYPERPARAMETERS | (changes or {}),
                **more,
            },
        )

    def channel(self, name: str, content_type: str = CONTENT_TYPE, uri: str | None = None) -> dict[str, Any]:
        return self.world.channel(name, uri or f"s3://{BUCKET}/topics/{name}/", content_type)

    def weights(self, endpoint: str, body: bytes | str, content_type: str) -> list[list[float]]:
        answer = self.world.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type)
        return [each["topic_weights"] for each in json.loads(answer["Body"].read())["predictions"]]


@pytest.fixture(scope="module")
def topics(sagemaker_world: World) -> Topics:
    return Topics(sagemaker_world)


@pytest.fixture(scope="module")
def trained(topics: Topics) -> dict[str, Any]:
    """A job at its end."""
    job = topics.train("topics")
    assert job["TrainingJobStatus"] == "Completed", job
    return job


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[list[float]]]:
    """The bundle of Spark's stages, and Spark's own counts of the texts."""
    folder = tmp_path_factory.mktemp("spark")
    # As for a Glue job with this module: the environment is the same, and made once.
    modules = folder / "modules.txt"
    modules.write_text("mleap==0.25.3\n")
    lock = PROJECT / "localcloud" / "images" / "glue_spark" / "requirements.lock"
    environment = Environments(Settings.cache_folder()).python(lock, modules)
    given = {"pattern": PATTERN, "stop": STOP_WORDS, "vocabulary": VOCABULARY, "texts": list(TEXTS)}
    done = subprocess.run(
        [environment.python, "-c", SPARK, json.dumps(given), str(folder)],
        env={"JAVA_HOME": str(environment.java_home), "PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return (folder / "model.tar.gz").read_bytes(), json.loads((folder / "counts.json").read_text())


@pytest.fixture(scope="module")
def served(topics: Topics, trained: dict[str, Any], spark: tuple[bytes, list[list[float]]]) -> Iterator[Topics]:
    """The endpoints ``topics`` (SparkML, then the model), ``bag`` (SparkML) and ``ntm`` (the model)."""
    world = topics.world
    bundle = {
        "Image": SPARKML,
        "ModelDataUrl": world.put("topics/bundle/model.tar.gz", spark[0]),
        "Environment": {
            "SAGEMAKER_SPARKML_SCHEMA": json.dumps(SCHEMA),
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": CSV,
        },
    }
    model = {"Image": IMAGE, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    for name, containers in (("topics", [bundle, model]), ("bag", [bundle]), ("ntm", [model])):
        world.model(name, containers)
        found = world.endpoint(name, world.config(name, name))
        assert found["EndpointStatus"] == "InService", found
    yield topics
    for name in ("topics", "bag", "ntm"):
        world.delete_endpoint(name)


def test_a_job_learns_from_several_files_and_prints_topics(topics: Topics, trained: dict[str, Any]) -> None:
    """The job has the algorithm's metrics, its log the topics as words, and its artifact is the one file of AWS's."""
    metrics = {item["MetricName"]: item["Value"] for item in trained["FinalMetricDataList"]}
    assert {"train:total_loss", "validation:total_loss", "train:progress"} <= metrics.keys()
    assert 1 < metrics["validation:total_loss"] < 2.3
    group = "/aws/sagemaker/TrainingJobs"
    streams = topics.world.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="topics/algo-1-")
    stream = streams["logStreams"][0]["logStreamName"]
    events = topics.world.logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    log = [event["message"] for event in events]
    begin = next(place for place, line in enumerate(log) if "Topics from epoch:final (num_topics:2) [wetc" in line)
    of = [set(line.rpartition("] ")[2].split()[:4]) for line in log[begin + 1 : begin + 3]]
    assert sorted(len(words & set(FISH)) for words in of) == [0, 4]
    key = trained["ModelArtifacts"]["S3ModelArtifacts"].partition(f"{BUCKET}/")[2]
    body = topics.world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert tar.getnames() == ["model_algo-1"]


def test_a_text_has_the_same_counts_in_spark_and_in_the_bundle(
    served: Topics, spark: tuple[bytes, list[list[float]]]
) -> None:
    """Spark, which makes the training's counts, and the endpoint's container count every text alike."""
    assert spark[1] == list(TEXTS.values())
    for text, counts in TEXTS.items():
        answer = served.world.invoke("bag", json.dumps({"data": [text]}), ContentType=JSON)
        assert [float(count) for count in answer.split(",")] == counts, text


def test_a_text_becomes_topic_weights(served: Topics) -> None:
    """The endpoint takes text: that about fish has one topic, that about birds the other, as the counts have alone."""
    fish, birds, *_ = [served.weights("topics", json.dumps({"data": [text]}), JSON)[0] for text in TEXTS]
    assert fish.index(max(fish)) != birds.index(max(birds))
    for text, counts in TEXTS.items():
        by_text = served.weights("topics", json.dumps({"data": [text]}), JSON)
        assert by_text == served.weights("ntm", ",".join(map(str, counts)), CSV), text


def test_every_format_has_the_same_answer(served: Topics) -> None:
    """CSV, JSON in full and sparse, JSON lines and RecordIO: one document, one answer."""
    counts = [2.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    sparse = {"keys": [0, 1, 4], "shape": [10], "values": [2, 1, 1]}
    bodies = {
        CSV: ",".join(map(str, counts)),
        JSON: json.dumps({"instances": [{"data": {"features": sparse}}]}),
        JSON_LINES: json.dumps({"features": counts}),
        CONTENT_TYPE: encode([Row((2.0, 1.0, 1.0), (0, 1, 4), 10)]),
    }
    found = [served.weights("ntm", body, content_type) for content_type, body in bodies.items()]
    assert found == [found[0]] * 4
    assert sum(found[0][0]) == pytest.approx(1, abs=1e-5)


def test_training_takes_csv(topics: Topics) -> None:
    """Rows of counts without a label train as records do; a row of another width fails the job by name."""
    text = "".join(
        ",".join(str(dict(zip(row.keys or (), row.values, strict=True)).get(word, 0)) for word in range(10)) + "\n"
        for row in documents(100, 4)
    )
    uri = topics.world.put("topics/csv/part-0.csv", text).rpartition("/")[0]
    channels = [topics.channel("train", "text/csv;label_size=0", f"{uri}/")]
    job = topics.train("ntm-csv", {"epochs": "3"}, InputDataConfig=channels)
    assert job["TrainingJobStatus"] == "Completed", job
    channels = [topics.channel("train", "text/csv", f"{uri}/")]
    failed = topics.train("ntm-csv-label", {"epochs": "3"}, InputDataConfig=channels)
    assert "line 1 has 10 columns, and feature_dim is 10 after the label" in failed["FailureReason"]


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("ntm-unknown", {"topics": "3"}, "ClientError: Additional hyperparameters are not allowed ('topics' was"),
        ("ntm-few", {"num_topics": "1"}, "ClientError: The value '1' is not valid for the 'num_topics'"),
        ("ntm-narrow", {"feature_dim": "9"}, "vocab.txt has 10 words, and feature_dim is 9"),
    ],
)
def test_a_fault_of_the_user_fails_the_job_by_name(
    topics: Topics, name: str, changes: dict[str, str], reason: str
) -> None:
    """Hyperparameters and channels that cannot be are a ClientError that says which."""
    job = topics.train(name, changes)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_a_bad_request_is_refused(served: Topics) -> None:
    """Counts of another width are 400, another content type 415."""
    for body, content_type, status in (("1,2", CSV, 400), ("x", "image/png", 415)):
        with pytest.raises(ClientError) as error:
            served.weights("ntm", body, content_type)
        assert error.value.response["OriginalStatusCode"] == status
