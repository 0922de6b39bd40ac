"""The Glue job: splits the texts, fits the vocabulary on the training texts, writes what training and endpoint need.

It writes under ``--output``

- ``train/``, ``validation/``: word counts as RecordIO-protobuf,
- ``auxiliary/vocab.txt``: the vocabulary, a word a line, for the algorithm's channel of that name,
- ``preprocess/model.tar.gz``: the MLeap bundle of tokenizer, stop words and counts, the endpoint's first container,
- ``result.json``: ``handover.data.Features``. It is written last: if it exists, so does all the rest.
"""

from __future__ import annotations

from collections import Counter
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import boto3
from awsglue.context import GlueContext
from pyspark.ml import PipelineModel
from pyspark.ml.feature import CountVectorizerModel, RegexTokenizer, StopWordsRemover
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

from handover.data import LEARNED, SPLITS, TRAIN, Features, SideChannel, Transformation
from ml_init import recordio
from ml_init.glue_script import Arguments, upload_bundle
from ml_init.split import spark_place, spark_split
from ml_init.words import GAPS
from ml_steps.running import say, timed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import DataFrame

    from handover.addresses import S3Address
    from ml_init.dataset import Dataset

VOCABULARY_SIZE = 2000
SHORTEST = 3
#: A word of fewer training texts tells hardly anything of topics.
FEWEST_TEXTS = 5
#: Words that stand in the frame of an abstract, and would make topics of their own; and the rests of contractions.
BOILERPLATE = (
    *("read", "article", "articles", "colleagues", "plos", "author", "authors", "summary", "essay", "primer", "issue"),
    *("however", "thus", "therefore", "moreover", "furthermore", "although", "show", "shows", "shown", "also", "may"),
    *("one", "two", "three", "many", "well", "including", "within", "using", "used", "among", "can", "quot", "amp"),
    *("don", "doesn", "didn", "isn", "aren", "wasn", "weren", "hasn", "haven", "won", "wouldn", "couldn", "shouldn"),
)
ROWS_IN_A_FILE = 50_000


def main() -> None:
    s3 = boto3.client("s3")
    arguments = Arguments.read(s3)
    dataset, output = arguments.dataset, arguments.output
    with timed("Spark is up"):
        session = start_session(dataset.name)
    with timed("read and split"):
        texts = split(arguments.rows(GlueContext(session.sparkContext)), dataset).cache()
        rows = Counter(dict(texts.groupBy("split").count().collect()))
        if not rows:
            raise arguments.no_rows()
    with timed("fitted"):
        stages = [tokenizer(text_column(dataset)), stop_words()]
        vocabulary = fit_vocabulary(PipelineModel(stages=stages).transform(texts.where(F.col("split") == TRAIN)))
        stages.append(CountVectorizerModel.from_vocabulary(vocabulary, inputCol="kept", outputCol="counts"))
    with timed("written"):
        write_counts(s3, PipelineModel(stages=stages).transform(texts), output, len(vocabulary))
        auxiliary = output / "auxiliary/vocab.txt"
        s3.put_object(**auxiliary.arguments, Body="".join(f"{word}\n" for word in vocabulary).encode())
    features = Features(
        splits={name: f"{output / name}/" for name in LEARNED},
        content_type=recordio.CONTENT_TYPE,
        rows={name: rows[name] for name in SPLITS},
        label_counts={name: {} for name in SPLITS},
        labels=(),
        features=tuple(column.name for column in dataset.features),
        transformations={
            "preprocess": Transformation(bundle=upload_bundle(s3, stages, output, "preprocess"), schema=schema(dataset))
        },
        side_channels={"auxiliary": SideChannel(prefix=f"{output / 'auxiliary'}/", content_type="text/plain")},
        width=len(vocabulary),
    )
    s3.put_object(**(output / "result.json").arguments, Body=features.json().encode())
    say(f"{len(vocabulary)} words, {', '.join(f'{name}: {rows[name]} texts' for name in SPLITS)}")
    session.stop()


def start_session(name: str) -> SparkSession:
    # A few thousand texts: 200 partitions, Spark's default, would only be 200 tasks to schedule.
    return SparkSession.builder.appName(name).config("spark.sql.shuffle.partitions", "1").getOrCreate()


def text_column(dataset: Dataset) -> str:
    """The only column. ValueError if there are others: this job knows texts alone."""
    if len(dataset.columns) != 1:
        raise ValueError(f"dataset.toml has {len(dataset.columns)} columns: this job knows one column of text.")
    return dataset.columns[0].name


def split(texts: DataFrame, dataset: Dataset) -> DataFrame:
    """The texts with ``place`` and ``split``, sorted by place: the order too depends on the data alone."""
    column = text_column(dataset)
    placed = texts.select(column).withColumn("place", spark_place([column]))
    return placed.withColumn("split", spark_split(F.col("place"), dataset.split)).orderBy("place", column).coalesce(1)


def tokenizer(column: str) -> RegexTokenizer:
    return RegexTokenizer(
        inputCol=column, outputCol="words", pattern=GAPS, gaps=True, minTokenLength=1, toLowercase=True
    )


def stop_words() -> StopWordsRemover:
    words = [*StopWordsRemover.loadDefaultStopWords("english"), *BOILERPLATE]
    return StopWordsRemover(inputCol="words", outputCol="kept", stopWords=sorted(set(words)), caseSensitive=False)


def fit_vocabulary(train: DataFrame) -> list[str]:
    """The commonest words of the training texts, the commonest first; equally common ones by the alphabet."""
    of_texts = train.select(F.monotonically_increasing_id().alias("text"), F.explode("kept").alias("word"))
    counted = of_texts.groupBy("word").agg(F.count("*").alias("count"), F.countDistinct("text").alias("texts"))
    known = counted.where((F.length("word") >= SHORTEST) & (F.col("texts") >= FEWEST_TEXTS))
    return [row["word"] for row in known.orderBy(F.desc("count"), "word").limit(VOCABULARY_SIZE).collect()]


def write_counts(s3: Any, counted: DataFrame, output: S3Address, width: int) -> None:
    for name in LEARNED:
        found = counted.where(F.col("split") == name).orderBy("place").select("counts").toLocalIterator()
        rows = (recordio_row(row["counts"], width) for row in found)
        for number, part in enumerate(_parts(rows)):
            s3.put_object(
                **(output / f"{name}/part-{number:05}{recordio.SUFFIX}").arguments, Body=recordio.encode(part)
            )


def _parts(rows: Iterator[recordio.Row]) -> Iterator[Sequence[recordio.Row]]:
    for _ in count():
        part = list(islice(rows, ROWS_IN_A_FILE))
        if not part:
            return
        yield part


def recordio_row(counts: Any, width: int) -> recordio.Row:
    """counts: Spark's sparse vector."""
    return recordio.Row(tuple(map(float, counts.values)), tuple(map(int, counts.indices)), width)


def schema(dataset: Dataset) -> dict[str, Any]:
    return {
        "input": [{"name": text_column(dataset), "type": "string"}],
        "output": {"name": "counts", "type": "double", "struct": "vector"},
    }


if __name__ == "__main__":
    main()
