"""Our changes to moto: where it keeps objects, when it delivers messages, what it imports and how threads share it."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.iam.linked_roles import LINKED_ROLES
from localcloud.iam.public_policies import is_public
from localcloud.moto_services.log_filters import filter_by_terms
from localcloud.moto_services.object_lists import list_by_pages
from localcloud.moto_services.state.bodies import Bodies, ObjectBody
from localcloud.moto_services.state.circumstances import StandIn
from localcloud.moto_services.state.large_objects import use_in_moto
from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.settings import Settings

#: Signing name → moto's name, for the services that moto answers. Any other service is refused by name.
BACKENDS = {
    "ecr": "ecr",
    "iam": "iam",
    "kms": "kms",
    "logs": "logs",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}
_DELIVERY_SECONDS = 30
#: What a log stream keeps, in memory as all that moto has: the message's bytes, and these for each event.
STREAM_BYTES = 32 * 1024 * 1024
_EVENT_BYTES = 400

log = logging.getLogger("localcloud.moto")


def adapt(bodies: Bodies, region: str) -> None:
    """Imports all services of moto that are used, so that its clock can be replaced, and makes the other changes."""
    _import_backends()
    _know_only(region)
    _share_operations_between_threads()
    _name_missing_topics()
    _leave_bucket_policies_to_us()
    _block_public_access_of_new_buckets()
    _take_policies_without_a_version()
    _list_modules_once()
    _refuse_functions_behind_buckets()
    _take_no_object_for_a_form()
    _name_linked_roles_as_aws_does()
    _keep_the_end_of_a_log()
    _hold_no_instances()
    _hold_no_text_of_policies()
    _keep_objects_in(bodies)
    _list_versions_without_their_bytes()
    list_by_pages()
    filter_by_terms()
    _make_no_pair_for_symmetric_keys()
    _post_after_the_answer()


class _NobodyError(NotImplementedError, AttributeError):
    """Refuses a use by name. It is an AttributeError too, for pickle, which only looks whether an attribute exists."""


class _Nobody:
    """Replaces the backends of a service that nobody can call here, so that moto does not ask them."""

    def __getitem__(self, _: str) -> _Nobody:
        return self

    def __getattr__(self, name: str) -> Any:
        raise _NobodyError(f"{name} of a service that is not here")


def _import_backends() -> None:
    """Imports the backends without EC2, which Systems Manager asks: its import takes over a second."""
    from moto.backends import get_backend

    module = types.ModuleType("moto.ec2")
    vars(module)["ec2_backends"] = _Nobody()
    sys.modules.setdefault(module.__name__, module)
    for name in set(BACKENDS.values()):
        get_backend(name)  # type: ignore[call-overload]
    if type(vars(sys.modules["moto.ec2"]).get("ec2_backends")) is _Nobody:
        del sys.modules["moto.ec2"]


def _name_linked_roles_as_aws_does() -> None:
    """Derives no name from the principal where AWS chose another."""
    from moto.iam.models import IAMBackend, Role

    of_moto = IAMBackend.create_service_linked_role

    def create(self: IAMBackend, service_name: str, description: str, suffix: str) -> Role:
        name = LINKED_ROLES.get(service_name)
        if name is None:
            return of_moto(self, service_name, description, suffix)
        principal = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service_name}}
        return self.create_role(
            role_name=name,
            assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [principal]}),
            path=f"/aws-service-role/{service_name}/",
            permissions_boundary=None,
            description=description,
            tags=[],
            max_session_duration="3600",
            linked_service=service_name,
        )

    IAMBackend.create_service_linked_role = create  # type: ignore[method-assign]


def _share_operations_between_threads() -> None:
    """Lets a thread see an operation's model only when it is moto's.

    moto caches it under the very key under which botocore, which it calls for it, caches its own first: a thread that
    asked in between got a model without moto's additions, and its call ended with an AttributeError.
    """
    from botocore.model import ServiceModel as OfBotocore
    from botocore.utils import instance_cache
    from moto.core.model import OperationModel, ServiceModel

    of_botocore = vars(OfBotocore)["operation_model"].__wrapped__

    def operation_model(self: ServiceModel, operation_name: str) -> OperationModel:
        return OperationModel(vars(of_botocore(self, operation_name))["_operation_model"], self, operation_name)

    ServiceModel.operation_model = instance_cache(operation_model)  # type: ignore[method-assign]


def _know_only(region: str) -> None:
    """Lets services be in the cloud's region alone: for the names of all regions, moto would read their models."""
    from moto.core.base_backend import AccountSpecificBackend

    AccountSpecificBackend._generate_regions = lambda *_: [region]  # type: ignore[assignment,method-assign]  # noqa: SLF001


def make_what_is_there_from_the_start(settings: Settings) -> None:
    """Makes AWS's own policies and keys, with their random ids. moto would make them at the first read, unrecorded."""
    from moto.backends import get_backend
    from moto.kms.models import kms_backends
    from moto.kms.utils import RESERVED_ALIASES

    for name in set(BACKENDS.values()):
        regions = get_backend(name)[settings.account_id]  # type: ignore[call-overload]
        _ = regions[settings.region if settings.region in regions else "aws"]
    for alias in RESERVED_ALIASES:
        kms_backends[settings.account_id][settings.region].get_key_id_from_alias(alias)


def _hold_no_instances() -> None:
    """Lets what moto made be forgotten when nothing refers to it.

    For a page of its own server, moto lists each instance of its models for ever: of objects that were deleted, and of
    the copies that it makes for an answer. What an object's end then closes may belong to its copy, so nothing is
    closed; :class:`ObjectBody` holds no file open.
    """
    from moto.core.common_models import BaseModel
    from moto.s3.models import FakeKey

    def new(cls: type[BaseModel], *_: Any, **__: Any) -> BaseModel:
        made: BaseModel = super(BaseModel, cls).__new__(cls)
        return made

    BaseModel.__new__ = new  # type: ignore[method-assign]
    del FakeKey.__del__


def _hold_no_text_of_policies() -> None:
    """Lets the 4.5 MB of JSON be forgotten from which moto makes AWS's own policies, once for each account."""
    from moto.iam import models

    make, name = models.IAMBackend._init_aws_policies, "aws_managed_policies_data"  # noqa: SLF001
    module = f"{models.__package__}.aws_managed_policies"

    def make_of_a_text_read_anew(self: models.IAMBackend) -> Any:
        vars(models)[name] = vars(importlib.import_module(module))[name]
        try:
            return make(self)
        finally:
            del vars(models)[name], sys.modules[module]

    models.IAMBackend._init_aws_policies = make_of_a_text_read_anew  # type: ignore[method-assign]  # noqa: SLF001


def _make_no_pair_for_symmetric_keys() -> None:
    """Leaves out the RSA pair that moto makes for each symmetric key, which nobody uses: AWS's own took a start 0.5 s.

    moto gives such a key's public half away. AWS has none, and refuses.
    """
    from moto.core.exceptions import JsonRESTError
    from moto.kms import models
    from moto.kms.utils import KeySpec

    make_pair, public_half = vars(models)["generate_private_key"], models.KmsBackend.get_public_key
    pairs = {*KeySpec.rsa_key_specs(), *KeySpec.ecc_key_specs(), KeySpec.SM2.value}

    def make(spec: str) -> Any:
        return make_pair(spec) if spec in pairs else None

    def get_public_key(self: models.KmsBackend, key_id: str) -> Any:
        key = self.describe_key(key_id)
        if key.key_spec not in pairs:
            said = f"{key.arn} key spec is {key.key_spec} which is not valid for GetPublicKey."
            raise JsonRESTError("UnsupportedOperationException", said)
        return public_half(self, key_id)

    vars(models)["generate_private_key"] = make
    models.KmsBackend.get_public_key = get_public_key  # type: ignore[method-assign]


def _keep_objects_in(bodies: Bodies) -> None:
    import tempfile

    from moto.s3 import models

    vars(models)["tempfile"] = StandIn(tempfile, SpooledTemporaryFile=lambda *_, **__: ObjectBody(bodies))
    use_in_moto(bodies)


def _list_versions_without_their_bytes() -> None:
    """Copies an object's attributes only. For each list of versions, moto copied all objects of the bucket with their
    bytes, so that all their files were read and written anew.
    """
    from moto.s3.models import FakeKey

    def copied(key: FakeKey, _: dict[int, Any]) -> FakeKey:
        copy: FakeKey = object.__new__(FakeKey)
        vars(copy).update(vars(key))
        return copy

    FakeKey.__deepcopy__ = copied  # type: ignore[attr-defined]


def _post_after_the_answer() -> None:
    """Delivers to a topic's HTTP subscribers as AWS does: the publisher does not wait for them.

    Nor does moto wait, which could not answer anybody meanwhile, not even the subscriber.
    """
    import requests
    from moto.sns import models

    def deliver(*arguments: Any, **named: Any) -> None:
        try:
            requests.post(*arguments, **named, timeout=_DELIVERY_SECONDS)
        except requests.RequestException as error:
            log.warning("a topic's message was not delivered: %s", error)

    def post(*arguments: Any, **named: Any) -> None:
        threading.Thread(target=deliver, args=arguments, kwargs=named, daemon=True, name="sns-delivery").start()

    vars(models)["requests"] = StandIn(requests, post=post)


@contextlib.contextmanager
def nobody_told() -> Iterator[None]:
    """Lets a replay deliver no message: the subscribers got them when they were published."""
    from moto.sns import models

    posting = vars(models)["requests"]
    vars(models)["requests"] = StandIn(posting, post=lambda *_, **__: None)
    try:
        yield
    finally:
        vars(models)["requests"] = posting


def _name_missing_topics() -> None:
    """Lets a message to no topic fail in AWS's words. moto looks for an endpoint then, and says that this is not."""
    from moto.sns.exceptions import TopicNotFound
    from moto.sns.models import SNSBackend

    find = SNSBackend.get_endpoint

    def get_endpoint(backend: Any, arn: str) -> Any:
        if ":endpoint/" not in arn and arn not in backend.platform_endpoints:
            raise TopicNotFound
        return find(backend, arn)

    SNSBackend.get_endpoint = get_endpoint  # type: ignore[assignment,method-assign]


def _leave_bucket_policies_to_us() -> None:
    """Lets moto ignore bucket policies: it drops a Deny's Condition, so "deny what comes without TLS" locks all out."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]


def _block_public_access_of_new_buckets() -> None:
    """Lets each new bucket block public access and its owner own all of it, as on AWS since April 2023."""
    from moto.s3 import responses
    from moto.s3.models import FakeBucket, PublicAccessBlock

    begin = FakeBucket.__init__

    def begin_blocked(bucket: Any, *args: Any, **kwargs: Any) -> None:
        begin(bucket, *args, **kwargs)
        bucket.public_access_block = PublicAccessBlock(*(True,) * 4)
        bucket.ownership_rule = "BucketOwnerEnforced"

    FakeBucket.__init__ = begin_blocked  # type: ignore[assignment,method-assign]
    vars(responses)["bucket_policy_is_public"] = _is_public


def _is_public(policy: bytes) -> bool:
    return is_public(parse_policy(policy.decode(), name="bucket", kind=PolicyKind.RESOURCE))


def _take_policies_without_a_version() -> None:
    """Takes a policy that leaves its version out, or has the first one, as IAM does. We read each policy before."""
    from moto.iam.policy_validation import BaseIAMPolicyValidator

    BaseIAMPolicyValidator._validate_version = lambda _: None  # type: ignore[assignment,method-assign]  # noqa: SLF001


def _list_modules_once() -> None:
    """Lists the folder of moto's services once. moto does for each call, to learn that S3 is one of them."""
    from moto import backends

    names = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: names


def _refuse_functions_behind_buckets() -> None:
    """Refuses notifications that call a function: moto would look for it among its own, and drop the event.

    A rule of EventBridge calls the function for the same event.
    """
    from moto.s3.models import FakeBucket

    put = FakeBucket.set_notification_configuration

    def set_notification_configuration(bucket: Any, notification_config: dict[str, Any] | None) -> None:
        if (notification_config or {}).get("CloudFunctionConfiguration"):
            raise UnsupportedError("s3:PutBucketNotificationConfiguration with LambdaFunctionConfigurations")
        put(bucket, notification_config)

    FakeBucket.set_notification_configuration = set_notification_configuration  # type: ignore[assignment,method-assign]


def _take_no_object_for_a_form() -> None:
    """Lets an object's content type be that of a form. moto would read its bytes as parameters of the call."""
    from moto.moto_server.werkzeug_app import BackendRequest

    def is_form(request: Any) -> bool:
        return bool(
            request.mimetype == "application/x-www-form-urlencoded"
            and "/s3/aws4_request" not in (request.environ.get("HTTP_AUTHORIZATION", ""))
        )

    BackendRequest.want_form_data_parsed = property(is_form)  # type: ignore[assignment,method-assign]


def _keep_the_end_of_a_log() -> None:
    """Lets a log stream keep its latest events only, where there are many. Its first event then says so."""
    from moto.logs.models import LogEvent, LogStream

    put = LogStream.put_log_events

    def size(event: Any) -> int:
        return len(event.message) + _EVENT_BYTES

    def put_log_events(stream: Any, log_events: list[dict[str, Any]]) -> str:
        token = put(stream, log_events)
        kept = vars(stream).get("kept_bytes")
        added = stream.events if kept is None else stream.events[-len(log_events) :]
        stream.kept_bytes = (kept or 0) + sum(map(size, added))
        if stream.kept_bytes > STREAM_BYTES:
            dropped = 0
            while stream.kept_bytes > STREAM_BYTES * 3 // 4 and dropped < len(stream.events) - 1:
                stream.kept_bytes -= size(stream.events[dropped])
                dropped += 1
            last = stream.events[dropped - 1]
            said = f"[local cloud] Of this stream only the latest {STREAM_BYTES >> 20} MiB are kept."
            note = LogEvent(last.ingestion_time, {"timestamp": last.timestamp, "message": said})
            stream.kept_bytes += size(note)
            stream.events[:dropped] = [note]
        return token

    LogStream.put_log_events = put_log_events  # type: ignore[assignment,method-assign]
