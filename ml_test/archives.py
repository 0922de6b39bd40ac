"""The archives that a model's containers load, as the gate finds them in S3. Their content is untrusted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from handover.gate_report import Champion
from handover.packages import artifacts
from handover.versions import newest
from ml_steps.running import StepError, say
from ml_test.gate.archives import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.gate_report import JudgedObject
    from ml_test.champion import Gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Archives:
    """challenger: those of the versions that QA has loaded. champion: those of its package; None without a champion."""

    challenger: Sequence[bytes] = ()
    champion: Sequence[bytes] | None = None


def load(
    sagemaker: Any, s3: Any, judged: Sequence[JudgedObject], rival: Champion | Gone | None, *, needed: bool
) -> Archives:
    """needed: whether a kind of answers reads them; otherwise nothing is read."""
    if not needed:
        return Archives()
    found = [_read(s3, S3Address.parse(each.address), each.version_id, each.sha256) for each in judged]
    if not isinstance(rival, Champion):
        return Archives(challenger=found)
    package = sagemaker.describe_model_package(ModelPackageName=rival.model_package_arn)
    return Archives(challenger=found, champion=[_newest(s3, address) for address in artifacts(package)])


def _newest(s3: Any, address: S3Address) -> bytes:
    """The newest version: what was approved is written once. StepError if there is none."""
    version = newest(s3, address)
    if version is None:
        raise StepError(f"{address} of the champion's package does not exist, or was deleted.")
    return _read(s3, address, version.version_id)


def _read(s3: Any, address: S3Address, version: str, sha256: str = "") -> bytes:
    """A version of an object, with this hash if it is named. StepError if it is another one, or too large."""
    answer = s3.get_object(**address.arguments, VersionId=version)
    if answer["ContentLength"] > MOST_BYTES:
        raise StepError(f"{address} has {answer['ContentLength']} bytes; the gate reads {MOST_BYTES} at most.")
    content: bytes = answer["Body"].read()
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise StepError(f"{address} was changed while the gate judged it: its SHA-256 is no more {sha256}.")
    say(f"  read {address}: {len(content)} bytes")
    return content
