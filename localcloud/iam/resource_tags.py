"""The tags of a request's resource, for ``aws:ResourceTag/…`` and similar keys. They are read when a policy asks.

Our own services keep tags in the store, and moto keeps those of its services. This module writes nothing. S3 has no
``aws:ResourceTag`` here: a bucket must be switched to it (PutBucketAbac), which the local cloud does not support.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcloud.platform.store import Document, Store

_S3_PREFIX = "arn:aws:s3:::"
#: Services whose backend in moto lists all resources with their tags.
_TELLING = frozenset({"kms", "sns", "sqs", "logs", "secretsmanager", "ssm"})


class ResourceTags:
    def __init__(self, account_id: str, store: Store) -> None:
        self._account_id = account_id
        self._store = store

    def of(self, arn: str) -> dict[str, str]:
        """Tag key in lower case, as conditions compare it → value; empty without tags or without the resource."""
        parts = arn.split(":", 5)
        if len(parts) != 6:
            return {}
        _, _, service, region, _, name = parts
        readers = {
            "sagemaker": self._by_arn,
            "glue": self._by_arn,
            "cloudwatch": self._by_arn,
            "codebuild": self._of_project,
            "codepipeline": self._of_pipeline,
            "codeconnections": self._of_connection,
            "codestar-connections": self._of_connection,
            "cloudfront": self._of_distribution,
            "cognito-idp": self._of_user_pool,
            "cloudformation": self._of_stack,
            "iam": self._of_principal,
            "ecr": self._of_repository,
            "events": self._of_rule_or_bus,
            "lambda": self._of_function,
        }
        if service in readers:
            found = readers[service](arn, region, name)
        elif service in _TELLING:
            found = self._told(service, arn, region)
        else:
            found = {}
        return {key.lower(): value for key, value in found.items()}

    def of_object(self, arn: str, version: str | None) -> dict[str, str]:
        """The tags of an S3 object, ``arn:aws:s3:::bucket/key``, in this version or the latest."""
        from moto.s3.models import s3_backends

        backend = s3_backends[self._account_id]["aws"]
        bucket, _, key = arn.removeprefix(_S3_PREFIX).partition("/")
        if bucket not in backend.buckets:
            return {}
        found = backend.get_object(bucket, key, version_id=version)
        tags = backend.tagger.get_tag_dict_for_resource(found.arn) if found is not None else {}
        return {name.lower(): value for name, value in tags.items()}

    def _by_arn(self, arn: str, _region: str, _name: str) -> Mapping[str, str]:
        """SageMaker's ARNs are in lower case, even where a resource was made with capitals."""
        service = arn.split(":", 3)[2]
        tables = self._store.table(f"{service}.tags").items()
        return next((tags for known, tags in tables if known.lower() == arn.lower()), {})

    def _of_project(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        return _pairs(self._document("codebuild.projects", name.rpartition("/")[2]).get("tags", []))

    def _of_pipeline(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        return _pairs(self._document("codepipeline.pipelines", name.partition("/")[0]).get("tags", []))

    def _of_connection(self, arn: str, _region: str, _name: str) -> Mapping[str, str]:
        tags: Mapping[str, str] = self._document("codeconnections.connections", arn).get("tags", {})
        return tags

    def _of_distribution(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        tags: Mapping[str, str] = self._document("cloudfront.distributions", name.rpartition("/")[2]).get("tags", {})
        return tags

    def _of_user_pool(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        tags: Mapping[str, str] = self._document("cognito.pools", name.rpartition("/")[2]).get("UserPoolTags", {})
        return tags

    def _of_stack(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        wanted = name.split("/")[1] if "/" in name else name
        stacks = [stack for _, stack in self._store.table("cloudformation.stacks").items()]
        named = [stack for stack in stacks if stack["StackName"] == wanted]
        return named[-1]["Tags"] if named else {}

    def _document(self, table: str, key: str) -> Document:
        return self._store.table(table).get(key) or {}

    def _of_principal(self, arn: str, _region: str, name: str) -> Mapping[str, str]:
        from moto.iam.models import iam_backends

        backend = iam_backends[self._account_id]["aws"]
        kind, _, path = name.partition("/")
        if kind == "user":
            return self._tagged(backend, arn)
        found = next((role for role in list(backend.roles.values()) if role.name == path.rpartition("/")[2]), None)
        return _pairs(found.tags) if kind == "role" and found else {}

    def _of_repository(self, arn: str, region: str, _name: str) -> Mapping[str, str]:
        from moto.ecr.models import ecr_backends

        return self._tagged(ecr_backends[self._account_id][region], arn)

    def _of_rule_or_bus(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        kind, _, key = name.partition("/")
        table = "events.buses" if kind == "event-bus" else "events.rules"
        tags: Mapping[str, str] = self._document(table, key).get("tags", {})
        return tags

    def _of_function(self, _arn: str, _region: str, name: str) -> Mapping[str, str]:
        kind, _, named = name.partition(":")
        if kind != "function":  # a layer may have a function's name, and has no tags
            return {}
        tags: Mapping[str, str] = self._document("lambda.functions", named.partition(":")[0]).get("tags", {})
        return tags

    @staticmethod
    def _tagged(backend: Any, arn: str) -> Mapping[str, str]:
        tags: Mapping[str, str] = backend.tagger.get_tag_dict_for_resource(arn)
        return tags

    def _told(self, service: str, arn: str, region: str) -> Mapping[str, str]:
        from moto.backends import get_backend

        backend: Any = get_backend(service)[self._account_id][region]  # type: ignore[call-overload]
        wanted = arn.partition(":log-stream:")[0]
        return next((one.tags for one in list(backend.iter_tagged_resources()) if one.arn == wanted), {})


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a dict. AWS's services write ``Key`` and ``Value``, or ``key`` and ``value``."""
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value"))) for tag in tags}
