"""The input of a training container: folders, and three files that describe the job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.cluster import Host

#: SageMaker's name for the only instance group of a cluster with one instance type.
_GROUP = "homogeneousCluster"


def write_input(host: Host, hosts: Sequence[Host], job: Document) -> None:
    """Fills ``/opt/ml`` of one of the job's hosts, without the data of the channels."""
    for folder in ("input/config", "input/data", "model", "output/data"):
        (host.opt_ml / folder).mkdir(parents=True)
    for name, document in (
        ("hyperparameters", job.get("HyperParameters", {})),
        ("inputdataconfig", {channel["ChannelName"]: _channel(channel) for channel in job.get("InputDataConfig", [])}),
        ("resourceconfig", _resources(host, hosts, job["ResourceConfig"].get("InstanceType"))),
    ):
        (host.opt_ml / "input" / "config" / f"{name}.json").write_text(json.dumps(document))


def _channel(channel: Document) -> dict[str, Any]:
    return {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
    }


def _resources(host: Host, hosts: Sequence[Host], instance_type: str | None) -> dict[str, Any]:
    names = [each.name for each in hosts]
    return {
        "current_host": host.name,
        "hosts": names,
        "current_instance_type": instance_type,
        "current_group_name": _GROUP,
        "instance_groups": [{"instance_group_name": _GROUP, "instance_type": instance_type, "hosts": names}],
        "network_interface_name": "lo",
    }
