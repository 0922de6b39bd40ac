"""Layers: functions import what their layers have, and keep the layers that they were given."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, refused
from tests.local.lives.functions import ROLE
from tests.local.lives.life import Stack, attribute, ref
from tests.local.test_lambda import Function

pytestmark = pytest.mark.local

#: Says where its modules come from, in the order in which Python looks.
IMPORTS = """
import sys
import own, said

def handler(event, context):
    task = [path for path in sys.path if path.rstrip("/").endswith(("python", "site-packages"))][:2]
    return {"own": own.TEXT, "said": said.TEXT, "opt": [path.partition("/python")[2] for path in task]}
"""


def zipped(files: dict[str, str]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return found.getvalue()


def module(said: str, *, place: str = "python") -> bytes:
    """A layer with the modules ``said`` and ``own``."""
    return zipped({f"{place}/said.py": f"TEXT = {said!r}\n", f"{place}/own.py": "TEXT = 'of a layer'\n"})


@pytest.fixture
def stack(local_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Stack]:
    made = Stack(cloud=local_cloud, name="".join(each for each in request.node.name.title() if each.isalnum())[-60:])
    yield made
    made.delete()


def test_a_function_imports_from_its_layers(account: Account) -> None:
    """Its own code comes first, then the last layer; a version keeps what it was published with."""
    client = account.cloud.client("lambda")

    def publish(said: str, number: int = 1) -> str:
        made = client.publish_layer_version(LayerName=f"{account.name}-{number}", Content={"ZipFile": module(said)})
        return str(made["LayerVersionArn"])

    first, second = publish("one"), publish("two", 2)
    code = zipped({"index.py": IMPORTS, "own.py": "TEXT = 'of the function'\n"})
    function = Function(account, code, Layers=[first, second], Publish=True)
    found = {"own": "of the function", "said": "two", "opt": ["/lib/python3.11/site-packages", ""]}
    assert function.answer({}) == found
    described = client.get_function(FunctionName=function.name)["Configuration"]["Layers"]
    assert described == [{"Arn": arn, "CodeSize": len(module("one"))} for arn in (first, second)]

    client.update_function_configuration(FunctionName=function.name, Layers=[first])
    client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
    client.delete_layer_version(LayerName=f"{account.name}-2", VersionNumber=1)
    assert function.answer({})["said"] == "one"
    assert json.load(client.invoke(FunctionName=f"{function.name}:1")["Payload"]) == found
    with refused("InvalidParameterValueException", r"does not exist\."):
        client.update_function_configuration(FunctionName=function.name, Layers=[second])


def test_who_gives_a_layer_must_be_allowed_to_read_it(account: Account) -> None:
    """The function alone is not enough: the layer's version is asked for as well, and its policy counts."""
    client = account.cloud.client("lambda")
    layer = client.publish_layer_version(LayerName=account.name, Content={"ZipFile": module("one")})["LayerVersionArn"]
    function = Function(account, "def handler(event, context):\n    return 1\n")
    theirs = account.client("lambda", account.user(allow("lambda:UpdateFunctionConfiguration", function.arn)))
    with refused("AccessDeniedException", "lambda:GetLayerVersion on resource: .*:layer:"):
        theirs.update_function_configuration(FunctionName=function.name, Layers=[layer])
    client.add_layer_version_permission(
        LayerName=account.name, VersionNumber=1, StatementId="all", Action="lambda:GetLayerVersion", Principal="*"
    )
    assert theirs.update_function_configuration(FunctionName=function.name, Layers=[layer])["Layers"][0]["Arn"] == layer


def test_a_stack_makes_a_layer_and_replaces_it(stack: Stack, bucket: str) -> None:
    """Another archive is another version: the function gets it, and the one before is deleted."""
    s3, client = stack.client("s3"), stack.client("lambda")
    for key in ("one", "two"):
        s3.put_object(Bucket=bucket, Key=key, Body=module(key, place="python/lib/python3.11/site-packages"))

    def template(key: str) -> dict[str, Any]:
        layer = {"Content": {"S3Bucket": bucket, "S3Key": key}, "CompatibleRuntimes": ["python3.11"]}
        shared = {"LayerVersionArn": ref("Fonts"), "Action": "lambda:GetLayerVersion", "Principal": "*"}
        function = {
            "Handler": "index.handler",
            "Runtime": "python3.11",
            "Role": attribute("Role"),
            "Code": {"ZipFile": "import said\n\ndef handler(event, context):\n    return said.TEXT\n"},
            "Layers": [ref("Fonts")],
        }
        return {
            "Resources": {
                "Role": ROLE,
                "Fonts": {"Type": "AWS::Lambda::LayerVersion", "Properties": layer},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Shared": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": shared},
            },
            "Outputs": {"Layer": {"Value": ref("Fonts")}, "Function": {"Value": ref("Function")}},
        }

    made = stack.deploy(template("one"))
    assert made["Layer"].endswith(":layer:Fonts:1")
    assert json.load(client.invoke(FunctionName=made["Function"])["Payload"]) == "one"
    changed = stack.deploy(template("two"), update=True)
    assert json.load(client.invoke(FunctionName=made["Function"])["Payload"]) == "two"
    versions = client.list_layer_versions(LayerName="Fonts")["LayerVersions"]
    assert [(each["LayerVersionArn"], each["CompatibleRuntimes"]) for each in versions] == [
        (changed["Layer"], ["python3.11"])
    ]
    policy = client.get_layer_version_policy(LayerName="Fonts", VersionNumber=2)["Policy"]
    assert [each["Resource"] for each in json.loads(policy)["Statement"]] == [changed["Layer"]]
