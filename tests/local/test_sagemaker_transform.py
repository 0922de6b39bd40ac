"""Batch transform, by boto3, with real containers."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, LABELS, XGBOOST, World
from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, policy, trust
from tests.waiting import until

pytestmark = pytest.mark.local

ROWS = ["0,0,0,0,0,0", "3,3,2,2,2,2", "1,2,3,1,0,1"]
CARS = ["vhigh,vhigh,2,2,small,low", "low,low,4,more,big,high"]


@pytest.fixture(scope="module")
def world(sagemaker_world: World) -> World:
    csv = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    model = {"Image": XGBOOST, "ModelDataUrl": sagemaker_world.xgboost_model, "Environment": csv}
    sagemaker_world.model("batch", [model])
    sagemaker_world.model("batch-pipeline", sagemaker_world.containers())
    return sagemaker_world


def job(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "TransformJobName": name,
        "ModelName": "batch",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/batch/{name}/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/scored/{name}", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


def ended(world: World, name: str) -> dict[str, Any]:
    return until(
        lambda: world.sagemaker.describe_transform_job(TransformJobName=name),
        lambda found: found["TransformJobStatus"] in {"Completed", "Failed", "Stopped"},
        what=f"the end of transform job {name}",
    )


def transformed(world: World, name: str, files: dict[str, bytes | str], **changes: Any) -> dict[str, Any]:
    for file, content in files.items():
        world.put(f"batch/{name}/{file}", content)
    world.sagemaker.create_transform_job(**job(name, **changes))
    return ended(world, name)


def outputs(world: World, name: str) -> dict[str, str]:
    found = world.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"scored/{name}/").get("Contents", [])
    keys = [entry["Key"] for entry in found]
    read = {key: world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}
    return {key.removeprefix(f"scored/{name}/"): text for key, text in read.items()}


def data_log(world: World, name: str) -> str:
    group = "/aws/sagemaker/TransformJobs"
    streams = world.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    (stream,) = [each["logStreamName"] for each in streams if each["logStreamName"].endswith("/data-log")]
    events = world.logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    return "\n".join(event["message"] for event in events)


def test_each_file_gets_its_answers_in_order(world: World, local_cloud: LocalCloud) -> None:
    """Output lies under the input's name with .out, a line for each line; nothing runs or lies about afterwards."""
    done = transformed(world, "files", {"a.csv": "\n".join(ROWS) + "\n", "more/b.csv": ROWS[1]})
    assert done["TransformJobStatus"] == "Completed", done
    found = outputs(world, "files")
    assert found.keys() == {"a.csv.out", "more/b.csv.out"}
    answers = found["a.csv.out"].splitlines()
    assert len(answers) == 3
    assert found["more/b.csv.out"].splitlines() == [answers[1]]
    assert "BatchStrategy=MultiRecord" in data_log(world, "files")
    assert world.container_processes("files") == []
    for kind in ("sagemaker-transform", "sagemaker-containers"):
        assert not list((local_cloud.home / "work" / kind).glob("files*"))


def test_single_records_in_parallel_answer_as_a_batch_does(world: World) -> None:
    """One record a request, four at a time: the same output in the same order; gzip input is unpacked."""
    rows = ROWS * 20
    many = transformed(world, "many", {"a.csv": "\n".join(rows)})
    zipped = world_input("one-by-one", CompressionType="Gzip")
    single = transformed(
        world,
        "one-by-one",
        {"a.csv.gz": gzip.compress("\n".join(rows).encode())},
        TransformInput=zipped,
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=4,
        MaxPayloadInMB=1,
    )
    assert (many["TransformJobStatus"], single["TransformJobStatus"]) == ("Completed", "Completed"), single
    assert outputs(world, "one-by-one")["a.csv.out"] == outputs(world, "many")["a.csv.out"]


def world_input(name: str, **changes: Any) -> dict[str, Any]:
    return {**job(name)["TransformInput"], **changes}


def test_a_pipeline_of_containers_transforms_and_joins(world: World) -> None:
    """Three containers turn a car into a label, asked as they say themselves, and the label stands beside the car."""
    done = transformed(
        world,
        "pipeline",
        {"cars.csv": "\n".join(f"id-{number},{car}" for number, car in enumerate(CARS)) + "\n"},
        ModelName="batch-pipeline",
        TransformOutput={**job("pipeline")["TransformOutput"], "Accept": "text/csv"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,1,-1]"},
    )
    assert done["TransformJobStatus"] == "Completed", (done, data_log(world, "pipeline"))
    rows = [line.split(",") for line in outputs(world, "pipeline")["cars.csv.out"].splitlines()]
    assert [row[:2] for row in rows] == [["id-0", "vhigh"], ["id-1", "low"]]
    assert rows[0][2] == "unacc"
    assert {row[2] for row in rows} <= set(LABELS)
    assert "BatchStrategy=SingleRecord" in data_log(world, "pipeline")


def test_a_bad_record_fails_its_file_alone(world: World) -> None:
    """The job fails as AWS's does; the other file has its output, and the log has status and message."""
    done = transformed(
        world, "bad", {"bad.csv": f"{ROWS[0]}\n1,2,3,4,5,6,7\n", "good.csv": ROWS[0]}, BatchStrategy="SingleRecord"
    )
    assert done["TransformJobStatus"] == "Failed"
    assert done["FailureReason"] == "ClientError: See job logs for more information"
    assert outputs(world, "bad").keys() == {"good.csv.out"}
    log = data_log(world, "bad")
    assert "[sagemaker logs]: bad.csv: Bad HTTP status received from algorithm: 400" in log
    assert "Number of columns does not match number of features in booster" in log


def test_a_prefix_without_objects_fails(world: World) -> None:
    """The reason names the address."""
    done = transformed(world, "empty", {})
    assert done["TransformJobStatus"] == "Failed"
    assert f"s3://{BUCKET}/batch/empty/" in done["FailureReason"]


def test_outputs_are_encrypted_with_the_jobs_key(world: World) -> None:
    """KmsKeyId is the key of the output's objects; the environment of the job reaches the container."""
    key = world.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    done = transformed(
        world,
        "encrypted",
        {"a.csv": ROWS[0]},
        TransformOutput={**job("encrypted")["TransformOutput"], "KmsKeyId": key},
        Environment={"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label,labels"},
    )
    assert done["TransformJobStatus"] == "Completed", done
    head = world.s3.head_object(Bucket=BUCKET, Key="scored/encrypted/a.csv.out")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert outputs(world, "encrypted")["a.csv.out"] == '0.0,"[0, 1, 2, 3]"\n'


def test_a_job_can_be_stopped_and_is_listed(world: World) -> None:
    """A stop ends the containers; the job is listed as Stopped, cannot be stopped again, and its name is used."""
    rows = "\n".join(ROWS * 20_000)
    world.put("batch/stopped/a.csv", rows)
    request = job("stopped", BatchStrategy="SingleRecord")
    world.sagemaker.create_transform_job(**request)
    until(lambda: world.container_processes("stopped"), bool, what="a container of the job")
    world.sagemaker.stop_transform_job(TransformJobName="stopped")
    assert ended(world, "stopped")["TransformJobStatus"] == "Stopped"
    assert world.container_processes("stopped") == []
    with pytest.raises(ClientError, match="in status Stopped"):
        world.sagemaker.stop_transform_job(TransformJobName="stopped")
    with pytest.raises(ClientError, match="must be unique"):
        world.sagemaker.create_transform_job(**request)
    listed = world.sagemaker.list_transform_jobs(StatusEquals="Stopped")["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in listed] == ["stopped"]


def test_a_models_role_reads_and_writes(world: World, account: Account) -> None:
    """What the model's role may not read or write fails the job, with the denied action."""
    serving = trust(Service="sagemaker.amazonaws.com")
    read = allow(["s3:GetObject", "s3:ListBucket"])
    rest = allow(["logs:*", "ecr:*"])
    role = account.role(read, rest, trusting=serving)
    model = {"Image": XGBOOST, "ModelDataUrl": world.xgboost_model}
    world.sagemaker.create_model(ModelName=account.name, PrimaryContainer=model, ExecutionRoleArn=role)
    done = transformed(world, account.name, {"a.csv": ROWS[0]}, ModelName=account.name)
    assert done["TransformJobStatus"] == "Failed"
    assert "s3:PutObject" in done["FailureReason"]
    account.iam.put_role_policy(
        RoleName=account.name, PolicyName="p", PolicyDocument=policy(read, rest, allow("s3:PutObject"))
    )
    name = f"{account.name}-again"
    assert transformed(world, name, {"a.csv": ROWS[0]}, ModelName=account.name)["TransformJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("changes", "named", "code"),
    [
        ({"ModelName": "nobody"}, 'Could not find model ".*nobody"', "ValidationException"),
        ({"MaxPayloadInMB": 51, "MaxConcurrentTransforms": 2}, "must not exceed 100 MB", "ValidationException"),
        ({"DataProcessing": {"InputFilter": "$..a"}}, "is no JSONPath", "ValidationException"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}, "DataCaptureConfig", "NotImplemented"),
        (
            {"TransformInput": world_input("x", SplitType="None"), "BatchStrategy": "MultiRecord"},
            "you must set the SplitType",
            "ValidationException",
        ),
    ],
)
def test_what_is_wrong_is_refused(world: World, changes: dict[str, Any], named: str, code: str) -> None:
    """A request that cannot work is named, and no job begins."""
    with pytest.raises(ClientError, match=named) as error:
        world.sagemaker.create_transform_job(**job("refused", **changes))
    assert error.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError, match="not found"):
        world.sagemaker.describe_transform_job(TransformJobName="refused")
