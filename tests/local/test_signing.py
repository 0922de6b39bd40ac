"""Signatures by an asymmetric key of KMS, which CloudFormation made."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.waiting import WAITER

pytestmark = pytest.mark.local

ECDSA = "ECDSA_SHA_256"


@pytest.fixture(scope="module")
def key(local_cloud: LocalCloud) -> str:
    cloudformation = local_cloud.client("cloudformation")
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
    policy = {"Version": "2012-10-17", "Statement": [root | {"Resource": "*"}]}
    properties = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "KeyPolicy": policy}
    template = {
        "Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": properties}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}},
    }
    cloudformation.create_stack(StackName="signing", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="signing", WaiterConfig=WAITER)
    outputs = cloudformation.describe_stacks(StackName="signing")["Stacks"][0]["Outputs"]
    return str(outputs[0]["OutputValue"])


def is_signed(cloud: LocalCloud, key: str, text: bytes, signature: bytes) -> bool:
    kms = cloud.client("kms")
    try:
        answer = kms.verify(KeyId=key, Message=text, MessageType="RAW", Signature=signature, SigningAlgorithm=ECDSA)
    except kms.exceptions.KMSInvalidSignatureException:
        return False
    return bool(answer["SignatureValid"])


def test_a_signature_is_of_one_text_by_one_key(local_cloud: LocalCloud, key: str) -> None:
    """Each signature is another one and holds for its text; for another text, or cut, none does."""
    kms, text = local_cloud.client("kms"), b"a manifest"
    first, second = (
        kms.sign(KeyId=key, Message=text, MessageType="RAW", SigningAlgorithm=ECDSA)["Signature"] for _ in range(2)
    )
    assert first != second
    assert is_signed(local_cloud, key, text, first)
    assert is_signed(local_cloud, key, text, second)
    assert not is_signed(local_cloud, key, b"another manifest", first)
    assert not is_signed(local_cloud, key, text, first[:-1] + bytes([first[-1] ^ 1]))


@pytest.mark.parametrize("operation", ["sign", "verify"])
def test_a_digest_is_refused_by_name(local_cloud: LocalCloud, key: str, operation: str) -> None:
    """A digest would be hashed once more, and nobody else could verify the signature."""
    signature = {"Signature": b"s"} if operation == "verify" else {}
    call = getattr(local_cloud.client("kms"), operation)
    with pytest.raises(ClientError, match=f"kms:{operation.capitalize()} with MessageType DIGEST"):
        call(KeyId=key, Message=b"d" * 32, MessageType="DIGEST", SigningAlgorithm=ECDSA, **signature)


def test_a_symmetric_key_has_no_public_half(local_cloud: LocalCloud, key: str) -> None:
    """The public half of the pair can be had; for a key that only encrypts, the request is refused as by AWS."""
    kms = local_cloud.client("kms")
    assert kms.get_public_key(KeyId=key)["SigningAlgorithms"] == [ECDSA]
    symmetric = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(kms.exceptions.UnsupportedOperationException, match="SYMMETRIC_DEFAULT"):
        kms.get_public_key(KeyId=symmetric)
    sealed = kms.encrypt(KeyId=symmetric, Plaintext=b"still works")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"still works"
