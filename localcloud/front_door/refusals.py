"""AWS's words for a request that is not signed correctly: code, status and message by kind of service."""

from __future__ import annotations

from localcloud.front_door.signatures import Fault, SignatureError
from localcloud.platform.errors import AwsError

QUERY_SERVICES = frozenset({"cloudformation", "cloudfront", "ec2", "iam", "sns", "sts"})

_REMEDY = 'take the variables of `eval "$(make -s env)"`'
_OTHER_VERSION = "The authorization mechanism you have provided is not supported."
_NO_MATCH = "The request signature we calculated does not match the signature you provided. Check your "

#: Fault → (code, status, message) for S3, for services of the query protocol, and for the rest.
_WORDS: dict[Fault, tuple[tuple[str, int, str], tuple[str, int, str], tuple[str, int, str]]] = {
    Fault.UNSIGNED: (
        ("AccessDenied", 403, ""),
        ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
    ),
    Fault.INCOMPLETE: (
        ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed: {detail}."),
        ("IncompleteSignature", 400, "The request's signature is incomplete: {detail}."),
        ("IncompleteSignatureException", 400, "The request's signature is incomplete: {detail}."),
    ),
    Fault.INCOMPLETE_URL: (
        ("AuthorizationQueryParametersError", 400, "The query string is malformed: {detail}."),
        ("IncompleteSignature", 400, "The request's signature is incomplete: {detail}."),
        ("IncompleteSignatureException", 400, "The request's signature is incomplete: {detail}."),
    ),
    Fault.OTHER_VERSION: (
        ("InvalidRequest", 400, f"{_OTHER_VERSION} Please use AWS4-HMAC-SHA256: signature_version='s3v4' in boto3."),
        ("IncompleteSignature", 400, f"{_OTHER_VERSION} Please use AWS4-HMAC-SHA256."),
        ("IncompleteSignatureException", 400, f"{_OTHER_VERSION} Please use AWS4-HMAC-SHA256."),
    ),
    Fault.TWO_SIGNATURES: (
        (
            "InvalidArgument",
            400,
            (
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified"
            ),
        ),
        ("IncompleteSignature", 400, "The request is signed in its header Authorization and in its query string."),
        ("IncompleteSignatureException", 400, "The request is signed in its header Authorization and in its query."),
    ),
    Fault.HEADER_NOT_SIGNED: (
        ("AccessDenied", 403, "There were headers present in the request which were not signed: {detail}"),
        ("SignatureDoesNotMatch", 403, "'{detail}' must be a 'SignedHeader' in the AWS Authorization."),
        ("InvalidSignatureException", 400, "'{detail}' must be a 'SignedHeader' in the AWS Authorization."),
    ),
    Fault.UNKNOWN_KEY: (
        ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
        ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
    ),
    Fault.WRONG_TOKEN: (
        ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
        ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
    ),
    Fault.EXPIRED_TOKEN: (
        ("ExpiredToken", 400, "The provided token has expired."),
        ("ExpiredToken", 403, "The security token included in the request is expired"),
        ("ExpiredTokenException", 400, "The security token included in the request is expired"),
    ),
    Fault.WRONG_SIGNATURE: (
        ("SignatureDoesNotMatch", 403, _NO_MATCH + "key and signing method."),
        ("SignatureDoesNotMatch", 403, _NO_MATCH + "AWS Secret Access Key and signing method."),
        ("InvalidSignatureException", 400, _NO_MATCH + "AWS Secret Access Key and signing method."),
    ),
    Fault.WRONG_SCOPE: (
        ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; {detail}"),
        ("SignatureDoesNotMatch", 403, "{detail}"),
        ("InvalidSignatureException", 400, "{detail}"),
    ),
    Fault.SKEWED: (
        ("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."),
        ("SignatureDoesNotMatch", 403, "{detail}"),
        ("InvalidSignatureException", 400, "{detail}"),
    ),
    Fault.EXPIRED_URL: (
        ("AccessDenied", 403, "Request has expired"),
        ("SignatureDoesNotMatch", 403, "Signature expired"),
        ("InvalidSignatureException", 400, "Signature expired"),
    ),
    Fault.WRONG_PAYLOAD: (
        (
            "XAmzContentSHA256Mismatch",
            400,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
        ("SignatureDoesNotMatch", 403, _NO_MATCH + "AWS Secret Access Key and signing method."),
        ("InvalidSignatureException", 400, _NO_MATCH + "AWS Secret Access Key and signing method."),
    ),
}


def refusal(service: str, error: SignatureError, access_key_id: str = "") -> AwsError:
    """AWS's error. Where the key is at fault, the message says how to get one that the local cloud knows."""
    column = 0 if service == "s3" else 1 if service in QUERY_SERVICES else 2
    code, status, message = _WORDS[error.fault][column]
    message = message.format(detail=error.detail)
    if error.fault is Fault.UNKNOWN_KEY:
        message += f" {access_key_id} is not known to the local cloud: {_REMEDY}."
    elif error.fault is Fault.UNSIGNED:
        message = (
            f"{message}: The request is not signed. The local cloud answers signed requests and presigned URLs; "
            f"{_REMEDY}."
        ).removeprefix(": ")
    elif error.fault is Fault.WRONG_SIGNATURE and not error.detail:
        message += f" ({_REMEDY})"
    return AwsError(code, message, status=status)
