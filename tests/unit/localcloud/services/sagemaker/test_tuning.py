"""What a tuning job chooses, when it ends a job, and what its summaries say, without any training."""

import math
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.platform.settings import Settings
from localcloud.services.sagemaker.tuning_jobs import TrainingAndTuning
from localcloud.services.sagemaker.tuning_parents import earlier_trials
from localcloud.services.sagemaker.tuning_plan import Objective, plan_of
from localcloud.services.sagemaker.tuning_ranges import Categorical, Numeric, coordinates, read_ranges
from localcloud.services.sagemaker.tuning_results import best, counters, not_improving, summary_of
from localcloud.services.sagemaker.tuning_stopping import Hyperband, Median
from localcloud.services.sagemaker.tuning_strategies import Grid, Random, Trial, grid_size

LOSS = Objective(metric="validation:mlogloss", maximize=False)
RNG = random.Random(3)  # noqa: S311  (no secret: the same draws in each run)


def numeric(low: float, high: float, scale: str = "Linear", *, whole: bool = False) -> Numeric:
    return Numeric(name="x", low=low, high=high, scale=scale, whole=whole)


@pytest.mark.parametrize(
    ("parameter", "middle"),
    [
        (numeric(0, 10), 5),
        (numeric(0.001, 1, "Logarithmic"), 0.0316),
        (numeric(0, 0.999, "ReverseLogarithmic"), 0.968),
        (numeric(1, 9, whole=True), 5),
        (numeric(1, 999, "Logarithmic", whole=True), 22),  # each integer has its part of the scale, from 0.5 to 999.5
    ],
)
def test_draws_are_uniform_on_their_scale(parameter: Numeric, middle: float) -> None:
    """Half of the draws are below the middle of the scale, and all are within the range."""
    drawn = [float(parameter.drawn(RNG)) for _ in range(4000)]
    assert all(parameter.low <= value <= parameter.high for value in drawn)
    below = sum(value < middle for value in drawn) / len(drawn)
    at = sum(value == middle for value in drawn) / len(drawn)
    assert below + at / 2 == pytest.approx(0.5, abs=0.05)


def test_an_integer_range_reaches_both_ends() -> None:
    """The least and the greatest integer are drawn too, as whole numbers."""
    for scale in ("Linear", "Logarithmic"):
        drawn = {numeric(1, 3, scale, whole=True).drawn(RNG) for _ in range(300)}
        assert drawn == {"1", "2", "3"}


@pytest.mark.parametrize("scale", ["Linear", "Logarithmic", "ReverseLogarithmic"])
def test_a_coordinate_comes_back_as_the_same_value(scale: str) -> None:
    """Text to coordinate to text loses nothing but rounding; a value outside of the range has no coordinate."""
    parameter = numeric(0.01, 0.9, scale)
    at = parameter.coordinate("0.25")
    assert at is not None
    assert float(parameter.text(at)) == pytest.approx(0.25)
    assert parameter.coordinate("0.95") is None
    assert parameter.coordinate("much") is None


def test_a_space_of_a_reverse_logarithmic_range_is_linear() -> None:
    """The strategy searches -log(1 - x)."""
    space = numeric(0.5, 0.999, "ReverseLogarithmic").space()
    assert (space["low"], space["high"]) == (pytest.approx(math.log(2)), pytest.approx(math.log(1000)))


def test_auto_scaling_is_logarithmic_over_two_decades() -> None:
    """Auto becomes a scale that is named: logarithmic if the ends differ by a factor of a hundred."""
    entry = {"Name": "x", "MinValue": "0.001", "MaxValue": "0.1"}
    wide = read_ranges({"ContinuousParameterRanges": [{**entry, "ScalingType": "Auto"}]})[0]
    near = read_ranges({"ContinuousParameterRanges": [{**entry, "MinValue": "0.01"}]})[0]
    zero = read_ranges({"ContinuousParameterRanges": [{**entry, "MinValue": "0"}]})[0]
    assert [each.scale for each in (wide, near, zero) if isinstance(each, Numeric)] == [
        "Logarithmic",
        "Linear",
        "Linear",
    ]


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"MinValue": "1.5", "MaxValue": "3"}, "MinValue .1.5. of the hyperparameter .x. is not an integer"),
        ({"MinValue": "1", "MaxValue": "inf"}, "MaxValue .inf. of the hyperparameter .x. is not an integer"),
        ({"MinValue": "4", "MaxValue": "3"}, "MinValue .4. of the hyperparameter .x. is greater than its MaxValue"),
        ({"MinValue": "0", "MaxValue": "3", "ScalingType": "Logarithmic"}, "only values greater than 0"),
    ],
)
def test_a_wrong_range_is_named(entry: dict[str, str], named: str) -> None:
    """The message has the hyperparameter, the end and the value."""
    with pytest.raises(AwsError, match=named):
        read_ranges({"IntegerParameterRanges": [{"Name": "x", **entry}]})


def test_a_parameter_has_one_range() -> None:
    """Two ranges of one name are refused."""
    category = {"Name": "x", "Values": ["1"]}
    number = {"Name": "x", "MinValue": "1", "MaxValue": "2"}
    with pytest.raises(AwsError, match="x has several ranges"):
        read_ranges({"CategoricalParameterRanges": [category], "IntegerParameterRanges": [number]})


def test_random_draws_do_not_depend_on_how_many_run_at_a_time() -> None:
    """The n-th combination is the same, asked for alone or among others; another seed has others."""
    strategy = Random(parameters=(numeric(0, 1),), seed=7)
    together = strategy.propose([], 3)
    one_by_one = [strategy.propose([Trial(values={})] * number, 1)[0] for number in range(3)]
    assert together == one_by_one
    assert Random(parameters=(numeric(0, 1),), seed=8).propose([], 3) != together


def test_a_grid_ends() -> None:
    """Each combination comes once, and then none."""
    parameters = (Categorical(name="a", values=("1", "2")), Categorical(name="b", values=("x", "y", "z")))
    grid = Grid(parameters=parameters)
    assert grid_size(parameters) == 6
    first = grid.propose([], 4)
    rest = grid.propose([Trial(values=values) for values in first], 4)
    assert len(rest) == 2
    assert len({tuple(each.items()) for each in first + rest}) == 6


def test_the_median_rule_is_amazons() -> None:
    """A job ends if its objective is worse than the median of the others' running averages up to the same epoch."""
    completed = [[4.0, 2.0, 0.0], [6.0, 4.0, 2.0], [8.0, 6.0, 4.0]]
    assert not Median().stops(3, [9.0, 5.0], completed)  # the averages are 3, 5, 7
    assert Median().stops(3, [9.0, 5.1], completed)
    assert not Median().stops(3, [9.0, 5.1, 9.0, 9.0], completed)  # nobody has come so far
    assert not Median().stops(0, [9.0], [])


def test_hyperband_keeps_the_best_third_at_a_rung() -> None:
    """Between rungs nobody ends; at one, the best third of those that came goes on; nobody passes the most epochs."""
    rule = Hyperband(least=3, most=27)
    assert not rule.stops(0, [9.0], [])
    assert not rule.stops(0, [9.0, 9.0, 5.0], [])  # alone there
    assert rule.stops(1, [9.0, 9.0, 6.0], [])
    assert not rule.stops(2, [9.0, 9.0, 4.0], [])
    assert not rule.stops(2, [9.0] * 4, [])
    assert not rule.stops(2, [9.0] * 27, [])
    assert rule.stops(2, [9.0] * 28, [])


def test_hyperband_fills_the_bracket_that_halves_most_first() -> None:
    """From 1 to 27 epochs there are three brackets of 9, 5 and 3 jobs, then they are filled again."""
    rule = Hyperband(least=1, most=27)
    brackets = [rule.bracket_of(number) for number in range(18)]
    assert brackets == [0] * 9 + [1] * 5 + [2] * 3 + [0]
    rule = Hyperband(least=1, most=27)
    assert not rule.stops(9, [9.0], [])
    assert not rule.stops(10, [99.0], [])  # its bracket has no rung at the first epoch


def job(status: str, value: float | None = None, minute: int = 0, reason: str = "") -> dict:
    return {
        "TrainingJobName": f"{status}-{minute}",
        "TrainingJobStatus": status,
        "TrainingEndTime": datetime(2026, 1, 1, 0, minute, tzinfo=UTC),
        **({"FailureReason": reason} if reason else {}),
        **({"FinalMetricDataList": [{"MetricName": LOSS.metric, "Value": value}]} if value is not None else {}),
    }


def test_counters_tell_states_and_objectives() -> None:
    """A job without the metric has failed its objective; one that a restart cut off could be retried."""
    jobs = [
        job("Completed", 0.5),
        job("Completed"),
        job("Stopped", 0.7),
        job("InProgress"),
        job("Failed", 0.1, reason="AlgorithmError: x"),
        job("Failed", reason="InternalServerError: y"),
    ]
    counted = counters([summary_of(each, {}, LOSS) for each in jobs])
    assert counted["TrainingJobStatusCounters"] == {
        "Completed": 2, "InProgress": 1, "RetryableError": 1, "NonRetryableError": 1, "Stopped": 1
    }  # fmt: skip
    assert counted["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 1, "Failed": 3}


def test_the_best_job_has_run_to_its_end() -> None:
    """A stopped job may have had a better value, and has no model that one could trust."""
    jobs = [job("Completed", 0.5, 1), job("Stopped", 0.1, 2), job("Completed", 0.4, 3), job("Completed", 0.6, 4)]
    listed = [summary_of(each, {}, LOSS) for each in jobs]
    assert (best(listed, LOSS) or {})["TrainingJobName"] == "Completed-3"
    most = Objective(metric=LOSS.metric, maximize=True)
    assert (best([summary_of(each, {}, most) for each in jobs], most) or {})["TrainingJobName"] == "Completed-4"
    assert best([], LOSS) is None


def test_jobs_since_the_best_are_counted_in_the_order_of_their_ends() -> None:
    """The second of three is the best: one has not improved since."""
    jobs = [job("Completed", 0.5, 1), job("Completed", 0.6, 9), job("Completed", 0.2, 5)]
    assert not_improving([summary_of(each, {}, LOSS) for each in jobs], LOSS) == 1
    assert not_improving([], LOSS) == 0


def request(**changes: object) -> dict:
    settings = {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": LOSS.metric},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 3},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.9"}]},
        **changes,
    }
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    jobs = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "StaticHyperParameters": {"num_round": "9"},
    }
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": settings,
        "TrainingJobDefinition": jobs,
    }


def test_thirty_hyperparameters_can_be_searched() -> None:
    """One more is beyond AWS's limit, which the error names."""
    ranges = [{"Name": f"x{number}", "MinValue": "0", "MaxValue": "1"} for number in range(31)]
    assert len(plan_of(request(ParameterRanges={"ContinuousParameterRanges": ranges[:30]}), "arn").parameters) == 30
    with pytest.raises(AwsError, match="hyperparameters that can be searched' is 30") as error:
        plan_of(request(ParameterRanges={"ContinuousParameterRanges": ranges}), "arn")
    assert error.value.code == "ResourceLimitExceeded"


def test_hyperband_finds_its_epochs_among_the_static_hyperparameters() -> None:
    """Under each of the names that AWS looks for; MaxResource goes before it."""
    asked = request(Strategy="Hyperband")
    asked["TrainingJobDefinition"]["StaticHyperParameters"] = {"n_epochs": "40"}
    assert plan_of(asked, "arn").epochs == (1, 40)
    asked["HyperParameterTuningJobConfig"]["StrategyConfig"] = {"HyperbandStrategyConfig": {"MaxResource": 20}}
    assert plan_of(asked, "arn").epochs == (1, 20)


def test_own_metrics_cannot_be_given_to_a_built_in_algorithm() -> None:
    """The refusal is AWS's."""
    asked = request()
    asked["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "a", "Regex": "a"}]
    with pytest.raises(AwsError, match="can't override the metric definitions"):
        plan_of(asked, "arn")


def parent(*values: float) -> dict:
    trials = [
        {"summary": summary_of(job("Completed", value), {"eta": f"0.{number}"}, LOSS)}
        for number, value in enumerate(values, start=1)
    ]
    return {"TrainingJobDefinition": {"StaticHyperParameters": {"num_round": "9"}}, "_trials": trials}


def test_a_transfer_keeps_the_order_of_the_parents_objectives() -> None:
    """Other data have other losses: each parent's are standardized. Identical data keep theirs."""
    parents = [parent(1.0, 3.0), parent(100.0, 300.0)]
    plan = plan_of({**request(), "WarmStartConfig": {"WarmStartType": "TransferLearning"}}, "arn")
    assert [trial.objective for trial in earlier_trials(plan, parents)] == [-1.0, 1.0, -1.0, 1.0]
    plan = plan_of({**request(), "WarmStartConfig": {"WarmStartType": "IdenticalDataAndAlgorithm"}}, "arn")
    trials = earlier_trials(plan, parents)
    assert [trial.objective for trial in trials] == [1.0, 3.0, 100.0, 300.0]
    assert trials[0].values == {"num_round": "9", "eta": "0.1"}


def test_a_trial_outside_of_the_ranges_is_no_help() -> None:
    """Parameters that a trial lacks are left out; one out of range makes the trial unusable."""
    parameters = (numeric(0, 1), Categorical(name="c", values=("a",)))
    assert coordinates(parameters, {"x": "0.5", "other": "9"}) == {"x": 0.5}
    assert coordinates(parameters, {"x": "0.5", "c": "b"}) is None


def test_a_restart_ends_what_was_under_way(tmp_path: Path) -> None:
    """A job in progress has failed, with the reason; one that was being stopped is stopped; an ended one stays."""
    cloud = Cloud.assemble(Settings(home=tmp_path, port=1, account_id="123456789012", region="us-east-1"))
    table = cloud.store.table("sagemaker.tuning_jobs")
    states = {"running": "InProgress", "stopping": "Stopping", "done": "Completed"}
    for name, status in states.items():
        table.put(
            name, {"HyperParameterTuningJobStatus": status, "HyperParameterTuningJobArn": f"arn:{name}", "_trials": []}
        )
    TrainingAndTuning(cloud).start()
    found = dict(table.items())
    assert {name: job["HyperParameterTuningJobStatus"] for name, job in found.items()} == {
        "running": "Failed",
        "stopping": "Stopped",
        "done": "Completed",
    }
    assert "The local cloud ended while this job ran" in found["running"]["FailureReason"]
    assert "HyperParameterTuningEndTime" in found["stopping"]
    cloud.store.close()
