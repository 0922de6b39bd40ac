"""Hyperparameter tuning jobs, by boto3 and by the real SDK, with real training jobs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, HYPERPARAMETERS, XGBOOST, World
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.local.iam_account import Account, allow, policy
from tests.local.steps import PROJECT
from tests.waiting import DEADLINE_SECONDS, until

if TYPE_CHECKING:
    from tests.clouds import LocalCloud

pytestmark = pytest.mark.local

TENSORFLOW = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.21.0-cpu-py312"
STATIC = HYPERPARAMETERS | {"num_round": "12", "nthread": "1"}
ETA = {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.9", "ScalingType": "Logarithmic"}
DEPTH = {"Name": "max_depth", "MinValue": "1", "MaxValue": "6", "ScalingType": "Linear"}
NUMBERS = {"ContinuousParameterRanges": [ETA], "IntegerParameterRanges": [DEPTH]}


@pytest.fixture(scope="module")
def world(sagemaker_world: World) -> World:
    sagemaker_world.put_features()
    return sagemaker_world


def config(strategy: str = "Random", jobs: int | None = 3, parallel: int = 2, **changes: Any) -> dict[str, Any]:
    return {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:mlogloss"},
        "ResourceLimits": {
            "MaxParallelTrainingJobs": parallel,
            **({"MaxNumberOfTrainingJobs": jobs} if jobs is not None else {}),
        },
        "ParameterRanges": NUMBERS,
        "RandomSeed": 3,
        **changes,
    }


def definition(world: World, **changes: Any) -> dict[str, Any]:
    job = world.training("unused")
    members = ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig")
    return {
        **{name: job[name] for name in members},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "StaticHyperParameters": STATIC,
        **changes,
    }


def create(world: World, name: str, settings: dict[str, Any], **more: Any) -> None:
    jobs = more.pop("TrainingJobDefinition", None) or definition(world)
    world.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, HyperParameterTuningJobConfig=settings, TrainingJobDefinition=jobs, **more
    )


def ended(world: World, name: str) -> dict[str, Any]:
    return until(
        lambda: world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        lambda job: job["HyperParameterTuningJobStatus"] in {"Completed", "Failed", "Stopped"},
        what=f"the end of tuning job {name}",
    )


def tuned(world: World, name: str, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    create(world, name, settings, **more)
    return ended(world, name)


def jobs_of(world: World, name: str, **order: Any) -> list[dict[str, Any]]:
    listed = world.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, MaxResults=100, **order
    )
    return listed["TrainingJobSummaries"]


def value(job: dict[str, Any]) -> float:
    return job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]


@pytest.fixture(scope="module")
def random_job(world: World) -> dict[str, Any]:
    """A tuning job at its end: one for all tests that ask what it has left behind."""
    return tuned(world, "random", config(), Tags=[{"Key": "commit", "Value": "abc"}])


def test_a_tuning_job_runs_real_training_jobs(world: World, random_job: dict[str, Any]) -> None:
    """Every job trains with its own hyperparameters within the ranges; the best is the one of least loss."""
    assert random_job["HyperParameterTuningJobStatus"] == "Completed", random_job
    assert random_job["TrainingJobStatusCounters"] == {
        "Completed": 3, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0
    }  # fmt: skip
    assert random_job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    listed = jobs_of(world, "random", SortBy="FinalObjectiveMetricValue")
    assert [value(job) for job in listed] == sorted(value(job) for job in listed)
    assert random_job["BestTrainingJob"]["TrainingJobName"] == listed[0]["TrainingJobName"]
    for number, job in enumerate(jobs_of(world, "random", SortBy="CreationTime"), start=1):
        assert job["TrainingJobName"].startswith(f"random-{number:03d}-")
        described = world.sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
        given = described["HyperParameters"]
        assert given == STATIC | job["TunedHyperParameters"] | {"_tuning_objective_metric": "validation:mlogloss"}
        assert 0.01 <= float(given["eta"]) <= 0.9
        assert given["max_depth"] in {"1", "2", "3", "4", "5", "6"}
        assert described["TuningJobArn"] == random_job["HyperParameterTuningJobArn"]
        metrics = {entry["MetricName"]: entry["Value"] for entry in described["FinalMetricDataList"]}
        assert metrics["validation:mlogloss"] == pytest.approx(value(job))
        assert world.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [
            {"Key": "commit", "Value": "abc"}
        ]


@pytest.mark.usefixtures("random_job")
def test_the_same_seed_draws_the_same_hyperparameters(world: World) -> None:
    """Two jobs with one RandomSeed try the same combinations, however many run at a time."""
    tuned(world, "random-again", config(parallel=1))
    first, again = (jobs_of(world, name, SortBy="CreationTime") for name in ("random", "random-again"))
    assert [job["TunedHyperParameters"] for job in first] == [job["TunedHyperParameters"] for job in again]


@pytest.mark.usefixtures("random_job")
def test_tuning_jobs_are_listed(world: World) -> None:
    """A list filters by name and status, and a name is used once."""
    found = world.sagemaker.list_hyper_parameter_tuning_jobs(NameContains="random", StatusEquals="Completed")
    summary = found["HyperParameterTuningJobSummaries"][0]
    assert (summary["HyperParameterTuningJobName"], summary["Strategy"]) == ("random", "Random")
    assert summary["TrainingJobStatusCounters"]["Completed"] == 3
    with pytest.raises(ClientError, match="must be unique") as error:
        create(world, "random", config())
    assert error.value.response["Error"]["Code"] == "ResourceInUse"


def test_grid_tries_each_combination_once(world: World) -> None:
    """All combinations of categories are tried; their number follows from the ranges."""
    categories = {
        "CategoricalParameterRanges": [
            {"Name": "max_depth", "Values": ["1", "4"]},
            {"Name": "grow_policy", "Values": ["depthwise", "lossguide"]},
        ]
    }
    job = tuned(world, "grid", config("Grid", None, ParameterRanges=categories))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    tried = [tuple(each["TunedHyperParameters"].values()) for each in jobs_of(world, "grid")]
    assert sorted(tried) == [("1", "depthwise"), ("1", "lossguide"), ("4", "depthwise"), ("4", "lossguide")]


def test_bayesian_goes_where_the_objective_is_good(world: World) -> None:
    """After three drawn at random, TPE proposes; every proposal is within the ranges, and a later one is the best."""
    job = tuned(world, "bayesian", config("Bayesian", 7, 2))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    listed = jobs_of(world, "bayesian", SortBy="CreationTime")
    assert len({json.dumps(each["TunedHyperParameters"], sort_keys=True) for each in listed}) == 7
    for each in listed:
        assert 0.01 <= float(each["TunedHyperParameters"]["eta"]) <= 0.9
        assert 1 <= int(each["TunedHyperParameters"]["max_depth"]) <= 6
    assert min(map(value, listed[3:])) <= min(map(value, listed[:3]))


def test_hyperband_ends_the_worse_jobs_early(world: World) -> None:
    """Some of six jobs end at a rung, before their last round; the best one runs to its end."""
    rounds = definition(world, StaticHyperParameters=STATIC | {"num_round": "3000", "early_stopping_rounds": "3000"})
    settings = config(
        "Hyperband", 6, 2, StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 9, "MaxResource": 3000}}
    )
    job = tuned(world, "hyperband", settings, TrainingJobDefinition=rounds)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    states = [each["TrainingJobStatus"] for each in jobs_of(world, "hyperband")]
    assert "Stopped" in states
    assert job["BestTrainingJob"]["TrainingJobStatus"] == "Completed"


def test_early_stopping_ends_jobs_below_the_median(world: World) -> None:
    """With TrainingJobEarlyStoppingType Auto, a job that learns nothing ends before its last round."""
    slow = {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["0.3", "0.00001"]}]}
    rounds = definition(world, StaticHyperParameters=STATIC | {"num_round": "2000", "early_stopping_rounds": "2000"})
    settings = config("Grid", None, 1, ParameterRanges=slow, TrainingJobEarlyStoppingType="Auto")
    job = tuned(world, "early", settings, TrainingJobDefinition=rounds)
    states = {each["TunedHyperParameters"]["eta"]: each["TrainingJobStatus"] for each in jobs_of(world, "early")}
    assert states == {"0.3": "Completed", "0.00001": "Stopped"}
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"eta": "0.3"}


def test_a_failed_job_does_not_end_the_tuning(world: World) -> None:
    """The other jobs go on, the failure is counted and its reason listed."""
    some = {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["2", "0.3"]}]}
    job = tuned(world, "one-fails", config("Grid", None, 1, ParameterRanges=some))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 1}
    failed = jobs_of(world, "one-fails", StatusEquals="Failed")
    assert "Hyperparameter eta: 2.0 is not in" in failed[0]["FailureReason"]


def test_a_tuning_job_without_any_success_fails(world: World) -> None:
    """Its reason is AWS's, and it has no best training job."""
    bad = {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["2", "3"]}]}
    job = tuned(world, "all-fail", config("Grid", None, 2, ParameterRanges=bad))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")
    assert "BestTrainingJob" not in job


def test_a_tuning_job_can_be_stopped(world: World) -> None:
    """Its running jobs are stopped with it, no further one begins, and it can be deleted then."""
    rounds = definition(
        world, StaticHyperParameters=STATIC | {"num_round": "1000000", "early_stopping_rounds": "1000000"}
    )
    create(world, "stopped", config(jobs=5), TrainingJobDefinition=rounds)
    until(
        lambda: [job["TrainingJobStatus"] for job in jobs_of(world, "stopped")],
        lambda states: states == ["InProgress", "InProgress"],
        what="two training jobs under way",
    )
    with pytest.raises(ClientError, match="stop it first"):
        world.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    world.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    job = ended(world, "stopped")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    assert len(jobs_of(world, "stopped")) == 2
    world.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    with pytest.raises(ClientError) as error:
        world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_target_ends_the_tuning(world: World) -> None:
    """With TargetObjectiveMetricValue, no job begins after one has reached it."""
    job = tuned(
        world, "target", config(jobs=50, parallel=1, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 5.0})
    )
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 1


@pytest.mark.usefixtures("random_job")
def test_a_warm_start_knows_its_parents(world: World, random_job: dict[str, Any]) -> None:
    """A job starts from its parents' trials; the best of all of them is the overall best."""
    start = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "random"}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    job = tuned(world, "warm", config("Bayesian", 1, 1), WarmStartConfig=start)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    best = min((job["BestTrainingJob"], random_job["BestTrainingJob"]), key=value)
    assert job["OverallBestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    start["WarmStartType"] = "TransferLearning"
    job = tuned(world, "transfer", config("Bayesian", 1, 1), WarmStartConfig=start)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert "OverallBestTrainingJob" not in job
    other = config(ParameterRanges={"ContinuousParameterRanges": [ETA]})
    with pytest.raises(ClientError, match="the number of static and tunable hyperparameters"):
        create(world, "differs", other, WarmStartConfig=start)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ParameterRanges": {}}, "at least one hyperparameter"),
    ({"ParameterRanges": {"ContinuousParameterRanges": [{**ETA, "MinValue": "0"}]}}, "only values greater than 0"),
    (
        {
            "ParameterRanges": {
                "ContinuousParameterRanges": [{**ETA, "ScalingType": "ReverseLogarithmic", "MaxValue": "1"}]
            }
        },
        "entirely within the range 0<=x<1.0",
    ),
    ({"ParameterRanges": {"ContinuousParameterRanges": [{**ETA, "MaxValue": "0.001"}]}}, "greater than its MaxValue"),
    ({"ParameterRanges": {"IntegerParameterRanges": [{**DEPTH, "Name": "num_round"}]}}, "both static and tunable"),
    ({"Strategy": "Grid"}, "Only categorical parameters are supported"),
    ({"Strategy": "Hyperband"}, "unable to infer a value for MaxResource"),
    ({"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"}, "must be OFF to use Hyperband"),
    (
        {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:loss"}},
        r"\[validation:loss\], isn't valid for the \[.*sagemaker-xgboost:3.2-0\] algorithm",
    ),
    ({"ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 11}}, "parallel training jobs"),
    ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "needs MaxNumberOfTrainingJobs"),
]


@pytest.mark.parametrize(("changes", "named"), REFUSED, ids=[named[:40] for _, named in REFUSED])
def test_what_sagemaker_refuses_is_refused(world: World, changes: dict[str, Any], named: str) -> None:
    """A wrong range, strategy, objective or limit is named, and no job begins."""
    with pytest.raises(ClientError, match=named):
        create(world, "refused", config() | changes)
    with pytest.raises(ClientError, match="not found"):
        world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="refused")


def test_what_is_not_supported_is_refused_by_name(world: World) -> None:
    """Several definitions, Autotune, convergence, and what a training job itself cannot do."""
    convergence = {"TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}}
    vpc = definition(world, VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]})
    refused: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (config(), {"Autotune": {"Mode": "Enabled"}}, "Autotune"),
        (config() | convergence, {}, "ConvergenceDetected"),
        (config(), {"TrainingJobDefinition": vpc}, "VpcConfig"),
    ]
    for settings, more, named in refused:
        with pytest.raises(ClientError, match=named) as error:
            create(world, "unsupported", settings, **more)
        assert error.value.response["Error"]["Code"] == "NotImplemented"
    with pytest.raises(ClientError, match="TrainingJobDefinitions"):
        world.sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="several",
            HyperParameterTuningJobConfig=config(),
            TrainingJobDefinitions=[definition(world)],
        )


_SDK = """
import json, sys
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.tuner import HyperparameterTuner

asked = json.load(sys.stdin)
trainer = ModelTrainer(
    training_image=asked["image"], role=asked["role"], hyperparameters=asked["static"], base_job_name="sdk",
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    output_data_config=OutputDataConfig(s3_output_path=asked["output"]),
    sagemaker_session=Session(default_bucket=asked["bucket"]),
)
tuner = HyperparameterTuner(
    model_trainer=trainer, objective_metric_name="validation:mlogloss", objective_type="Minimize",
    hyperparameter_ranges={
        "eta": ContinuousParameter(0.05, 0.9, scaling_type="Logarithmic"),
        "max_depth": IntegerParameter(1, 6),
        "grow_policy": CategoricalParameter(["depthwise", "lossguide"]),
    },
    max_jobs=3, max_parallel_jobs=2, strategy="Bayesian", random_seed=4,
)
inputs = [InputData(channel_name=n, data_source=uri, content_type="text/csv") for n, uri in asked["channels"].items()]
tuner.tune(inputs=inputs, job_name="by-the-sdk", wait=True)
print(json.dumps({"best": tuner.best_training_job(), "frame": len(tuner.analytics().dataframe())}))
"""


def test_the_sdks_tuner_works_unchanged(world: World, local_cloud: LocalCloud) -> None:
    """The SDK's HyperparameterTuner creates a job, waits for it, and names its best training job."""
    asked = {
        "image": XGBOOST,
        "role": world.role,
        "static": STATIC,
        "bucket": BUCKET,
        "output": f"s3://{BUCKET}/models/",
        "channels": {name: f"s3://{BUCKET}/features/{name}/" for name in ("train", "validation")},
    }
    done = by_sdk(local_cloud, _SDK, asked)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    job = ended(world, "by-the-sdk")
    assert said == {"best": job["BestTrainingJob"]["TrainingJobName"], "frame": 3}


_SCRIPT = """
import argparse, os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--epochs", type=int)
given = parser.parse_args()
for epoch in range(given.epochs):
    print(f"epoch {epoch} loss={abs(given.rate - 0.3) + 1 / (epoch + 1)}", flush=True)
Path(os.environ["SM_MODEL_DIR"], "rate").write_text(str(given.rate))
"""
_SDK_SCRIPT = """
import json, sys
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, OutputDataConfig, SourceCode, StoppingCondition
from sagemaker.train.tuner import HyperparameterTuner

asked = json.load(sys.stdin)
trainer = ModelTrainer(
    training_image=asked["image"], role=asked["role"], hyperparameters={"epochs": 3}, base_job_name="script",
    source_code=SourceCode(source_dir=asked["folder"], entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    output_data_config=OutputDataConfig(s3_output_path=asked["output"]),
    sagemaker_session=Session(default_bucket=asked["bucket"]),
)
tuner = HyperparameterTuner(
    model_trainer=trainer, objective_metric_name="loss", objective_type="Minimize",
    metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
    hyperparameter_ranges={"rate": ContinuousParameter(0.1, 0.5)},
    max_jobs=2, max_parallel_jobs=2, strategy="Random", random_seed=4,
)
tuner.tune(job_name="by-script", wait=True)
print(tuner.best_training_job())
"""


def test_a_program_of_ones_own_is_tuned(world: World, local_cloud: LocalCloud, tmp_path: Path) -> None:
    """The SDK's tuner brings a source folder, and its program gets its own hyperparameters and no others."""
    (tmp_path / "train.py").write_text(_SCRIPT)
    asked = {"image": TENSORFLOW, "folder": str(tmp_path), "role": world.role, "bucket": BUCKET}
    done = by_sdk(local_cloud, _SDK_SCRIPT, asked | {"output": f"s3://{BUCKET}/models/"})
    job = ended(world, "by-script")
    assert done.returncode == 0, (done.stdout + done.stderr, jobs_of(world, "by-script"))
    assert done.stdout.splitlines()[-1] == job["BestTrainingJob"]["TrainingJobName"]
    for each in jobs_of(world, "by-script"):
        rate = float(each["TunedHyperParameters"]["rate"])
        assert value(each) == pytest.approx(abs(rate - 0.3) + 1 / 3)


def by_sdk(cloud: LocalCloud, program: str, asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Runs a program of a user's with the SDK."""
    python = Environments(Settings.cache_folder()).python(PROJECT / "ml_training" / "requirements.lock").python
    return subprocess.run(
        [python, "-c", program],
        input=json.dumps(asked),
        env={
            **os.environ,
            **{name.upper(): text for name, text in cloud.administrator.items()},
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SAGEMAKER_VALIDATE_ROLE": "false",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def test_a_caller_needs_the_role_and_the_tuning_job(world: World, account: Account) -> None:
    """Without iam:PassRole or the permission for the job's own ARN the request is denied; training is SageMaker's."""
    arn = "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/allowed-*"
    create_it = allow("sagemaker:CreateHyperParameterTuningJob", arn)
    pass_it = allow("iam:PassRole", world.role)
    request = {
        "HyperParameterTuningJobConfig": config(jobs=1, parallel=1),
        "TrainingJobDefinition": definition(world),
    }
    keys = account.user(create_it)
    caller = account.client("sagemaker", keys)
    with pytest.raises(ClientError, match="iam:PassRole"):
        caller.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="allowed-no", **request)
    account.iam.put_user_policy(UserName=account.name, PolicyName="p", PolicyDocument=policy(create_it, pass_it))
    with pytest.raises(ClientError, match="sagemaker:CreateHyperParameterTuningJob"):
        caller.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="other", **request)
    caller.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="allowed-yes", **request)
    assert ended(world, "allowed-yes")["HyperParameterTuningJobStatus"] == "Completed"
