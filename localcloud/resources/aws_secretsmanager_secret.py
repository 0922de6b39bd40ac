"""AWS::SecretsManager::Secret."""

from __future__ import annotations

import json
from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_VALUE = ("SecretString", "GenerateSecretString")


class Secret(Resource):
    """Ref is the secret's ARN. Its value changes only when the template's properties for it change."""

    type_name = "AWS::SecretsManager::Secret"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, "ReplicaRegions")
        secrets = ctx.client("secretsmanager")
        named = {"Name": ctx.new_name(64), **properties}
        tags = tag_parameter(secrets, "CreateSecret", tags_of(properties))
        value = {"SecretString": _value(secrets, properties)}
        arn = call(secrets, "CreateSecret", without(named, *_VALUE, "ReplicaRegions", "Tags"), **value, **tags)["ARN"]
        return Created(physical_id=arn, attributes={"Id": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, "ReplicaRegions")
        secrets = ctx.client("secretsmanager")
        changed = any(properties.get(name) != previous.get(name) for name in _VALUE)
        value = {"SecretString": _value(secrets, properties)} if changed else {}
        kept = {"Description": ""} | without(properties, *_VALUE, "Name", "ReplicaRegions", "Tags")
        call(secrets, "UpdateSecret", kept, SecretId=physical_id, **value)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(secrets, ("TagResource", "UntagResource"), {"SecretId": physical_id}, was, wanted)
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """As CloudFormation does, deletes at once, so that a stack with the same name can be made again."""
        del properties
        with already_gone():
            ctx.client("secretsmanager").delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)


def _value(secrets: Any, properties: Properties) -> str:
    """The secret's text: the template's, or a random one, alone or under a key of the template's JSON object."""
    if "SecretString" in properties:
        return str(properties["SecretString"])
    wish = properties.get("GenerateSecretString", {})
    password: str = call(secrets, "GetRandomPassword", without(wish, "SecretStringTemplate", "GenerateStringKey"))[
        "RandomPassword"
    ]
    if "GenerateStringKey" not in wish:
        return password
    return json.dumps({**json.loads(wish["SecretStringTemplate"]), wish["GenerateStringKey"]: password})
