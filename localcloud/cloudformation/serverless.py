"""The transform ``AWS::Serverless-2016-10-31`` (SAM), by AWS's own translator.

The translator is imported when a template asks for it, and reaches no network: it knows AWS's managed policies by name,
and asks for others in the account's own IAM.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import limits
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.platform.cloud import Cloud

NAME = "AWS::Serverless-2016-10-31"
#: The translator would ask AWS's Serverless Application Repository for it.
_FROM_REPOSITORY = "AWS::Serverless::Application"

_OF_APIS = ("Api", "HttpApi")
#: AWS's quota of resources in one API.
_API_RESOURCES = 300
#: What the globals may become, once they stand in each function: ten times the largest template.
_GLOBALS_CHARACTERS = 10 * limits.STORED_BYTES

log = logging.getLogger("localcloud.cloudformation")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What the translator asks of the account."""

    region: str = "us-east-1"
    managed_policies: Callable[[], Mapping[str, str]] = dict
    """AWS's managed policies: name → ARN."""

    @classmethod
    def of(cls, cloud: Cloud) -> Account:
        return cls(region=cloud.settings.region, managed_policies=cache(lambda: _managed_policies(cloud)))


def translate(document: dict[str, Any], texts: Mapping[str, str], account: Account) -> dict[str, Any]:
    """The template with CloudFormation's types alone. ``texts``: the values given to its parameters.

    Raises AwsError in AWS's words for what the translator refuses. ``document`` is not to be used afterwards.
    """
    _refuse_applications(document)
    _check_size(document)
    modules = _translator()
    parameters = {"AWS::Region": account.region, "AWS::Partition": "aws", **texts}
    try:
        modules.prepare(document, parameters)
        translated = modules.make(account.region).translate(
            document, parameter_values=parameters, get_managed_policy_map=account.managed_policies
        )
    except modules.invalid as error:
        raise _failed(f"with: {_told(error)}") from error
    except Exception as error:
        log.exception("%s", NAME)
        raise _failed("without an error message.") from error
    result: dict[str, Any] = modules.restore(translated)
    return result


@dataclass(frozen=True, kw_only=True, slots=True)
class _Translator:
    """The translator's parts."""

    make: Callable[[str], Any]
    prepare: Callable[..., Any]
    restore: Callable[..., Any]
    invalid: type[Exception]


@cache
def _translator() -> _Translator:
    import boto3
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

    # It counts its calls for nobody, and says so when the process ends.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    return _Translator(
        make=lambda region: Translator(None, Parser(), boto_session=boto3.Session(region_name=region)),
        prepare=to_py27_compatible_template,
        restore=undo_mark_unicode_str_in_template,
        invalid=InvalidDocumentException,
    )


def _resources(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Those that are objects; of the others the translator speaks."""
    found = document.get("Resources")
    return [(name, each) for name, each in found.items() if isinstance(each, dict)] if isinstance(found, dict) else []


def _refuse_applications(document: Mapping[str, Any]) -> None:
    for name, each in _resources(document):
        if each.get("Type") == _FROM_REPOSITORY:
            raise UnsupportedError(f"The resource type {_FROM_REPOSITORY} ({name})")


def _check_size(document: Mapping[str, Any]) -> None:
    """Raises AwsError where the translator would work for minutes, for more than AWS takes.

    Each event is at least one resource, and each path one of an API's.
    """
    own = [each for _, each in _resources(document) if str(each.get("Type")).startswith("AWS::Serverless::")]
    events = [each for found in own for each in _events(found)]
    limits.check_count("Resources", len(own) + len(events))
    if sum(each.get("Type") in _OF_APIS for each in events) > _API_RESOURCES:
        raise limits.error("Maximum number of resources for this API has been reached.")
    if len(own) * len(str(document.get("Globals") or "")) > _GLOBALS_CHARACTERS:
        raise limits.error("Template error: The Globals of the template make more text than any template may have")


def _events(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    properties = resource.get("Properties")
    found = properties.get("Events") if isinstance(properties, dict) else None
    return [each for each in found.values() if isinstance(each, dict)] if isinstance(found, dict) else []


def _told(error: Any) -> str:
    """The translator's message with each cause, in AWS's order."""
    causes = sorted(error.causes, key=lambda cause: getattr(cause, "_logical_id", None) or cause.message)
    return reduce(lambda said, cause: f"{said} {cause.message}", causes, str(error.message))


def _failed(how: str) -> AwsError:
    return AwsError("ValidationError", f"Transform {NAME} failed {how}")


def _managed_policies(cloud: Cloud) -> Mapping[str, str]:
    pages = cloud.clients.administrator("iam").get_paginator("list_policies").paginate(Scope="AWS")
    return {each["PolicyName"]: each["Arn"] for page in pages for each in page["Policies"]}
