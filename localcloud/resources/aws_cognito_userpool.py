"""AWS::Cognito::UserPool."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, require_unchanged, without
from localcloud.resources.tags import tags_of

#: Nothing of the local cloud would act on them.
_UNSUPPORTED = (
    *("LambdaConfig", "EnabledMfas", "DeviceConfiguration", "EmailConfiguration", "SmsConfiguration"),
    *("UserPoolAddOns", "SmsAuthenticationMessage", "EmailAuthenticationMessage", "EmailAuthenticationSubject"),
    *("WebAuthnFactorConfiguration", "WebAuthnRelyingPartyID", "WebAuthnUserVerification"),
    *("KeyConfiguration", "IssuerConfiguration"),
)
#: AWS has no way to change them on a pool that exists.
_FIXED = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "Schema")


class UserPool(Resource):
    """Ref is the pool's id."""

    type_name = "AWS::Cognito::UserPool"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *_UNSUPPORTED)
        cognito = ctx.client("cognito-idp")
        name = properties.get("UserPoolName") or ctx.new_name(128)
        pool = call(cognito, "CreateUserPool", _settings(properties), PoolName=name, **_tags(properties))["UserPool"]
        return Created(physical_id=pool["Id"], attributes=_attributes(pool))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, *_UNSUPPORTED)
        require_unchanged(properties, previous, *_FIXED)
        cognito = ctx.client("cognito-idp")
        name = {"PoolName": properties["UserPoolName"]} if properties.get("UserPoolName") else {}
        settings = without(_settings(properties), *_FIXED)
        call(cognito, "UpdateUserPool", settings, UserPoolId=physical_id, **name, **_tags(properties))
        return _attributes(cognito.describe_user_pool(UserPoolId=physical_id)["UserPool"])

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("cognito-idp").delete_user_pool(UserPoolId=physical_id)


def _settings(properties: Properties) -> Properties:
    return without(properties, "UserPoolName", "UserPoolTags", *_UNSUPPORTED)


def _tags(properties: Properties) -> dict[str, Any]:
    tags = tags_of({"Tags": properties.get("UserPoolTags")})
    return {"UserPoolTags": tags} if tags else {}


def _attributes(pool: dict[str, Any]) -> Attributes:
    region = pool["Arn"].split(":")[3]
    provider = f"cognito-idp.{region}.amazonaws.com/{pool['Id']}"
    return {
        "Arn": pool["Arn"],
        "ProviderName": provider,
        "ProviderURL": f"https://{provider}",
        "UserPoolId": pool["Id"],
    }
