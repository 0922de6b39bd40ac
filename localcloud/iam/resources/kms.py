"""Keys: a request names one by id, ARN, alias or an alias's ARN, and permissions are on the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_ON_ALIAS = frozenset({"CreateAlias", "DeleteAlias", "UpdateAlias"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"kms:{request.operation}", request.params
    key = params.get("TargetKeyId", params.get("KeyId"))
    if request.operation in _ON_ALIAS:
        alias = str(params.get("AliasName", "*"))
        key = key or alias
        return on(action, place.arn("kms", alias), place.state.key_arn(place.region, str(key)))
    if request.operation == "ReEncrypt":
        return [
            *on("kms:ReEncryptFrom", place.state.key_arn(place.region, str(params.get("SourceKeyId", "*")))),
            *on("kms:ReEncryptTo", place.state.key_arn(place.region, str(params.get("DestinationKeyId", "*")))),
        ]
    if request.operation == "Decrypt" and key is None:
        return on(action, place.state.key_of_ciphertext(place.region, str(params.get("CiphertextBlob", ""))))
    if key is None:
        return by_reference(request, place)
    return on(action, place.state.key_arn(place.region, str(key)))
