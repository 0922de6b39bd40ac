"""What a failed training job says, and what a container is given."""

import json

from localcloud.platform.processes import Ended, Exit
from localcloud.services.sagemaker.training_run import failure_reason, write_input

FAILED = Exit(how=Ended.EXITED, code=1)


def test_the_failure_file_is_the_reason():
    """What the program wrote to /opt/ml/output/failure is quoted, with the exit code."""
    assert failure_reason("out of ideas", "log", FAILED) == "AlgorithmError: out of ideas, exit code: 1"


def test_a_users_fault_stays_a_client_error():
    """A failure that the algorithm blames on its input is a ClientError, once."""
    assert failure_reason("ClientError: no rows", "", FAILED) == "ClientError: no rows, exit code: 1"


def test_without_a_failure_file_the_logs_end_is_the_reason():
    """A program that died without a word is quoted by its last lines."""
    reason = failure_reason("", "Traceback\nValueError: x", Exit(how=Ended.KILLED, code=9))
    assert reason == "AlgorithmError: Traceback\nValueError: x, killed by signal 9 (SIGKILL)"


def test_a_long_error_keeps_its_end():
    """A failure reason has at most 1,024 characters, and they are the last."""
    reason = failure_reason("x" * 5000 + "the cause", "", FAILED)
    assert len(reason) <= 1024
    assert reason.endswith("the cause, exit code: 1")


def test_the_input_folder_has_the_three_configuration_files(tmp_path):
    """Hyperparameters, channels and resources lie where a container looks for them."""
    channel = {
        "ChannelName": "train",
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}},
    }
    job = {
        "HyperParameters": {"num_round": "1"},
        "InputDataConfig": [channel],
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
    }
    write_input(tmp_path, job)
    config = tmp_path / "input" / "config"
    assert json.loads((config / "hyperparameters.json").read_text()) == {"num_round": "1"}
    assert json.loads((config / "inputdataconfig.json").read_text())["train"]["ContentType"] == "text/csv"
    assert json.loads((config / "resourceconfig.json").read_text())["hosts"] == ["algo-1"]
