"""AWS::Lambda::Function."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource, ResourceError
from localcloud.resources.shapes import call, refuse, without
from localcloud.resources.tags import retag, tags_of

_READY_SECONDS = 600.0
_IMPORTS_CFNRESPONSE = re.compile(r"^\s*(import\s+cfnresponse|from\s+cfnresponse\s+import)\b", re.MULTILINE)
#: Properties that CloudFormation sets by calls other than CreateFunction.
_BESIDE = ("Code", "ReservedConcurrentExecutions", "RuntimeManagementConfig", "RecursiveLoop", "Tags")
#: The defaults for properties that left the template.
_DEFAULTS: Properties = {
    "Description": "",
    "DeadLetterConfig": {"TargetArn": ""},
    "Environment": {"Variables": {}},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
}


class Function(Resource):
    """Ref is the function's name."""

    type_name = "AWS::Lambda::Function"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _refuse_others(properties)
        client = ctx.client("lambda")
        named = {"FunctionName": ctx.new_name(64), **properties}
        tags = tags_of(properties)
        created = call(
            client,
            "CreateFunction",
            without(named, *_BESIDE),
            Code=_code(properties),
            **({"Tags": tags} if tags else {}),
        )
        name: str = created["FunctionName"]
        ctx.created(name)
        _wait(ctx, client, name)
        _limit(client, name, properties, {})
        return Created(physical_id=name, attributes={"Arn": created["FunctionArn"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _refuse_others(properties)
        client = ctx.client("lambda")
        lost = {name: value for name, value in _DEFAULTS.items() if name in previous}
        wanted, had = without(properties, *_BESIDE, "FunctionName"), without(previous, *_BESIDE, "FunctionName")
        arn = client.get_function_configuration(FunctionName=physical_id)["FunctionArn"]
        if wanted != had:
            settings = without(lost | wanted, "PackageType", "Architectures")
            call(client, "UpdateFunctionConfiguration", settings, FunctionName=physical_id)
            _wait(ctx, client, physical_id)
        if properties["Code"] != previous["Code"]:
            client.update_function_code(FunctionName=physical_id, **_code(properties))
            _wait(ctx, client, physical_id)
        _limit(client, physical_id, properties, previous)
        retag(client, ("TagResource", "UntagResource"), {"Resource": arn}, tags_of(previous), tags_of(properties))
        return {"Arn": arn}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("lambda").delete_function(FunctionName=physical_id)


def _refuse_others(properties: Properties) -> None:
    refuse(properties, "RuntimeManagementConfig")
    if properties.get("RecursiveLoop", "Terminate") != "Terminate":
        refuse(properties, "RecursiveLoop")


def _code(properties: Properties) -> Properties:
    """An archive with ``index.py``, which CloudFormation makes of code in the template.

    ``cfnresponse.py`` comes with it where the code imports that.
    """
    code = properties["Code"]
    if "ZipFile" not in code:
        return dict(code)
    files = {"index.py": code["ZipFile"]}
    if _IMPORTS_CFNRESPONSE.search(code["ZipFile"]):
        files["cfnresponse.py"] = Path(__file__).with_name("cfnresponse.py").read_text()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for name, text in files.items():
            # The time is fixed, so that the same text gives the same archive.
            written.writestr(zipfile.ZipInfo(name), text)
    return {"ZipFile": archive.getvalue()}


def _limit(client: Any, name: str, properties: Properties, previous: Properties) -> None:
    wanted, had = (each.get("ReservedConcurrentExecutions") for each in (properties, previous))
    if wanted is not None and wanted != had:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(wanted))
    elif wanted is None and had is not None:
        client.delete_function_concurrency(FunctionName=name)


def _wait(ctx: Context, client: Any, name: str) -> None:
    """Waits until the function is Active and no update is in progress."""

    def ready() -> bool:
        found = client.get_function_configuration(FunctionName=name)
        for state, reason in (("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")):
            if found.get(state) == "Failed":
                raise ResourceError(f"Function {name}: {found.get(reason, 'no reason given')}")
        return bool(found["State"] == "Active") and found.get("LastUpdateStatus") != "InProgress"

    ctx.wait(ready, timeout_seconds=_READY_SECONDS, what=f"Function {name}")
