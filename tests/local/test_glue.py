"""Glue as boto3 sees it: catalog, crawler, and job runs by real Spark."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.waiting import until

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
CAR_ROWS = "vhigh,vhigh,2,2,small,low,unacc\nlow,low,5more,more,big,high,vgood\nmed,low,4,4,med,high,good\n"
pytestmark = pytest.mark.local

FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}
FORMATS_SCRIPT = """\
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F
from side import shout

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target", "factor"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
rows = spark.read.csv(args["source"], header=True, inferSchema=True)
tripled = rows.withColumn("n", F.col("n") * int(args["factor"])).withColumn("k", F.udf(shout)("k"))
for _ in range(2):  # the second time replaces the first
    tripled.write.mode("overwrite").parquet(args["target"] + "parquet")
spark.read.parquet(args["target"] + "parquet").orderBy("k").coalesce(1).write.csv(args["target"] + "csv")
tripled.select("k").coalesce(1).write.text(args["target"].replace("s3://", "s3a://") + "text")
print("rows:", tripled.count(), "shuffle:", spark.conf.get("spark.sql.shuffle.partitions"))
print("a word to the error log", file=sys.stderr)
job.commit()
"""
TELLING_SCRIPT = """\
import json, os, sys

loaded = sorted({"boto3", "pandas", "pyarrow"} & set(sys.modules))
import boto3
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print(json.dumps({
    "pid": os.getpid(),
    "role": boto3.client("sts").get_caller_identity()["Arn"],
    "partitions": spark.conf.get("spark.sql.shuffle.partitions"),
    "nobody": "none" if "127.0.0.1:9" not in str(spark.sparkContext.getConf().getAll()) else "left over",
    "loaded": loaded,
}))
"""
CATALOG_SCRIPT = """\
import sys
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["database", "predicate"])
glue = GlueContext(SparkContext.getOrCreate())
read = glue.create_dynamic_frame.from_catalog
frame = read(database=args["database"], table_name="people", push_down_predicate=args["predicate"])
print(frame.toDF().dtypes, [tuple(row) for row in frame.toDF().orderBy("age").collect()])
print("none:", read(database=args["database"], table_name="people", push_down_predicate="partition_0 = '?'").count())
try:
    read(args["database"], "people", additional_options={"groupFiles": "none"})
except NotImplementedError as error:
    print(error)
glue.create_dynamic_frame.from_options
"""
FAILING_SCRIPT = """\
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.read.csv("s3://no-such-bucket-here/x").show()
"""


def until_crawled(glue, name):
    """The crawler's last crawl, once it is ready again."""
    ready = until(
        lambda: glue.get_crawler(Name=name)["Crawler"],
        lambda crawler: crawler["State"] == "READY",
        what=f"the end of crawler {name}'s crawl",
    )
    return ready["LastCrawl"]


@dataclass
class Lab:
    """A bucket, a role, and short words for what the tests do."""

    cloud: Any
    bucket: str
    role: str

    def __post_init__(self):
        self.glue, self.s3, self.logs = (self.cloud.client(name) for name in ("glue", "s3", "logs"))

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def read(self, prefix):
        """The text of all objects under a prefix, ``_SUCCESS`` left out."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        keys = [item["Key"] for item in found if not item["Key"].endswith("_SUCCESS")]
        return "".join(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode() for key in keys)

    def job(self, script, **definition):
        name = f"job-{uuid.uuid4().hex[:8]}"
        location = script if script.startswith("s3://") else self.put(f"code/{name}.py", script)
        self.glue.create_job(
            Name=name,
            Role=self.role,
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Command={"Name": "glueetl", "ScriptLocation": location, "PythonVersion": "3"},
            **definition,
        )
        return name

    def start(self, job, **arguments):
        return self.glue.start_job_run(JobName=job, **arguments)["JobRunId"]

    def run(self, job, identifier):
        return self.glue.get_job_run(JobName=job, RunId=identifier)["JobRun"]

    def until(self, job, identifier, states):
        """The run once it is in one of the states."""
        return until(
            lambda: self.run(job, identifier),
            lambda run: run["JobRunState"] in states,
            what=f"run {identifier} in {' or '.join(states)}",
        )

    def log(self, name, identifier):
        events = self.logs.get_log_events(
            logGroupName=f"/aws-glue/jobs/{name}", logStreamName=identifier, startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)

    def crawl(self, name):
        self.glue.start_crawler(Name=name)
        return until_crawled(self.glue, name)


@pytest.fixture(scope="module")
def lab(local_cloud):
    suffix = uuid.uuid4().hex[:8]
    role = local_cloud.client("iam").create_role(RoleName=f"glue-{suffix}", AssumeRolePolicyDocument=json.dumps(TRUST))
    arn = role["Role"]["Arn"]
    permissions = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*", "glue:*", "logs:*"], "Resource": "*"},
    ]}  # fmt: skip
    local_cloud.client("iam").put_role_policy(
        RoleName=f"glue-{suffix}", PolicyName="work", PolicyDocument=json.dumps(permissions)
    )
    local_cloud.client("s3").create_bucket(Bucket=f"glue-{suffix}")
    return Lab(cloud=local_cloud, bucket=f"glue-{suffix}", role=arn)


@pytest.fixture(scope="module")
def endless(lab):
    """A job that sleeps for ever, and a run of it that started first and may take one minute: the shortest of Glue."""
    job = lab.job(
        "import time\nprint('asleep', flush=True)\ntime.sleep(3600)\n", ExecutionProperty={"MaxConcurrentRuns": 2}
    )
    return job, lab.start(job, Timeout=1)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]


def test_a_crawler_makes_a_table_of_csv_files(lab, endless):
    """Columns, types, counts and place are read from the files; a second crawl after a change updates the table."""
    del endless  # asked for here so that its minute passes while the other tests run
    database = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": database})
    lab.put("raw/cars/car.data", CAR_ROWS)
    target = {"S3Targets": [{"Path": f"s3://{lab.bucket}/raw/cars/"}]}
    lab.glue.create_crawler(Name=database, Role=lab.role, DatabaseName=database, Targets=target)

    last = lab.crawl(database)
    assert last["Status"] == "SUCCEEDED", last
    table = lab.glue.get_table(DatabaseName=database, Name="cars")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == [f"col{n}" for n in range(7)]
    assert table["StorageDescriptor"]["Location"] == f"s3://{lab.bucket}/raw/cars/"
    assert table["Parameters"]["recordCount"] == "3"
    assert table["Parameters"]["classification"] == "csv"
    assert lab.glue.get_crawler_metrics(CrawlerNameList=[database])["CrawlerMetricsList"][0]["TablesCreated"] == 1

    lab.put("raw/cars/car.data", "name,price\na,1.5\nb,2\n")
    lab.crawl(database)
    changed = lab.glue.get_table(DatabaseName=database, Name="cars")["Table"]
    assert changed["VersionId"] == "1"
    assert [(c["Name"], c["Type"]) for c in changed["StorageDescriptor"]["Columns"]] == [
        ("name", "string"),
        ("price", "double"),
    ]
    lab.s3.delete_object(Bucket=lab.bucket, Key="raw/cars/car.data")
    lab.crawl(database)
    gone = lab.glue.get_table(DatabaseName=database, Name="cars")["Table"]
    assert "DEPRECATED_BY_CRAWLER" in gone["Parameters"]


def test_a_crawler_makes_a_table_of_json_lines(lab):
    """Members are columns under their names, text may hold commas and quotes, and folders are partitions."""
    database = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": database})
    lab.put("texts/one/rows.json", b'{"Text": "a, \\"b\\"", "n": 1}\n{"Text": "c", "n": null}\n')
    lab.put("texts/two/rows.json", b'{"Text": "d", "n": 2.5}\n')
    target = {"S3Targets": [{"Path": f"s3://{lab.bucket}/texts/"}]}
    lab.glue.create_crawler(Name=database, Role=lab.role, DatabaseName=database, Targets=target)
    assert lab.crawl(database)["Status"] == "SUCCEEDED"
    table = lab.glue.get_table(DatabaseName=database, Name="texts")["Table"]
    columns = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert columns == {"text": "string", "n": "double"}
    assert (table["Parameters"]["classification"], table["Parameters"]["recordCount"]) == ("json", "3")
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    found = lab.glue.get_partitions(DatabaseName=database, TableName="texts")["Partitions"]
    assert sorted(partition["Values"] for partition in found) == [["one"], ["two"]]


def test_a_crawl_that_cannot_read_fails_with_the_reason(lab):
    """LastCrawl names a target that does not exist, and a format that is not read."""
    database = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": database})
    lab.put("parquet/x.parquet", b"PAR1....PAR1")
    for path, reason in (("s3://no-such-bucket-here/x/", "NoSuchBucket"), (f"s3://{lab.bucket}/parquet/", "Parquet")):
        name = uuid.uuid4().hex
        target = {"S3Targets": [{"Path": path}]}
        lab.glue.create_crawler(Name=name, Role=lab.role, DatabaseName=database, Targets=target)
        last = lab.crawl(name)
        assert last["Status"] == "FAILED"
        assert reason in last["ErrorMessage"]


def test_the_catalog_answers_with_glues_error_codes(lab):
    """What is missing, exists already or is not supported is refused under AWS's code, by name."""
    name = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": name})
    twice = refusal(lab.glue.create_database, DatabaseInput={"Name": name.upper()})
    assert twice["Code"] == "AlreadyExistsException"
    assert refusal(lab.glue.get_table, DatabaseName=name, Name="x")["Code"] == "EntityNotFoundException"
    assert refusal(lab.glue.get_job, JobName="x")["Code"] == "EntityNotFoundException"
    assert refusal(lab.glue.get_crawler, Name="x")["Code"] == "EntityNotFoundException"
    connections = refusal(lab.glue.get_connections)
    assert connections["Code"] == "NotImplemented"
    assert "GetConnections" in connections["Message"]
    version = refusal(
        lab.glue.create_job,
        Name="old",
        Role=lab.role,
        GlueVersion="4.0",
        Command={"Name": "glueetl", "ScriptLocation": "s3://b/x.py"},
    )
    assert "4.0" in version["Message"]
    assert "5.1" in version["Message"]


def test_a_crawler_is_told_of_the_header(lab):
    """With a custom classifier, rows that are text all over have names; a classifier that is gone fails the crawl."""
    database = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": database})
    lab.glue.create_classifier(CsvClassifier={"Name": database, "ContainsHeader": "PRESENT", "Delimiter": ","})
    lab.put("words/a/words.csv", "name,colour\nann,red\nbob,blue\n")
    definition = {
        "Role": lab.role,
        "DatabaseName": database,
        "Targets": {"S3Targets": [{"Path": f"s3://{lab.bucket}/words/"}]},
    }
    lab.glue.create_crawler(Name=database, Classifiers=[database], **definition)
    last = lab.crawl(database)
    assert last["Status"] == "SUCCEEDED", last
    table = lab.glue.get_table(DatabaseName=database, Name="words")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["name", "colour"]
    assert table["Parameters"]["skip.header.line.count"] == "1"
    assert table["Parameters"]["recordCount"] == "2"

    nobody = refusal(lab.glue.create_crawler, Name="x", Classifiers=["nobody"], **definition)
    assert nobody["Code"] == "EntityNotFoundException"
    lab.glue.delete_classifier(Name=database)
    last = lab.crawl(database)
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", f"Classifier {database} not found.")


@pytest.mark.parametrize(
    ("classifier", "named"),
    [
        ({"JsonClassifier": {"Name": "x", "JsonPath": "$[*]"}}, "JsonClassifier"),
        ({"CsvClassifier": {"Name": "x", "Header": ["a", "b"]}}, "CsvClassifier.Header"),
        ({"CsvClassifier": {"Name": "x", "QuoteSymbol": "'"}}, "CsvClassifier.QuoteSymbol = '"),
    ],
)
def test_a_classifier_that_no_crawler_would_follow_is_refused(lab, classifier, named):
    """What a crawler here would not do is refused by name when the classifier is made."""
    assert named in refusal(lab.glue.create_classifier, **classifier)["Message"]


def test_a_job_reads_a_table_of_the_catalog(lab):
    """Columns have the catalog's types, a predicate leaves partitions out, and what is not done is refused by name."""
    database = f"db_{uuid.uuid4().hex[:8]}"
    lab.glue.create_database(DatabaseInput={"Name": database})
    lab.put("people/x/rows.csv", "name,age\nann,31\nbob,7\n")
    lab.put("people/y/rows.csv", "name,age\neve,50\n")
    target = {"S3Targets": [{"Path": f"s3://{lab.bucket}/people/"}]}
    lab.glue.create_crawler(Name=database, Role=lab.role, DatabaseName=database, Targets=target)
    assert lab.crawl(database)["Status"] == "SUCCEEDED"

    job = lab.job(CATALOG_SCRIPT)
    run = lab.until(
        job,
        lab.start(job, Arguments={"--database": database, "--predicate": "partition_0 in ('x', 'z')"}),
        FINAL,
    )
    told = lab.log("output", run["Id"])
    assert (
        "[('name', 'string'), ('age', 'bigint'), ('partition_0', 'string')] [('bob', 7, 'x'), ('ann', 31, 'x')]" in told
    )
    assert "none: 0" in told
    assert "from_catalog with additional_options is not supported" in told
    assert "create_dynamic_frame.from_options is not supported" in run["ErrorMessage"]


def test_a_job_reads_and_writes_s3_as_its_role(lab):
    """A job reads CSV and writes Parquet, CSV and text; arguments, modules, settings, logs and tags are as on AWS."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("side.py", "def shout(text):\n    return text.upper()\n")
    extra = lab.put("code/side.zip", archive.getvalue())
    source = lab.put("in/rows.csv", "k,n\nb,2\na,1\n")
    job = lab.job(
        FORMATS_SCRIPT,
        DefaultArguments={
            "--factor": "2",
            "--extra-py-files": extra,
            "--enable-metrics": "true",
            "--conf": "spark.sql.shuffle.partitions=3",
        },
    )
    target = f"s3://{lab.bucket}/out/"
    identifier = lab.start(job, Arguments={"--source": source, "--target": target, "--factor": "3"})
    busy = refusal(lab.glue.start_job_run, JobName=job)
    assert busy["Code"] == "ConcurrentRunsExceededException"

    run = lab.until(job, identifier, FINAL)
    assert run["JobRunState"] == "SUCCEEDED", lab.log("error", identifier)
    assert run["ExecutionTime"] >= 1
    assert run["LogGroupName"] == "/aws-glue/jobs"
    assert lab.read("out/csv/") == "A,3\nB,6\n"
    assert sorted(lab.read("out/text/").split()) == ["A", "B"]
    assert "rows: 2 shuffle: 3" in lab.log("output", identifier)
    assert "a word to the error log" in lab.log("error", identifier)
    assert lab.glue.get_job_runs(JobName=job)["JobRuns"][0]["Id"] == identifier


def test_a_driver_waits_for_the_next_job_and_knows_nothing_of_it(lab):
    """One process waits for the next run, without credentials and without a trace of its warm-up."""
    job = lab.job(TELLING_SCRIPT)
    waiting = until(lambda: waiting_drivers(lab.cloud.home), what="a driver that waits")
    assert len(waiting) == 1
    variables = Path(f"/proc/{waiting[0]}/environ").read_bytes().decode().split("\0")
    assert not [variable for variable in variables if variable.startswith("AWS_")]

    run = lab.until(job, lab.start(job), FINAL)
    assert run["JobRunState"] == "SUCCEEDED", lab.log("error", run["Id"])
    told = json.loads(lab.log("output", run["Id"]))
    assert told["pid"] == waiting[0]
    assert told["role"].startswith(f"{lab.role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/")
    assert told["partitions"] == "200"
    assert told["nobody"] == "none"
    assert told["loaded"] == []
    assert lab.log("error", run["Id"]) == ""


def waiting_drivers(home):
    """Process ids of the Spark drivers of this local cloud that were started ahead of a job."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        pipes = [Path(word) for word in words if word.startswith(f"{home}/") and word.endswith("/job")]
        if "--warm" in words and any(pipe.exists() for pipe in pipes):  # one that has its job has no pipe left
            found.append(int(folder.name))
    return found


def test_a_failing_job_says_why_and_where(lab):
    """ErrorMessage has category, line and exception, and the job was tried as often as allowed."""
    job = lab.job(FAILING_SCRIPT, MaxRetries=1)
    first = lab.until(job, lab.start(job), FINAL)
    assert first["JobRunState"] == "FAILED"
    assert "Failed Line Number: 4" in first["ErrorMessage"]
    assert "no-such-bucket-here" in first["ErrorMessage"]
    again = lab.until(job, f"{first['Id']}_attempt_1", FINAL)
    assert again["JobRunState"] == "FAILED"
    assert (again["Attempt"], again["PreviousRunId"]) == (1, first["Id"])
    assert len(lab.glue.get_job_runs(JobName=job)["JobRuns"]) == 2


def test_a_script_that_is_not_there_fails_the_run(lab):
    """The message names the script's address."""
    address = f"s3://{lab.bucket}/code/nowhere.py"
    job = lab.job(address)
    run = lab.until(job, lab.start(job), FINAL)
    assert run["JobRunState"] == "FAILED"
    assert address in run["ErrorMessage"]
    assert address in lab.log("error", run["Id"])


def test_a_run_can_be_stopped(lab, endless):
    """BatchStopJobRun ends the script, long before its own end; a run that has ended cannot be stopped."""
    job, _ = endless
    identifier = lab.start(job)
    lab.until(job, identifier, {"RUNNING"})
    answer = lab.glue.batch_stop_job_run(JobName=job, JobRunIds=[identifier, "jr_unknown"])
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [identifier]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert lab.until(job, identifier, FINAL)["JobRunState"] == "STOPPED"
    again = lab.glue.batch_stop_job_run(JobName=job, JobRunIds=[identifier])
    assert "STOPPED" in again["Errors"][0]["ErrorDetail"]["ErrorMessage"]


def test_a_run_that_takes_too_long_times_out(lab, endless):
    """After Timeout minutes the run is TIMEOUT, and its log has what it wrote until then."""
    job, identifier = endless
    run = lab.until(job, identifier, FINAL)
    assert run["JobRunState"] == "TIMEOUT"
    assert "1 minutes" in run["ErrorMessage"]
    assert run["ExecutionTime"] >= 59
    assert lab.log("output", identifier) == "asleep"
