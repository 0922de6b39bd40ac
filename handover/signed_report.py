"""The gate's signature of its report: a manifest of the files' SHA-256 sums, and KMS's signature of the manifest.

The report itself contains neither, so that equal inputs give equal bytes: every ECDSA signature is different.
The gate signs; ``make verify-report`` checks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.documents import to_json
from handover.places import GateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALGORITHM = "ECDSA_SHA_256"
MANIFEST, SIGNATURE = GateFolder.MANIFEST, GateFolder.SIGNATURE
#: The signed files, by way of the manifest.
REPORT = (GateFolder.DOCUMENT, GateFolder.PAGE)

Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """The release that the report is about."""

    workload: str
    execution: str


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest(files: Mapping[str, str], release: Release, package_arn: str) -> str:
    """Each file's sum, and the release, so that no other release's report can replace this one."""
    return to_json(
        {
            "workload": release.workload,
            "pipeline_execution": release.execution,
            "model_package_arn": package_arn,
            "sha256": {name: sha256(content.encode()) for name, content in files.items()},
        }
    )


def sign(kms: Any, key_arn: str, text: str) -> str:
    """The signature in base64. KMS signs up to 4,096 bytes without a digest; a manifest has a few hundred."""
    answer = kms.sign(KeyId=key_arn, Message=text.encode(), MessageType="RAW", SigningAlgorithm=ALGORITHM)
    return base64.b64encode(answer["Signature"]).decode() + "\n"


def is_signed(kms: Any, key_arn: str, text: bytes, signature: bytes) -> bool:
    try:
        answer = kms.verify(
            KeyId=key_arn, Message=text, MessageType="RAW", Signature=signature, SigningAlgorithm=ALGORITHM
        )
    except kms.exceptions.KMSInvalidSignatureException:
        return False
    return bool(answer["SignatureValid"])


def faults(files: Files, release: Release, signed: Callable[[bytes, bytes], bool]) -> list[str]:
    """The faults, one sentence each, with the file's name. ``signed`` checks a text against its signature."""
    missing = [name for name in (MANIFEST, SIGNATURE, *REPORT) if name not in files]
    if missing:
        return [f"{name} is missing" for name in missing]
    try:
        signature = base64.b64decode(files[SIGNATURE].strip(), validate=True)
    except binascii.Error as error:
        return [f"{SIGNATURE} was changed: it is not base64 ({error})"]
    if not signed(files[MANIFEST], signature):
        return [f"{MANIFEST} or {SIGNATURE} was changed: the signature is not the gate's of this manifest"]
    stated: Mapping[str, Any] = json.loads(files[MANIFEST])
    named = Release(workload=stated["workload"], execution=stated["pipeline_execution"])
    if named != release:
        return [f"{MANIFEST} is that of another release: {named.workload}, execution {named.execution}"]
    changed = [
        f"{name} was changed: its SHA-256 is {actual}, and the signed manifest says {expected}"
        for name, actual, expected in ((n, sha256(files[n]), stated["sha256"].get(n, "nothing")) for n in REPORT)
        if actual != expected
    ]
    return changed or _disagreements(json.loads(files[GateFolder.DOCUMENT]), stated)


def _disagreements(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """What the report says of its own origin, and the manifest says otherwise."""
    return [
        f"{GateFolder.DOCUMENT} is of another release: its {name} is {report.get(name)}, and the manifest's is {stated}"
        for name, stated in manifest.items()
        if name != "sha256" and report.get(name) != stated
    ]


def signer_faults(policy: str, signer_arn: str) -> list[str]:
    """Why others than this role may sign, by the key's policy; empty if nobody else may."""
    statements = json.loads(policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if (
            statement.get("Effect") == "Deny"
            and statement.get("Principal") in ("*", {"AWS": "*"})
            and statement.get("Action") in ("kms:Sign", ["kms:Sign"])
            and statement.get("Condition") == {"ArnNotEquals": {"aws:PrincipalArn": signer_arn}}
        ):
            return []
    return [f"the key's policy does not keep others than {signer_arn} from signing: deploy the pipeline's stack again"]
