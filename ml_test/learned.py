"""What a model has learned from, as the gate finds out for itself.

The challenger's package names its model; the model's address names its training job; the job's description names the
prefixes that it read; and the rows lie there. The champion's rows were found in the same way when it was judged: they
are stored, and its report names them by their hash. What cannot be found is not taken to be harmless: it is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.addresses import S3Address
from handover.packages import artifacts
from handover.places import FEATURES, MODEL_KEY, jobs_code
from handover.versions import changed_since
from ml_init.row_identity import identity
from ml_init.training_rows import Beside, training_rows
from ml_steps.objects import read_all
from ml_steps.running import say
from ml_test import row_sets
from ml_test.gate.learning import Learned, Learning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from handover.step_variables import GateVariables
    from ml_test.champion_report import ChampionReport
    from ml_test.known_data import KnownData

#: What a job may read besides its channels, or what changes what it reads. None of it can be read back as rows.
_NOT_ROWS = ("CheckpointConfig", "ModelPackageConfig")
#: The channels of a program that a job brings, by the SDK's names.
_PROGRAM = ("code", "sm_drivers")


class _UnknownError(Exception):
    """Why it is not known what a model has learned from."""


def find(
    sagemaker: Any,
    s3: Any,
    variables: GateVariables,
    data: KnownData,
    *,
    package: Mapping[str, Any],
    report: ChampionReport | None,
) -> Learning:
    """What both models learned from, and which rows the champion was judged by.

    package: the challenger's, as DescribeModelPackage answers. report: the champion's; None without a champion.
    """
    challenger = _of_challenger(sagemaker, s3, variables, data, package)
    if report is None:
        return Learning(challenger=challenger)
    if report.missing:
        return Learning(challenger=challenger, champion=Learned(rows=None, unknown=_why(report.missing)))
    rows, judged = (
        _stored(s3, variables.bucket, report.document.get(name)) for name in ("learned_rows_sha256", "test_rows_sha256")
    )
    unknown = "" if rows is not None else f"the report of {report.package_arn} leads to no such rows"
    return Learning(challenger=challenger, champion=Learned(rows=rows, unknown=unknown), champion_judged=judged)


def _why(error: Exception | str) -> str:
    return str(error).rstrip(".")


def _stored(s3: Any, bucket: str, sha256: Any) -> frozenset[str] | None:
    return row_sets.load(s3, bucket, sha256) if isinstance(sha256, str) and sha256 else None


def _of_challenger(
    sagemaker: Any, s3: Any, variables: GateVariables, data: KnownData, package: Mapping[str, Any]
) -> Learned:
    try:
        prefixes, rows = [], set()
        for job in _jobs(sagemaker, package, variables):
            channels = _prefixes(job, variables, data)
            _check_unchanged(s3, job, list(channels.values()))
            side = training_rows(variables.training_rows).side_channels
            channels = _without_weights(s3, job, channels, data)
            files = {name: read_all(s3, prefix) for name, prefix in channels.items() if name in side}
            beside = Beside(files=files, known=data.known_features())
            of_rows = [prefix for name, prefix in channels.items() if name not in side]
            rows |= {row for prefix in of_rows for row in _identities(s3, prefix, variables, data, beside)}
            prefixes += of_rows
    except (ClientError, _UnknownError) as error:
        return Learned(rows=None, unknown=_why(error))
    say(f"  the new model learned from {len(rows)} rows under {', '.join(map(str, prefixes))}")
    return Learned(rows=frozenset(rows), foreign=len(rows - data.to_learn()))


def _jobs(sagemaker: Any, package: Mapping[str, Any], variables: GateVariables) -> Iterator[Mapping[str, Any]]:
    """The training jobs that made the package's models. A transformation, which the data step fits, is no model."""
    others = [address for address in artifacts(package) if not address.key.startswith(FEATURES)]
    if not others:
        raise _UnknownError("the package has no model")
    for address in others:
        found = MODEL_KEY.fullmatch(address.key)
        if address.bucket != variables.bucket or found is None:
            raise _UnknownError(f"{address} is no model of a training job of this pipeline")
        job = sagemaker.describe_training_job(TrainingJobName=found[1])
        if (made := job.get("ModelArtifacts", {}).get("S3ModelArtifacts")) != str(address):
            raise _UnknownError(f"the training job {found[1]} made {made}, and not {address}")
        yield job


def _prefixes(job: Mapping[str, Any], variables: GateVariables, data: KnownData) -> dict[str, S3Address]:
    """Where each channel's files lie. Each must be one that can be read back, or be known to hold no rows."""
    name, bucket = job["TrainingJobName"], variables.bucket
    if others := [each for each in _NOT_ROWS if job.get(each)]:
        raise _UnknownError(f"the training job {name} has a {others[0]}")
    channels = job.get("InputDataConfig", [])
    if not channels:
        raise _UnknownError(f"the training job {name} has no channels")
    kind, found = training_rows(variables.training_rows), {}
    types = {**kind.side_channels, **{each.channel: each.CONTENT_TYPE for each in data.dataset.pretrained}}
    for channel in channels:
        if _is_program(channel, variables):
            continue
        source = channel.get("DataSource", {}).get("S3DataSource", {})
        address = S3Address.parse(source["S3Uri"]) if source.get("S3DataType") == "S3Prefix" else None
        if address is None or address.bucket != bucket or not address.key.startswith(FEATURES):
            raise _UnknownError(
                f"the training job {name} reads its channel {channel.get('ChannelName')} from "
                f"{source.get('S3Uri') or 'no prefix in S3'}, expected a prefix under s3://{bucket}/{FEATURES}"
            )
        if channel.get("CompressionType", "None") != "None" or channel.get("RecordWrapperType", "None") != "None":
            raise _UnknownError(f"the training job {name} unpacks its channel {channel.get('ChannelName')}")
        expected = types.get(channel["ChannelName"], kind.content_type)
        if channel.get("ContentType") != expected:
            raise _UnknownError(
                f"the training job {name} reads {channel.get('ContentType') or 'rows of no stated type'}"
            )
        found[channel["ChannelName"]] = address
    if not found:
        raise _UnknownError(f"the training job {name} has no channels with rows")
    return found


def _without_weights(
    s3: Any, job: Mapping[str, Any], channels: Mapping[str, S3Address], data: KnownData
) -> dict[str, S3Address]:
    """The channels with rows, and what belongs to them. The weights must be those that the data contract names.

    What they have learned stands nowhere. A person has agreed to them, for other ones loosen the contract.
    """
    weights = {each.channel: each for each in data.dataset.pretrained}
    for name, prefix in channels.items():
        if name in weights and not weights[name].is_all_of(read_all(s3, prefix)):
            raise _UnknownError(
                f"the training job {job['TrainingJobName']} reads in its channel {name} something else than "
                f"{weights[name].name} with the SHA-256 of dataset.toml"
            )
    return {name: prefix for name, prefix in channels.items() if name not in weights}


def _is_program(channel: Mapping[str, Any], variables: GateVariables) -> bool:
    """Whether a channel is a program that jobs bring. What a program holds, a person reads who reviews it."""
    name = channel.get("ChannelName", "")
    uri = channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")
    place = f"s3://{variables.bucket}/{jobs_code(variables.workload)}"
    return name in _PROGRAM and uri.startswith(place) and uri.endswith(f"/input/{name}")


def _check_unchanged(s3: Any, job: Mapping[str, Any], prefixes: Sequence[S3Address]) -> None:
    """What lies there now is what the job has read: nothing was written or deleted since it was created."""
    for prefix in prefixes:
        if changed := changed_since(s3, prefix, job["CreationTime"]):
            raise _UnknownError(
                f"{changed[0]} was written or deleted after the training job {job['TrainingJobName']} began, "
                "so it is not known what it has read there"
            )


def _identities(s3: Any, prefix: S3Address, variables: GateVariables, data: KnownData, beside: Beside) -> Iterator[str]:
    contents = read_all(s3, prefix)
    if not contents:
        raise _UnknownError(f"there are no rows under {prefix}")
    try:
        kind = training_rows(variables.training_rows)
        return map(identity, [row for content in contents for row in kind.decode(content, data.dataset, beside)])
    except ValueError as error:
        raise _UnknownError(f"the rows under {prefix} cannot be read back: {error}") from error
