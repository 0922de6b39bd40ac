"""Hostile templates, as a caller sends them: each is refused in CloudFormation's words, and none breaks or hangs."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from bench.lab.raw_http import send, signed
from tests.clouds import LocalCloud
from tests.unit.localcloud.cloudformation.test_hostile_templates import HOSTILE

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UPLOADED = "hostile-templates"


@pytest.fixture(scope="module", autouse=True)
def bucket(local_cloud: LocalCloud) -> None:
    local_cloud.client("s3").create_bucket(Bucket=UPLOADED)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_answered(local_cloud: LocalCloud, name: str) -> None:
    """ValidateTemplate and CreateChangeSet answer, by body and by address, and the answer is no 500."""
    text, given = HOSTILE[name]
    local_cloud.client("s3").put_object(Bucket=UPLOADED, Key="t", Body=text.encode())
    values: dict[str, str] = {}
    for number, (key, value) in enumerate(given.items(), 1):
        values |= {
            f"Parameters.member.{number}.ParameterKey": key,
            f"Parameters.member.{number}.ParameterValue": value,
        }
    change_set = {"ChangeSetName": "c", "StackName": f"hostile-{abs(hash(name))}", "ChangeSetType": "CREATE", **values}
    for source in ({"TemplateBody": text}, {"TemplateURL": f"{local_cloud.endpoint_url}/{UPLOADED}/t"}):
        for call in ({"Action": "ValidateTemplate"}, {"Action": "CreateChangeSet", **change_set}):
            body = urlencode({"Version": "2010-05-15", **call, **source}).encode()
            status, answer = send(
                local_cloud, signed(local_cloud, local_cloud.administrator, "cloudformation", headers=FORM, body=body)
            )
            assert status in (200, 400, 413) or (status, b"NotImplemented" in answer) == (501, True), (status, answer)
