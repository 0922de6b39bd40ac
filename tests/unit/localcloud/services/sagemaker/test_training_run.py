"""What a failed training job says, and what a container is given."""

import json

from localcloud.platform.processes import Ended, Exit, Processes
from localcloud.services.sagemaker.cluster import Cluster
from localcloud.services.sagemaker.training_input import write_input
from localcloud.services.sagemaker.training_run import failure_reason

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


def test_where_there_are_several_hosts_the_reason_names_the_one_that_failed():
    """After whose fault it is, so that clients find AWS's words where they look for them."""
    reason = failure_reason("ClientError: " + "x" * 5000 + "no rows", "", FAILED, host="algo-2")
    assert len(reason) <= 1024
    assert reason.startswith("ClientError: algo-2: x")
    assert reason.endswith("no rows, exit code: 1")


def test_each_host_is_told_who_it_is(tmp_path):
    """All have the same list, and each its own name."""
    hosts = Cluster(Processes("unit"), tmp_path, 3).hosts
    for host in hosts:
        write_input(host, hosts, {"ResourceConfig": {"InstanceType": "ml.m5.large"}})
        found = json.loads((host.opt_ml / "input" / "config" / "resourceconfig.json").read_text())
        assert found["current_host"] == host.name
        assert found["hosts"] == ["algo-1", "algo-2", "algo-3"]
        (group,) = found["instance_groups"]
        assert group == {
            "instance_group_name": found["current_group_name"],
            "instance_type": "ml.m5.large",
            "hosts": found["hosts"],
        }
    assert len({host.opt_ml for host in hosts}) == 3
    assert len({host.address for host in hosts}) == 3


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
    (host,) = hosts = Cluster(Processes("unit"), tmp_path, 1).hosts
    write_input(host, hosts, job)
    config = host.opt_ml / "input" / "config"
    assert json.loads((config / "hyperparameters.json").read_text()) == {"num_round": "1"}
    assert json.loads((config / "inputdataconfig.json").read_text())["train"]["ContentType"] == "text/csv"
    assert json.loads((config / "resourceconfig.json").read_text())["hosts"] == ["algo-1"]
