"""The environment variables of a build, with values from Parameter Store and Secrets Manager."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services.codebuild.failure import PhaseFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.platform.service import Params
    from localcloud.services.codebuild.buildspec import Buildspec

_ARN_PARTS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    values: dict[str, str]
    #: The names of variables from Secrets Manager.
    secret: frozenset[str]
    #: The names of variables that no build exports: secrets that the project declares.
    kept: frozenset[str] = frozenset()

    def exported(self, names: Iterable[str]) -> list[str]:
        """Those of the names whose values are exported. As on AWS, the others are left out in silence."""
        return [name for name in names if name not in self.kept | self.secret and not name.startswith("AWS_")]


def resolve(spec: Buildspec, declared: list[Params], client: Callable[[str], Any]) -> Variables:
    """The buildspec's variables, then the project's, then StartBuild's, in AWS's order of precedence.

    ``client`` returns a boto3 client with the service role's credentials. Raises PhaseFailedError.
    """
    kinds = {name: (value, "PLAINTEXT") for name, value in spec.variables.items()}
    kinds |= {name: (value, "PARAMETER_STORE") for name, value in spec.parameter_store.items()}
    kinds |= {name: (value, "SECRETS_MANAGER") for name, value in spec.secrets_manager.items()}
    kinds |= {one["name"]: (one["value"], one.get("type", "PLAINTEXT")) for one in declared}
    values = {}
    for name, (value, kind) in kinds.items():
        if kind == "PARAMETER_STORE":
            values[name] = _parameter(client("ssm"), value)
        elif kind == "SECRETS_MANAGER":
            values[name] = _secret(client("secretsmanager"), value)
        else:
            values[name] = value
    secret = frozenset(name for name, (_, kind) in kinds.items() if kind == "SECRETS_MANAGER")
    leaked = [name for name in spec.exported_variables if name in secret]
    if leaked:
        raise PhaseFailedError("YAML_FILE_ERROR", f"exported-variables: {leaked[0]} is a secret and cannot be exported")
    kept = frozenset(one["name"] for one in declared if one.get("type") in ("PARAMETER_STORE", "SECRETS_MANAGER"))
    return Variables(values=values, secret=secret, kept=kept)


def _parameter(ssm: Any, name: str) -> str:
    try:
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ClientError as error:
        raise PhaseFailedError("Decrypted Variables Error", f"parameter {name}: {_reason(error)}") from error


def _secret(secretsmanager: Any, reference: str) -> str:
    """The value of ``secret-id:json-key:version-stage:version-id``. All parts but the first are optional."""
    secret_id, json_key, stage, version = split_reference(reference)
    wanted = {"SecretId": secret_id} | ({"VersionStage": stage} if stage else {})
    wanted |= {"VersionId": version} if version else {}
    try:
        value = str(secretsmanager.get_secret_value(**wanted)["SecretString"])
    except ClientError as error:
        raise PhaseFailedError("Secrets Manager Error", f"secret {secret_id}: {_reason(error)}") from error
    except KeyError as error:
        raise PhaseFailedError("Secrets Manager Error", f"secret {secret_id} holds no text") from error
    if not json_key:
        return value
    try:
        found = json.loads(value)[json_key]
    except (ValueError, KeyError, TypeError) as error:
        raise PhaseFailedError(
            "Secrets Manager Error", f"secret {secret_id}: its value is not a JSON object with the key {json_key}"
        ) from error
    return found if isinstance(found, str) else json.dumps(found)


def split_reference(reference: str) -> tuple[str, str, str, str]:
    """Secret id (a name or an ARN), JSON key, version stage, version id; empty for missing parts."""
    parts = reference.split(":")
    length = _ARN_PARTS if reference.startswith("arn:") else 1
    rest = [*parts[length:], "", "", ""]
    return ":".join(parts[:length]), rest[0], rest[1], rest[2]


def _reason(error: ClientError) -> str:
    return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
