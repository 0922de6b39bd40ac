"""What IAM's decisions rest on: principals, their policies, and resource policies, as moto or our services keep them.

It writes nothing. It caches a caller's policies until a call to IAM has changed something.
"""

from __future__ import annotations

import base64
import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.iam.departed import Departed
from localcloud.iam.document import Policy, PolicyKind, on_itself, parse_policy, whole
from localcloud.iam.encryption_keys import EncryptionKeys
from localcloud.iam.resource_tags import ResourceTags
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.service import Caller
    from localcloud.platform.store import Store
    from localcloud.wire.api_requests import ApiRequest

_KEY_ID_LENGTH = 36
_SESSION_SECONDS = 3600
#: Settings of a bucket's block of public access → moto's names.
_BLOCKS = {"BlockPublicAcls": "block_public_acls", "BlockPublicPolicy": "block_public_policy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPolicies:
    """A principal's identity policies and boundary."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProvider:
    """An OpenID Connect provider of the account."""

    arn: str
    audiences: tuple[str, ...]
    """The clients whose tokens count."""


class AccountState:
    def __init__(self, account_id: str, store: Store) -> None:
        self._account_id = account_id
        self._store = store
        self.encryption = EncryptionKeys(account_id)
        self._generation = 0
        self._held: dict[str, tuple[int, HeldPolicies]] = {}
        self.departed = Departed(store)

    def iam_changed(self) -> None:
        """Empties the cache, because a call to IAM may have changed policies."""
        self._generation += 1

    # ---- principals

    def held(self, caller: Caller) -> HeldPolicies:
        """The policies of the caller's role or user; none where it was deleted meanwhile."""
        key = caller.role_arn or caller.arn
        generation, found = self._held.get(key, (-1, HeldPolicies()))
        if generation != self._generation:
            generation = self._generation
            found = self._read_held(key)
            self._held[key] = (generation, found)
        return found

    def _read_held(self, arn: str) -> HeldPolicies:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        name = name.rpartition("/")[2]
        principal = self._role(name) if kind == "role" else self._iam().users.get(name) if kind == "user" else None
        if principal is None:
            return HeldPolicies()
        holders = [principal]
        if kind == "user":
            holders += [group for group in list(self._iam().groups.values()) if principal in group.users]
        boundary = getattr(principal, "permissions_boundary_arn", None)
        return HeldPolicies(
            identity=tuple(policy for holder in holders for policy in _policies_of(holder)),
            boundary=self._managed(boundary, PolicyKind.BOUNDARY) if boundary else None,
        )

    def trust_policy(self, role_arn: str) -> Policy | None:
        role = self._role(role_arn.rpartition("/")[2])
        if role is None or role.arn != role_arn:
            return None
        return parsed(self.departed.applied(_text(role.assume_role_policy_document)), role.name, PolicyKind.TRUST)

    def longest_session(self, role_arn: str) -> int:
        """The seconds that a session of the role may last."""
        role = self._role(role_arn.rpartition("/")[2])
        return int(getattr(role, "max_session_duration", None) or _SESSION_SECONDS)

    def identity_provider(self, issuer: str) -> IdentityProvider | None:
        """The OpenID Connect provider of the account with this issuer; None where there is none."""
        for provider in list(self._iam().open_id_providers.values()):
            if f"https://{provider.url}" == issuer:
                return IdentityProvider(arn=str(provider.arn), audiences=tuple(provider.client_id_list))
        return None

    def identity(self, kind: str, name: str) -> tuple[str, str] | None:
        """ARN and unique id of a role or user; None where there is none."""
        found = self._holder(kind, name)
        return (str(found.arn), str(found.id)) if found is not None else None

    def is_missing(self, principal: str) -> bool:
        """Whether a principal is a role or user of this account that does not exist."""
        start, _, name = principal.partition("/")
        kind = start.removeprefix(f"arn:aws:iam::{self._account_id}:")
        if kind not in ("role", "user") or "*" in principal:
            return False
        found = self.identity(kind, name.rpartition("/")[2])
        return found is None or found[0] != principal

    def policy_texts(self) -> Iterator[str]:
        """Every policy of the account that names principals."""
        from moto.ecr.models import ecr_backends
        from moto.kms.models import kms_backends
        from moto.s3.models import s3_backends
        from moto.secretsmanager.models import secretsmanager_backends
        from moto.sns.models import sns_backends
        from moto.sqs.models import sqs_backends

        def of_regions(backends: Any) -> list[Any]:
            return list(backends[self._account_id].values())

        holders = list(s3_backends[self._account_id]["aws"].buckets.values())
        holders += [each for backend in of_regions(sns_backends) for each in backend.topics.values()]
        holders += [each for backend in of_regions(sqs_backends) for each in backend.queues.values()]
        holders += [each for backend in of_regions(kms_backends) for each in backend.keys.values()]
        holders += [each for backend in of_regions(secretsmanager_backends) for each in backend.secrets.values()]
        yield from (_text(each.policy) for each in holders if getattr(each, "policy", None))
        repositories = [each for backend in of_regions(ecr_backends) for each in backend.repositories.values()]
        yield from (json.dumps(on_itself(_text(each.policy))) for each in repositories if each.policy)
        yield from (_text(role.assume_role_policy_document) for role in list(self._iam().roles.values()))
        for table in ("lambda.functions", "lambda.versions", "lambda.aliases", "lambda.layers"):
            documents = [document for _, document in self._store.table(table).items()]
            kept = [document["policy"] for document in documents if document.get("policy")]
            yield from (json.dumps(whole(statements)) for statements in kept)
        buses = [bus for _, bus in self._store.table("events.buses").items()]
        yield from (json.dumps(whole(bus["policy"])) for bus in buses if bus["policy"])

    def held_by_arn(self, arn: str) -> HeldPolicies | None:
        """The policies of a role or user; None where the ARN is unknown."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        found = self._role(name.rpartition("/")[2]) if kind == "role" else self._iam().users.get(name)
        return self._read_held(arn) if found is not None and kind in ("role", "user") else None

    def path(self, kind: str, name: str) -> str | None:
        """The path of a role, user or group; None where the name is unknown."""
        found = self._holder(kind, name)
        return str(found.path) if found is not None else None

    def inline_policies(self, kind: str, name: str) -> dict[str, str]:
        """The inline policies of a role, user or group: name → document; empty where the name is unknown."""
        found = self._holder(kind, name)
        inline = found.policies if found is not None else {}
        return {key: _text(document) for key, document in inline.items()}

    def _holder(self, kind: str, name: str) -> Any:
        iam = self._iam()
        return {
            "role": lambda: self._role(name),
            "user": lambda: iam.users.get(name),
            "group": lambda: iam.groups.get(name),
        }.get(kind, lambda: None)()

    def tags_of(self, caller: Caller) -> dict[str, str]:
        role = self._role(caller.role_arn.rpartition("/")[2]) if caller.role_arn else None
        tags = role.tags if role is not None else None
        found = tags.values() if isinstance(tags, dict) else tags or ()
        return {tag["Key"]: tag["Value"] for tag in found if isinstance(tag, dict)}

    # ---- resources

    def resource_policy(self, action: str, arn: str) -> tuple[Policy | None, bool]:
        """The policy of the resource, and whether it has to allow the action too."""
        service = arn.split(":", 3)[2] if arn.startswith("arn:") else ""
        if action in ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"):
            return self.trust_policy(arn), True
        reader = {
            "s3": self._bucket_policy,
            "kms": self._key_policy,
            "sns": self._topic_policy,
            "sqs": self._queue_policy,
            "secretsmanager": self._secret_policy,
            "ecr": self._repository_policy,
            "lambda": self._function_policy,
            "execute-api": self._api_policy,
            "events": self._bus_policy,
        }.get(service)
        text = reader(arn) if reader else None
        name = arn.rpartition(":")[2]
        policy = parsed(self.departed.applied(text), name, PolicyKind.RESOURCE) if text else None
        return policy, service == "kms" and policy is not None

    def public_access_block(self, bucket: str) -> frozenset[str]:
        """The names of the settings of a bucket's block that are on; none where it is unknown."""
        block = getattr(self._bucket(bucket), "public_access_block", None)
        return frozenset(name for name, attribute in _BLOCKS.items() if block and getattr(block, attribute))

    def object_ownership(self, bucket: str) -> str:
        """The bucket's setting; empty where there is none, as in buckets of an earlier local cloud."""
        return str(getattr(self._bucket(bucket), "ownership_rule", None) or "")

    def bucket_names(self) -> set[str]:
        from moto.s3.models import s3_backends

        return set(s3_backends[self._account_id]["aws"].buckets)

    def key_arn(self, region: str, name: str) -> str:
        """The ARN of a key that is given by id, ARN or alias; an unknown key's name comes back as it is."""
        backend = self._kms(region)
        try:
            identifier = backend.any_id_to_key_id(name)
        except Exception:  # noqa: BLE001  (moto raises errors of its own kinds for a key that is not there)
            identifier = name
        if identifier in backend.keys:
            return str(backend.keys[identifier].arn)
        return identifier if identifier.startswith("arn:") else f"arn:aws:kms:{region}:{self._account_id}:key/{name}"

    def key_of_endpoint_config(self, name: str) -> str:
        """The key of the instances' disks, as the endpoint configuration names it; empty where it has none."""
        return str((self._store.table("sagemaker.endpoint_configs").get(name) or {}).get("KmsKeyId") or "")

    def key_of_ciphertext(self, region: str, blob: str) -> str:
        """Reads the key's id from a ciphertext: moto writes it in front."""
        try:
            name = base64.b64decode(blob)[:_KEY_ID_LENGTH].decode()
        except ValueError:
            name = "*"
        return self.key_arn(region, name)

    def secret_arn(self, region: str, name: str) -> str:
        secret = self._secret(region, name)
        if secret is not None:
            return str(secret.arn)
        return name if name.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{self._account_id}:secret:{name}"

    def has_tags(self, object_arn: str, version: str | None) -> bool:
        """Whether an object of S3 has tags, in this version or the latest."""
        return bool(ResourceTags(self._account_id, self._store).of_object(object_arn, version or None))

    def _bucket(self, name: str) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[self._account_id]["aws"].buckets.get(name)

    def _bucket_policy(self, arn: str) -> str | None:
        bucket = self._bucket(arn.rpartition(":")[2].partition("/")[0])
        return _text(bucket.policy) if bucket is not None and bucket.policy else None

    def _key_policy(self, arn: str) -> str | None:
        region, identifier = arn.split(":")[3], arn.partition(":key/")[2]
        key = self._kms(region).keys.get(identifier) if identifier else None
        return _text(key.policy) if key is not None else None

    def _topic_policy(self, arn: str) -> str | None:
        from moto.sns.models import sns_backends

        topic = sns_backends[self._account_id][arn.split(":")[3]].topics.get(arn)
        return _text(topic.policy) if topic is not None and topic.policy else None

    def _queue_policy(self, arn: str) -> str | None:
        from moto.sqs.models import sqs_backends

        queue = sqs_backends[self._account_id][arn.split(":")[3]].queues.get(arn.rpartition(":")[2])
        return _text(queue.policy) if queue is not None and queue.policy else None

    def queue_waits(self, call: ApiRequest, region: str) -> float:
        """The seconds that a queue lets ReceiveMessage wait; 0 where the queue is unknown."""
        from moto.sqs.models import sqs_backends

        name = str(call.params.get("QueueUrl", "")).rpartition("/")[2]
        queue = sqs_backends[self._account_id][region].queues.get(name)
        return float(getattr(queue, "receive_message_wait_time_seconds", 0) or 0)

    def _secret_policy(self, arn: str) -> str | None:
        secret = self._secret(arn.split(":")[3], arn)
        return _text(secret.policy) if secret is not None and getattr(secret, "policy", None) else None

    def _repository_policy(self, arn: str) -> str | None:
        from moto.ecr.models import ecr_backends

        backend = ecr_backends[self._account_id][arn.split(":")[3]]
        found = backend.repositories.get(arn.partition(":repository/")[2])
        return json.dumps(on_itself(_text(found.policy))) if found is not None and found.policy else None

    def _function_policy(self, arn: str) -> str | None:
        """The policy of a function, of the version or alias in the ARN, or of a layer's version: each has its own."""
        table, named = _lambda_document(arn)
        statements = (self._store.table(table).get(named) or {}).get("policy")
        return json.dumps(whole(statements)) if statements else None

    def _bus_policy(self, arn: str) -> str | None:
        """The policy of an event bus, which counts for its rules as well."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        bus = name if kind == "event-bus" else name.rpartition("/")[0] or "default"
        statements = (self._store.table("events.buses").get(bus) or {}).get("policy")
        return json.dumps(whole(statements)) if statements else None

    def url_auth_type(self, named: str) -> str:
        """The authentication of the URL of a function or alias; empty where it has none."""
        urls = self._store.table("lambda.urls").items()
        return next((str(url["AuthType"]) for _, url in urls if url["function"] == named), "")

    def _api_policy(self, arn: str) -> str | None:
        """An API's policy as it was deployed to the stage. In it ``execute-api:/`` stands for the API's own ARN."""
        start, _, resource = arn.rpartition(":")
        api_id, stage = resource.split("/")[:2]
        text = str((self._store.table("apigateway.policies").get(f"{api_id}/{stage}") or {}).get("policy") or "")
        return text.replace('"execute-api:/', f'"{start}:{api_id}/') or None

    def _secret(self, region: str, name: str) -> Any:
        from moto.secretsmanager.models import secretsmanager_backends

        secrets = secretsmanager_backends[self._account_id][region].secrets
        return secrets[name] if name in secrets else None  # noqa: SIM401  (moto's store finds ARNs by [] alone)

    def _role(self, name: str) -> Any:
        return next((role for role in list(self._iam().roles.values()) if role.name == name), None)

    def _managed(self, arn: str, kind: PolicyKind) -> Policy | None:
        found = self._iam().managed_policies.get(arn)
        return parsed(_default_version(found), found.name, kind) if found is not None else None

    def _iam(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self._account_id]["aws"]

    def _kms(self, region: str) -> Any:
        from moto.kms.models import kms_backends

        return kms_backends[self._account_id][region]


def _lambda_document(arn: str) -> tuple[str, str]:
    """Table and key of what a Lambda ARN names."""
    layer_version = arn.partition(":layer:")[2]
    if layer_version:
        return "lambda.layers", layer_version
    named = arn.partition(":function:")[2]
    qualifier = named.partition(":")[2]
    return "lambda.versions" if qualifier.isdigit() else "lambda.aliases" if qualifier else "lambda.functions", named


def _policies_of(holder: Any) -> list[Policy]:
    inline = [parsed(_text(text), name, PolicyKind.IDENTITY) for name, text in list(holder.policies.items())]
    managed = [parsed(_default_version(p), p.name, PolicyKind.IDENTITY) for p in list(holder.managed_policies.values())]
    return [*inline, *managed]


def _default_version(policy: Any) -> str:
    version = next(found for found in policy.versions if found.version_id == policy.default_version_id)
    return _text(version.document)


@functools.lru_cache(maxsize=1024)
def parsed(text: str, name: str, kind: PolicyKind) -> Policy:
    try:
        return parse_policy(text, name=name, kind=kind)
    except AwsError as error:
        raise AwsError(
            "InternalFailure", f"A policy that moto holds cannot be read: {error.message}", status=500
        ) from error


def _text(document: Any) -> str:
    if isinstance(document, bytes):
        return document.decode()
    if isinstance(document, dict):
        return json.dumps(document)
    text = str(document)
    return text if text.lstrip().startswith("{") else unquote(text)
